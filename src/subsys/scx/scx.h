/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sched_ext: a scheduling class whose policy is a BPF program. This is the
 * bridge between the two towers: it registers a struct_ops type and kfuncs with
 * the BPF side (calls/), and a scheduling class with the machine. It behaves as
 * kernel/sched/ext.c of Linux 6.12 does; which kfuncs and callbacks there are, and
 * from where a kfunc may be called, is that of the profile which it is registered in.
 *
 * One struct scx per machine. It is created when the machine has no tasks but
 * those it was born with. The end: detach the scheduler, scx_destroy(),
 * machine_destroy(); the machine must not run in between.
 *
 * What becomes of a task:
 *
 *	wake-up -> ops.select_cpu -> (direct dispatch | ops.enqueue)
 *	        -> a DSQ, or the BPF side keeps it until ops.dispatch
 *	a CPU needs work -> its local DSQ -> the global DSQ -> ops.dispatch
 *
 * A DSQ (dispatch queue) is a queue of runnable tasks. A CPU runs only what is
 * on its local DSQ.
 */
#ifndef SCX_SCX_H
#define SCX_SCX_H

#include "exec/run.h"
#include "ktypes/scx.h"

struct calls;
struct machine;
struct scx;

/*
 * Plugs sched_ext into @m. @env and @kernel (the kernel BTF) are borrowed for
 * its life. -ENOMEM.
 */
int scx_create(struct machine *m, struct run_env *env, const struct kbtf *kernel,
	       struct scx **out);
/* NULL is fine. */
void scx_destroy(struct scx *scx);

/*
 * Registers the struct_ops type and the kfuncs, those of @c's profile and resolution.
 * -EINVAL, -ENOMEM with *e.
 */
int scx_register(struct scx *scx, struct calls *c, struct err_msg *e);

/*
 * How the last scheduler ended; kind SCX_EXIT_NONE if none has. The strings
 * live until the next scheduler is enabled.
 */
const struct scx_exit_info *scx_exit_info(const struct scx *scx);
/* The machine's time at which it did; 0 if none has. */
u64 scx_exit_time(const struct scx *scx);

/* What /sys/kernel/sched_ext shows. */
enum scx_ops_enable_state scx_state(const struct scx *scx);
const char *scx_state_name(const struct scx *scx);
const char *scx_ops_name(const struct scx *scx); /* "" unless one is attached */
bool scx_switch_all(const struct scx *scx);
u64 scx_nr_rejected(const struct scx *scx);
u64 scx_enable_seq(const struct scx *scx);
u64 scx_hotplug_seq(const struct scx *scx);

/* What root/events of 6.15 shows: a line per counter. The length, as of snprintf(). */
int scx_show_events(const struct scx *scx, char *buf, u32 size);

/* SysRq-S ends the scheduler, SysRq-D dumps its state as scx_dump_line trace events. */
void scx_sysrq_s(struct scx *scx);
void scx_sysrq_d(struct scx *scx);

#endif
