/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How fast CPUs run. A CPU's speed is its capacity times its frequency, in parts
 * of 1024 of its highest one; work gets done at that speed, and utilisation
 * accrues at it. Who chooses the frequency is the machine's governor:
 *
 *   cpuperf      what the sched_ext scheduler asks for by scx_bpf_cpuperf_set(),
 *                if it has all normal tasks; the highest otherwise
 *   schedutil    as Linux's: that plus what the fair tasks' utilisation needs
 *   performance  the highest, whatever anybody asks for
 *
 * As schedutil does, a governor asks for a quarter more than the target, so that
 * a CPU is never quite busy. Each CPU has a frequency of its own, of any value
 * from CPUFREQ_MIN up, and changes it at most once in CPUFREQ_RATE_NS: a request
 * that comes earlier waits for the next tick. A change takes no time.
 */
#ifndef MACHINE_CPUFREQ_H
#define MACHINE_CPUFREQ_H

#include "machine/machine.h"

#define CPUFREQ_MAX 1024U
#define CPUFREQ_MIN 205U /* a fifth: 0.8 GHz of 4 */
#define CPUFREQ_RATE_NS 500000ULL

/* cpufreq_update_util(): the CPU's targets have changed, rq->scx.cpuperf_target for one. */
void cpufreq_update(struct machine *m, u32 cpu);
/* arch_scale_freq_capacity(): the present frequency, CPUFREQ_MIN to CPUFREQ_MAX. */
u32 cpufreq_cur(const struct machine *m, u32 cpu);
/* arch_scale_cpu_capacity(): what the CPU can do at its highest frequency, of 1024. */
u32 cpufreq_capacity(const struct machine *m, u32 cpu);

/* The governor called @name; -EINVAL with *e. */
int cpufreq_governor_parse(const char *name, struct err_msg *e, enum cpufreq_governor *out);

#endif
