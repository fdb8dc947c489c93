/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parser's files among themselves. */
#ifndef WORKLOAD_PARSE_H
#define WORKLOAD_PARSE_H

#include "workload/internal.h"
#include "workload/json.h"

enum key_scope { TOP = 1, GLOBAL = 2, TASK = 4, PHASE = 8 };

struct parse {
	struct workload *w;
	struct wl_task *task; /* being parsed */
	struct err_msg *e;
};

/*
 * 0 if @v is a key that @scopes knows (or, with @events, an event). Otherwise
 * -EINVAL, saying that it is refused, or unknown.
 */
int parse_known_key(struct parse *p, const struct json_val *v, u32 scopes, bool events);
int parse_known_keys(struct parse *p, const struct json_val *obj, u32 scopes, bool events);

/* The event that @key begins with, or -1. */
int parse_event_kind(const char *key);
/* Is @key one of the properties of @scopes? They go before events. */
bool parse_is_property(const char *key, u32 scopes);
/* Appends the operations of one event to @ph. */
int parse_event(struct parse *p, const struct json_val *v, int kind, struct wl_phase *ph);

int parse_global(struct parse *p, const struct json_val *global);
int parse_resources(struct parse *p, const struct json_val *resources);
int parse_policy(struct parse *p, const struct json_val *v, u32 *policy);
/* Reads "policy", "priority", "cpus" of a task or a phase. */
int parse_sched(struct parse *p, const struct json_val *obj, struct wl_sched *s);
/* Default and check of a priority under a policy. */
s32 parse_default_priority(u32 policy);
int parse_check_priority(struct parse *p, const struct json_val *v, u32 policy, s32 priority);
int parse_tasks(struct parse *p, const struct json_val *tasks);

#endif
