/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "workload/json.h"
#include "workload/stamp.h"

#define TEXT_MAX (64U << 20)

struct json_doc {
	char *name;
	struct stamped st;
	struct json_object *root;
};

/* Of @off; what is found missing at the end belongs to the last line with text. */
static u32 line_at(const char *text, size_t len, size_t off)
{
	u32 line = 1;

	if (off >= len)
		while (len && strchr(" \t\r\n", text[len - 1]))
			len--;
	for (size_t i = 0; i < off && i < len; i++)
		line += text[i] == '\n';
	return line;
}

/* Behind the root value only blanks and comments may stand. */
static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr(" \t\r\n", text[i]))
			continue;
		if (len - i < 2 || text[i] != '/' || (text[i + 1] != '/' && text[i + 1] != '*'))
			return false;
		if (text[i + 1] == '/') {
			while (i < len && text[i] != '\n')
				i++;
			continue;
		}
		for (i += 2; i + 1 < len && memcmp(text + i, "*/", 2); i++)
			;
		if (++i >= len)
			return false;
	}
	return true;
}

static int parse_stamped(struct json_doc *d, struct err_msg *e)
{
	struct json_tokener *tok = json_tokener_new();
	enum json_tokener_error why;
	size_t end;
	int err = 0;

	if (!tok)
		return -ENOMEM;
	/* with the final NUL, so that a number at the end is complete */
	d->root = json_tokener_parse_ex(tok, d->st.text, d->st.len + 1);
	why = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	if (why == json_tokener_continue)
		err = err_set(e, -EINVAL, "%s:%u: the file ends in the middle of a value", d->name,
			      line_at(d->st.text, d->st.len, d->st.len));
	else if (why != json_tokener_success)
		err = err_set(e, -EINVAL, "%s:%u: %s", d->name, line_at(d->st.text, d->st.len, end),
			      json_tokener_error_desc(why));
	else if (end < d->st.len && !is_blank(d->st.text + end, d->st.len - end))
		err = err_set(e, -EINVAL, "%s:%u: text behind the end of the JSON value", d->name,
			      line_at(d->st.text, d->st.len, end));
	json_tokener_free(tok);
	return err;
}

int json_doc_parse(const char *text, size_t len, const char *name, struct err_msg *e,
		   struct json_doc **out)
{
	struct json_doc *d;
	const char *nul = memchr(text, 0, len);
	int err;

	if (len > TEXT_MAX)
		return err_set(e, -EINVAL, "%s: larger than 64 MiB", name);
	if (nul)
		return err_set(e, -EINVAL, "%s:%u: a zero byte: this is not a text file", name,
			       line_at(text, len, nul - text));
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	err = -ENOMEM;
	d->name = strdup(name);
	if (!d->name)
		goto out_destroy;
	err = stamp_keys(text, len, &d->st);
	if (err)
		goto out_destroy;
	if (is_blank(text, len)) {
		err = err_set(e, -EINVAL, "%s: the file is empty", name);
		goto out_destroy;
	}
	err = parse_stamped(d, e);
	if (err)
		goto out_destroy;
	*out = d;
	return 0;

out_destroy:
	json_doc_destroy(d);
	return err;
}

void json_doc_destroy(struct json_doc *d)
{
	if (!d)
		return;
	json_object_put(d->root);
	stamped_fini(&d->st);
	free(d->name);
	free(d);
}

struct json_val json_doc_root(const struct json_doc *d)
{
	return (struct json_val){ .doc = d, .obj = d->root, .key = "", .line = 1 };
}

const char *json_doc_name(const struct json_doc *d)
{
	return d->name;
}

int json_err(const struct json_val *v, struct err_msg *e, const char *fmt, ...)
{
	char what[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!v->key[0])
		return err_set(e, -EINVAL, "%s: %s", v->doc->name, what);
	return err_set(e, -EINVAL, "%s:%u: key \"%.64s\": %s", v->doc->name, v->line, v->key, what);
}

static const char *type_name(const struct json_val *v)
{
	switch (json_object_get_type(v->obj)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "a boolean";
	case json_type_double:
		return "a number with a fraction";
	case json_type_int:
		return "an integer";
	case json_type_object:
		return "an object";
	case json_type_array:
		return "an array";
	case json_type_string:
		return "a string";
	}
	return "something else";
}

bool json_is_int(const struct json_val *v)
{
	return json_object_is_type(v->obj, json_type_int);
}

bool json_is_string(const struct json_val *v)
{
	return json_object_is_type(v->obj, json_type_string);
}

bool json_is_object(const struct json_val *v)
{
	return json_object_is_type(v->obj, json_type_object);
}

int json_expect_object(const struct json_val *v, struct err_msg *e)
{
	return json_is_object(v) ? 0 : json_err(v, e, "expected an object, not %s", type_name(v));
}

int json_get_int(const struct json_val *v, s64 min, s64 max, struct err_msg *e, s64 *out)
{
	s64 n;

	if (!json_is_int(v))
		return json_err(v, e, "expected an integer, not %s", type_name(v));
	n = json_object_get_int64(v->obj);
	if (n < min || n > max)
		return json_err(v, e, "%lld is not in %lld..%lld", (long long)n, (long long)min,
				(long long)max);
	*out = n;
	return 0;
}

int json_get_bool(const struct json_val *v, struct err_msg *e, bool *out)
{
	if (!json_object_is_type(v->obj, json_type_boolean))
		return json_err(v, e, "expected true or false, not %s", type_name(v));
	*out = json_object_get_boolean(v->obj);
	return 0;
}

int json_get_string(const struct json_val *v, struct err_msg *e, const char **out)
{
	if (!json_is_string(v))
		return json_err(v, e, "expected a string, not %s", type_name(v));
	*out = json_object_get_string(v->obj);
	if (strlen(*out) != (size_t)json_object_get_string_len(v->obj))
		return json_err(v, e, "a zero byte in the string");
	return 0;
}

struct json_iter json_members(const struct json_val *obj)
{
	struct json_iter it = { .doc = obj->doc };

	if (json_is_object(obj))
		it.entry = json_object_get_object(obj->obj)->head;
	return it;
}

bool json_next(struct json_iter *it)
{
	struct lh_entry *entry = it->entry;
	char *key;
	unsigned long n;

	if (!entry)
		return false;
	n = strtoul(lh_entry_k(entry), &key, 10);
	it->val = (struct json_val){
		.doc = it->doc,
		.obj = (struct json_object *)lh_entry_v(entry),
		.key = key + 1, /* behind the colon */
		.line = n < it->doc->st.nr_keys ? it->doc->st.lines[n] : 0,
	};
	it->entry = entry->next;
	return true;
}

int json_find(const struct json_val *obj, const char *key, struct err_msg *e, struct json_val *out)
{
	bool found = false;

	for (struct json_iter it = json_members(obj); json_next(&it);) {
		if (strcmp(it.val.key, key))
			continue;
		if (found)
			return json_err(&it.val, e, "given twice, first in line %u", out->line);
		*out = it.val;
		found = true;
	}
	return found;
}

int json_array_len(const struct json_val *v, struct err_msg *e, u32 *len)
{
	if (!json_object_is_type(v->obj, json_type_array))
		return json_err(v, e, "expected an array, not %s", type_name(v));
	*len = json_object_array_length(v->obj);
	return 0;
}

struct json_val json_array_at(const struct json_val *v, u32 i)
{
	struct json_val el = *v;

	el.obj = json_object_array_get_idx(v->obj, i);
	return el;
}
