/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The kfuncs that came after 6.12, as a scheduler of C functions sees them. */
#include "csched.h"
#include "../../form_check.h"

enum { CALLED, FAILED_AS_TOLD, SEEN, REENQUEUED, RQ_RIGHT };

static struct world *world_71(u32 nr_cpus)
{
	struct world *w = world_new(nr_cpus);

	w->scx->profile = KERNEL_7_1;
	return w;
}

/* scx_bpf_dsq_insert() tells: the second time, and for another task, it fails. */
static u64 insert_twice(struct csched *s, u64 *a)
{
	s->u[CALLED]++;
	assert_true(scx_kf_insert_direct(TASK(a[0]), SHARED_DSQ, SCX_SLICE_DFL, a[1], s->scx));
	s->u[FAILED_AS_TOLD] += !scx_kf_insert_direct(TASK(a[0]), SHARED_DSQ, 0, a[1], s->scx);
	return 0;
}

static void insert_tells(void **state)
{
	struct world *w = world_71(1);
	struct csched_ops ops = { .fn = {
		[SCX_OP_enqueue] = insert_twice,
		[SCX_OP_dispatch] = simple_dispatch,
		[SCX_OP_init] = simple_init,
	} };

	spawn(w, (struct spawn){ .run = MS });
	spawn(w, (struct spawn){ .run = MS });
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 100 * MS);
	assert_true(w->s.u[CALLED] && w->s.u[CALLED] == w->s.u[FAILED_AS_TOLD]);
	assert_exit(w, SCX_EXIT_ERROR, "task[#] already direct-dispatched");
	world_free(w);
}

/* What peek shows is what moves to the local DSQ next. */
static u64 peek_and_move(struct csched *s, u64 *a)
{
	struct task_struct *first = scx_kf_dsq_peek(SHARED_DSQ, s->scx);
	struct rq *rq = scx_kf_locked_rq_of_cpu(s->scx);

	s->u[RQ_RIGHT] += rq == sched_cpu_rq(s->m, a[0]);
	if (!first) {
		assert_false(scx_kf_move_to_local(SHARED_DSQ, 0, s->scx));
		return 0;
	}
	assert_true(scx_kf_move_to_local(SHARED_DSQ, SCX_ENQ_HEAD, s->scx));
	assert_ptr_equal(list_first_entry(&rq->scx.local_dsq.list, struct task_struct,
					  scx.dsq_list.node), first);
	s->u[SEEN]++;
	return 0;
}

static void peeking(void **state)
{
	struct world *w = world_71(1);
	struct csched_ops ops = fifo_ops;

	ops.fn[SCX_OP_dispatch] = peek_and_move;
	for (u32 i = 0; i < 3; i++)
		spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 200 * MS);
	assert_true(w->s.u[SEEN] > 50 && w->s.u[RQ_RIGHT] >= w->s.u[SEEN]);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	assert_null(scx_kf_dsq_peek(12345, w->scx));
	run_to(w, 201 * MS);
	assert_exit(w, SCX_EXIT_ERROR, "peek on non-existent DSQ 0x3039");
	world_free(w);
}

/* Deferred: nothing happens in the call, and soon ops.enqueue hears of each task. */
static u64 enqueue_noting(struct csched *s, u64 *a)
{
	s->u[REENQUEUED] += !!(a[1] & SCX_ENQ_REENQ);
	return fifo_enqueue(s, a);
}

static void reenqueueing(void **state)
{
	struct world *w = world_71(1);
	struct csched_ops ops = fifo_ops;
	u32 queued;

	ops.fn[SCX_OP_enqueue] = enqueue_noting;
	for (u32 i = 0; i < 4; i++)
		spawn(w, (struct spawn){ .comm = "hog" });
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 100 * MS);
	queued = scx_kf_dsq_nr_queued(SHARED_DSQ, w->scx);
	assert_true(queued >= 2);
	scx_kf_dsq_reenq(SHARED_DSQ, SCX_REENQ_ANY, w->scx);
	scx_kf_dsq_reenq(SHARED_DSQ, 0, w->scx); /* once is enough */
	assert_int_equal(w->s.u[REENQUEUED], 0);
	run_to(w, 100 * MS + 1000);
	assert_int_equal(w->s.u[REENQUEUED], queued);
	assert_int_equal(scx_kf_dsq_nr_queued(SHARED_DSQ, w->scx), queued);
	scx_kf_reenqueue_local_later(w->scx);
	run_to(w, 200 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	assert_conserved(w);
	scx_kf_dsq_reenq(SCX_DSQ_GLOBAL, 0, w->scx);
	run_to(w, 201 * MS);
	assert_exit(w, SCX_EXIT_ERROR, "DSQ 0x8000000000000001 can't be re-enqueued");
	world_free(w);
}

/* Only CPUs that the task and the mask agree on, and only idle ones. */
static void selecting(void **state)
{
	struct world *w = world_71(4);
	struct task_struct *p = spawn(w, (struct spawn){ .start = SEC });
	cpumask_t two, none = { 0 };
	bool is_idle = true;

	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 10 * MS);
	mask_init(&two, 2, 2);
	assert_int_equal(scx_kf_select_cpu_and_unlocked(p, 0, 0, &two, 0, w->scx), 2);
	assert_int_equal(scx_kf_select_cpu_and_unlocked(p, 3, 0, &two, 0, w->scx), 3);
	assert_int_equal(scx_kf_select_cpu_and_unlocked(p, 3, 0, &two, 0, w->scx), -EBUSY);
	assert_int_equal(scx_kf_select_cpu_and_unlocked(p, 0, 0, &none, 0, w->scx), -EBUSY);
	p->migration_disabled = 1;
	assert_int_equal(scx_kf_select_cpu_and_locked(p, 0, 0, &two, 0, w->scx), -EBUSY);
	assert_int_equal(scx_kf_select_cpu_dfl_locked(p, 0, 0, &is_idle, w->scx), 0);
	assert_true(is_idle);
	assert_int_equal(scx_kf_select_cpu_dfl_locked(p, 0, 0, &is_idle, w->scx), 0);
	assert_false(is_idle);
	p->migration_disabled = 0;
	world_free(w);
}

static void asking(void **state)
{
	struct world *w = world_71(2);
	struct scx_event_stats ev;
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "hog" });

	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 100 * MS);
	assert_int_equal(scx_kf_now(w->scx), machine_now(w->m));
	assert_ptr_equal(scx_kf_cpu_curr(task_cpu(p), w->scx), p);
	scx_kf_events(&ev, sizeof(ev), w->scx);
	assert_true(ev.SCX_EV_REFILL_SLICE_DFL > 0);
	assert_int_equal(ev.SCX_EV_BYPASS_ACTIVATE, 1);
	memset(&ev, 0xff, sizeof(ev));
	scx_kf_events(&ev, 8, w->scx); /* an older scheduler's, shorter struct */
	assert_int_equal(ev.SCX_EV_SELECT_CPU_FALLBACK, 0);
	assert_int_equal(ev.SCX_EV_DISPATCH_KEEP_LAST, -1);
	assert_true(scx_kf_task_set_slice(p, 7, w->scx));
	assert_int_equal(p->scx.slice, 7);
	assert_true(scx_kf_task_set_dsq_vtime(p, 8, w->scx));
	assert_int_equal(p->scx.dsq_vtime, 8);
	assert_int_equal(scx_kf_nr_node_ids(w->scx), 1);
	assert_int_equal(scx_kf_cpu_node(1, w->scx), 0);
	world_free(w);
}

static void per_node(void **state)
{
	struct csched_ops ops = simple_ops;
	struct world *w = world_71(2);
	cpumask_t both;

	ops.data.flags = SCX_OPS_BUILTIN_IDLE_PER_NODE;
	mask_init(&both, 0, 2);
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 10 * MS);
	assert_true(cpumask_test_cpu(1, scx_kf_get_idle_cpumask_node(0, w->scx)));
	assert_int_equal(scx_kf_pick_idle_cpu_node(&both, 0, 0, w->scx), 1);
	assert_false(cpumask_test_cpu(1, scx_kf_get_idle_cpumask_node(0, w->scx)));
	assert_int_equal(scx_kf_pick_idle_cpu_node(&both, -1, 0, w->scx), -ENOENT);
	assert_int_equal(scx_kf_pick_idle_cpu_node(&both, 0, 0, w->scx), 0);
	assert_int_equal(scx_kf_pick_idle_cpu_node(&both, 0, 0, w->scx), -EBUSY);
	assert_true(scx_kf_pick_any_cpu_node(&both, 0, SCX_PICK_IDLE_IN_NODE, w->scx) >= 0);
	scx_kf_get_idle_cpumask_node(1, w->scx);
	run_to(w, 11 * MS);
	assert_exit(w, SCX_EXIT_ERROR, "invalid node 1");
	world_free(w);
}

/* What the compiler puts in place of a call is what the call would have done. */
static void forms(void **state)
{
	struct world *w = world_71(3);
	const struct kfunc_set *set = &w->scx->kfuncs;
	struct run_ctx rc = { .env = w->scx->env };
	struct task_struct *p = spawn(w, (struct spawn){ .run = 10 * MS });
	struct form_call now = { .target = { .fn = (kfunc_fn)scx_kf_now, .ret_size = 8 } };
	struct form_call ids = { .target = { .fn = (kfunc_fn)scx_kf_nr_cpu_ids, .ret_size = 4 } };
	struct form_call put = { .target = { .fn = (kfunc_fn)scx_kf_put_cpumask, .nr_args = 1 } };
	struct form_call cpu = { .target = { .fn = (kfunc_fn)scx_kf_task_cpu, .nr_args = 1, .ret_size = 4,
				   .ret_signed = true },
				 .args = { (u64)p } };
	struct form_call *all[] = { &now, &ids, &put, &cpu };

	assert_int_equal(ARRAY_SIZE(all), set->nr_forms);
	run_to(w, 5 * MS);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		all[i]->target.implicit = w->scx;
	assert_int_equal(form_check(set->forms, set->nr_forms, &now, &rc), 5 * MS);
	assert_int_equal(form_check(set->forms, set->nr_forms, &ids, &rc), 3);
	assert_int_equal(form_check(set->forms, set->nr_forms, &put, &rc), 0);
	for (s32 i = -1; i < 3; i++) {
		p->thread_info.cpu = (u32)i;
		assert_int_equal(form_check(set->forms, set->nr_forms, &cpu, &rc), (u64)(s64)i);
	}
	p->thread_info.cpu = 0;
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(insert_tells),
		cmocka_unit_test(peeking),
		cmocka_unit_test(forms),
		cmocka_unit_test(reenqueueing),
		cmocka_unit_test(selecting),
		cmocka_unit_test(asking),
		cmocka_unit_test(per_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
