/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A machine's life, and its main loop. */
#include <stdlib.h>

#include "machine/internal.h"

#define EVENTS_PER_CPU 4

void machine_config_init(struct machine_config *cfg)
{
	cfg->hz = 1000;
	cfg->seed = 0;
	cfg->fair = FAIR_EEVDF;
	cfg->governor = GOVERNOR_cpuperf;
	cfg->cpus_in_turn = false;
	cfg->first_pid = 0;
	cfg->costs = (struct machine_costs){
#define COST(name, dfl, text) .name = dfl,
#include "machine/costs.def"
#undef COST
	};
}

static void init_cpu(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	struct rq *rq = &c->rq;

	c->m = m;
	m->rqs[cpu] = rq;
	rq->cpu = cpu;
	rq->online = 1;
	c->capacity = m->topo->cpus[cpu].capacity;
	rq->cpu_capacity = c->capacity;
	cpufreq_init_cpu(m, c);
	machine_timer_init_owned(&c->task_ev, exec_task_event, cpu, EVENT_TASK);
	machine_timer_init_owned(&c->resched_ev, irq_resched_fire, cpu, EVENT_IPI);
	machine_timer_init_owned(&c->irq_ev, irq_work_fire, cpu, EVENT_IPI);
	INIT_LIST_HEAD(&c->irq_works);
	INIT_LIST_HEAD(&c->migrations);
	INIT_LIST_HEAD(&c->pushable);
	INIT_LIST_HEAD(&c->cookied);
	INIT_LIST_HEAD(&rq->scx.local_dsq.list);
	INIT_LIST_HEAD(&rq->scx.runnable_list);
	INIT_LIST_HEAD(&rq->scx.ddsp_deferred_locals);
	rt_init_rq(c);
	fair_init_rq(m, c);
}

int machine_create(const struct machine_config *cfg, struct err_msg *e, struct machine **out)
{
	struct machine *m;
	int err;

	if (cfg->hz < 100 || cfg->hz > 1000)
		return err_set(e, -EINVAL, "hz %u is not in 100..1000", cfg->hz);
	if (!cfg->topology || cfg->topology->nr_cpus > NR_CPUS)
		return err_set(e, -EINVAL, "a machine needs a topology of at most %u CPUs",
			       NR_CPUS);
	err = -ENOMEM;
	m = calloc(1, sizeof(*m));
	if (!m)
		goto out_nomem;
	m->cfg = *cfg;
	m->topo = cfg->topology;
	m->nr_cpus = cfg->topology->nr_cpus;
	m->hz = cfg->hz;
	m->tick_ns = NSEC_PER_SEC / cfg->hz;
	m->jiffy_end = m->tick_ns;
	rng_init(&m->rng, cfg->seed, 0);
	cpumask_setall(&m->possible, m->nr_cpus);
	m->online = m->idle = m->avail = m->idle_cores = m->rt_levels[0] = m->possible;
	turns_init(m);
	INIT_LIST_HEAD(&m->tasks);
	cgroup_init_root(m);
	sched_set_ext(m, NULL, &(struct sched_ext_hooks){});
	m->classes[CLASS_STOP] = &sched_class_stop;
	m->classes[CLASS_DL] = &sched_class_dl;
	m->classes[CLASS_RT] = &sched_class_rt;
	m->classes[CLASS_FAIR] = &sched_class_fair;
	m->classes[CLASS_IDLE] = &sched_class_idle;
	m->cpus = calloc(m->nr_cpus, sizeof(*m->cpus));
	m->rqs = calloc(m->nr_cpus, sizeof(struct rq *));
	m->cores = calloc(m->topo->nr_cores, sizeof(*m->cores));
	if (!m->cpus || !m->rqs || !m->cores || event_queue_reserve(&m->eq, EVENTS_PER_CPU * m->nr_cpus))
		goto out_destroy;
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		init_cpu(m, cpu);
	err = fair_init(m);
	if (!err)
		err = task_init_all(m, e);
	if (err)
		goto out_destroy;
	*out = m;
	return 0;

out_destroy:
	machine_destroy(m);
out_nomem:
	return err == -ENOMEM ? err_set(e, err, "out of memory") : err;
}

void machine_destroy(struct machine *m)
{
	if (!m)
		return;
	task_fini_all(m);
	cgroup_fini_all(m);
	fair_fini(m);
	event_queue_fini(&m->eq);
	free(m->cpus);
	free((void *)m->rqs);
	free(m->cores);
	free(m);
}

u64 machine_now(const struct machine *m)
{
	return m->now;
}

u32 machine_nr_cpus(const struct machine *m)
{
	return m->nr_cpus;
}

const struct topology *machine_topology(const struct machine *m)
{
	return m->topo;
}

void machine_stop(struct machine *m, int err)
{
	if (m->stopped)
		return;
	m->stopped = true;
	m->stop_err = err;
}

void machine_act_on(struct machine *m, u32 cpu)
{
	if (cpumask_test_cpu(cpu, &m->online))
		m->this_cpu = cpu;
}

bool machine_idle_for_ever(const struct machine *m)
{
	return event_count(&m->eq) == m->nr_server_timers;
}

/* What was done to the machine from outside of its events takes effect. */
static void catch_up(struct machine *m)
{
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++) {
		m->this_cpu = cpu;
		sched_run_balance_callbacks(m, &m->cpus[cpu].rq);
		if (!event_queued(&m->cpus[cpu].resched_ev))
			exec_irq_exit(m, cpu);
	}
	m->this_cpu = cpumask_first(&m->online);
}

static void set_now(struct machine *m, u64 now)
{
	m->now = now;
	if (now < m->jiffy_end)
		return;
	m->jiffies = now / m->tick_ns;
	m->jiffy_end = (m->jiffies + 1) * m->tick_ns;
}

static bool tick_is_first(const struct machine *m, const struct machine_timer *t)
{
	if (!m->ticks.nr)
		return false;
	return !t || m->ticks.at < t->when ||
	       (m->ticks.at == t->when && t->class > EVENT_TICK);
}

/* Handles what comes next, if that is not after @until. */
static bool run_next(struct machine *m, u64 until)
{
	struct machine_timer *t = event_first(&m->eq);

	if (tick_is_first(m, t)) {
		if (m->ticks.at > until)
			return false;
		set_now(m, m->ticks.at);
		m->this_cpu = tick_pop(m);
		tick_fire(m, this_mcpu(m));
		/* the last one of this moment */
		if (unlikely(m->cfg.cpus_in_turn) && m->ticks.at != m->now)
			turns_interrupted(m);
		return true;
	}
	if (!t || t->when > until)
		return false;
	set_now(m, t->when);
	event_pop_first(&m->eq);
	m->this_cpu = t->cpu;
	t->fire(m, t);
	if (unlikely(m->cfg.cpus_in_turn) && t->class == EVENT_TIMER)
		turns_interrupted(m);
	return true;
}

static void after_event(struct machine *m, struct mcpu *c)
{
	if (unlikely(c->nr_callbacks))
		sched_run_balance_callbacks(m, &c->rq);
	if (sched_need_resched(c->rq.curr))
		exec_irq_exit(m, c->rq.cpu);
}

int machine_run(struct machine *m, u64 until)
{
	m->stopped = m->all_ended = false;
	m->stop_err = 0;
	if (m->wedged)
		return -ELOOP;
	catch_up(m);
	while (!m->stopped && !m->all_ended) {
		if (!run_next(m, until)) {
			set_now(m, max(m->now, until));
			break;
		}
		after_event(m, this_mcpu(m));
		check_event(m, this_mcpu(m));
	}
	return m->stop_err;
}

static const bool never;

void sched_set_ext(struct machine *m, const struct sched_class *class,
		   const struct sched_ext_hooks *hooks)
{
	m->classes[CLASS_EXT] = class;
	m->ext = *hooks;
	m->ext_priv = hooks->priv;
	m->ext.enabled = hooks->enabled ?: &never;
	m->ext.switched_all = hooks->switched_all ?: &never;
}
