/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The "global" and "resources" objects, and scheduling attributes. */
#include <stdio.h>

#include "workload/parse.h"

struct policy_row {
	const char *name;
	u32 policy;
	s32 def, min, max;
};

static const struct policy_row policies[] = {
#define POLICY(name, number, def, min, max) { name, number, def, min, max },
#include "workload/policy.def"
#undef POLICY
};

static const struct policy_row *policy_row(u32 policy)
{
	for (u32 i = 0; i < ARRAY_SIZE(policies); i++)
		if (policies[i].policy == policy)
			return &policies[i];
	return &policies[0];
}

int parse_policy(struct parse *p, const struct json_val *v, u32 *policy)
{
	const char *name;
	int err = json_get_string(v, p->e, &name);

	if (err)
		return err;
	for (u32 i = 0; i < ARRAY_SIZE(policies); i++) {
		if (!strcmp(policies[i].name, name)) {
			*policy = policies[i].policy;
			return 0;
		}
	}
	if (!strcmp(name, "SCHED_DEADLINE"))
		return json_err(v, p->e, "SCHED_DEADLINE is not modelled");
	return json_err(v, p->e, "unknown policy \"%.40s\"", name);
}

s32 parse_default_priority(u32 policy)
{
	return policy_row(policy)->def;
}

int parse_check_priority(struct parse *p, const struct json_val *v, u32 policy, s32 priority)
{
	const struct policy_row *row = policy_row(policy);

	if (priority >= row->min && priority <= row->max)
		return 0;
	return json_err(v, p->e, "%d is not in %d..%d, the range of %s", priority, row->min,
			row->max, row->name);
}

static int parse_taskgroup(struct parse *p, const struct json_val *v, struct wl_sched *s)
{
	const char *path;

	if (json_get_string(v, p->e, &path))
		return -EINVAL;
	if (path[0] != '/')
		return json_err(v, p->e, "\"%.40s\" does not begin with \"/\"", path);
	s->taskgroup = strdup(path);
	return s->taskgroup ? 0 : -ENOMEM;
}

static int parse_cpus(struct parse *p, const struct json_val *v, struct wl_sched *s)
{
	u32 len;
	int err = json_array_len(v, p->e, &len);

	if (err)
		return err;
	if (!len)
		return json_err(v, p->e, "no CPU");
	for (u32 i = 0; i < len; i++) {
		struct json_val el = json_array_at(v, i);
		s64 cpu;

		err = json_get_int(&el, 0, NR_CPUS - 1, p->e, &cpu);
		if (err)
			return err;
		cpumask_set_cpu(cpu, &s->cpus);
	}
	s->has_cpus = true;
	s->cpus_line = v->line;
	return 0;
}

int parse_sched(struct parse *p, const struct json_val *obj, struct wl_sched *s)
{
	struct json_val v;
	s64 prio;
	int found;

	found = json_find(obj, "policy", p->e, &v);
	if (found < 0 || (found && parse_policy(p, &v, &s->policy)))
		return -EINVAL;
	s->has_policy = found;

	found = json_find(obj, "priority", p->e, &v);
	if (found < 0 || (found && json_get_int(&v, -20, 99, p->e, &prio)))
		return -EINVAL;
	s->has_priority = found;
	if (found) {
		s->priority = prio;
		if (s->has_policy && parse_check_priority(p, &v, s->policy, prio))
			return -EINVAL;
	} else if (s->has_policy) {
		s->priority = parse_default_priority(s->policy);
	}

	found = json_find(obj, "cpus", p->e, &v);
	if (found < 0 || (found && parse_cpus(p, &v, s)))
		return -EINVAL;

	found = json_find(obj, "taskgroup", p->e, &v);
	if (found < 0)
		return -EINVAL;
	return found ? parse_taskgroup(p, &v, s) : 0;
}

/* ---- global ---- */

static int global_calibration(struct parse *p, const struct json_val *v)
{
	const char *s;
	s64 ns;
	u32 cpu;
	int err;

	if (json_is_int(v))
		return json_get_int(v, 0, INT32_MAX, p->e, &ns);
	err = json_get_string(v, p->e, &s);
	if (!err && sscanf(s, "CPU%u", &cpu) != 1)
		err = json_err(v, p->e, "expected \"CPU<number>\" or nanoseconds, not \"%.40s\"", s);
	return err;
}

static int global_pi(struct parse *p, const struct json_val *v)
{
	bool pi;
	int err = json_get_bool(v, p->e, &pi);

	if (!err && pi)
		err = json_err(v, p->e, "priority inheritance is not modelled");
	return err;
}

static int global_ftrace(struct parse *p, const struct json_val *v)
{
	const char *s;
	bool on;

	/* booleans are rt-app's older form */
	return json_is_string(v) ? json_get_string(v, p->e, &s) : json_get_bool(v, p->e, &on);
}

static int global_log_size(struct parse *p, const struct json_val *v)
{
	const char *s;
	s64 n;

	return json_is_string(v) ? json_get_string(v, p->e, &s) :
				   json_get_int(v, 0, INT32_MAX, p->e, &n);
}

static int global_duration(struct parse *p, const struct json_val *v)
{
	p->w->has_duration = true;
	return json_get_int(v, INT32_MIN, INT32_MAX, p->e, &p->w->duration);
}

static int global_policy(struct parse *p, const struct json_val *v)
{
	return parse_policy(p, v, &p->w->default_policy);
}

static int global_io_device(struct parse *p, const struct json_val *v)
{
	const char *s;
	int err = json_get_string(v, p->e, &s);

	if (!err)
		p->w->io_is_null = !strcmp(s, "/dev/null");
	return err;
}

static int global_mem_buffer(struct parse *p, const struct json_val *v)
{
	s64 size;
	int err = json_get_int(v, 1, INT32_MAX, p->e, &size);

	if (!err)
		p->w->mem_buffer_size = size;
	return err;
}

static int global_bool(struct parse *p, const struct json_val *v)
{
	bool b;

	return json_get_bool(v, p->e, &b);
}

static int global_string(struct parse *p, const struct json_val *v)
{
	const char *s;

	return json_get_string(v, p->e, &s);
}

static int global_int(struct parse *p, const struct json_val *v)
{
	s64 n;

	return json_get_int(v, INT32_MIN, INT32_MAX, p->e, &n);
}

static const struct {
	const char *key;
	int (*read)(struct parse *p, const struct json_val *v);
} global_readers[] = {
	{ "duration", global_duration },
	{ "default_policy", global_policy },
	{ "io_device", global_io_device },
	{ "mem_buffer_size", global_mem_buffer },
	{ "pi_enabled", global_pi },
	{ "calibration", global_calibration },
	{ "lock_pages", global_bool },
	{ "logdir", global_string },
	{ "log_basename", global_string },
	{ "log_size", global_log_size },
	{ "ftrace", global_ftrace },
	{ "gnuplot", global_bool },
	{ "cumulative_slack", global_bool },
	{ "frag", global_int },
};

int parse_global(struct parse *p, const struct json_val *global)
{
	int err = json_expect_object(global, p->e);

	if (!err)
		err = parse_known_keys(p, global, GLOBAL, false);
	for (u32 i = 0; !err && i < ARRAY_SIZE(global_readers); i++) {
		struct json_val v;

		err = json_find(global, global_readers[i].key, p->e, &v);
		if (err > 0)
			err = global_readers[i].read(p, &v);
	}
	return err;
}

/* rt-app creates what the events name; an object of declarations is checked only. */
int parse_resources(struct parse *p, const struct json_val *resources)
{
	static const char *const types[] = { "mutex", "wait", "signal", "broadcast", "sync",
					     "sleep", "run", "timer", "barrier" };

	if (json_is_int(resources))
		return 0; /* their number, of old */
	if (json_expect_object(resources, p->e))
		return -EINVAL;
	for (struct json_iter it = json_members(resources); json_next(&it);) {
		const char *type = NULL;
		struct json_val v;
		u32 i;

		if (json_expect_object(&it.val, p->e))
			return -EINVAL;
		for (struct json_iter in = json_members(&it.val); json_next(&in);)
			if (strcmp(in.val.key, "type"))
				return json_err(&in.val, p->e, "unknown in a resource");
		switch (json_find(&it.val, "type", p->e, &v)) {
		case 0:
			continue;
		case 1:
			if (json_get_string(&v, p->e, &type))
				return -EINVAL;
			break;
		default:
			return -EINVAL;
		}
		for (i = 0; i < ARRAY_SIZE(types) && strcmp(types[i], type); i++)
			;
		if (i == ARRAY_SIZE(types))
			return json_err(&v, p->e, "unknown type \"%.40s\"", type);
	}
	return 0;
}
