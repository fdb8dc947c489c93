/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Running verified programs.
 *
 * Everything that a program can observe of the world comes through struct
 * run_env (injected by the composition root) and struct run_ctx (one per
 * entry, on the caller's stack). exec owns no state between runs.
 *
 * Registers hold native pointers. Loads in mode BPF_PROBE_MEM read 0 where the
 * address faults, and never crash; all other accesses are trusted, because the
 * verifier proved them.
 */
#ifndef EXEC_RUN_H
#define EXEC_RUN_H

#include "kobj/prog.h"

struct run_env;
struct run_timer;

/*
 * A NULL member means that this world has no such thing: helpers that need it
 * then answer -EOPNOTSUPP, NULL or 0, as documented at each; the first five and
 * nr_cpus are compulsory.
 */
struct run_env_ops {
	u64 (*ktime_get_ns)(struct run_env *env);	/* CLOCK_MONOTONIC, simulated */
	u64 (*ktime_get_boot_ns)(struct run_env *env);
	u64 (*jiffies)(struct run_env *env);
	u32 (*prandom_u32)(struct run_env *env, u32 cpu);
	/* bpf_trace_printk and friends: one formatted line, no newline. */
	void (*printk)(struct run_env *env, u32 cpu, const char *text);
	/* Fires @t at @expires_ns (absolute); re-arms if armed. @pin_cpu < 0: this CPU. */
	int (*timer_start)(struct run_env *env, struct run_timer *t, u64 expires_ns, s32 pin_cpu);
	/* 1 if it was armed, 0 if not. */
	int (*timer_cancel)(struct run_env *env, struct run_timer *t);
	/* Cancels @t and frees what ->handle stands for; @t may be freed then. */
	void (*timer_fini)(struct run_env *env, struct run_timer *t);
	/* Fires @t soon, in a context that may sleep (a kworker). -EBUSY: it is pending. */
	int (*work_queue)(struct run_env *env, struct run_timer *t);

	/* The task with that pid (referenced), or NULL. */
	void *(*task_from_pid)(struct run_env *env, s32 pid);
	/* One more reference: @task, or NULL where it is past its end. */
	void *(*task_get)(struct run_env *env, void *task);
	void (*task_put)(struct run_env *env, void *task);
	/* Walks all tasks (threads) in creation order; @pos NULL: the first. NULL: the end. */
	void *(*task_next)(struct run_env *env, void *pos);
	/* The same for struct cgroup; without get and put, cgroups live as long as the world. */
	void *(*cgroup_from_id)(struct run_env *env, u64 id);
	void *(*cgroup_get)(struct run_env *env, void *cgrp);
	void (*cgroup_put)(struct run_env *env, void *cgrp);

	u32 (*nr_cpus)(struct run_env *env);
	u32 (*numa_node)(struct run_env *env, u32 cpu);
	/* Where @cpu has its copy of the per-CPU variable (ksym) at @var. */
	void *(*per_cpu_addr)(struct run_env *env, const void *var, u32 cpu);
	/* Calls free_fn(p) when no program that runs now can still read @p (RCU). */
	void (*free_later)(struct run_env *env, void (*free_fn)(void *p), void *p);
};

/* A frame of a program that runs, innermost first: registers 6 to 10 alone, but for the first. */
struct run_frame {
	const u64 *regs; /* by number; callers' 0 to 5 are not there */
	u32 insn;	 /* that it is at: the next one, or the call */
};

/* Before each instruction, in EXEC_WATCHED: the frames of one program, at most MAX_CALL_FRAMES. */
struct run_watch {
	void (*insn)(struct run_watch *w, const struct bpf_prog *prog,
		     const struct run_frame *frames, u32 nr_frames);
};

struct run_env {
	const struct run_env_ops *ops;
	void *priv;
	struct run_watch *watch; /* NULL: nobody looks */
	struct interp_level *level; /* exec's: the interpreted runs that are under way */
};

/* A timer or deferred work of a BPF program; embedded in what the map value points at. */
struct run_timer {
	/* Called by the environment, once per start; afterwards it does not touch @t. */
	void (*fire)(struct run_timer *t, u32 cpu, void *current);
	void *handle; /* the environment's */
};

/*
 * One entry into BPF. The caller fills env (NULL: the program asks nothing of the
 * world), cpu and current; exec the rest.
 * Nested entries (a kfunc that calls another callback) use a run_ctx of their own.
 */
struct run_ctx {
	struct run_env *env;
	u32 cpu;
	void *current; /* struct task_struct * of the CPU's running task */
	const struct bpf_prog *prog;
	void *frame; /* exec's, for callbacks */
	u64 cookie;
	u32 tail_calls;
};

/* Interprets or JIT-compiles: sets prog->run. -ENOMEM; -EINVAL, -ENOTSUPP with *e saying why. */
enum exec_engine {
	EXEC_INTERPRETER,
	EXEC_JIT,
	EXEC_JIT_BARRIERS, /* nothing runs ahead of a branch: slower, against Spectre's first variant */
	EXEC_JIT_PLAIN, /* for tests: with what any host and any address would do */
	EXEC_WATCHED,	/* for tests: interprets, and shows run_env.watch every instruction */
};
/* The fastest that this process may use. *why (may be NULL): why it is not the JIT; else NULL. */
enum exec_engine exec_best_engine(const char **why);
int exec_prepare(struct bpf_prog *prog, enum exec_engine engine, struct err_msg *e);

static inline u64 run_prog(const struct bpf_prog *prog, void *ctx, struct run_ctx *rc)
{
	return prog->run(prog, ctx, rc);
}

/*
 * Calls a BPF callback from a helper (bpf_loop, for_each, timer, rbtree less).
 * @cb is what the program passed: an address that exec made from BPF_PSEUDO_FUNC.
 * From inside a run, on the same rc, frames stack up; from a timer, rc is fresh
 * (rc->prog == NULL) and @prog the program that armed it.
 */
u64 run_callback(const struct bpf_prog *prog, u64 cb, struct run_ctx *rc, u64 a1, u64 a2, u64 a3,
		 u64 a4, u64 a5);

/* bpf_throw(): ends the run that @rc is in, by way of its exception callback. */
__noreturn void run_throw(struct run_ctx *rc, u64 cookie);

/* Where a run stands: in the call of @prog's insns[@insn]. */
struct run_pos {
	const struct bpf_prog *prog;
	u32 insn;
};
/*
 * The calls that led here from all runs in @env that are under way, the innermost
 * first, @max at most: what a stack trace shows of BPF programs.
 */
u32 run_backtrace(const struct run_env *env, struct run_pos *pos, u32 max);

/* Copies @size bytes from @src, which may be unmapped: 0, or -EFAULT with @dst zeroed. */
int probe_read(void *dst, u32 size, const void *src);

#endif
