/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Decides whether a program is safe, in Linux's way and words (6.12), and turns
 * it into the immutable value that exec runs.
 */
#ifndef VERIFIER_VERIFIER_H
#define VERIFIER_VERIFIER_H

#include "kobj/prog.h"

/*
 * One decision, for `verify --json`, --explain and the tests: a kfunc call in
 * one context, or a call that was refused. An instruction that is reached in
 * several contexts has several.
 */
struct verifier_call {
	u32 insn; /* in orig_insns */
	const char *kfunc;    /* or helper, without "bpf_" */
	const char *resolved; /* implementation; NULL: refused */
	const char *context;  /* name of the context; "": the set has none for this site */
	enum call_place place;
	const char *func; /* of the program, that it stands in; "": unknown */
	bool is_helper;
	/* Who decided, NULL: no such kfunc for this program; contexts in which it has a meaning. */
	const struct kfunc_set *set;
	const struct kfunc_row *row;
	u64 legal; /* bits of set->context_names */
	char *reason; /* of a refusal, in the resolver's words, may be ""; owned by the result */
};

struct verifier_log {
	char *buf;	 /* the log as user space would see it, NUL-terminated; owned */
	u32 len, size;   /* size: capacity asked for by the caller; 0: none */
	u32 level;	 /* BPF_LOG_* */
	u32 true_size;   /* log_true_size: what would have been needed, with the NUL */
	bool truncated;  /* -ENOSPC to user space */
};

struct bpf_verifier_state;

/*
 * For checks of the verifier itself, which know verifier/state.h: is told what the
 * verifier takes for true. Costs a walk much; programs' verdicts stay the same.
 */
struct verifier_observer {
	void *priv;
	/* Before an instruction is walked. */
	void (*at_insn)(void *priv, const struct bpf_prog *prog, u32 insn,
			const struct bpf_verifier_state *state);
	/* At the end of the walk: a state that paths may have ended at; its marks are final. */
	void (*kept)(void *priv, const struct bpf_prog *prog, u32 insn,
		     const struct bpf_verifier_state *state);
	/*
	 * Paths end only where all that is known of them is covered, not just what
	 * matters later: what at_insn() is told is then all that can be.
	 */
	bool whole;
};

struct verifier_opts {
	const struct calls *calls;
	/*
	 * Turns a map fd of the program into the map (borrowed: valid during the
	 * call), or an errno pointer-free: NULL = bad fd (-EBADF), with fd_idx
	 * for BPF_PSEUDO_MAP_IDX.
	 */
	struct bpf_map *(*map_from_fd)(void *priv, s32 fd);
	struct kbtf *(*btf_from_fd)(void *priv, s32 fd);
	void *priv;
	const s32 *fd_array; /* NULL: none */
	u32 nr_fd_array;
	bool cap_bpf, cap_perfmon, cap_net_admin; /* of the loader; all true = root */
	bool check_only; /* the program will not run: kernel variables need no address */
	u32 insn_limit; /* 0: BPF_COMPLEXITY_LIMIT_INSNS */
	u32 nr_cpus; /* bpf_get_smp_processor_id() is below; 0: as many as Linux can have */
	/* Is a constant format fine for so many arguments? 0 or an errno. NULL: not asked. */
	int (*check_format)(const char *fmt, u32 fmt_size, u32 nr_args);
	const struct verifier_observer *observer; /* NULL: none */
	/* Stats and calls, filled also on refusal; owned by the caller, freed with verifier_result_fini. */
	struct verifier_result *result;
};

/* On the way of the value that a refusal is about; or, where it is about none, of the path. */
enum verifier_step_kind {
	VERIFIER_STEP_MADE,	/* here it came to be */
	VERIFIER_STEP_LOADED,	/* from memory */
	VERIFIER_STEP_RETURNED, /* by the kernel, or by a function that is verified by itself */
	VERIFIER_STEP_ARGUMENT, /* it was there from the start */
	VERIFIER_STEP_CHANGED,
	VERIFIER_STEP_PASSED,	/* to a function */
	VERIFIER_STEP_TAKEN,	/* a branch that looks at it */
	VERIFIER_STEP_NOT_TAKEN,
	VERIFIER_STEP_ACQUIRED, /* the reference that is held */
};

struct verifier_step {
	u32 insn; /* in orig_insns */
	enum verifier_step_kind kind;
	u32 times; /* rounds of a loop are one step */
};

/* Why a path was refused, where the log was kept (level 1 or 2); all owned. */
struct verifier_refusal {
	char *reason;  /* the last line of the log; NULL: nothing is known */
	char *assumed; /* "R3=scalar(...)": the register that it is about; NULL: none */
	const char *advice; /* static, may be "" */
	struct verifier_step *steps; /* in the order of the path */
	u32 nr_steps, left_out; /* left_out: earlier ones, beyond what is kept */
	u32 path_len;		/* instructions of the path that were looked at */
};

struct verifier_result {
	u32 insns_processed, total_states, peak_states, max_states_per_insn;
	u32 stack_depth;
	u32 copies, copy_insns; /* of functions, beyond the first of each; instructions in them */
	struct verifier_call *calls;
	u32 nr_calls;
	s32 fail_insn; /* where it was refused; -1 otherwise */
	struct verifier_refusal refusal;
};
void verifier_result_fini(struct verifier_result *r);

/*
 * Verifies @prog ("as loaded" fields set). 0: the verified fields are filled.
 * Else -EACCES, -EINVAL, -E2BIG, -ENOMEM ... and @prog is as it was; @log says why.
 */
int verifier_check(struct bpf_prog *prog, const struct verifier_opts *opts, struct verifier_log *log);

/* Fresh log of capacity @size (0: unbounded growth) at @level; freed by fini. */
int verifier_log_init(struct verifier_log *log, u32 level, u32 size);
void verifier_log_fini(struct verifier_log *log);

#endif
