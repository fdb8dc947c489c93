/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "workload/parse.h"

enum key_status { USED, NOTHING, REFUSED };

struct key_row {
	u32 scope;
	const char *name;
	enum key_status status;
	const char *text;
};

static const struct key_row keys[] = {
#define KEY(scope, name, status, text) { scope, name, status, text },
#include "workload/keys.def"
#undef KEY
};

const char *const wl_event_names[NR_WL_EVENTS] = {
#define EVENT(name, value, meaning) #name,
#include "workload/events.def"
#undef EVENT
};

int parse_event_kind(const char *key)
{
	for (int i = 0; i < NR_WL_EVENTS; i++)
		if (!strncmp(key, wl_event_names[i], strlen(wl_event_names[i])))
			return i;
	return -1;
}

static const struct key_row *find_key(const char *key, u32 scopes)
{
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].scope & scopes && !strcmp(keys[i].name, key))
			return &keys[i];
	return NULL;
}

bool parse_is_property(const char *key, u32 scopes)
{
	return find_key(key, scopes);
}

static const char *scope_name(u32 scopes)
{
	if (scopes & TOP)
		return "at the top level";
	if (scopes & GLOBAL)
		return "in the global object";
	return scopes & TASK ? "in a task" : "in a phase";
}

int parse_known_key(struct parse *p, const struct json_val *v, u32 scopes, bool events)
{
	const struct key_row *row = find_key(v->key, scopes);

	if (row && row->status == REFUSED)
		return json_err(v, p->e, "%s", row->text);
	if (row || (events && parse_event_kind(v->key) >= 0))
		return 0;
	if (!events && parse_event_kind(v->key) >= 0 && scopes & TASK)
		return json_err(v, p->e, "events of a task that has \"phases\" belong into a phase");
	return json_err(v, p->e, "unknown %s", scope_name(scopes));
}

int parse_known_keys(struct parse *p, const struct json_val *obj, u32 scopes, bool events)
{
	for (struct json_iter it = json_members(obj); json_next(&it);) {
		int err = parse_known_key(p, &it.val, scopes, events);

		if (err)
			return err;
	}
	return 0;
}
