/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A world of four CPUs, one clock, one timer and three tasks; and programs in C arrays. */
#ifndef TESTS_HELPERS_FAKE_ENV_H
#define TESTS_HELPERS_FAKE_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "helpers/body.h"
#include "helpers/helpers.h"
#include "helpers/kern.h"
#include "helpers/kfuncs.h"

#include <cmocka.h>

struct world {
	struct run_env env;
	u64 now;
	char line[1024];
	struct run_timer *timer; /* the armed one */
	u64 expires;
	s32 pin;
	u32 nr_fini;
	struct task_struct tasks[3];
	u32 freed_later;
};

static inline struct world *world_of(struct run_env *env)
{
	return container_of(env, struct world, env);
}

static u64 w_now(struct run_env *env) { return world_of(env)->now; }
static u64 w_boot(struct run_env *env) { return world_of(env)->now + 1000; }
static u64 w_jiffies(struct run_env *env) { return world_of(env)->now / 4000000; }
static u32 w_random(struct run_env *env, u32 cpu) { return 42 + cpu; }
static u32 w_nr_cpus(struct run_env *env) { return 4; }

static void w_printk(struct run_env *env, u32 cpu, const char *text)
{
	snprintf(world_of(env)->line, sizeof(world_of(env)->line), "%u: %s", cpu, text);
}

static int w_timer_start(struct run_env *env, struct run_timer *t, u64 expires, s32 pin)
{
	struct world *w = world_of(env);

	w->timer = t;
	w->expires = expires;
	w->pin = pin;
	return 0;
}

static int w_timer_cancel(struct run_env *env, struct run_timer *t)
{
	struct world *w = world_of(env);
	bool was = w->timer == t;

	w->timer = was ? NULL : w->timer;
	return was;
}

static void w_timer_fini(struct run_env *env, struct run_timer *t)
{
	w_timer_cancel(env, t);
	world_of(env)->nr_fini++;
}

static void *w_task_next(struct run_env *env, void *pos)
{
	struct task_struct *p = pos, *first = world_of(env)->tasks;

	p = p ? p + 1 : first;
	return p < first + 3 ? p : NULL;
}

static void *w_task_get(struct run_env *env, void *task)
{
	struct task_struct *p = task;

	return p->rcu_users ? p->rcu_users++, p : NULL;
}

static void w_task_put(struct run_env *env, void *task)
{
	((struct task_struct *)task)->rcu_users--;
}

static void w_free_later(struct run_env *env, void (*free_fn)(void *p), void *p)
{
	world_of(env)->freed_later++;
	free_fn(p);
}

static const struct run_env_ops world_ops = {
	.ktime_get_ns = w_now,
	.ktime_get_boot_ns = w_boot,
	.jiffies = w_jiffies,
	.prandom_u32 = w_random,
	.printk = w_printk,
	.timer_start = w_timer_start,
	.timer_cancel = w_timer_cancel,
	.timer_fini = w_timer_fini,
	.work_queue = NULL,
	.task_next = w_task_next,
	.task_get = w_task_get,
	.task_put = w_task_put,
	.nr_cpus = w_nr_cpus,
	.free_later = w_free_later,
};

static inline void world_init(struct world *w, struct run_ctx *rc)
{
	memset(w, 0, sizeof(*w));
	w->env.ops = &world_ops;
	w->now = 1000000000;
	for (s32 i = 0; i < 3; i++) {
		w->tasks[i].pid = 10 + i;
		w->tasks[i].tgid = i == 2 ? 11 : 10 + i;
		w->tasks[i].rcu_users = 1;
		snprintf(w->tasks[i].comm, TASK_COMM_LEN, "task%d", i);
	}
	memset(rc, 0, sizeof(*rc));
	rc->env = &w->env;
	rc->cpu = 2;
	rc->current = &w->tasks[1];
}

/*
 * A program of two subprogs, split at @cb, whose one call target is @fn. Reset
 * by program_fini().
 */
struct program {
	struct bpf_prog prog;
	struct prog_subprog subprogs[2];
	struct call_target target;
};

static inline void program_init(struct program *p, const struct bpf_insn *insns, u32 len, u32 cb,
				helper_fn fn)
{
	const char *engine = getenv("SCXLAB_TEST_ENGINE"); /* interpreter, or none */
	struct err_msg e = { "" };

	memset(p, 0, sizeof(*p));
	p->subprogs[0] = (struct prog_subprog){ .len = cb, .stack_depth = 64, .name = "" };
	p->subprogs[1] = (struct prog_subprog){ .start = cb, .len = len - cb, .stack_depth = 64,
						.name = "" };
	p->target = (struct call_target){ .fn = (kfunc_fn)fn, .name = "fn", .is_helper = true };
	p->prog.obj.refs = 1;
	p->prog.insns = (struct bpf_insn *)insns;
	p->prog.len = len;
	p->prog.subprogs = p->subprogs;
	p->prog.nr_subprogs = 2;
	p->prog.targets = &p->target;
	p->prog.nr_targets = 1;
	p->prog.exception_cb = -1;
	if (exec_prepare(&p->prog, engine ? EXEC_INTERPRETER : exec_best_engine(NULL), &e))
		fail_msg("%s", e.text);
}

static inline void program_fini(struct program *p)
{
	p->prog.exec_free(&p->prog);
}

/* r1 = the second subprog (at @dist slots); call the target; exit */
#define CALL_WITH_CALLBACK(dist)                                                                   \
	{ 0x18, 1, BPF_PSEUDO_FUNC, 0, (dist) - 1 }, { 0, 0, 0, 0, 0 }, { 0x85, 0, 0, 0, 0 },        \
	{ 0x95, 0, 0, 0, 0 }

#endif
