/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "machine/cpufreq.h"
#include "machine/fair.h"

/* The utilisation that the CPU should be able to serve, in parts of 1024. */
static u64 target(struct machine *m, const struct mcpu *c)
{
	const struct rq *rq = &c->rq;
	u64 util = ext_enabled(m) ? rq->scx.cpuperf_target : 0;

	switch (m->cfg.governor) {
	case GOVERNOR_performance:
		return CPUFREQ_MAX;
	case GOVERNOR_cpuperf:
		return ext_switched_all(m) ? util : CPUFREQ_MAX;
	case GOVERNOR_schedutil:
		break;
	}
	if (!ext_switched_all(m))
		util += max(rq->cfs.avg.util_avg, rq->cfs.avg.runnable_avg);
	/* An RT task's need is unknown until it has run: full speed. */
	return rq->rt.rt_nr_running ? CPUFREQ_MAX : util;
}

static u32 frequency_for(const struct mcpu *c, u64 util)
{
	u64 perf = min(util + util / 4, (u64)c->capacity);

	return max((u32)(perf * CPUFREQ_MAX / c->capacity), CPUFREQ_MIN);
}

static void set_frequency(struct machine *m, struct mcpu *c, u32 freq)
{
	struct rq *rq = &c->rq;

	sched_update_rq_clock(m, rq);
	pelt_settle(rq);
	exec_settle(m, c);
	c->freq = freq;
	c->speed = max(c->capacity * freq / CPUFREQ_MAX, 1U);
	c->freq_changed = m->now;
	exec_speed_changed(m, c);
}

void cpufreq_update(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	u64 util = target(m, c);

	/* Most ask for what was asked before, and that takes two divisions to answer. */
	if (util != c->freq_util) {
		c->freq_util = util;
		c->freq_wanted = frequency_for(c, util);
	}
	if (c->freq_wanted != c->freq && m->now - c->freq_changed >= CPUFREQ_RATE_NS)
		set_frequency(m, c, c->freq_wanted);
}

void cpufreq_init_cpu(struct machine *m, struct mcpu *c)
{
	c->freq = CPUFREQ_MAX;
	c->speed = c->capacity;
	c->freq_util = CPUFREQ_MAX;
	c->freq_wanted = frequency_for(c, CPUFREQ_MAX);
	/* Nothing has changed yet: the first request is met at once. */
	c->freq_changed = -CPUFREQ_RATE_NS;
}

u32 cpufreq_cur(const struct machine *m, u32 cpu)
{
	return m->cpus[cpu].freq;
}

u32 cpufreq_capacity(const struct machine *m, u32 cpu)
{
	return m->cpus[cpu].capacity;
}

int cpufreq_governor_parse(const char *name, struct err_msg *e, enum cpufreq_governor *out)
{
	static const char *const names[] = {
#define GOVERNOR(name) #name,
#include "machine/governors.def"
#undef GOVERNOR
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]))
			continue;
		*out = i;
		return 0;
	}
	return err_set(e, -EINVAL, "\"%.40s\" is not one of cpuperf, schedutil, performance", name);
}
