/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The file as a whole, its tasks and their phases. */
#include <stdio.h>
#include <stdlib.h>

#include "workload/parse.h"
#include "workload/scenario.h"

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_SEC 1000000000ULL
#define DEFAULT_MEM_BUFFER (4U << 20) /* rt-app's */
#define INSTANCES_MAX 65536	      /* of one task */
#define THREADS_MAX 1000000	      /* of a workload: pids are 22 bits wide */
#define NAMES_MAX 16384		      /* tasks; names of one kind */

int wl_res_index(struct wl_res_table *t, const char *name, u32 line)
{
	struct wl_res *res;

	for (u32 i = 0; i < t->nr; i++)
		if (!strcmp(t->res[i].name, name))
			return i;
	if (t->nr == NAMES_MAX)
		return -ENOSPC;
	if (t->nr == t->cap) {
		u32 cap = t->cap ? 2 * t->cap : 8;

		res = realloc(t->res, cap * sizeof(*res));
		if (!res)
			return -ENOMEM;
		t->res = res;
		t->cap = cap;
	}
	res = &t->res[t->nr];
	*res = (struct wl_res){ .name = strdup(name), .line = line };
	return res->name ? (int)t->nr++ : -ENOMEM;
}

void wl_res_table_fini(struct wl_res_table *t)
{
	for (u32 i = 0; i < t->nr; i++)
		free(t->res[i].name);
	free(t->res);
}

static int parse_loop(struct parse *p, const struct json_val *obj, s64 def, s32 *loop)
{
	struct json_val v;
	s64 n = def;
	int found = json_find(obj, "loop", p->e, &v);

	if (found < 0 || (found && json_get_int(&v, INT32_MIN, INT32_MAX, p->e, &n)))
		return -EINVAL;
	*loop = n;
	return found;
}

/* @scopes: PHASE, or TASK where the task is its only phase. */
static int parse_events(struct parse *p, const struct json_val *obj, u32 scopes,
			struct wl_phase *ph)
{
	for (struct json_iter it = json_members(obj); json_next(&it);) {
		int kind = parse_event_kind(it.val.key), err;

		if (kind < 0 || parse_is_property(it.val.key, scopes))
			continue;
		err = parse_event(p, &it.val, kind, ph);
		if (err)
			return err;
	}
	if (!ph->nr_ops)
		return json_err(obj, p->e, "no event: there is nothing to do");
	return 0;
}

static int parse_phase(struct parse *p, const struct json_val *v, struct wl_phase *ph)
{
	int err;

	ph->name = strdup(v->key);
	if (!ph->name)
		return -ENOMEM;
	err = json_expect_object(v, p->e);
	if (!err)
		err = parse_known_keys(p, v, PHASE, true);
	if (!err)
		err = parse_sched(p, v, &ph->sched);
	if (!err && parse_loop(p, v, 1, &ph->loop) < 0)
		err = -EINVAL;
	if (!err)
		err = parse_events(p, v, PHASE, ph);
	return err;
}

/*
 * A phase that sets only one of policy and priority takes the other from where
 * the phase before left it: rt-app finds a misfit when it gets there, we here.
 */
static int check_phase_sched(struct parse *p, const struct json_val *v, const struct wl_phase *ph,
			     u32 *policy)
{
	struct json_val prio;

	if (ph->sched.has_policy)
		*policy = ph->sched.policy;
	if (ph->sched.has_policy || !ph->sched.has_priority)
		return 0;
	if (json_find(v, "priority", p->e, &prio) < 0)
		return -EINVAL;
	return parse_check_priority(p, &prio, *policy, ph->sched.priority);
}

static int parse_phases(struct parse *p, const struct json_val *phases, struct wl_task *t)
{
	u32 policy = t->sched.policy, nr = 0;

	if (json_expect_object(phases, p->e))
		return -EINVAL;
	for (struct json_iter it = json_members(phases); json_next(&it);)
		nr++;
	if (!nr)
		return json_err(phases, p->e, "no phase");
	t->phases = calloc(nr, sizeof(*t->phases));
	if (!t->phases)
		return -ENOMEM;
	for (struct json_iter it = json_members(phases); json_next(&it);) {
		struct wl_phase *ph = &t->phases[t->nr_phases++];
		int err = parse_phase(p, &it.val, ph);

		if (!err)
			err = check_phase_sched(p, &it.val, ph, &policy);
		if (err)
			return err;
	}
	return 0;
}

/* Without "phases", the task's events are its only phase, and "loop" is the phase's. */
static int parse_single_phase(struct parse *p, const struct json_val *v, struct wl_task *t)
{
	int found;

	t->phases = calloc(1, sizeof(*t->phases));
	if (!t->phases)
		return -ENOMEM;
	t->nr_phases = 1;
	t->phases->name = strdup("");
	if (!t->phases->name)
		return -ENOMEM;
	found = parse_loop(p, v, 1, &t->phases->loop);
	if (found < 0)
		return found;
	t->loop = found ? 1 : -1;
	return parse_events(p, v, TASK, t->phases);
}

static int parse_task_sched(struct parse *p, const struct json_val *v, struct wl_task *t)
{
	struct json_val prio;
	int err;

	err = parse_sched(p, v, &t->sched);
	if (err)
		return err;
	if (!t->sched.has_policy)
		t->sched.policy = p->w->default_policy;
	if (!t->sched.has_priority) {
		t->sched.priority = parse_default_priority(t->sched.policy);
		return 0;
	}
	if (json_find(v, "priority", p->e, &prio) < 0)
		return -EINVAL;
	return parse_check_priority(p, &prio, t->sched.policy, t->sched.priority);
}

static int parse_task(struct parse *p, const struct json_val *v, struct wl_task *t)
{
	struct json_val phases, delay, instance;
	s64 n = 0;
	int err, has_phases, found;

	err = json_expect_object(v, p->e);
	if (err)
		return err;
	t->line = v->line;
	p->task = t;

	has_phases = json_find(v, "phases", p->e, &phases);
	if (has_phases < 0)
		return has_phases;
	err = parse_known_keys(p, v, TASK, !has_phases);
	if (!err)
		err = parse_task_sched(p, v, t);
	if (err)
		return err;

	found = json_find(v, "delay", p->e, &delay);
	if (found < 0 || (found && json_get_int(&delay, 0, INT32_MAX, p->e, &n)))
		return -EINVAL;
	t->delay = found ? n * NSEC_PER_USEC : 0;
	found = json_find(v, "instance", p->e, &instance);
	if (found < 0 || (found && json_get_int(&instance, 0, INSTANCES_MAX, p->e, &n)))
		return -EINVAL;
	t->instances = found ? n : 1;

	if (!has_phases)
		return parse_single_phase(p, v, t);
	if (parse_loop(p, v, -1, &t->loop) < 0)
		return -EINVAL;
	return parse_phases(p, &phases, t);
}

static int find_task(const struct workload *w, const char *name)
{
	for (u32 i = 0; i < w->nr_tasks; i++)
		if (w->tasks[i].name && !strcmp(w->tasks[i].name, name))
			return i;
	return -1;
}

/* A second "hog" becomes "hog1", as workgen renames it. */
static char *task_name(const struct workload *w, const char *key)
{
	char *name = strdup(key);
	int twin = find_task(w, key);

	while (name && find_task(w, name) >= 0) {
		free(name);
		if (asprintf(&name, "%s%u", key, ++w->tasks[twin].twins) < 0)
			name = NULL;
	}
	return name;
}

int parse_tasks(struct parse *p, const struct json_val *tasks)
{
	struct workload *w = p->w;
	u32 nr = 0, threads = 0;

	if (json_expect_object(tasks, p->e))
		return -EINVAL;
	for (struct json_iter it = json_members(tasks); json_next(&it);)
		nr++;
	if (nr > NAMES_MAX)
		return json_err(tasks, p->e, "more than %u tasks", NAMES_MAX);
	w->tasks = calloc(nr ? nr : 1, sizeof(*w->tasks));
	if (!w->tasks)
		return -ENOMEM;
	for (struct json_iter it = json_members(tasks); json_next(&it);) {
		struct wl_task *t = &w->tasks[w->nr_tasks];
		char *name;
		int err;

		if (!it.val.key[0])
			return json_err(&it.val, p->e, "line %u: a task without a name",
					it.val.line);
		name = task_name(w, it.val.key);
		if (!name)
			return -ENOMEM;
		t->name = name;
		w->nr_tasks++;
		err = parse_task(p, &it.val, t);
		if (err)
			return err;
		threads += t->instances;
		if (threads > THREADS_MAX)
			return json_err(&it.val, p->e, "more than %u threads", THREADS_MAX);
	}
	if (!threads)
		return json_err(tasks, p->e, "no task starts: there is nothing to do");
	return 0;
}

/* Names that only the whole file can settle. */
static int resolve_forks(struct parse *p)
{
	struct wl_res_table *forks = &p->w->res[WL_FORK];

	for (u32 i = 0; i < forks->nr; i++) {
		struct wl_res *res = &forks->res[i];
		int task = find_task(p->w, res->name);

		if (task < 0)
			return err_set(p->e, -EINVAL, "%s:%u: key \"fork\": no task \"%.64s\"",
				       p->w->name, res->line, res->name);
		if (p->w->tasks[task].has_barrier)
			return err_set(p->e, -EINVAL,
				       "%s:%u: key \"fork\": task \"%.64s\" uses a barrier, which "
				       "does not know of forked instances",
				       p->w->name, res->line, res->name);
		res->task = task;
	}
	return 0;
}

static int parse_root(struct parse *p, const struct json_val *root)
{
	struct json_val v;
	int err, found;

	err = json_expect_object(root, p->e);
	if (!err)
		err = parse_known_keys(p, root, TOP, false);
	if (err)
		return err;
	found = json_find(root, "global", p->e, &v);
	if (found < 0 || (found && parse_global(p, &v)))
		return -EINVAL;
	found = json_find(root, "resources", p->e, &v);
	if (found < 0 || (found && parse_resources(p, &v)))
		return -EINVAL;
	found = json_find(root, "tasks", p->e, &v);
	if (found <= 0)
		return found < 0 ? found : json_err(root, p->e, "no key \"tasks\"");
	err = parse_tasks(p, &v);
	if (!err)
		err = resolve_forks(p);
	if (err)
		return err;
	found = json_find(root, "events", p->e, &v);
	return found <= 0 ? found : parse_scenario(p, &v);
}

int workload_parse(const char *text, size_t len, const char *name, struct err_msg *e,
		   struct workload **out)
{
	struct json_doc *doc;
	struct json_val root;
	struct parse p = { .e = e };
	int err;

	err = json_doc_parse(text, len, name, e, &doc);
	if (err)
		return err == -ENOMEM ? err_set(e, err, "out of memory") : err;
	err = -ENOMEM;
	p.w = calloc(1, sizeof(*p.w));
	if (!p.w)
		goto out_doc;
	p.w->duration = -1;
	p.w->default_policy = SCHED_NORMAL;
	p.w->io_is_null = true;
	p.w->mem_buffer_size = DEFAULT_MEM_BUFFER;
	p.w->name = strdup(name);
	if (!p.w->name)
		goto out_workload;
	root = json_doc_root(doc);
	err = parse_root(&p, &root);
	if (err == -ENOSPC)
		err = err_set(e, -EINVAL, "%s: more than %u names of one kind", name, NAMES_MAX);
	if (err)
		goto out_workload;
	*out = p.w;
	json_doc_destroy(doc);
	return 0;

out_workload:
	workload_destroy(p.w);
out_doc:
	json_doc_destroy(doc);
	return err == -ENOMEM ? err_set(e, err, "out of memory") : err;
}

static void destroy_task(struct wl_task *t)
{
	for (u32 i = 0; i < t->nr_phases; i++) {
		free(t->phases[i].name);
		free(t->phases[i].ops);
		free(t->phases[i].sched.taskgroup);
	}
	free(t->phases);
	free(t->sched.taskgroup);
	wl_res_table_fini(&t->own_timers);
	free(t->name);
}

void workload_destroy(struct workload *w)
{
	if (!w)
		return;
	for (u32 i = 0; i < w->nr_tasks; i++)
		destroy_task(&w->tasks[i]);
	free(w->tasks);
	wl_scenario_fini(w);
	for (u32 i = 0; i < NR_WL_RES_KINDS; i++)
		wl_res_table_fini(&w->res[i]);
	free(w->name);
	free(w);
}

u64 workload_duration(const struct workload *w)
{
	return w->duration > 0 ? w->duration * NSEC_PER_SEC : 0;
}

bool workload_has_duration(const struct workload *w)
{
	return w->has_duration;
}

bool workload_is_endless(const struct workload *w)
{
	for (u32 i = 0; i < w->nr_tasks; i++) {
		const struct wl_task *t = &w->tasks[i];

		if (t->loop < 0)
			return true;
		for (u32 j = 0; t->loop && j < t->nr_phases; j++)
			if (t->phases[j].loop < 1)
				return true;
	}
	return false;
}

u32 workload_nr_threads(const struct workload *w)
{
	u32 nr = 0;

	for (u32 i = 0; i < w->nr_tasks; i++)
		nr += w->tasks[i].instances;
	return nr;
}
