/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The composition root: one struct kernel is one simulated machine with its own
 * bpf(2), types, maps, programs, links and sched_ext. Nothing is shared between
 * two kernels of a process; each may live in a thread of its own.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "base/base.h"
#include "base/profile.h"

struct bpf_prog;
struct calls;
struct kernel;
struct run_watch;
struct verifier_observer;
struct machine;
struct machine_costs;
struct topology;
struct user_fds; /* syscall/fdtable.h */
struct user_mem; /* syscall/syscall.h */

/* What runs programs. They behave alike; BEST is the JIT where the host has one. */
enum kernel_engine {
	KERNEL_ENGINE_BEST,
	KERNEL_ENGINE_INTERPRETER,
	KERNEL_ENGINE_JIT,
	KERNEL_ENGINE_JIT_BARRIERS, /* with speculation barriers */
	KERNEL_ENGINE_WATCHED, /* for tests, see kernel_config.watch */
};

/* What the caller of bpf(2) may do: CAP_BPF and so on. CAP_SYS_ADMIN stands for bpf and perfmon, too. */
struct kernel_caps {
	bool bpf, perfmon, net_admin, sys_admin;
};

struct kernel_config {
	const struct topology *topology; /* borrowed for the kernel's life */
	u32 hz;				 /* 0: the machine's default */
	u64 seed;
	const struct machine_costs *costs; /* NULL: the machine's defaults */
	u32 governor;			   /* enum cpufreq_governor */
	u32 fair;			   /* enum machine_fair */
	bool cpus_in_turn;		   /* as in struct machine_config */
	enum kernel_profile profile;
	enum kfunc_resolution kfunc_resolution;
	enum kernel_engine engine;
	/* kernel.unprivileged_bpf_disabled is 0: callers without CAP_BPF are not turned away. */
	bool unprivileged_bpf;

	/* Checks of the verifier: what it says of a program, and what the program then does. */
	const struct verifier_observer *observer;
	struct run_watch *watch;
	s32 first_pid; /* of the machine's own tasks: struct machine_config; 0: the default */

	/* For embedders. BTF in place of the profile's, which it includes (copied); NULL: none. */
	const void *btf;
	u32 btf_size;
	/* @btf is that of some other kernel: programs are checked against it, and can't run. */
	bool check_only;
	/* Registers types and kfuncs of its own, after all others; NULL: none. */
	int (*register_calls)(void *priv, struct calls *calls, struct err_msg *e);
	void *register_priv;
};

/* -EINVAL or -ENOMEM with *e; *out only on success. */
int kernel_create(const struct kernel_config *cfg, struct err_msg *e, struct kernel **out);
/* Detaches what is attached, frees everything, closes its fds. NULL is fine. */
void kernel_destroy(struct kernel *k);

/* From the next bpf(2) on. NULL, as from the start: all of them. */
void kernel_set_caps(struct kernel *k, const struct kernel_caps *caps);

bool kernel_is_check_only(const struct kernel *k);
enum kernel_profile kernel_profile(const struct kernel *k);
/* Why programs are interpreted although that was not asked for; NULL: they are not. */
const char *kernel_no_jit(const struct kernel *k);
struct machine *kernel_machine(struct kernel *k);
/* Runs @prog here and now: on the machine's current CPU, as its current task. */
u64 kernel_run(struct kernel *k, const struct bpf_prog *prog, void *ctx);

/* bpf(2) as called by this process: >= 0, or a negative errno. */
s64 kernel_bpf(struct kernel *k, int cmd, void *attr, u32 size);
/* bpf(2) as called by somebody else, with @attr an address in the caller's memory. */
s64 kernel_bpf_for(struct kernel *k, const struct user_mem *mem, const struct user_fds *fds,
		   int cmd, u64 attr, u32 size);
/* Why the last kernel_bpf() failed, where more is known than its errno; else "". */
const char *kernel_bpf_error(const struct kernel *k);
/* What /sys/kernel/btf/vmlinux holds; lives as long as the kernel. */
const void *kernel_btf_data(const struct kernel *k, u32 *size);
/*
 * Virtual files: those of /sys/kernel/sched_ext that the profile has, and
 * /proc/PID/sched. The length of the contents, which end with a NUL; -ENOENT, -E2BIG.
 */
int kernel_read_file(struct kernel *k, const char *path, char *buf, u32 size);
/* The paths below /sys, one by one: NULL after the last. Some come and go with a scheduler. */
const char *kernel_file_path(const struct kernel *k, u32 i);
u32 kernel_nr_cpus(const struct kernel *k);
/* What a write of @text to it does: 0, -ENOENT, -EACCES, or the file's own refusal. */
int kernel_write_file(struct kernel *k, const char *path, const char *text);
/* All of them that there may be, until @cb returns non-zero; returns that. */
int kernel_for_each_file(struct kernel *k, int (*cb)(void *priv, const char *path, bool writable),
			 void *priv);
/* What uname(2) calls the release: the profile's version. */
const char *kernel_release(const struct kernel *k);

/* The shim reports what happens to descriptors behind bpf(2)'s back. */
void kernel_fd_closed(struct kernel *k, int fd);
void kernel_fd_dup(struct kernel *k, int old_fd, int new_fd);

/* ---- what a PROG_LOAD was told ---- */

#define KERNEL_TEXT_LEN 512

/* A call that was decided. One instruction that is reached in several contexts has several. */
struct kernel_call {
	u32 insn; /* as loaded */
	const char *kfunc;
	bool is_helper;	      /* then @kfunc lacks the "bpf_" */
	const char *resolved; /* NULL: refused */
	const char *context;
	const char *place;	   /* "" in the main body, "timer callback", ... */
	const char *func;	   /* of the program; "": unknown */
	const char *file, *source; /* "" without line info */
	u32 line;
	const char *reason;	      /* of a refusal, may be "" */
	char legal[KERNEL_TEXT_LEN];  /* of a refused kfunc: contexts where it is not */
	char hint[KERNEL_TEXT_LEN];   /* what to do about it; or what is decided later, and when */
};

struct kernel_verdict {
	const char *prog; /* name as libbpf passed it: at most 15 characters */
	int err;	  /* 0: accepted; else a negative errno */
	u32 insns_processed, total_states, peak_states, stack_depth;
	u32 copies, copy_insns; /* of functions whose calls mean several things; beyond the first */
	const struct kernel_call *calls;
	u32 nr_calls;
	const char *refusal; /* lines that say why, and how it came to that; "": see the log */
	u32 insns_before, insns_after; /* as loaded, as it runs; 0 if refused */
	const struct bpf_prog *xlated; /* the program as it runs; NULL if refused */
};

/* @cb sees every PROG_LOAD of @k; pointers are valid during the call only. NULL: nobody. */
void kernel_on_verdict(struct kernel *k, void (*cb)(void *priv, const struct kernel_verdict *v),
		       void *priv);

/*
 * The program as it runs, instruction by instruction, under the source lines it
 * stems from. -ENOENT for a refused one; while the verdict is valid only.
 */
int kernel_dump_xlated(const struct kernel_verdict *v, void (*write)(void *priv, const char *text),
		       void *priv);
/* The same as machine code. -ENOTSUPP with *e: no JIT on this host, or no disassembler. */
int kernel_dump_jited(const struct kernel_verdict *v, void (*write)(void *priv, const char *text),
		      void *priv, struct err_msg *e);

/* A function of a compiled program; it lies there until the program is freed. */
struct kernel_code {
	const char *prog, *func; /* func: "" if unknown */
	const void *addr;
	u32 size;
	/* In order of their code; none if the object has none. Valid during the call. */
	const struct kernel_code_line {
		u32 offset; /* from @addr */
		const char *file;
		u32 line;
	} *lines;
	u32 nr_lines;
};

/* @cb sees every function of every program that is compiled from now on. NULL: nobody. */
void kernel_on_code(struct kernel *k, void (*cb)(void *priv, const struct kernel_code *c),
		    void *priv);

/* ---- sched_ext's state ---- */

/* How the last scheduler ended. Strings live until the next scheduler is enabled. */
struct kernel_sched_exit {
	s32 kind; /* enum scx_exit_kind; 0 = none has ended */
	const char *kind_name; /* "none", "unreg", "error", "stall" ...: see docs/json.md */
	s64 code;
	const char *reason, *msg, *dump;
	u64 at_ns; /* of the machine's time */
};
void kernel_sched_exit(const struct kernel *k, struct kernel_sched_exit *out);
/* SysRq-S ('s') ends the scheduler, SysRq-D ('d') dumps its state into the trace. */
void kernel_sysrq(struct kernel *k, char key);
const char *kernel_sched_state(const struct kernel *k); /* "disabled", "enabled", ... */
const char *kernel_sched_ops(const struct kernel *k);   /* name of the enabled scheduler, "" if none */

#endif
