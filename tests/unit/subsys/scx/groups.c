/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cgroups and hot-plug of the machine, as a scheduler sees them. */
#include "csched.h"

static u64 zero(struct csched *s, u64 *a)
{
	return 0;
}

/* u[0]: the last cgroup's id; u[1]: its weight */
static u64 cgroup_init(struct csched *s, u64 *a)
{
	const struct scx_cgroup_init_args *args = (const void *)a[1];

	s->u[0] = ((struct cgroup *)a[0])->kn->id;
	s->u[1] = args->weight;
	return s->u[0] == s->u[7] ? (u64)-E2BIG : 0;
}

static u64 cgroup_move(struct csched *s, u64 *a)
{
	s->u[2] = ((struct cgroup *)a[1])->kn->id;
	s->u[3] = ((struct cgroup *)a[2])->kn->id;
	return 0;
}

static u64 prep_move(struct csched *s, u64 *a)
{
	return s->u[6] ? (u64)-EPERM : 0;
}

static u64 set_weight(struct csched *s, u64 *a)
{
	s->u[0] = ((struct cgroup *)a[0])->kn->id;
	s->u[1] = a[1];
	return 0;
}

static const struct csched_ops ops = {
	.fn = { [SCX_OP_cgroup_init] = cgroup_init, [SCX_OP_cgroup_exit] = zero,
		[SCX_OP_cgroup_prep_move] = prep_move, [SCX_OP_cgroup_move] = cgroup_move,
		[SCX_OP_cgroup_set_weight] = set_weight, [SCX_OP_cpu_online] = zero,
		[SCX_OP_cpu_offline] = zero },
};

static void tree(void **state)
{
	struct cgroup *a, *b, *c;
	struct world *w = world_new(1);
	struct cgroup *root = machine_cgroup_root(w->m);

	assert_int_equal(machine_cgroup_create(w->m, root, "a", &w->e, &a), 0);
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(w->s.calls[SCX_OP_cgroup_init], 2);
	assert_int_equal(machine_cgroup_create(w->m, a, "b", &w->e, &b), 0);
	assert_int_equal(w->s.u[0], b->kn->id);
	assert_int_equal(w->s.u[1], 100);
	assert_int_equal(b->level, 2);
	assert_ptr_equal(b->ancestors[1], a);
	assert_ptr_equal(machine_cgroup_find(w->m, "a/b"), b);
	assert_ptr_equal(machine_cgroup_find(w->m, ""), root);
	assert_null(machine_cgroup_find(w->m, "b"));
	assert_int_equal(root->nr_descendants, 2);
	assert_int_equal(machine_cgroup_create(w->m, a, "b", &w->e, &c), -EEXIST);
	assert_int_equal(machine_cgroup_create(w->m, a, "x/y", &w->e, &c), -EINVAL);
	assert_int_equal(machine_cgroup_destroy(w->m, a), -EBUSY);
	assert_int_equal(machine_cgroup_destroy(w->m, root), -EBUSY);
	assert_int_equal(machine_cgroup_destroy(w->m, b), 0);
	assert_int_equal(w->s.calls[SCX_OP_cgroup_exit], 1);
	assert_null(machine_cgroup_find(w->m, "a/b"));
	w->s.u[7] = b->kn->id + 1;
	assert_int_equal(machine_cgroup_create(w->m, a, "c", &w->e, &c), -E2BIG);
	assert_null(machine_cgroup_find(w->m, "a/c"));
	world_free(w);
}

static void moves_and_weights(void **state)
{
	struct task_struct *p;
	struct cgroup *a;
	struct world *w = world_new(1);
	struct cgroup *root = machine_cgroup_root(w->m);

	assert_int_equal(machine_cgroup_create(w->m, root, "a", &w->e, &a), 0);
	p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	assert_int_equal(machine_cgroup_move(w->m, a, p), 0);
	assert_int_equal(machine_cgroup_move(w->m, root, p), 0);
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 10 * MS);
	w->s.u[6] = 1;
	assert_int_equal(machine_cgroup_move(w->m, a, p), -EPERM);
	assert_ptr_equal(p->cgroups->dfl_cgrp, root);
	w->s.u[6] = 0;
	assert_int_equal(machine_cgroup_move(w->m, a, p), 0);
	assert_int_equal(w->s.u[2], 1);
	assert_int_equal(w->s.u[3], a->kn->id);
	assert_ptr_equal(p->cgroups->dfl_cgrp, a);
	assert_int_equal(machine_cgroup_destroy(w->m, a), -EBUSY);
	assert_int_equal(machine_cgroup_set_weight(w->m, a, 0), -ERANGE);
	assert_int_equal(machine_cgroup_set_weight(w->m, a, 10001), -ERANGE);
	assert_int_equal(machine_cgroup_set_weight(w->m, root, 1), -EINVAL);
	assert_int_equal(machine_cgroup_set_weight(w->m, a, 300), 0);
	assert_int_equal(w->s.u[0], a->kn->id);
	assert_int_equal(w->s.u[1], 300);
	run_to(w, 100 * MS);
	assert_true(task_runtime(w->m, p) > 40 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	scx_check(w->scx);
	world_free(w);
}

/* A child is in its parent's cgroup; one that is gone keeps its cgroup busy no longer. */
static void birth_and_death(void **state)
{
	struct task_struct *p;
	struct cgroup *a;
	struct world *w = world_new(1);

	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(machine_cgroup_create(w->m, machine_cgroup_root(w->m), "a", &w->e, &a),
			 0);
	p = spawn(w, (struct spawn){ .run = MS, .times = 1 });
	spawn(w, (struct spawn){ .run = MS });
	assert_int_equal(machine_cgroup_move(w->m, a, p), 0);
	run_to(w, 100 * MS);
	assert_int_equal(machine_cgroup_destroy(w->m, a), 0);
	world_free(w);
}

static void hotplug(void **state)
{
	struct task_struct *p[6];
	struct world *w = world_new(4);
	u64 busy;

	assert_int_equal(csched_load(w, &ops), 0);
	for (u32 i = 0; i < 6; i++)
		p[i] = spawn(w, (struct spawn){ .run = MS, .sleep = i % 2 ? MS : 0 });
	run_to(w, 100 * MS);
	for (u32 cpu = 1; cpu < 4; cpu++)
		assert_int_equal(machine_cpu_offline(w->m, cpu), 0);
	assert_int_equal(w->s.calls[SCX_OP_cpu_offline], 3);
	run_to(w, 101 * MS);
	busy = machine_cpu_times(w->m, 2).busy_ns;
	run_to(w, 1000 * MS);
	assert_int_equal(machine_cpu_times(w->m, 2).busy_ns, busy);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	scx_check(w->scx);
	assert_int_equal(machine_check(w->m), 0);
	assert_conserved(w);
	for (u32 i = 0; i < 6; i++)
		assert_int_equal(task_cpu(p[i]), 0);
	assert_int_equal(machine_cpu_online(w->m, 2), 0);
	run_to(w, 1100 * MS);
	assert_int_equal(w->s.calls[SCX_OP_cpu_online], 1);
	assert_true(machine_cpu_times(w->m, 2).busy_ns > busy + 80 * MS);
	scx_check(w->scx);
	world_free(w);
}

/* Without the ops, the scheduler ends and asks for a restart; its tasks live on. */
static void hotplug_restart(void **state)
{
	static const struct csched_ops none;
	struct task_struct *p[4];
	struct world *w = world_new(2);

	assert_int_equal(csched_load(w, &none), 0);
	for (u32 i = 0; i < 4; i++)
		p[i] = spawn(w, (struct spawn){ .run = MS });
	run_to(w, 100 * MS);
	assert_int_equal(machine_cpu_offline(w->m, 1), 0);
	run_to(w, 500 * MS);
	assert_string_equal(scx_state_name(w->scx), "disabled");
	assert_int_equal(scx_exit_info(w->scx)->exit_code,
			 SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG);
	for (u32 i = 0; i < 4; i++)
		assert_true(task_runtime(w->m, p[i]) > 90 * MS);
	assert_conserved(w);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree),	   cmocka_unit_test(moves_and_weights),
		cmocka_unit_test(birth_and_death), cmocka_unit_test(hotplug),
		cmocka_unit_test(hotplug_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
