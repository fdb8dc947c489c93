/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * JSON with line numbers and repeated keys, on json-c, which has neither.
 *
 * Before json-c sees the text, each key is stamped with a number of its own:
 * {"run":1, "run":2} becomes {"0:run":1, "1:run":2}. So nothing gets overwritten,
 * the order is kept, and the number leads to the line. The grammar (comments,
 * single quotes, trailing commas) stays json-c's, which is rt-app's.
 */
#ifndef WORKLOAD_JSON_H
#define WORKLOAD_JSON_H

#include "base/base.h"

struct json_doc;
struct json_object;

/* A value and the key that leads to it; valid as long as its document. */
struct json_val {
	const struct json_doc *doc;
	struct json_object *obj; /* NULL: null */
	const char *key;	 /* "" for the root */
	u32 line;		 /* the key's */
};

int json_doc_parse(const char *text, size_t len, const char *name, struct err_msg *e,
		   struct json_doc **out);
void json_doc_destroy(struct json_doc *d);
struct json_val json_doc_root(const struct json_doc *d);
const char *json_doc_name(const struct json_doc *d);

/* "NAME:LINE: key "KEY": ..." into @e; returns -EINVAL. */
int json_err(const struct json_val *v, struct err_msg *e, const char *fmt, ...) __printf(3, 4);

/* Typed reads; -EINVAL with a message that says what was expected. */
int json_get_int(const struct json_val *v, s64 min, s64 max, struct err_msg *e, s64 *out);
int json_get_bool(const struct json_val *v, struct err_msg *e, bool *out);
int json_get_string(const struct json_val *v, struct err_msg *e, const char **out);
bool json_is_int(const struct json_val *v);
bool json_is_string(const struct json_val *v);
bool json_is_object(const struct json_val *v);
int json_expect_object(const struct json_val *v, struct err_msg *e);

/* Members in the file's order: for (it = json_members(&v); json_next(&it);) ... it.val ... */
struct json_iter {
	struct json_val val;
	const struct json_doc *doc;
	void *entry;
};
struct json_iter json_members(const struct json_val *obj);
bool json_next(struct json_iter *it);

/*
 * The member called @key: 1 and *out, or 0, or -EINVAL if it occurs twice.
 */
int json_find(const struct json_val *obj, const char *key, struct err_msg *e, struct json_val *out);

/* Elements of an array; -EINVAL if it is none. */
int json_array_len(const struct json_val *v, struct err_msg *e, u32 *len);
struct json_val json_array_at(const struct json_val *v, u32 i);

#endif
