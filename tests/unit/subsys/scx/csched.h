/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Schedulers written in C for the tests of sched_ext: a struct_ops value whose
 * programs are C functions. They see what BPF programs see - the argument array
 * of an op, and the kfuncs of kfuncs.def - and enter and leave by the same ways.
 */
#ifndef TESTS_SCX_CSCHED_H
#define TESTS_SCX_CSCHED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scx/internal.h"
#include "scx/kfuncs.h"

#define MS 1000000ULL
#define SEC 1000000000ULL

struct csched;
typedef u64 (*cop_fn)(struct csched *s, u64 *a);

/* A C scheduler. fn[] is what struct sched_ext_ops points at. */
struct csched_ops {
	cop_fn fn[SCX_NR_OPS];
	struct sched_ext_ops data; /* members that are no callbacks */
};

struct csched {
	struct scx *scx;
	struct machine *m;
	struct csched_ops c; /* a copy */
	struct sched_ext_ops kdata;
	struct st_ops_value v;
	struct bpf_prog progs[SCX_NR_OPS];
	u32 calls[SCX_NR_OPS];
	u64 u[8];   /* the scheduler's own state */
	void *priv; /* world.priv */
	/* Sees each call before the callback does; world.watch. */
	void (*watch)(struct csched *s, enum scx_op op, const u64 *a);
};

static inline u64 csched_run(const struct bpf_prog *prog, void *ctx, struct run_ctx *rc)
{
	struct csched *s = prog->exec;
	u32 op = prog - s->progs;

	assert_int_equal(rc->cpu, sched_this_cpu(s->m));
	assert_ptr_equal(rc->current, sched_current(s->m));
	s->calls[op]++;
	if (s->watch)
		s->watch(s, op, ctx);
	return s->c.fn[op](s, ctx);
}

#define TASK(x) ((struct task_struct *)(x))
static inline s32 csched_ret(u64 r)
{
	return (s32)r;
}

/* ---- the machine under test ---- */

struct world {
	struct topology topo;
	struct machine *m;
	struct scx *scx;
	struct run_env env;
	struct run_env_ops env_ops;
	struct csched s; /* the scheduler of the moment */
	void *priv;	 /* for it */
	void (*watch)(struct csched *s, enum scx_op op, const u64 *a);
	struct err_msg e;
};

static inline void mask_init(cpumask_t *m, u32 from, u32 n)
{
	cpumask_clear(m);
	for (u32 i = 0; i < n; i++)
		cpumask_set_cpu(from + i, m);
}

/* @smt CPUs per core; one LLC and one node. */
static inline void topo_init(struct topology *t, u32 nr_cpus, u32 smt)
{
	*t = (struct topology){
		.nr_cpus = nr_cpus,
		.nr_cores = nr_cpus / smt,
		.nr_llcs = 1,
		.nr_nodes = 1,
		.smt = smt > 1,
		.cpus = calloc(nr_cpus, sizeof(*t->cpus)),
		.core_masks = calloc(nr_cpus, sizeof(cpumask_t)),
		.llc_masks = calloc(1, sizeof(cpumask_t)),
		.node_masks = calloc(1, sizeof(cpumask_t)),
	};
	for (u32 i = 0; i < nr_cpus; i++)
		t->cpus[i] = (struct topology_cpu){ .core = i / smt, .capacity = 1024 };
	for (u32 i = 0; i < t->nr_cores; i++)
		mask_init(&t->core_masks[i], i * smt, smt);
	mask_init(t->llc_masks, 0, nr_cpus);
	mask_init(t->node_masks, 0, nr_cpus);
}

static inline struct world *world_new_smt(u32 nr_cpus, u32 smt)
{
	struct world *w = calloc(1, sizeof(*w));
	struct machine_config cfg;

	topo_init(&w->topo, nr_cpus, smt);
	machine_config_init(&cfg);
	cfg.topology = &w->topo;
	cfg.hz = 1000;
	cfg.seed = 1;
	assert_int_equal(machine_create(&cfg, &w->e, &w->m), 0);
	w->env.ops = &w->env_ops;
	assert_int_equal(scx_create(w->m, &w->env, NULL, &w->scx), 0);
	return w;
}

static inline struct world *world_new(u32 nr_cpus)
{
	return world_new_smt(nr_cpus, 1);
}

static inline void world_free(struct world *w)
{
	if (w->scx->value)
		w->scx->type.unreg(w->scx, &w->s.v);
	scx_destroy(w->scx);
	machine_destroy(w->m);
	free(w->topo.cpus);
	free(w->topo.core_masks);
	free(w->topo.llc_masks);
	free(w->topo.node_masks);
	free(w);
}

/* Attaches @c as the kernel would a struct_ops link. */
static inline int csched_load(struct world *w, const struct csched_ops *c)
{
	struct csched *s = &w->s;

	*s = (struct csched){
		.scx = w->scx, .m = w->m, .c = *c, .kdata = c->data, .priv = w->priv,
		.watch = w->watch,
	};
	if (!s->kdata.name[0])
		strcpy(s->kdata.name, "test");
	if (!s->kdata.exit_dump_len)
		s->kdata.exit_dump_len = SCX_EXIT_DUMP_DFL_LEN;
	s->v = (struct st_ops_value){ .type = &w->scx->type, .kdata = &s->kdata };
	for (u32 i = 0; i < SCX_NR_OPS; i++) {
		if (!c->fn[i])
			continue;
		s->progs[i].run = csched_run;
		s->progs[i].exec = s;
		s->v.progs[i] = &s->progs[i];
	}
	return w->scx->type.reg(w->scx, &s->v, &w->e);
}

static inline void csched_unload(struct world *w)
{
	w->scx->type.unreg(w->scx, &w->s.v);
}

static inline void run_to(struct world *w, u64 ns)
{
	assert_int_equal(machine_run(w->m, ns), 0);
}

/* ---- tasks ---- */

struct looper {
	struct task_script script;
	u64 run, sleep, left; /* STEP_RUN run, sleep, @left times */
	u64 until;	      /* but begin no loop after that time */
	bool slept;
};

static inline struct step looper_next(struct task_script *ts, struct machine *m,
				      struct task_struct *p)
{
	struct looper *l = container_of(ts, struct looper, script);

	if (!l->left || (l->slept && machine_now(m) >= l->until))
		return (struct step){ STEP_EXIT, 0 };
	if (l->slept || !l->sleep) {
		l->slept = false;
		l->left--;
		return (struct step){ STEP_RUN, l->run };
	}
	l->slept = true;
	return (struct step){ STEP_SLEEP, machine_now(m) + l->sleep };
}

static inline void looper_release(struct task_script *ts)
{
	free(container_of(ts, struct looper, script));
}

struct spawn {
	const char *comm;
	s32 nice;
	u32 policy, rt_priority;
	const cpumask_t *cpus;
	u64 run, sleep, times, start, until;
};

static inline struct task_struct *spawn(struct world *w, struct spawn sp)
{
	struct looper *l = calloc(1, sizeof(*l));
	struct task_params params = {
		.comm = sp.comm ?: "task",
		.policy = sp.policy,
		.nice = sp.nice,
		.rt_priority = sp.rt_priority,
		.cpus = sp.cpus,
		.script = &l->script,
		.start = max(sp.start, machine_now(w->m)),
	};
	struct task_struct *p;

	*l = (struct looper){
		.script = { looper_next, looper_release },
		.run = sp.run ?: 1000 * SEC,
		.sleep = sp.sleep,
		.left = sp.times ?: ~0ULL,
		.until = sp.until ?: ~0ULL,
		.slept = true,
	};
	assert_int_equal(task_create(w->m, &params, &w->e, &p), 0);
	return p;
}

static inline double share_ms(struct world *w, const struct task_struct *p)
{
	return task_runtime(w->m, p) / 1e6;
}

static inline u64 switches(const struct task_struct *p)
{
	return p->nvcsw + p->nivcsw;
}

/* Time is neither lost nor made: idle and all tasks' runtimes fill the CPUs. */
struct sum {
	struct world *w;
	u64 ns;
};

static inline void add_runtime(void *priv, struct task_struct *p)
{
	struct sum *s = priv;

	s->ns += task_runtime(s->w->m, p);
}

static inline void assert_conserved(struct world *w)
{
	struct sum s = { w, 0 };
	u64 now = machine_now(w->m);

	machine_for_each_task(w->m, add_runtime, &s);
	for (u32 cpu = 0; cpu < w->topo.nr_cpus; cpu++) {
		struct cpu_times t = machine_cpu_times(w->m, cpu);

		assert_int_equal(t.busy_ns + t.idle_ns, now);
		s.ns += t.idle_ns;
	}
	assert_int_equal(s.ns, now * w->topo.nr_cpus);
}

/* After a scheduler has ended: nobody is left on the class, or on any of its lists. */
static inline void assert_back_in_fair(struct world *w)
{
	struct task_struct *p;

	assert_int_equal(scx_state(w->scx), SCX_OPS_DISABLED);
	list_for_each_entry(p, &w->scx->tasks, scx.tasks_node) {
		assert_false(scx_on_class(p));
		assert_int_equal(scx_task_state(p), SCX_TASK_NONE);
		assert_null(p->scx.dsq);
		assert_true(list_empty(&p->scx.runnable_node));
		assert_false(p->scx.flags & SCX_TASK_QUEUED);
	}
	for (u32 cpu = 0; cpu < w->topo.nr_cpus; cpu++) {
		struct rq *rq = sched_cpu_rq(w->m, cpu);

		assert_int_equal(rq->scx.nr_running, 0);
		assert_int_equal(rq->scx.local_dsq.nr, 0);
		assert_false(rq->scx.flags & SCX_RQ_BYPASSING);
	}
}

/* '#' in @pattern stands for a number. */
static inline bool text_matches(const char *text, const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '#' && *text >= '0' && *text <= '9')
			text += strspn(text, "0123456789");
		else if (*pattern != *text++)
			return false;
	}
	return !*text;
}

static inline void assert_exit(struct world *w, enum scx_exit_kind kind, const char *pattern)
{
	const struct scx_exit_info *ei = scx_exit_info(w->scx);

	assert_int_equal(ei->kind, kind);
	if (!text_matches(ei->msg, pattern))
		assert_string_equal(ei->msg, pattern);
	assert_back_in_fair(w);
}

/* ---- scx_simple, in C ---- */

#define SHARED_DSQ 0
enum { VTIME_NOW, FIFO };

static inline u64 simple_init(struct csched *s, u64 *a)
{
	return scx_kf_create_dsq(SHARED_DSQ, -1, s->scx);
}

static inline u64 simple_select_cpu(struct csched *s, u64 *a)
{
	bool idle = false;
	s32 cpu = scx_kf_select_cpu_dfl(TASK(a[0]), a[1], a[2], &idle, s->scx);

	if (idle)
		scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0, s->scx);
	return cpu;
}

static inline u64 fifo_enqueue(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, SCX_SLICE_DFL, a[1], s->scx);
	return 0;
}

static inline u64 simple_enqueue(struct csched *s, u64 *a)
{
	u64 vtime = TASK(a[0])->scx.dsq_vtime;

	if ((s64)(vtime - (s->u[VTIME_NOW] - SCX_SLICE_DFL)) < 0)
		vtime = s->u[VTIME_NOW] - SCX_SLICE_DFL;
	scx_kf_dispatch_vtime_direct(TASK(a[0]), SHARED_DSQ, SCX_SLICE_DFL, vtime, a[1], s->scx);
	return 0;
}

static inline u64 simple_dispatch(struct csched *s, u64 *a)
{
	scx_kf_consume(SHARED_DSQ, s->scx);
	return 0;
}

static inline u64 simple_running(struct csched *s, u64 *a)
{
	if ((s64)(s->u[VTIME_NOW] - TASK(a[0])->scx.dsq_vtime) < 0)
		s->u[VTIME_NOW] = TASK(a[0])->scx.dsq_vtime;
	return 0;
}

static inline u64 simple_stopping(struct csched *s, u64 *a)
{
	struct task_struct *p = TASK(a[0]);

	p->scx.dsq_vtime += (SCX_SLICE_DFL - p->scx.slice) * 100 / p->scx.weight;
	return 0;
}

static inline u64 simple_enable(struct csched *s, u64 *a)
{
	TASK(a[0])->scx.dsq_vtime = s->u[VTIME_NOW];
	return 0;
}

static inline u64 nothing(struct csched *s, u64 *a)
{
	return 0;
}

static const struct csched_ops simple_ops = {
	.fn = {
		[SCX_OP_select_cpu] = simple_select_cpu,
		[SCX_OP_enqueue] = simple_enqueue,
		[SCX_OP_dispatch] = simple_dispatch,
		[SCX_OP_running] = simple_running,
		[SCX_OP_stopping] = simple_stopping,
		[SCX_OP_enable] = simple_enable,
		[SCX_OP_init] = simple_init,
		[SCX_OP_exit] = nothing,
	},
};

static const struct csched_ops fifo_ops __unused = {
	.fn = {
		[SCX_OP_select_cpu] = simple_select_cpu,
		[SCX_OP_enqueue] = fifo_enqueue,
		[SCX_OP_dispatch] = simple_dispatch,
		[SCX_OP_init] = simple_init,
		[SCX_OP_exit] = nothing,
	},
};

#endif
