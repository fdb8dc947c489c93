/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Playing a workload on a machine: its tasks and what they share. */
#include <stdlib.h>

#include "workload/run.h"
#include "workload/scenario.h"

static void release_thread(struct task_script *s)
{
	struct wl_thread *th = container_of(s, struct wl_thread, script);

	list_del_init(&th->link);
	free(th);
}

int wl_cgroup_get(struct machine *m, const char *path, struct err_msg *e, struct cgroup **out)
{
	struct cgroup *at = machine_cgroup_root(m), *next;
	char name[256];
	int err;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t len = strcspn(path, "/"), fits = min(len, sizeof(name) - 1);

		memcpy(name, path, fits);
		name[fits] = '\0';
		next = machine_cgroup_child(at, name);
		if (!next) {
			err = machine_cgroup_create(m, at, name, e, &next);
			if (err)
				return err;
		}
		at = next;
		path += len;
	}
	*out = at;
	return 0;
}

int wl_thread_create(struct workload_run *r, const struct wl_task *t, struct task_struct *parent,
		     struct err_msg *e)
{
	const struct wl_sched *first = &t->phases[0].sched;
	bool rt = t->sched.policy == SCHED_FIFO || t->sched.policy == SCHED_RR;
	struct wl_thread *th;
	struct task_params params;
	char comm[TASK_COMM_LEN];
	struct cgroup *cgroup = NULL;
	int err;

	if (t->sched.taskgroup) {
		err = wl_cgroup_get(r->machine, t->sched.taskgroup, e, &cgroup);
		if (err)
			return err;
	}
	th = calloc(1, sizeof(*th) + t->own_timers.nr * sizeof(th->timers[0]));
	if (!th)
		return -ENOMEM;
	th->script.next = wl_thread_next;
	th->script.release = release_thread;
	th->run = r;
	th->task = t;
	th->first = r->zero + t->delay;
	th->policy = t->sched.policy;
	th->priority = t->sched.priority;
	th->cpus = first->has_cpus ? &first->cpus : t->sched.has_cpus ? &t->sched.cpus : NULL;
	list_add_tail(&th->link, &r->threads);

	memset(comm, 0, sizeof(comm));
	memcpy(comm, t->name, min(strlen(t->name), sizeof(comm) - 1));
	params = (struct task_params){
		.comm = comm,
		.policy = th->policy,
		.nice = rt || th->policy == SCHED_IDLE ? 0 : th->priority,
		.rt_priority = rt ? th->priority : 0,
		.cpus = th->cpus,
		.script = &th->script,
		.start = machine_now(r->machine),
		.parent = parent,
		.cgroup = cgroup,
	};
	err = task_create(r->machine, &params, e, &th->p);
	if (err)
		release_thread(&th->script);
	return err;
}

static void end_run(struct machine *m, struct machine_timer *t)
{
	struct workload_run *r = container_of(t, struct workload_run, end);

	r->ending = true;
	for (u32 i = 0; i < r->w->res[WL_COND].nr; i++)
		wl_wake_all(m, &r->conds[i].waiters);
	for (u32 i = 0; i < r->w->res[WL_BARRIER].nr; i++)
		wl_wake_all(m, &r->barriers[i].waiters);
}

static int check_cpus(const struct workload *w, const struct wl_task *t, const struct wl_sched *s,
		      u32 nr_cpus, struct err_msg *e)
{
	u32 cpu;

	if (!s->has_cpus)
		return 0;
	for_each_cpu(cpu, &s->cpus)
		if (cpu >= nr_cpus)
			return err_set(e, -EINVAL,
				       "%s:%u: key \"cpus\": task \"%.64s\" wants CPU %u, but the "
				       "machine has only CPUs 0-%u",
				       w->name, s->cpus_line, t->name, cpu, nr_cpus - 1);
	return 0;
}

static int check_tasks(const struct workload *w, const struct machine *m, struct err_msg *e)
{
	u32 nr_cpus = machine_nr_cpus(m);
	int err = 0;

	for (u32 i = 0; !err && i < w->nr_tasks; i++) {
		const struct wl_task *t = &w->tasks[i];

		err = check_cpus(w, t, &t->sched, nr_cpus, e);
		for (u32 j = 0; !err && j < t->nr_phases; j++)
			err = check_cpus(w, t, &t->phases[j].sched, nr_cpus, e);
	}
	return err ? err : wl_scenario_check(w, nr_cpus, e);
}

/* One element more than needed: calloc(0) may be NULL. */
#define ALLOC_RES(r, member, kind)                                                                 \
	((r)->member = calloc((r)->w->res[kind].nr + 1, sizeof(*(r)->member)))

static int alloc_shared(struct workload_run *r)
{
	if (!ALLOC_RES(r, mutexes, WL_MUTEX) || !ALLOC_RES(r, conds, WL_COND) ||
	    !ALLOC_RES(r, barriers, WL_BARRIER) || !ALLOC_RES(r, timers, WL_TIMER) ||
	    !ALLOC_RES(r, forks, WL_FORK))
		return -ENOMEM;
	for (u32 i = 0; i < r->w->res[WL_BARRIER].nr; i++)
		r->barriers[i].missing = (s32)r->w->res[WL_BARRIER].res[i].users - 1;
	return 0;
}

int workload_run_create(const struct workload *w, struct machine *m, u64 duration,
			struct err_msg *e, struct workload_run **out)
{
	struct workload_run *r;
	int err;

	err = check_tasks(w, m, e);
	if (err)
		return err;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->w = w;
	r->machine = m;
	r->duration = duration;
	INIT_LIST_HEAD(&r->threads);
	machine_timer_init(&r->end, end_run);
	err = alloc_shared(r);
	if (err) {
		workload_run_destroy(r);
		return err;
	}
	*out = r;
	return 0;
}

int workload_run_start(struct workload_run *r, struct err_msg *e)
{
	int err = 0;

	r->zero = machine_now(r->machine);
	if (r->duration)
		err = machine_timer_start(r->machine, &r->end, r->zero + r->duration, 0);
	for (u32 i = 0; !err && i < r->w->nr_tasks; i++) {
		const struct wl_task *t = &r->w->tasks[i];

		for (u32 n = 0; !err && n < t->instances; n++)
			err = wl_thread_create(r, t, NULL, e);
	}
	return err ? err : wl_scenario_start(r);
}

void workload_run_destroy(struct workload_run *r)
{
	if (!r)
		return;
	while (!list_empty(&r->threads)) {
		struct wl_thread *th = list_first_entry(&r->threads, struct wl_thread, link);

		release_thread(&th->script);
	}
	wl_scenario_run_fini(r);
	free(r->mutexes);
	free(r->conds);
	free(r->barriers);
	free(r->timers);
	free(r->forks);
	free(r);
}

void workload_run_set_hooks(struct workload_run *r, const struct workload_hooks *hooks)
{
	r->hooks = *hooks;
}

const char *workload_run_error(const struct workload_run *r)
{
	return r->error.text;
}
