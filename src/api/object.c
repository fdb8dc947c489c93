/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A BPF object of an embedder: loaded, attached, its maps. */
#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"

/* What libbpf says while it loads: passed on, and the verifier's last words kept. */
struct listener {
	const struct scxlab *k;
	char verdict[400];
};

/* "12: (85) call ..." and "; source" are the program; the reason comes after them. */
static bool is_reason(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return *line && *line != ';' && !(digits && line[digits] == ':') &&
	       strncmp(line, "processed ", 10) && strncmp(line, "-- END", 6) &&
	       strncmp(line, "from ", 5) && !strstr(line, "-- BEGIN");
}

static void keep_verdict(struct listener *l, const char *text)
{
	size_t len = 0;

	l->verdict[0] = '\0';
	while (*text && strncmp(text, "processed ", 10)) {
		size_t n = strcspn(text, "\n");

		if (!is_reason(text))
			len = 0;
		else if (len < sizeof(l->verdict))
			len += snprintf(l->verdict + len, sizeof(l->verdict) - len, "\n%.*s",
					(int)n, text);
		if (!len)
			l->verdict[0] = '\0';
		text += n + (text[n] == '\n');
	}
}

static void on_message(void *priv, int level, const char *text)
{
	struct listener *l = priv;

	if (strstr(text, "BEGIN PROG LOAD LOG"))
		keep_verdict(l, text);
	if (l->k->message)
		l->k->message(l->k->priv, text);
}

static int fail(const struct listener *l, const struct err_msg *msg, int err,
		struct scxlab_error *e)
{
	if (e && err)
		snprintf(e->text, sizeof(e->text), "%s%s", msg->text, l->verdict);
	return err;
}

int scxlab_load(struct scxlab *k, const char *path, struct scxlab_error *e,
		struct scxlab_object **out)
{
	struct listener listener = { .k = k };
	struct loader_messages messages = { .print = on_message, .priv = &listener };
	struct err_msg msg = { "" };
	struct scxlab_object *o;
	int err = api_enter(k, __func__, e);

	if (err)
		return err;
	o = calloc(1, sizeof(*o));
	if (!o) {
		k->busy--;
		return api_error(e, &msg, -ENOMEM);
	}
	o->owner = k;
	k->nr_objects++;
	loader_set_messages(&messages);
	err = loader_open(k->k, path, &msg, &o->l);
	if (!err) {
		k->loading = o->l;
		k->refused[0] = '\0';
		err = loader_load(o->l, &msg);
		k->loading = NULL;
	}
	loader_set_messages(NULL);
	k->busy--;
	if (err) {
		scxlab_unload(o);
		return fail(&listener, &msg, err, e);
	}
	*out = o;
	return 0;
}

int scxlab_unload(struct scxlab_object *o)
{
	int err = o ? api_enter(o->owner, __func__, NULL) : 0;

	if (!o || err)
		return err;
	loader_close(o->l);
	o->owner->nr_objects--;
	o->owner->busy--;
	free(o);
	return 0;
}

int scxlab_attach(struct scxlab_object *o, struct scxlab_error *e)
{
	struct listener listener = { .k = o->owner };
	struct err_msg msg = { "" };
	int err = api_enter(o->owner, __func__, e);

	if (err)
		return err;
	err = loader_attach(o->l, &msg);
	o->owner->busy--;
	if (err)
		snprintf(listener.verdict, sizeof(listener.verdict), "\n%s",
			 kernel_bpf_error(o->owner->k));
	return fail(&listener, &msg, err, e);
}

int scxlab_detach(struct scxlab_object *o)
{
	int err = api_enter(o->owner, __func__, NULL);

	if (err)
		return err;
	err = loader_detach(o->l);
	o->owner->busy--;
	return err;
}

int scxlab_map_lookup(struct scxlab_object *o, const char *map, const void *key, void *value)
{
	return loader_map_lookup(o->l, map, key, value);
}

int scxlab_map_update(struct scxlab_object *o, const char *map, const void *key,
		      const void *value)
{
	return loader_map_update(o->l, map, key, value);
}

int scxlab_run(struct scxlab_object *o, const char *program, void *ctx, uint32_t size, int64_t *ret,
	       struct scxlab_error *e)
{
	struct err_msg msg = { "" };
	u32 value = 0;
	int err = api_enter(o->owner, __func__, e);

	if (err)
		return err;
	err = loader_run(o->l, program, ctx, size, &value, &msg);
	o->owner->busy--;
	if (err)
		return api_error(e, &msg, err);
	if (ret)
		*ret = (s32)value;
	return 0;
}
