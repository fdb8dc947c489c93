/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "workload/parse.h"
#include "workload/scenario.h"

#define EVENTS_MAX 100000
#define NSEC_PER_USEC 1000ULL

enum { KEY_CPU, KEY_CGROUP, KEY_WEIGHT, KEY_TASK, KEY_CPUS, KEY_NICE, KEY_POLICY, KEY_PRIORITY,
       KEY_US, KEY_PERIOD, KEY_COST, KEY_QUOTA, KEY_BURST, KEY_OBJECT, KEY_COOKIE,
       NR_SCENARIO_KEYS };

static const char *const key_names[NR_SCENARIO_KEYS] = {
	"cpu", "cgroup", "weight", "task", "cpus", "nice", "policy", "priority",
	"us", "period", "cost", "quota", "burst", "object", "cookie",
};

const char *const wl_scenario_names[NR_WL_DO] = {
#define SCENARIO(name, required, optional, meaning) #name,
#include "workload/scenario.def"
#undef SCENARIO
};

static const struct {
	u32 required, optional;
} rows[NR_WL_DO] = {
#define HAS(key) BIT(KEY_##key)
#define SCENARIO(name, required, optional, meaning) { required, optional },
#include "workload/scenario.def"
#undef SCENARIO
#undef HAS
};

static int get_us(struct parse *p, const struct json_val *v, s64 min, u64 *ns)
{
	s64 us;
	int err = json_get_int(v, min, INT32_MAX, p->e, &us);

	if (!err)
		*ns = us * NSEC_PER_USEC;
	return err;
}

static int get_number(struct parse *p, const struct json_val *v, s64 min, s64 max, s64 *n)
{
	return json_get_int(v, min, max, p->e, n);
}

/* As it stands in cpu.max: us, or "max". */
static int get_quota(struct parse *p, const struct json_val *v, u64 *ns)
{
	const char *word;

	if (!json_is_string(v))
		return get_us(p, v, 1000, ns);
	if (json_get_string(v, p->e, &word))
		return -EINVAL;
	*ns = UINT64_MAX;
	return strcmp(word, "max") ? json_err(v, p->e, "neither us nor \"max\"") : 0;
}

static int get_task(struct parse *p, const struct json_val *v, u32 *task)
{
	const char *name;
	int err = json_get_string(v, p->e, &name);

	for (u32 i = 0; !err && i < p->w->nr_tasks; i++) {
		if (strcmp(p->w->tasks[i].name, name))
			continue;
		*task = i;
		return 0;
	}
	return err ? err : json_err(v, p->e, "no task \"%.64s\"", name);
}

static int get_cpus(struct parse *p, const struct json_val *v, cpumask_t **cpus)
{
	u32 len;
	int err = json_array_len(v, p->e, &len);

	if (err)
		return err;
	if (!len)
		return json_err(v, p->e, "no CPU");
	*cpus = calloc(1, sizeof(**cpus));
	if (!*cpus)
		return -ENOMEM;
	for (u32 i = 0; i < len; i++) {
		struct json_val el = json_array_at(v, i);
		s64 cpu;

		err = json_get_int(&el, 0, NR_CPUS - 1, p->e, &cpu);
		if (err)
			return err;
		cpumask_set_cpu(cpu, *cpus);
	}
	return 0;
}

static int get_string(struct parse *p, const struct json_val *v, char **out)
{
	const char *s;
	int err = json_get_string(v, p->e, &s);

	if (err)
		return err;
	*out = strdup(s);
	return *out ? 0 : -ENOMEM;
}

static int parse_key(struct parse *p, const struct json_val *v, u32 key,
		     struct wl_scenario_event *ev)
{
	s64 n = 0;
	int err;

	switch (key) {
	case KEY_CPU:
		err = get_number(p, v, 0, NR_CPUS - 1, &n);
		ev->cpu = n;
		return err;
	case KEY_CGROUP:
		return get_string(p, v, &ev->cgroup);
	case KEY_WEIGHT:
		err = get_number(p, v, 1, 10000, &n);
		ev->weight = n;
		return err;
	case KEY_TASK:
		return get_task(p, v, &ev->task);
	case KEY_CPUS:
		return get_cpus(p, v, &ev->cpus);
	case KEY_NICE:
		err = get_number(p, v, -20, 19, &n);
		ev->nice = n;
		return err;
	case KEY_POLICY:
		return parse_policy(p, v, &ev->policy);
	case KEY_PRIORITY:
		err = get_number(p, v, 1, 99, &n);
		ev->priority = n;
		ev->has_priority = true;
		return err;
	case KEY_US:
		return get_us(p, v, 1, &ev->ns);
	case KEY_PERIOD:
		return get_us(p, v, 1, &ev->period);
	case KEY_QUOTA:
		return get_quota(p, v, &ev->ns);
	case KEY_BURST:
		return get_us(p, v, 0, &ev->cost);
	case KEY_OBJECT:
		return get_string(p, v, &ev->object);
	case KEY_COOKIE:
		err = get_number(p, v, 0, UINT32_MAX, &n);
		ev->cookie = n;
		return err;
	default:
		return get_us(p, v, 0, &ev->cost);
	}
}

static int key_index(const char *name)
{
	for (u32 i = 0; i < NR_SCENARIO_KEYS; i++)
		if (!strcmp(key_names[i], name))
			return i;
	return -1;
}

static int parse_do(struct parse *p, const struct json_val *obj, struct wl_scenario_event *ev)
{
	struct json_val v;
	const char *name;
	int found = json_find(obj, "do", p->e, &v);

	if (found <= 0)
		return found < 0 ? found : json_err(obj, p->e, "an event without \"do\"");
	if (json_get_string(&v, p->e, &name))
		return -EINVAL;
	for (u32 i = 0; i < NR_WL_DO; i++) {
		if (strcmp(wl_scenario_names[i], name))
			continue;
		ev->kind = i;
		ev->line = v.line;
		return 0;
	}
	return json_err(&v, p->e, "unknown event \"%.40s\"", name);
}

/* The kernel's own limits of cpu.max. */
static int check_max(struct parse *p, const struct json_val *v, struct wl_scenario_event *ev)
{
	if (!ev->period)
		ev->period = 100000 * NSEC_PER_USEC;
	if (ev->period < 1000 * NSEC_PER_USEC || ev->period > 1000000 * NSEC_PER_USEC)
		return json_err(v, p->e, "cgroup_max: a period is 1000 to 1000000 us");
	if (ev->ns != UINT64_MAX && ev->cost > ev->ns)
		return json_err(v, p->e, "cgroup_max: the burst must not exceed the quota");
	return 0;
}

static int check_event(struct parse *p, const struct json_val *v, struct wl_scenario_event *ev)
{
	bool rt = ev->policy == SCHED_FIFO || ev->policy == SCHED_RR;

	if (ev->kind == WL_DO_cgroup_max && check_max(p, v, ev))
		return -EINVAL;

	if (ev->kind == WL_DO_irq_storm && ev->cost >= ev->period)
		return json_err(v, p->e, "irq_storm: its cost must be below its period");
	if (ev->kind == WL_DO_rt_burst || (ev->kind == WL_DO_policy && rt)) {
		if (!ev->has_priority)
			ev->priority = parse_default_priority(SCHED_FIFO);
	} else if (ev->has_priority) {
		return json_err(v, p->e, "only real-time policies have a \"priority\" here");
	}
	return 0;
}

static int parse_one(struct parse *p, const struct json_val *obj, struct wl_scenario_event *ev)
{
	struct json_val at;
	u32 seen = 0, missing;
	int err, found;

	err = json_expect_object(obj, p->e);
	if (!err)
		err = parse_do(p, obj, ev);
	if (err)
		return err;
	found = json_find(obj, "at", p->e, &at);
	if (found <= 0)
		return found < 0 ? found : json_err(obj, p->e, "an event without \"at\"");
	if (get_us(p, &at, 0, &ev->at))
		return -EINVAL;
	for (struct json_iter it = json_members(obj); json_next(&it);) {
		int key = key_index(it.val.key);

		if (!strcmp(it.val.key, "at") || !strcmp(it.val.key, "do"))
			continue;
		if (key < 0 || !((rows[ev->kind].required | rows[ev->kind].optional) & BIT(key)))
			return json_err(&it.val, p->e, "unknown in event \"%s\"",
					wl_scenario_names[ev->kind]);
		if (seen & BIT(key))
			return json_err(&it.val, p->e, "is there twice");
		err = parse_key(p, &it.val, key, ev);
		if (err)
			return err;
		seen |= BIT(key);
	}
	missing = rows[ev->kind].required & ~seen;
	if (missing)
		return json_err(&at, p->e, "event \"%s\" lacks its \"%s\"",
				wl_scenario_names[ev->kind], key_names[__builtin_ctz(missing)]);
	return check_event(p, &at, ev);
}

/* By time; those of one moment stay in the file's order. */
static void insert_last(struct workload *w)
{
	struct wl_scenario_event ev = w->events[w->nr_events - 1];
	u32 i = w->nr_events - 1;

	for (; i && w->events[i - 1].at > ev.at; i--)
		w->events[i] = w->events[i - 1];
	w->events[i] = ev;
}

int parse_scenario(struct parse *p, const struct json_val *events)
{
	struct workload *w = p->w;
	u32 len;
	int err = json_array_len(events, p->e, &len);

	if (err)
		return err;
	if (len > EVENTS_MAX)
		return json_err(events, p->e, "more than %u events", EVENTS_MAX);
	w->events = calloc(len ? len : 1, sizeof(*w->events));
	if (!w->events)
		return -ENOMEM;
	for (u32 i = 0; i < len; i++) {
		struct json_val el = json_array_at(events, i);

		w->nr_events++;
		err = parse_one(p, &el, &w->events[i]);
		if (err)
			return err;
		insert_last(w);
	}
	return 0;
}

void wl_scenario_fini(struct workload *w)
{
	for (u32 i = 0; i < w->nr_events; i++) {
		free(w->events[i].cpus);
		free(w->events[i].cgroup);
		free(w->events[i].object);
	}
	free(w->events);
}
