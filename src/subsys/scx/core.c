/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A scheduler comes and goes.
 *
 * Enabling arms the exit path first: from then on a failure does not return an
 * errno, but ends the scheduler through ops.exit, which carries the reason to
 * user space. Disabling takes every task back to the class that it would have
 * without sched_ext, then forgets the scheduler.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scx/internal.h"

static void set_state(struct scx *scx, enum scx_ops_enable_state state)
{
	struct trace_event ev = { .kind = TRACE_scx_state };

	scx->state = state;
	scx->switched_all = state == SCX_OPS_ENABLED && scx->switching_all;
	if (!sched_traces(scx->m, TRACE_scx_state))
		return;
	ev.scx_state.state = scx_state_name(scx);
	ev.scx_state.ops = scx->ops.name;
	sched_trace(scx->m, &ev);
}

static void free_dispatch_buffers(struct scx *scx)
{
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++) {
		free(scx->cpus[cpu].dsp.buf);
		scx->cpus[cpu].dsp = (struct scx_dsp){ 0 };
	}
	scx->dsp_max_batch = 0;
}

static void cancel_redispatch(struct scx *scx)
{
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++)
		machine_timer_cancel(scx->m, &scx->cpus[cpu].redispatch);
}

/* Linux has the buffer in memory per CPU, of which there is no piece above 32 KB. */
#define DSP_BUF_MAX ((32768 - 16) / sizeof(struct scx_dsp_entry))

static int alloc_dispatch_buffers(struct scx *scx)
{
	scx->dsp_max_batch = scx->ops.dispatch_max_batch ?: SCX_DSP_DFL_MAX_BATCH;
	if (scx->dsp_max_batch > DSP_BUF_MAX)
		return -ENOMEM;
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++) {
		struct scx_dsp *dsp = &scx->cpus[cpu].dsp;

		dsp->buf = calloc(scx->dsp_max_batch, sizeof(*dsp->buf));
		if (!dsp->buf)
			return -ENOMEM;
	}
	return 0;
}

/* ---- enabling ---- */

/* Makes implemented callbacks of [from, to) callable. */
static void turn_on_ops(struct scx *scx, u32 from, u32 to)
{
	for (u32 op = from; op < to; op++)
		if (scx->progs[op])
			scx->has_op |= 1ULL << op;
}

static void forget_value(struct scx *scx)
{
	scx->value = NULL;
	memset(scx->progs, 0, sizeof(scx->progs));
	scx->ops = (struct sched_ext_ops){ 0 };
}

/* From here on scx_error() works. */
static int arm(struct scx *scx, struct st_ops_value *v)
{
	struct scx_exit_info ei;
	int err;

	scx_read_value(scx, v);
	err = scx_exit_alloc(&ei, scx->ops.exit_dump_len);
	if (err) {
		forget_value(scx);
		return err;
	}
	scx_exit_free(&scx->last_exit);
	scx->exit = ei;
	scx->dumped = false;
	scx->exit_kind = SCX_EXIT_NONE;
	scx->value = v;
	scx->nr_rejected = 0;
	set_state(scx, SCX_OPS_ENABLING);
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++) {
		sched_cpu_rq(scx->m, cpu)->scx.cpuperf_target = SCX_CPUPERF_ONE;
		scx->cpus[cpu].perf_due = false;
	}
	scx_reset_idle(scx, !scx->progs[SCX_OP_update_idle] ||
			    (scx->ops.flags & SCX_OPS_KEEP_BUILTIN_IDLE),
		       scx->ops.flags & SCX_OPS_BUILTIN_IDLE_PER_NODE);
	scx->skip_migration_disabled = scx->profile != KERNEL_6_12 &&
				       !(scx->ops.flags & SCX_OPS_ENQ_MIGRATION_DISABLED);
	scx->events = (struct scx_event_stats){ 0 };
	memset(&scx->warned, 0, sizeof(scx->warned));
	return 0;
}

/* CPUs may have come or gone since user space looked. */
static void check_hotplug_seq(struct scx *scx)
{
	u64 expected = scx->ops.hotplug_seq;

	if (expected && expected != scx->hotplug_seq)
		scx_exit_kind(scx, SCX_EXIT_UNREG_KERN,
			      SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG,
			      hotplug_seq, (unsigned long long)expected,
			      (unsigned long long)scx->hotplug_seq);
}

static int init_ops(struct scx *scx)
{
	int err;

	if (scx->progs[SCX_OP_init]) {
		err = scx_op_init(scx);
		if (err) {
			err = scx_sanitize_err(scx, "init", err);
			scx_error(scx, init, err);
			return err;
		}
	}
	turn_on_ops(scx, SCX_OP_cpu_online, SCX_OP_init);
	check_hotplug_seq(scx);
	if ((scx->ops.flags & SCX_OPS_ENQ_LAST) && !scx->progs[SCX_OP_enqueue]) {
		scx_error(scx, enq_last);
		return -EINVAL;
	}
	return 0;
}

static int init_all_tasks(struct scx *scx)
{
	struct task_struct *p;
	int err = scx_cgroups_init(scx);

	if (err)
		return err;
	list_for_each_entry(p, &scx->tasks, scx.tasks_node) {
		err = scx_init_task(scx, p, false);
		if (err) {
			scx_error(scx, init_task, err, p->comm, p->pid);
			return err;
		}
		scx_set_task_state(p, SCX_TASK_READY);
	}
	return 0;
}

/* Every task to the class that is right for it now. */
static void switch_tasks(struct scx *scx, bool enabling)
{
	struct task_struct *p, *tmp;

	list_for_each_entry_safe(p, tmp, &scx->tasks, scx.tasks_node) {
		if (enabling)
			scx_refill_slice(scx, p);
		sched_switch_class(scx->m, p, sched_class_of(scx->m, p));
		if (!enabling)
			scx_exit_task(scx, p);
	}
}

/* Prepares every task, then moves them, in bypass: half a scheduler must not be asked. */
static int switch_on(struct scx *scx)
{
	int err;

	scx_bypass(scx, true);
	turn_on_ops(scx, 0, SCX_OP_cpu_online);
	scx->enq_last = scx->ops.flags & SCX_OPS_ENQ_LAST;
	scx->enq_exiting = scx->ops.flags & SCX_OPS_ENQ_EXITING;
	scx->cpu_preempt = scx->progs[SCX_OP_cpu_acquire] ||
			   scx->progs[SCX_OP_cpu_release];
	scx->init_task_enabled = true;
	err = init_all_tasks(scx);
	if (!err) {
		scx->switching_all = !(scx->ops.flags & SCX_OPS_SWITCH_PARTIAL);
		scx->enabled = true;
		switch_tasks(scx, true);
	}
	scx_bypass(scx, false);
	return err;
}

static int enable(struct scx *scx)
{
	int err = init_ops(scx);

	if (!err)
		err = alloc_dispatch_buffers(scx);
	if (err)
		return err;
	scx_watchdog_start(scx);
	err = switch_on(scx);
	if (err)
		return err;
	if (scx->exit_kind != SCX_EXIT_NONE)
		return -ECANCELED; /* claimed on the way; its own message stands */
	set_state(scx, SCX_OPS_ENABLED);
	scx_print_enabled(scx);
	scx->enable_seq++;
	return 0;
}

/* 0 also where the scheduler has ended at once: ops.exit has said why. */
int scx_enable(struct scx *scx, struct st_ops_value *v)
{
	int err;

	scx->ever_used = true;
	if (scx->state != SCX_OPS_DISABLED)
		return -EBUSY;
	err = arm(scx, v);
	if (err)
		return err;
	err = enable(scx);
	if (err) {
		scx_error(scx, enable, err);
		scx_exit_flush(scx);
	}
	return 0;
}

/* ---- disabling ---- */

static void turn_off(struct scx *scx)
{
	scx->enabled = false;
	scx->has_op = 0;
	scx->enq_last = false;
	scx->enq_exiting = false;
	scx->cpu_preempt = false;
	scx_reset_idle(scx, false, false);
}

static void forget(struct scx *scx)
{
	scx_watchdog_stop(scx);
	cancel_redispatch(scx);
	scx->value = NULL;
	scx_destroy_all_dsqs(scx);
	free_dispatch_buffers(scx);
	scx->last_exit = scx->exit;
	scx->last_exit_at = scx->exit_at;
	scx->last_exit_text = scx->exit_text;
	free(scx->backtrace);
	scx->backtrace = NULL;
	scx->exit = (struct scx_exit_info){ 0 };
}

void scx_disable(struct scx *scx)
{
	scx->exit_kind = SCX_EXIT_DONE;
	scx_bypass(scx, true);
	scx_end_all_waits(scx);
	set_state(scx, SCX_OPS_DISABLING);
	scx->switching_all = false;
	scx_cgroups_exit(scx);
	scx->init_task_enabled = false;
	switch_tasks(scx, false);
	turn_off(scx);
	scx_print_disabled(scx);
	if (scx->progs[SCX_OP_exit])
		scx_op_exit(scx, &scx->exit);
	forget(scx);
	set_state(scx, SCX_OPS_DISABLED);
	forget_value(scx);
	scx_bypass(scx, false);
}

/* ---- the instance ---- */

static void init_rq(struct scx *scx, struct rq *rq)
{
	scx_dsq_init(&rq->scx.local_dsq, SCX_DSQ_LOCAL);
	INIT_LIST_HEAD(&rq->scx.runnable_list);
	INIT_LIST_HEAD(&rq->scx.ddsp_deferred_locals);
	rq->scx.cpuperf_target = SCX_CPUPERF_ONE;
	if (cpumask_test_cpu(rq->cpu, sched_cpu_online(scx->m)))
		rq->scx.flags |= SCX_RQ_ONLINE;
}

static int init_cpus(struct scx *scx)
{
	scx->cpus = calloc(scx->nr_cpus, sizeof(*scx->cpus));
	scx->global_dsqs = calloc(scx->topo->nr_nodes, sizeof(*scx->global_dsqs));
	scx->idle_nodes = calloc(scx->topo->nr_nodes, sizeof(*scx->idle_nodes));
	if (!scx->cpus || !scx->global_dsqs || !scx->idle_nodes)
		return -ENOMEM;
	for (u32 node = 0; node < scx->topo->nr_nodes; node++)
		scx_dsq_init(&scx->global_dsqs[node], SCX_DSQ_GLOBAL);
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++) {
		struct scx_cpu *c = &scx->cpus[cpu];

		c->scx = scx;
		c->cpu = cpu;
		sched_irq_work_init(&c->kick_work, scx_kick_work);
		sched_irq_work_init(&c->deferred_work, scx_deferred_work);
		sched_irq_work_init(&c->resched_work, scx_resched_work);
		sched_irq_work_init(&c->reenq_work, scx_reenq_work);
		sched_irq_work_init(&c->perf_work, scx_perf_work);
		machine_timer_init(&c->redispatch, scx_redispatch_fire);
		init_rq(scx, sched_cpu_rq(scx->m, cpu));
	}
	return 0;
}

/* The tasks that a machine is born with. */
static void adopt(void *priv, struct task_struct *p)
{
	struct scx *scx = priv;

	scx_init_entity(scx, &p->scx);
	list_add_tail(&p->scx.tasks_node, &scx->tasks);
}

static void set_profile(struct scx *scx, enum kernel_profile profile,
			enum kfunc_resolution resolution)
{
	scx->profile = profile;
	scx->resolution = resolution;
	switch (profile) {
	case KERNEL_7_1:
		scx->tables = &scx_tables_701;
		break;
	case KERNEL_NEXT:
		scx->tables = &scx_tables_next;
		break;
	default:
		scx->tables = &scx_tables_612;
	}
	scx_init_st_ops(scx);
	scx_init_kfuncs(scx);
}

int scx_create(struct machine *m, struct run_env *env, const struct kbtf *kernel,
	       struct scx **out)
{
	struct sched_ext_hooks hooks;
	struct scx *scx = calloc(1, sizeof(*scx));
	int err;

	if (!scx)
		return -ENOMEM;
	scx->m = m;
	scx->env = env;
	scx->kernel = kernel;
	scx->topo = machine_topology(m);
	scx->nr_cpus = machine_nr_cpus(m);
	scx->state = SCX_OPS_DISABLED;
	scx->exit_kind = SCX_EXIT_DONE;
	scx->dump.cpu = -1;
	INIT_LIST_HEAD(&scx->tasks);
	sched_irq_work_init(&scx->exit_work, scx_exit_work);
	sched_irq_work_init(&scx->free_work, scx_free_dsqs_work);
	machine_timer_init(&scx->watchdog, scx_watchdog_fire);
	err = init_cpus(scx);
	if (err)
		goto out_free;
	set_profile(scx, KERNEL_6_12, KFUNC_AT_LOAD);
	hooks = scx_hooks(scx);
	sched_set_ext(m, &scx_sched_class, &hooks);
	machine_for_each_task(m, adopt, scx);
	*out = scx;
	return 0;

out_free:
	free(scx->idle_nodes);
	free(scx->global_dsqs);
	free(scx->cpus);
	free(scx);
	return err;
}

void scx_destroy(struct scx *scx)
{
	if (!scx)
		return;
	BUG_ON(scx->value || scx->backtrace);
	sched_set_ext(scx->m, &scx_sched_class, &(struct sched_ext_hooks){ 0 });
	scx_free_all_dsqs(scx);
	free_dispatch_buffers(scx);
	scx_exit_free(&scx->last_exit);
	scx_exit_free(&scx->exit);
	free(scx->idle_nodes);
	free(scx->global_dsqs);
	free(scx->cpus);
	free(scx);
}

int scx_register(struct scx *scx, struct calls *c, struct err_msg *e)
{
	int err;

	set_profile(scx, calls_profile(c), calls_resolution(c));
	err = calls_register_st_ops(c, &scx->type, e);
	return err ?: calls_register_kfuncs(c, &scx->kfuncs, e);
}

/* ---- what others may ask ---- */

const struct scx_exit_info *scx_exit_info(const struct scx *scx)
{
	return &scx->last_exit;
}

u64 scx_exit_time(const struct scx *scx)
{
	return scx->last_exit_at;
}

enum scx_ops_enable_state scx_state(const struct scx *scx)
{
	return scx->state;
}

const char *scx_state_name(const struct scx *scx)
{
	static const char *const names[] = {
		[SCX_OPS_ENABLING] = "enabling",
		[SCX_OPS_ENABLED] = "enabled",
		[SCX_OPS_DISABLING] = "disabling",
		[SCX_OPS_DISABLED] = "disabled",
	};

	return names[scx->state];
}

const char *scx_ops_name(const struct scx *scx)
{
	return scx->ops.name;
}

bool scx_switch_all(const struct scx *scx)
{
	return scx->switching_all;
}

u64 scx_nr_rejected(const struct scx *scx)
{
	return scx->nr_rejected;
}

u64 scx_enable_seq(const struct scx *scx)
{
	return scx->enable_seq;
}

u64 scx_hotplug_seq(const struct scx *scx)
{
	return scx->hotplug_seq;
}

int scx_show_events(const struct scx *scx, char *buf, u32 size)
{
#define EVENT(name) { #name, offsetof(struct scx_event_stats, name) }
	static const struct {
		const char *name;
		u32 offset;
	} rows[] = {
		EVENT(SCX_EV_SELECT_CPU_FALLBACK),
		EVENT(SCX_EV_DISPATCH_LOCAL_DSQ_OFFLINE),
		EVENT(SCX_EV_DISPATCH_KEEP_LAST),
		EVENT(SCX_EV_ENQ_SKIP_EXITING),
		EVENT(SCX_EV_ENQ_SKIP_MIGRATION_DISABLED),
		EVENT(SCX_EV_REFILL_SLICE_DFL),
		EVENT(SCX_EV_BYPASS_DURATION),
		EVENT(SCX_EV_BYPASS_DISPATCH),
		EVENT(SCX_EV_BYPASS_ACTIVATE),
	};
#undef EVENT
	u32 len = 0;

	_Static_assert(sizeof(rows) / sizeof(rows[0]) == sizeof(scx->events) / sizeof(s64),
		       "a counter has no row");
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		s64 value = *(const s64 *)((const u8 *)&scx->events + rows[i].offset);

		len += snprintf(buf + min(len, size), size - min(len, size), "%s %lld\n",
				rows[i].name, (long long)value);
	}
	return len;
}

void scx_sysrq_s(struct scx *scx)
{
	if (!scx->ever_used)
		scx_printk(scx, "BPF scheduler not yet used");
	else if (scx->value)
		scx_exit_now(scx, SCX_EXIT_SYSRQ);
}

void scx_sysrq_d(struct scx *scx)
{
	struct scx_exit_info ei = { .kind = SCX_EXIT_NONE, .reason = "SysRq-D" };

	if (scx->enabled)
		scx_dump_state(scx, &ei, 0);
}
