/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A scheduler that misbehaves is ended with the right kind and Linux's message,
 * its tasks go on under fair, and another scheduler can be loaded.
 */
#include <sys/mman.h>

#include "csched.h"

/* ---- one misdeed each ---- */

static u64 select_bad_cpu(struct csched *s, u64 *a)
{
	return 99;
}

static u64 enqueue_bad_dsq(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), 0xdead, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_twice(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_other(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct_checked(sched_cpu_rq(s->m, 0)->stop, SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_vtime_builtin(struct csched *s, u64 *a)
{
	scx_kf_dispatch_vtime_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, 5, a[1], s->scx);
	return 0;
}

static u64 enqueue_null(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct_checked(NULL, SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_internal_flag(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, SCX_ENQ_DSQ_PRIQ, s->scx);
	return 0;
}

static u64 enqueue_local_on_bad(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL_ON | 77, 0, a[1], s->scx);
	return 0;
}

/* To the CPU where @p is not; the test's tasks may use only their own. */
static u64 enqueue_local_on_other(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL_ON | !task_cpu(TASK(a[0])), 0, a[1],
			       s->scx);
	return 0;
}

static u64 enqueue_local_on_pinned(struct csched *s, u64 *a)
{
	TASK(a[0])->migration_disabled = 1;
	enqueue_local_on_other(s, a);
	return 0;
}

static u64 enqueue_fifo_then_vtime(struct csched *s, u64 *a)
{
	if (s->u[0]++)
		scx_kf_dispatch_vtime_direct(TASK(a[0]), SHARED_DSQ, 0, 5, a[1], s->scx);
	else
		scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_vtime_then_fifo(struct csched *s, u64 *a)
{
	if (!s->u[0]++)
		scx_kf_dispatch_vtime_direct(TASK(a[0]), SHARED_DSQ, 0, 5, a[1], s->scx);
	else
		scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_and_destroy(struct csched *s, u64 *a)
{
	if (scx_kf_dsq_nr_queued(SHARED_DSQ, s->scx))
		scx_kf_destroy_dsq(SHARED_DSQ, s->scx);
	return fifo_enqueue(s, a);
}

static u64 dispatch_overflow(struct csched *s, u64 *a)
{
	struct task_struct *p = sched_cpu_rq(s->m, a[0])->stop;

	assert_int_equal(scx_kf_dispatch_nr_slots(s->scx), 2);
	for (u32 i = 0; i < 3; i++)
		scx_kf_dispatch_buffered(p, SCX_DSQ_GLOBAL, 0, 0, s->scx);
	assert_int_equal(scx_kf_dispatch_nr_slots(s->scx), 0);
	return 0;
}

static u64 dispatch_underflow(struct csched *s, u64 *a)
{
	scx_kf_dispatch_buffered(sched_cpu_rq(s->m, a[0])->stop, SCX_DSQ_GLOBAL, 0, 0, s->scx);
	scx_kf_dispatch_cancel(s->scx);
	scx_kf_dispatch_cancel(s->scx);
	return 0;
}

static u64 dispatch_consume_bad(struct csched *s, u64 *a)
{
	assert_false(scx_kf_consume(0xbad, s->scx));
	return 0;
}

static u64 dispatch_null(struct csched *s, u64 *a)
{
	scx_kf_dispatch_vtime_buffered(NULL, SHARED_DSQ, 0, 0, 0, s->scx);
	return 0;
}

static u64 running_kick(struct csched *s, u64 *a)
{
	scx_kf_kick_cpu(0, SCX_KICK_IDLE | SCX_KICK_PREEMPT, s->scx);
	return 0;
}

static u64 running_kick_bad(struct csched *s, u64 *a)
{
	scx_kf_kick_cpu(-1, 0, s->scx);
	return 0;
}

static u64 running_cpuperf(struct csched *s, u64 *a)
{
	scx_kf_cpuperf_set(1, 1025, s->scx);
	return 0;
}

static u64 running_idle_mask(struct csched *s, u64 *a)
{
	assert_true(cpumask_empty(scx_kf_get_idle_cpumask_if_tracked(s->scx)));
	return 0;
}

static u64 running_pick_idle(struct csched *s, u64 *a)
{
	assert_int_equal(scx_kf_pick_idle_cpu_if_tracked(TASK(a[0])->cpus_ptr, 0, s->scx), -EBUSY);
	return 0;
}

static u64 running_dump(struct csched *s, u64 *a)
{
	scx_kf_dump_bstr_checked("x", NULL, 0, s->scx);
	return 0;
}

static u64 running_bad_data(struct csched *s, u64 *a)
{
	unsigned long long data = 0;

	scx_kf_error_bstr("x", &data, 7, s->scx);
	return 0;
}

/* Nobody has looked for the end of the format: here it is not mapped. */
static u64 running_endless(struct csched *s, u64 *a)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(page, MAP_FAILED);
	memset(page, 'x', 4096);
	assert_int_equal(munmap(page + 4096, 4096), 0);
	scx_kf_error_bstr(page + 4000, NULL, 0, s->scx);
	munmap(page, 4096);
	return 0;
}

static u64 running_error(struct csched *s, u64 *a)
{
	scx_kf_error_bstr("I give up", NULL, 0, s->scx);
	scx_error(s->scx, buf_underflow);
	return 0;
}

static u64 running_exit(struct csched *s, u64 *a)
{
	scx_kf_exit_bstr(42, "done", NULL, 0, s->scx);
	return 0;
}

static u64 running_foreign_cgroup(struct csched *s, u64 *a)
{
	scx_kf_task_cgroup_checked(sched_cpu_rq(s->m, 0)->stop, s->scx);
	return 0;
}

static u64 init_fails(struct csched *s, u64 *a)
{
	return -EIO;
}

static u64 init_positive(struct csched *s, u64 *a)
{
	return 7;
}

static u64 init_dsq(struct csched *s, u64 *a)
{
	assert_int_equal(scx_kf_create_dsq(SHARED_DSQ, 0, s->scx), 0);
	assert_int_equal(scx_kf_create_dsq(SHARED_DSQ, -1, s->scx), -EEXIST);
	assert_int_equal(scx_kf_create_dsq(SCX_DSQ_GLOBAL, -1, s->scx), -EINVAL);
	assert_int_equal(scx_kf_create_dsq(5, 1, s->scx), -EINVAL);
	assert_int_equal(scx_kf_create_dsq(5, -2, s->scx), -EINVAL);
	return 0;
}

static u64 init_task_fails(struct csched *s, u64 *a)
{
	return TASK(a[0])->pid >= 1000 ? -ENOMEM : 0;
}

static u64 init_task_positive(struct csched *s, u64 *a)
{
	return 1;
}

static u64 cgroup_init_fails(struct csched *s, u64 *a)
{
	return -EPERM;
}

/* Memory that is not there: of the arguments, not of the format. */
static u64 running_bad_args(struct csched *s, u64 *a)
{
	scx_kf_error_bstr("%d", (unsigned long long *)8, 8, s->scx);
	return 0;
}

/* ---- what 6.12 says in run-time mode ---- */

typedef u32 (*nr_slots_fn)(struct scx *scx);
typedef u32 (*reenqueue_fn)(struct scx *scx);
typedef bool (*from_dsq_fn)(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
			    u64 enq_flags, struct scx *scx);

static kfunc_fn at_run(struct csched *s, const char *name)
{
	const struct kfunc_row *rows = scx_runtime_rows(s->scx);

	for (u32 i = 0; i < SCX_NR_RUN_ROWS; i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].cases[0].fn;
	fail_msg("no kfunc %s", name);
	return NULL;
}

static u64 enqueue_nr_slots(struct csched *s, u64 *a)
{
	((nr_slots_fn)at_run(s, "scx_bpf_dispatch_nr_slots"))(s->scx);
	return 0;
}

/* As if ops.enqueue were called by ops.cpu_release, which has its mask, too. */
static u64 enqueue_nested(struct csched *s, u64 *a)
{
	scx_this_cpu(s->scx)->kf_mask |= SCX_KF_CPU_RELEASE;
	((reenqueue_fn)at_run(s, "scx_bpf_reenqueue_local"))(s->scx);
	scx_this_cpu(s->scx)->kf_mask &= ~SCX_KF_CPU_RELEASE;
	return 0;
}

/* Unlocked by its mask, but not by its lock. */
static u64 cgroup_move_hangs(struct csched *s, u64 *a)
{
	struct bpf_iter_scx_dsq it;

	assert_int_equal(scx_kf_iter_dsq_new(&it, SHARED_DSQ, 0, s->scx), 0);
	((from_dsq_fn)at_run(s, "scx_bpf_dispatch_from_dsq"))(&it, TASK(a[0]), SCX_DSQ_GLOBAL, 0,
							      s->scx);
	scx_kf_iter_dsq_destroy(&it, s->scx);
	return 0;
}

/* ---- what later kernels say ---- */

/* 7.1's alone, and so not in the header. */
void scx_kf_cpuperf_set_task_rq(s32 cpu, u32 perf, struct scx *scx);
void scx_kf_stray_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			 struct scx *scx);

static u64 running_pick_flat(struct csched *s, u64 *a)
{
	scx_kf_pick_idle_cpu_if_tracked(TASK(a[0])->cpus_ptr, 0, s->scx);
	return 0;
}

static u64 running_flat_mask(struct csched *s, u64 *a)
{
	scx_kf_get_idle_cpumask_if_tracked(s->scx);
	return 0;
}

static u64 running_node_mask(struct csched *s, u64 *a)
{
	scx_kf_get_idle_cpumask_node_if_tracked(0, s->scx);
	return 0;
}

static u64 running_bad_node(struct csched *s, u64 *a)
{
	scx_kf_get_idle_smtmask_node(5, s->scx);
	return 0;
}

static u64 running_cpuperf_other(struct csched *s, u64 *a)
{
	scx_kf_cpuperf_set_task_rq(!task_cpu(TASK(a[0])), 512, s->scx);
	return 0;
}

static u64 running_peek_builtin(struct csched *s, u64 *a)
{
	scx_kf_dsq_peek(SCX_DSQ_GLOBAL, s->scx);
	return 0;
}

static u64 running_peek_nothing(struct csched *s, u64 *a)
{
	scx_kf_dsq_peek(0x51, s->scx);
	return 0;
}

static u64 running_reenq_flags(struct csched *s, u64 *a)
{
	scx_kf_dsq_reenq(SHARED_DSQ, 0x10, s->scx);
	return 0;
}

static u64 running_reenq_global(struct csched *s, u64 *a)
{
	scx_kf_dsq_reenq(SCX_DSQ_GLOBAL, 0, s->scx);
	return 0;
}

static u64 running_reenq_many(struct csched *s, u64 *a)
{
	for (u64 id = 100; id <= 132; id++) {
		scx_kf_create_dsq(id, -1, s->scx);
		scx_kf_dsq_reenq(id, 0, s->scx);
	}
	return 0;
}

static u64 enqueue_immed(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, a[1] | SCX_ENQ_IMMED, s->scx);
	return 0;
}

static u64 running_stray(struct csched *s, u64 *a)
{
	scx_kf_stray_insert(TASK(a[0]), SHARED_DSQ, 0, 0, s->scx);
	return 0;
}

/* ---- the table ---- */

struct misdeed {
	enum scx_text text;
	enum scx_op op;
	cop_fn fn;
	const char *msg;
	enum scx_exit_kind kind; /* 0: SCX_EXIT_ERROR */
	s64 code;
	bool pinned;	 /* tasks may use CPU 0 only */
	bool own_idle;	 /* has ops.update_idle without KEEP_BUILTIN_IDLE */
	bool no_dispatch;
	u32 batch;
	u64 flags, hotplug_seq;		/* of the ops */
	enum kernel_profile profile;	/* KERNEL_6_12, unless said */
	enum kfunc_resolution resolution;
	void (*provoke)(struct world *w); /* 10 ms after the scheduler has been enabled */
};

static void move_to_new_group(struct world *w)
{
	struct task_struct *p = task_find(w->m, machine_first_pid(w->m));
	struct cgroup *c;

	assert_int_equal(machine_cgroup_create(w->m, machine_cgroup_root(w->m), "a", &w->e, &c), 0);
	assert_int_equal(machine_cgroup_move(w->m, c, p), 0);
}

static void take_cpu(struct world *w)
{
	assert_int_equal(machine_cpu_offline(w->m, 1), 0);
}

static void fork_ext(struct world *w)
{
	spawn(w, (struct spawn){ .comm = "child", .policy = SCHED_EXT, .run = MS });
}

/* A DSQ that dies under a pointer to it. */
static void insert_into_dead(struct world *w)
{
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "late", .start = 10 * SEC });
	struct scx_dispatch_q *dsq;

	assert_int_equal(scx_kf_create_dsq(77, -1, w->scx), 0);
	dsq = scx_find_user_dsq(w->scx, 77);
	scx_kf_destroy_dsq(77, w->scx);
	scx_kf_destroy_dsq(78, w->scx); /* is not there: no matter */
	assert_int_equal(scx_kf_dsq_nr_queued(77, w->scx), -ENOENT);
	scx_dsq_insert(w->scx, dsq, p, 0);
	assert_ptr_equal(p->scx.dsq, &w->scx->global_dsqs[0]);
	scx_dsq_remove(p);
}

static void stop_watchdog(struct world *w)
{
	machine_timer_cancel(w->m, &w->scx->watchdog);
}

static u64 init_task_disallows(struct csched *s, u64 *a)
{
	TASK(a[0])->scx.disallow = true;
	return 0;
}

#define SHARED_TEXT "0x0000000000000000"

#define DEED(text_, op_, fn_) .text = SCX_TEXT_##text_, .op = SCX_OP_##op_, .fn = fn_
static const struct misdeed misdeeds[] = {
	{ DEED(bad_cpu, select_cpu, select_bad_cpu),
	  .msg = "invalid CPU 99 from ops.select_cpu()" },
	{ DEED(no_dsq, enqueue, enqueue_bad_dsq), .msg = "non-existent DSQ 0xdead for t[#]" },
	{ DEED(direct_twice, enqueue, enqueue_twice), .msg = "t[#] already direct-dispatched" },
	{ DEED(direct_other, enqueue, enqueue_other),
	  .msg = "scheduling for t[#] but trying to direct-dispatch migration/0[3]" },
	{ DEED(vtime_builtin, enqueue, enqueue_vtime_builtin),
	  .msg = "cannot use vtime ordering for built-in DSQs" },
	{ DEED(null_task, enqueue, enqueue_null), .msg = "called with NULL task" },
	{ DEED(bad_enq_flags, enqueue, enqueue_internal_flag),
	  .msg = "invalid enq_flags 0x200000000000000" },
	{ DEED(bad_cpu, enqueue, enqueue_local_on_bad),
	  .msg = "invalid CPU 77 in SCX_DSQ_LOCAL_ON dispatch verdict" },
	{ DEED(move_not_allowed, enqueue, enqueue_local_on_other),
	  .msg = "SCX_DSQ_LOCAL[_ON] target CPU 1 not allowed for t[#]", .pinned = true },
	{ DEED(move_disabled, enqueue, enqueue_local_on_pinned),
	  .msg = "SCX_DSQ_LOCAL[_ON] cannot move migration disabled t[#] from CPU 0 to 1",
	  .pinned = true },
	{ DEED(was_fifo, enqueue, enqueue_fifo_then_vtime),
	  .msg = "DSQ ID " SHARED_TEXT " already had FIFO-enqueued tasks", .no_dispatch = true },
	{ DEED(was_priq, enqueue, enqueue_vtime_then_fifo),
	  .msg = "DSQ ID " SHARED_TEXT " already had PRIQ-enqueued tasks", .no_dispatch = true },
	{ DEED(dsq_in_use, enqueue, enqueue_and_destroy),
	  .msg = "attempting to destroy in-use dsq " SHARED_TEXT " (nr=1)", .no_dispatch = true },
	{ DEED(dead_dsq, exit, NULL), .msg = "attempting to dispatch to a destroyed dsq",
	  .provoke = insert_into_dead },
	{ DEED(buf_overflow, dispatch, dispatch_overflow), .msg = "dispatch buffer overflow",
	  .batch = 2 },
	{ DEED(buf_underflow, dispatch, dispatch_underflow),
	  .msg = "dispatch buffer underflow" },
	{ DEED(bad_dsq, dispatch, dispatch_consume_bad),
	  .msg = "invalid DSQ ID 0x0000000000000bad" },
	{ DEED(null_task, dispatch, dispatch_null), .msg = "called with NULL task" },
	{ DEED(kick_idle, running, running_kick),
	  .msg = "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE" },
	{ DEED(bad_cpu, running, running_kick_bad), .msg = "invalid CPU -1" },
	{ DEED(cpuperf_target, running, running_cpuperf),
	  .msg = "Invalid cpuperf target 1025 for CPU 1" },
	{ DEED(no_builtin_idle, running, running_idle_mask),
	  .msg = "built-in idle tracking is disabled", .own_idle = true },
	{ DEED(no_builtin_idle, running, running_pick_idle),
	  .msg = "built-in idle tracking is disabled", .own_idle = true },
	{ DEED(dump_where, running, running_dump),
	  .msg = "scx_bpf_dump() must only be called from ops.dump() and friends" },
	{ DEED(bad_data, running, running_bad_data),
	  .msg = "invalid data=(____ptrval____) and data__sz=7" },
	{ DEED(read_data, running, running_bad_args),
	  .msg = "failed to read data fields (-14)" },
	{ DEED(format, running, running_endless), .msg = "format preparation failed (-22)" },
	{ DEED(bpf_text, running, running_error), .msg = "I give up", .kind = SCX_EXIT_ERROR_BPF },
	{ DEED(bpf_text, running, running_exit), .msg = "done", .kind = SCX_EXIT_UNREG_BPF, .code = 42 },
	{ DEED(not_own_task, running, running_foreign_cgroup),
	  .msg = "called on a task not being operated on" },
	{ DEED(init, init, init_fails), .msg = "ops.init() failed (-5)" },
	{ DEED(bad_errno, init, init_positive),
	  .msg = "ops.init() returned an invalid errno 7" },
	{ DEED(init_task, init_task, init_task_fails),
	  .msg = "ops.init_task() failed (-12) for t[#]" },
	{ DEED(bad_errno, init_task, init_task_positive),
	  .msg = "ops.init_task() returned an invalid errno 1" },
	{ DEED(disallow_fork, init_task, init_task_disallows),
	  .msg = "ops.init_task() set task->scx.disallow for child[#] during fork",
	  .flags = SCX_OPS_SWITCH_PARTIAL, .provoke = fork_ext },
	{ DEED(cgroup_init, cgroup_init, cgroup_init_fails),
	  .msg = "ops.cgroup_init() failed (-1)" },
	{ DEED(enq_last, enqueue, NULL),
	  .msg = "SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented",
	  .flags = SCX_OPS_ENQ_LAST },
	/* the buffer would not fit where Linux has it: in 32 KB per CPU */
	{ DEED(enable, exit, NULL), .msg = "scx_ops_enable() failed (-12)", .batch = 1024 },
	{ DEED(hotplug_seq, exit, NULL),
	  .msg = "expected hotplug seq 7 did not match actual 0",
	  .kind = SCX_EXIT_UNREG_KERN, .code = SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG, .hotplug_seq = 7 },
	{ DEED(hotplug, exit, NULL), .msg = "cpu 1 going offline, exiting scheduler",
	  .kind = SCX_EXIT_UNREG_KERN, .code = SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG,
	  .provoke = take_cpu },
	{ DEED(stall, enqueue, nothing), .msg = "t[#] failed to run for #.#s",
	  .kind = SCX_EXIT_ERROR_STALL },
	{ DEED(watchdog, exit, NULL), .msg = "watchdog failed to check in for #.#s",
	  .kind = SCX_EXIT_ERROR_STALL, .provoke = stop_watchdog },

	{ DEED(bad_mask, enqueue, enqueue_nr_slots),
	  .msg = "kfunc with mask 0x2 called from an operation only allowing 0x4",
	  .resolution = KFUNC_AT_RUN },
	{ DEED(nested, enqueue, enqueue_nested),
	  .msg = "cpu_release kfunc called from a nested operation", .resolution = KFUNC_AT_RUN },
	{ DEED(would_hang, cgroup_move, cgroup_move_hangs),
	  .msg = "a move between DSQs from ops.cgroup_move hangs Linux 6.12: the runqueue lock is held "
	  "there",
	  .resolution = KFUNC_AT_RUN, .provoke = move_to_new_group },

	{ DEED(flat_masks, running, running_flat_mask),
	  .msg = "SCX_OPS_BUILTIN_IDLE_PER_NODE enabled",
	  .flags = SCX_OPS_BUILTIN_IDLE_PER_NODE, .profile = KERNEL_7_1 },
	{ DEED(idle_per_node, running, running_pick_flat),
	  .msg = "per-node idle tracking is enabled", .flags = SCX_OPS_BUILTIN_IDLE_PER_NODE,
	  .profile = KERNEL_7_1 },
	{ DEED(no_idle_per_node, running, running_node_mask),
	  .msg = "per-node idle tracking is disabled", .profile = KERNEL_7_1 },
	{ DEED(bad_node, running, running_bad_node), .msg = "invalid node 5",
	  .flags = SCX_OPS_BUILTIN_IDLE_PER_NODE, .profile = KERNEL_7_1 },
	{ DEED(bad_target_cpu, running, running_cpuperf_other), .msg = "Invalid target CPU #",
	  .profile = KERNEL_7_1 },
	{ DEED(peek_builtin, running, running_peek_builtin),
	  .msg = "peek disallowed on builtin DSQ 0x8000000000000001", .profile = KERNEL_7_1 },
	{ DEED(peek_no_dsq, running, running_peek_nothing),
	  .msg = "peek on non-existent DSQ 0x51", .profile = KERNEL_7_1 },
	{ DEED(bad_reenq_flags, running, running_reenq_flags),
	  .msg = "invalid reenq_flags 0x10", .profile = KERNEL_7_1 },
	{ DEED(no_reenq, running, running_reenq_global),
	  .msg = "DSQ 0x8000000000000001 can't be re-enqueued", .profile = KERNEL_7_1 },
	{ DEED(reenq_many, running, running_reenq_many),
	  .msg = "more than 32 DSQs to re-enqueue at once", .profile = KERNEL_7_1 },
	{ DEED(stray, running, running_stray),
	  .msg = "scx_bpf_dsq_insert() called outside of the operation that it belongs to",
	  .profile = KERNEL_7_1 },
	{ DEED(immed, enqueue, enqueue_immed), .msg = "SCX_ENQ_IMMED on a non-local DSQ 0x8000000000000001",
	  .profile = KERNEL_7_1 },
};

static u64 count_exit(struct csched *s, u64 *a)
{
	const struct scx_exit_info *ei = (const void *)a[0];

	s->u[7]++;
	assert_ptr_equal(ei->msg, s->scx->exit.msg);
	assert_int_equal(s->scx->state, SCX_OPS_DISABLING);
	return 0;
}

/* FIFO, but for what @d replaces. */
static struct csched_ops ops_of(const struct misdeed *d)
{
	struct csched_ops ops = { .fn = {
		[SCX_OP_enqueue] = fifo_enqueue,
		[SCX_OP_dispatch] = d->no_dispatch ? nothing : simple_dispatch,
		[SCX_OP_init] = init_dsq,
		[SCX_OP_exit] = count_exit,
	} };

	if (d->own_idle)
		ops.fn[SCX_OP_update_idle] = nothing;
	if (d->op != SCX_OP_exit)
		ops.fn[d->op] = d->fn;
	ops.data = (struct sched_ext_ops){ .dispatch_max_batch = d->batch, .flags = d->flags,
					   .hotplug_seq = d->hotplug_seq, .timeout_ms = 50 };
	return ops;
}

/* Four times two runnable milliseconds and one asleep, for ever. */
static void spawn_four(struct world *w, const struct misdeed *d, struct task_struct **p)
{
	cpumask_t cpu0;

	mask_init(&cpu0, 0, 1);
	for (u32 i = 0; i < 4; i++) {
		/* Without a choice of CPUs ops.select_cpu isn't called: no direct dispatch. */
		p[i] = spawn(w, (struct spawn){ .comm = "t", .run = 2 * MS, .sleep = MS });
		if (d->pinned)
			assert_int_equal(task_set_affinity(w->m, p[i], &cpu0), 0);
	}
}

static void check_misdeed(const struct misdeed *d, bool *seen)
{
	const struct csched_ops ops = ops_of(d);
	struct world *w = world_new(2);
	const struct scx_exit_info *ei = scx_exit_info(w->scx);
	struct task_struct *p[4];
	u64 before[4];

	w->scx->profile = d->profile;
	w->scx->resolution = d->resolution;
	assert_int_equal(ei->kind, SCX_EXIT_NONE);
	spawn_four(w, d, p);
	run_to(w, 10 * MS);
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 20 * MS);
	if (d->provoke)
		d->provoke(w);
	run_to(w, 200 * MS);
	assert_exit(w, d->kind ?: SCX_EXIT_ERROR, d->msg);
	assert_int_equal(w->scx->last_exit_text, d->text);
	seen[d->text] = true;
	assert_int_equal(ei->exit_code, d->code);
	assert_string_equal(ei->reason, scx_exit_reason(ei->kind));
	assert_int_equal(w->s.u[7], 1);
	assert_string_equal(scx_ops_name(w->scx), "");
	if (ei->kind >= SCX_EXIT_ERROR)
		assert_non_null(strstr(ei->dump, ei->msg));
	csched_unload(w); /* user space closes its link: nothing more happens */
	assert_int_equal(w->s.u[7], 1);

	for (u32 i = 0; i < 4; i++)
		before[i] = task_runtime(w->m, p[i]);
	run_to(w, 300 * MS);
	for (u32 i = 0; i < 4; i++) {
		assert_true(task_runtime(w->m, p[i]) > before[i] + 15 * MS);
		p[i]->migration_disabled = 0;
	}
	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 400 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	assert_conserved(w);
	world_free(w);
}

/* Each row of texts.def is brought about by a misdeed, or it has no business there. */
static void every_misdeed(void **state)
{
	static const char *const names[] = {
#define SCX_TEXT(name, since, fmt) #name,
#include "scx/texts.def"
#undef SCX_TEXT
	};
	bool seen[SCX_NR_TEXTS] = { false };

	for (u32 i = 0; i < ARRAY_SIZE(misdeeds); i++) {
		printf("# %s\n", misdeeds[i].msg);
		fflush(stdout);
		check_misdeed(&misdeeds[i], seen);
	}
	for (u32 i = 0; i < SCX_NR_TEXTS; i++)
		if (!seen[i])
			fail_msg("no test brings about the text \"%s\"", names[i]);
}

/* ---- stalls ---- */

static void stalled_task(void **state)
{
	/* Takes every task and never gives one back. */
	static const struct csched_ops ops = {
		.fn = { [SCX_OP_enqueue] = nothing, [SCX_OP_exit] = count_exit,
			[SCX_OP_select_cpu] = nothing },
		.data = { .timeout_ms = 500 },
	};
	struct world *w = world_new(2);

	spawn(w, (struct spawn){ .comm = "t", .run = 2 * MS, .sleep = MS });
	run_to(w, 10 * MS);
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 500 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	run_to(w, 2 * SEC);
	assert_exit(w, SCX_EXIT_ERROR_STALL, "t[#] failed to run for 0.#s");
	assert_string_equal(scx_exit_info(w->scx)->reason, "runnable task stall");
	assert_int_equal(w->s.u[7], 1);
	assert_conserved(w);
	world_free(w);
}

static void stalled_watchdog(void **state)
{
	struct csched_ops ops = simple_ops;
	struct world *w = world_new(1);

	ops.data.timeout_ms = 200;
	spawn(w, (struct spawn){ .comm = "t" });
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 50 * MS);
	machine_timer_cancel(w->m, &w->scx->watchdog);
	run_to(w, SEC);
	assert_exit(w, SCX_EXIT_ERROR_STALL, "watchdog failed to check in for 0.201s");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_misdeed),
		cmocka_unit_test(stalled_task),
		cmocka_unit_test(stalled_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
