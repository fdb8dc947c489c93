/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Playing "events": one timer, armed for the next of them. */
#include <stdlib.h>

#include "workload/run.h"
#include "workload/scenario.h"

int wl_scenario_check(const struct workload *w, u32 nr_cpus, struct err_msg *e)
{
	for (u32 i = 0; i < w->nr_events; i++) {
		const struct wl_scenario_event *ev = &w->events[i];
		u32 cpu = ev->cpu, at;

		if (ev->cpus)
			for_each_cpu(at, ev->cpus)
				cpu = max(cpu, at);
		if (cpu >= nr_cpus)
			return err_set(e, -EINVAL,
				       "%s:%u: event \"%s\" names CPU %u, but the machine has only "
				       "CPUs 0-%u",
				       w->name, ev->line, wl_scenario_names[ev->kind], cpu,
				       nr_cpus - 1);
	}
	return 0;
}

/* ---- tasks of its own: an RT burst; an interrupt storm is a timer ---- */

struct burst {
	struct task_script script;
	u64 ns;
};

static struct step burst_next(struct task_script *s, struct machine *m, struct task_struct *p)
{
	struct burst *b = container_of(s, struct burst, script);
	struct step st = { b->ns ? STEP_RUNTIME : STEP_EXIT, b->ns };

	b->ns = 0;
	return st;
}

static void burst_release(struct task_script *s)
{
	free(container_of(s, struct burst, script));
}

static int start_burst(struct workload_run *r, const struct wl_scenario_event *ev)
{
	struct burst *b = malloc(sizeof(*b));
	struct task_params params = {
		.comm = "rt-burst", .policy = SCHED_FIFO, .rt_priority = ev->priority,
		.cpus = ev->cpus,
	};
	struct task_struct *p;
	int err;

	if (!b)
		return -ENOMEM;
	*b = (struct burst){ .script = { burst_next, burst_release }, .ns = ev->ns };
	params.script = &b->script;
	err = task_create(r->machine, &params, &r->error, &p);
	if (err)
		free(b);
	return err;
}

struct wl_storm {
	struct machine_timer timer;
	struct wl_storm *next; /* workload_run.storms */
	u64 end, period, cost;
	u32 cpu;
};

static void storm_fire(struct machine *m, struct machine_timer *t)
{
	struct wl_storm *s = container_of(t, struct wl_storm, timer);

	machine_charge(m, s->cost);
	if (machine_now(m) + s->period < s->end &&
	    machine_timer_start(m, t, machine_now(m) + s->period, s->cpu))
		machine_stop(m, -ENOMEM);
}

static int start_storm(struct workload_run *r, const struct wl_scenario_event *ev)
{
	struct wl_storm *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	machine_timer_init(&s->timer, storm_fire);
	s->end = machine_now(r->machine) + ev->ns;
	s->period = ev->period;
	s->cost = ev->cost;
	s->cpu = ev->cpu;
	s->next = r->storms;
	r->storms = s;
	return machine_timer_start(r->machine, &s->timer, machine_now(r->machine), s->cpu);
}

void wl_scenario_run_fini(struct workload_run *r)
{
	while (r->storms) {
		struct wl_storm *s = r->storms;

		r->storms = s->next;
		free(s);
	}
}

/* ---- what happens ---- */

static int cgroup_event(struct workload_run *r, const struct wl_scenario_event *ev)
{
	struct machine *m = r->machine;
	struct cgroup *c = machine_cgroup_find(m, ev->cgroup), *parent;
	const char *slash = strrchr(ev->cgroup, '/');
	char *path;

	if (ev->kind != WL_DO_cgroup_create) {
		if (!c)
			return -ENOENT;
		if (ev->kind == WL_DO_cgroup_destroy)
			return machine_cgroup_destroy(m, c);
		if (ev->kind == WL_DO_cgroup_max)
			return machine_cgroup_set_max(m, c, ev->ns, ev->period, ev->cost);
		return machine_cgroup_set_weight(m, c, ev->weight);
	}
	path = strndup(ev->cgroup, slash ? slash - ev->cgroup : 0);
	if (!path)
		return -ENOMEM;
	parent = machine_cgroup_find(m, path);
	free(path);
	if (!parent)
		return -ENOENT;
	return machine_cgroup_create(m, parent, slash ? slash + 1 : ev->cgroup, &r->error, &c);
}

static int change_task(struct workload_run *r, const struct wl_scenario_event *ev,
		       struct task_struct *p)
{
	struct cgroup *c;

	switch (ev->kind) {
	case WL_DO_cgroup_move:
		c = machine_cgroup_find(r->machine, ev->cgroup);
		return c ? machine_cgroup_move(r->machine, c, p) : -ENOENT;
	case WL_DO_affinity:
		return task_set_affinity(r->machine, p, ev->cpus);
	case WL_DO_nice:
		return task_set_nice(r->machine, p, ev->nice);
	case WL_DO_core_cookie:
		task_set_core_cookie(r->machine, p, ev->cookie);
		return 0;
	default:
		return task_set_policy(r->machine, p, ev->policy, ev->priority);
	}
}

static int change_tasks(struct workload_run *r, const struct wl_scenario_event *ev)
{
	struct wl_thread *th;
	int err = 0;

	list_for_each_entry(th, &r->threads, link) {
		if (th->task != &r->w->tasks[ev->task])
			continue;
		err = change_task(r, ev, th->p);
		if (err)
			break;
	}
	return err;
}

static int ask_hook(struct workload_run *r, enum workload_request what, const char *object)
{
	if (!r->hooks.request)
		return -EOPNOTSUPP;
	return r->hooks.request(r->hooks.priv, what, object, &r->error);
}

static int happen(struct workload_run *r, const struct wl_scenario_event *ev)
{
	switch (ev->kind) {
	case WL_DO_cpu_offline:
		return machine_cpu_offline(r->machine, ev->cpu);
	case WL_DO_cpu_online:
		return machine_cpu_online(r->machine, ev->cpu);
	case WL_DO_sysrq_s:
		return ask_hook(r, WORKLOAD_SYSRQ_S, NULL);
	case WL_DO_sysrq_d:
		return ask_hook(r, WORKLOAD_SYSRQ_D, NULL);
	case WL_DO_detach:
		return ask_hook(r, WORKLOAD_DETACH, NULL);
	case WL_DO_attach:
		return ask_hook(r, WORKLOAD_ATTACH, NULL);
	case WL_DO_replace:
		return ask_hook(r, WORKLOAD_REPLACE, ev->object);
	case WL_DO_cgroup_create:
	case WL_DO_cgroup_destroy:
	case WL_DO_cgroup_weight:
	case WL_DO_cgroup_max:
		return cgroup_event(r, ev);
	case WL_DO_rt_burst:
		return start_burst(r, ev);
	case WL_DO_irq_storm:
		return start_storm(r, ev);
	default:
		return change_tasks(r, ev);
	}
}

static int arm(struct workload_run *r)
{
	if (r->next_event == r->w->nr_events)
		return 0;
	return machine_timer_start(r->machine, &r->scenario,
				   r->zero + r->w->events[r->next_event].at, 0);
}

static void failed(struct workload_run *r, const struct wl_scenario_event *ev, int err)
{
	struct err_msg why = r->error;

	err_set(&r->error, err, "%s:%u: event \"%s\": %.200s", r->w->name, ev->line,
		wl_scenario_names[ev->kind], why.text[0] ? why.text : strerror(-err));
	machine_stop(r->machine, err);
}

static void fire(struct machine *m, struct machine_timer *t)
{
	struct workload_run *r = container_of(t, struct workload_run, scenario);
	const struct wl_scenario_event *ev = &r->w->events[r->next_event++];
	int err = happen(r, ev);

	if (!err)
		err = arm(r);
	if (err)
		failed(r, ev, err);
}

int wl_scenario_start(struct workload_run *r)
{
	machine_timer_init(&r->scenario, fire);
	return arm(r);
}
