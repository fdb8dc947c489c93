/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "fire.h"

#define MS 1000000ULL

/* ---- tasks ---- */

struct player {
	struct task_script script;
	enum step_kind other; /* what it does between running */
	u64 run;
	u32 left;
	bool ran;
};

static struct step play(struct task_script *s, struct machine *m, struct task_struct *p)
{
	struct player *pl = container_of(s, struct player, script);

	if (!pl->left)
		return (struct step){ STEP_EXIT, 0 };
	pl->ran = !pl->ran;
	if (pl->ran)
		return (struct step){ STEP_RUN, pl->run };
	pl->left--;
	return (struct step){ pl->other, machine_now(m) + MS };
}

static void release(struct task_script *s)
{
	free(container_of(s, struct player, script));
}

static struct task_struct *spawn(struct lab *l, enum step_kind other, u64 run, u32 times,
				 u32 policy)
{
	struct player *pl = calloc(1, sizeof(*pl));
	struct task_params params = { .comm = "t", .policy = policy,
				      .rt_priority = policy == SCHED_FIFO ? 10 : 0 };
	struct task_struct *p;
	struct err_msg e = {};

	if (!pl)
		lab_fail("out of memory");
	*pl = (struct player){ { play, release }, other, run, times, false };
	params.script = &pl->script;
	if (task_create(l->m, &params, &e, &p))
		lab_fail("no task: %s", e.text);
	return p;
}

static void run(struct lab *l, u64 ns)
{
	if (machine_run(l->m, machine_now(l->m) + ns))
		lab_fail("the machine has stopped");
}

/*
 * ops.exit runs when an exit is under way, so what fails in it is dropped without
 * a trace, as in Linux. To see it all the same, the sink lets a second exit be
 * claimed just before, and closes that door when the scheduler is gone.
 */
static void open_exit(struct trace_sink *s, const struct trace_event *ev)
{
	struct fire *f = container_of(s, struct fire, sink);

	if (ev->kind != TRACE_scx_state)
		return;
	if (!strcmp(ev->scx_state.state, "disabling"))
		f->l->scx->exit_kind = SCX_EXIT_NONE;
	if (!strcmp(ev->scx_state.state, "disabled"))
		f->l->scx->exit_kind = SCX_EXIT_DONE;
}

void fire_populate(struct fire *f, struct lab *l)
{
	*f = (struct fire){ .l = l, .prog_fd = -1, .empty_fd = -1, .map_fd = -1, .link_fd = -1,
			    .more_fd = -1, .flags = SCX_OPS_KEEP_BUILTIN_IDLE,
			    .sink = { .emit = open_exit } };
	f->hog = spawn(l, STEP_YIELD, 1000 * MS, 1000, SCHED_NORMAL);
	spawn(l, STEP_SLEEP, MS / 2, 1000, SCHED_NORMAL);
	l->pid = f->hog->pid;
	run(l, MS);
}

/* ---- attaching ---- */

static void set_u64(struct fire *f, void *value, const char *name, u64 x)
{
	const struct btf_member *m = &kbtf_members(f->l->ops)[lab_member(f->l, name)];

	memcpy((u8 *)value + 64 + kbtf_member_bit_offset(f->l->ops, m) / 8, &x, sizeof(x));
}

static int create_map(struct fire *f, u32 size)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_STRUCT_OPS,
		.key_size = 4,
		.value_size = size,
		.max_entries = 1,
		.map_flags = BPF_F_LINK,
		.btf_fd = f->l->btf_fd,
		.btf_vmlinux_value_type_id =
			kbtf_find(f->l->btf, "bpf_struct_ops_sched_ext_ops", BTF_KIND_STRUCT),
	};

	return lab_bpf(f->l, BPF_MAP_CREATE, &a);
}

int fire_attach(struct fire *f, const char *member, int prog_fd)
{
	const struct btf_type *value_type = kbtf_type(f->l->btf,
		kbtf_find(f->l->btf, "bpf_struct_ops_sched_ext_ops", BTF_KIND_STRUCT));
	u8 value[2048] __attribute__((aligned(64))) = { 0 };
	union bpf_attr a = { 0 };
	u32 key = 0;
	int err;

	f->member = member;
	f->prog_fd = prog_fd;
	if (member && (strstr("enqueue dequeue", member) ||
		       (f->more_member && !strcmp(f->more_member, "enqueue")))) { /* no idle CPU */
		f->more[0] = spawn(f->l, STEP_YIELD, 1000 * MS, 1000, SCHED_NORMAL);
		f->more[1] = spawn(f->l, STEP_YIELD, 1000 * MS, 1000, SCHED_NORMAL);
	}
	f->map_fd = create_map(f, value_type->size);
	if (f->map_fd < 0)
		lab_fail("no struct_ops map: %s", kernel_bpf_error(f->l->k));
	if (member)
		set_u64(f, value, member, prog_fd);
	if (member && !strcmp(member, "dequeue")) { /* there must be tasks that it holds */
		f->empty_fd = lab_load_empty(f->l, "enqueue");
		set_u64(f, value, "enqueue", f->empty_fd);
	}
	if (f->more_member)
		set_u64(f, value, f->more_member, f->more_fd);
	set_u64(f, value, "flags", f->flags);
	set_u64(f, value, "name", 'm');
	a.map_fd = f->map_fd;
	a.key = (u64)(uintptr_t)&key;
	a.value = (u64)(uintptr_t)value;
	err = lab_bpf(f->l, BPF_MAP_UPDATE_ELEM, &a);
	if (err)
		return err;
	a = (union bpf_attr){ 0 };
	a.link_create.prog_fd = f->map_fd;
	a.link_create.attach_type = BPF_STRUCT_OPS;
	f->link_fd = lab_bpf(f->l, BPF_LINK_CREATE, &a);
	return min(f->link_fd, 0);
}

void fire_detach(struct fire *f)
{
	if (f->member && !strcmp(f->member, "exit"))
		machine_add_sink(f->l->m, &f->sink);
	lab_close(f->l, f->link_fd);
	if (f->member && !strcmp(f->member, "exit"))
		machine_remove_sink(f->l->m, &f->sink);
	lab_close(f->l, f->map_fd);
	lab_close(f->l, f->prog_fd);
	lab_close(f->l, f->empty_fd);
	lab_close(f->l, f->more_fd);
}

/* ---- calling ---- */

static bool is(const struct fire *f, const char *member)
{
	return f->member && !strcmp(f->member, member);
}

/* The hooks that the core calls, with a group beside the tasks' own. */
static void fire_cgroup(struct fire *f)
{
	struct scx *scx = f->l->scx;
	struct cgroup *own = f->hog->sched_task_group->css.cgroup;

	f->group.css.cgroup = &f->other;
	if (is(f, "cgroup_exit")) {
		scx_cgroup_online(scx, &f->group);
		scx_cgroup_offline(scx, &f->group);
	} else if (is(f, "cgroup_set_weight")) {
		scx_cgroup_set_weight(scx, &f->group, 200);
	} else if (is(f, "cgroup_set_bandwidth")) {
		scx_cgroup_set_bandwidth(scx, &f->group, 100000, 50000, 0);
	} else if (is(f, "cgroup_set_idle")) {
		scx_cgroup_set_idle(scx, &f->group, true);
	} else if (is(f, "cgroup_prep_move") || is(f, "cgroup_move")) {
		scx_cgroup_prep_move(scx, f->hog, &f->other, own);
		scx_cgroup_move(scx, f->hog);
	} else if (is(f, "cgroup_cancel_move")) {
		scx_cgroup_prep_move(scx, f->hog, &f->other, own);
		scx_cgroup_cancel_move(scx, f->hog, own);
	}
}

static void fire_others(struct fire *f)
{
	struct scx *scx = f->l->scx;

	if (!f->member || !scx->value)
		return;
	if (is(f, "core_sched_before"))
		scx_op_core_sched_before(scx, f->hog, f->hog);
	else if (is(f, "cpu_online"))
		scx_hooks(scx).rq_activate(scx, sched_cpu_rq(f->l->m, 1));
	else if (is(f, "cpu_offline"))
		scx_hooks(scx).rq_deactivate(scx, sched_cpu_rq(f->l->m, 1));
	else if (!strncmp(f->member, "dump", 4))
		scx_sysrq_d(scx);
	else if (!strncmp(f->member, "cgroup_", 7))
		fire_cgroup(f);
}

void fire(struct fire *f)
{
	struct cpumask one = { 0 };

	cpumask_set_cpu(0, &one);
	run(f->l, 3 * MS);
	fire_others(f);
	run(f->l, MS);
	if (is(f, "dequeue")) {
		run(f->l, 60 * MS); /* it holds two of the three hogs */
		task_set_affinity(f->l->m, f->more[0], &one);
		task_set_affinity(f->l->m, f->more[1], &one);
	}
	if (is(f, "exit_task") || is(f, "disable"))
		spawn(f->l, STEP_SLEEP, MS / 4, 1, SCHED_NORMAL);
	if (is(f, "yield"))
		spawn(f->l, STEP_YIELD, MS / 4, 5, SCHED_NORMAL);
	if (is(f, "cpu_acquire") || is(f, "cpu_release")) {
		spawn(f->l, STEP_SLEEP, MS, 3, SCHED_FIFO);
		spawn(f->l, STEP_SLEEP, MS, 3, SCHED_FIFO);
	}
	run(f->l, 60 * MS);
}
