/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The file of a sweep: JSON, in which paths are relative to the file. */
#include <json-c/json.h>
#include <libgen.h>
#include <stdlib.h>

#include "cli/sweep.h"
#include "machine/cpufreq.h"

struct reader {
	struct sweep_spec *spec;
	char *dir; /* of the file */
	struct err_msg *e;
};

static int nomem(struct reader *r)
{
	return err_set(r->e, -ENOMEM, "out of memory");
}

/* ---- values ---- */

static bool is_scalar(json_object *v)
{
	return json_object_is_type(v, json_type_string) || json_object_is_type(v, json_type_int) ||
	       json_object_is_type(v, json_type_boolean) ||
	       json_object_is_type(v, json_type_double);
}

static int add_value(struct reader *r, struct sweep_axis *a, json_object *v)
{
	char **values;

	if (!is_scalar(v))
		return err_set(r->e, -EINVAL, "\"%s\": expected texts or numbers, not %s", a->name,
			       json_object_to_json_string(v));
	if (a->nr >= SWEEP_MAX_CELLS)
		return err_set(r->e, -EINVAL, "\"%s\": more than %d values", a->name,
			       SWEEP_MAX_CELLS);
	/* Room doubles whenever it is used up, which is at each power of two. */
	if (!(a->nr & (a->nr - 1))) {
		values = realloc(a->values, (a->nr ? 2 * a->nr : 1) * sizeof(*values));
		if (!values)
			return nomem(r);
		a->values = values;
	}
	a->values[a->nr] = strdup(json_object_get_string(v));
	return a->values[a->nr++] ? 0 : nomem(r);
}

/* One value, or a list of them. */
static int read_axis(struct reader *r, struct sweep_axis *a, const char *name, json_object *v)
{
	int err = 0;

	a->name = strdup(name);
	if (!a->name)
		return nomem(r);
	if (!json_object_is_type(v, json_type_array))
		return add_value(r, a, v);
	if (!json_object_array_length(v))
		return err_set(r->e, -EINVAL, "\"%s\": an empty list leaves nothing to run", name);
	for (size_t i = 0; i < json_object_array_length(v) && !err; i++)
		err = add_value(r, a, json_object_array_get_idx(v, i));
	return err;
}

/* {"from": 1, "to": 20}, or values. */
static int read_seeds(struct reader *r, json_object *v)
{
	json_object *from, *to, *n;
	int err = 0;

	if (!json_object_is_type(v, json_type_object))
		return read_axis(r, &r->spec->seeds, "seeds", v);
	if (json_object_object_length(v) != 2 || !json_object_object_get_ex(v, "from", &from) ||
	    !json_object_object_get_ex(v, "to", &to) ||
	    !json_object_is_type(from, json_type_int) || !json_object_is_type(to, json_type_int))
		return err_set(r->e, -EINVAL,
			       "\"seeds\": expected numbers, or {\"from\": N, \"to\": N}");
	r->spec->seeds.name = strdup("seeds");
	if (!r->spec->seeds.name)
		return nomem(r);
	for (s64 i = json_object_get_int64(from); i <= json_object_get_int64(to) && !err; i++) {
		n = json_object_new_int64(i);
		err = n ? add_value(r, &r->spec->seeds, n) : nomem(r);
		json_object_put(n);
	}
	if (!err && !r->spec->seeds.nr)
		err = err_set(r->e, -EINVAL, "\"seeds\": \"from\" is after \"to\"");
	return err;
}

/* In place of @path, which is one of the spec's: as seen from here. */
static int resolve(struct reader *r, char **path)
{
	char *full;

	if (**path == '/' || !strcmp(r->dir, "."))
		return 0;
	if (asprintf(&full, "%s/%s", r->dir, *path) < 0)
		return nomem(r);
	free(*path);
	*path = full;
	return 0;
}

static int read_paths(struct reader *r, struct sweep_axis *a, const char *name, json_object *v)
{
	int err = read_axis(r, a, name, v);

	for (u32 i = 0; i < a->nr && !err; i++)
		err = resolve(r, &a->values[i]);
	return err;
}

static int read_sets(struct reader *r, json_object *v, struct sweep_axis **sets, u32 *nr)
{
	if (!json_object_is_type(v, json_type_object))
		return err_set(r->e, -EINVAL, "\"set\": expected an object of lists, by variable");
	json_object_object_foreach(v, name, values) {
		struct sweep_axis *more = realloc(*sets, (*nr + 1) * sizeof(*more));
		int err;

		if (!more)
			return nomem(r);
		*sets = more;
		more[*nr] = (struct sweep_axis){};
		err = read_axis(r, &more[(*nr)++], name, values);
		if (err)
			return err;
	}
	return 0;
}

/* ---- schedulers ---- */

static int read_scheduler(struct reader *r, json_object *v)
{
	struct sweep_spec *spec = r->spec;
	struct sweep_scheduler *s, *more;
	json_object *object = v, *sets = NULL;

	if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, unused) {
			(void)unused;
			if (strcmp(key, "object") && strcmp(key, "set"))
				return err_set(r->e, -EINVAL,
					       "\"schedulers\": \"%s\" is neither \"object\" nor "
					       "\"set\"", key);
		}
		object = json_object_object_get(v, "object");
		sets = json_object_object_get(v, "set");
	}
	if (!json_object_is_type(object, json_type_string))
		return err_set(r->e, -EINVAL, "\"schedulers\": expected object files or names");
	more = realloc(spec->schedulers, (spec->nr_schedulers + 1) * sizeof(*more));
	if (!more)
		return nomem(r);
	spec->schedulers = more;
	s = &more[spec->nr_schedulers++];
	*s = (struct sweep_scheduler){ .name = strdup(json_object_get_string(object)) };
	if (!s->name)
		return nomem(r);
	if (!session_parse_own(s->name, NULL, &s->fair))
		return sets ? err_set(r->e, -EINVAL, "\"schedulers\": %s has no globals to set",
				      s->name) : 0;
	s->path = strdup(s->name);
	if (!s->path)
		return nomem(r);
	return resolve(r, &s->path) ?: sets ? read_sets(r, sets, &s->sets, &s->nr_sets) : 0;
}

static int read_schedulers(struct reader *r, json_object *v)
{
	int err = 0;

	if (!json_object_is_type(v, json_type_array))
		return read_scheduler(r, v);
	for (size_t i = 0; i < json_object_array_length(v) && !err; i++)
		err = read_scheduler(r, json_object_array_get_idx(v, i));
	return err;
}

/* ---- the file ---- */

static int read_text(struct reader *r, char **out, json_object *v)
{
	*out = strdup(json_object_get_string(v));
	return *out ? 0 : nomem(r);
}

static int read_key(struct reader *r, const char *key, json_object *v)
{
	struct sweep_spec *s = r->spec;
	const struct {
		const char *name;
		char **text;
	} texts[] = { { "duration", &s->duration }, { "kernel", &s->kernel },
		      { "hz", &s->hz },		    { "engine", &s->engine },
		      { "governor", &s->governor }, { "costs", &s->costs } };

	if (!strcmp(key, "schedulers"))
		return read_schedulers(r, v);
	if (!strcmp(key, "workloads"))
		return read_paths(r, &s->workloads, key, v);
	if (!strcmp(key, "topologies"))
		return read_axis(r, &s->topologies, key, v);
	if (!strcmp(key, "seeds"))
		return read_seeds(r, v);
	if (!strcmp(key, "set"))
		return read_sets(r, v, &s->sets, &s->nr_sets);
	for (u32 i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(key, texts[i].name))
			continue;
		if (!is_scalar(v))
			return err_set(r->e, -EINVAL, "\"%s\": expected one text or number", key);
		return read_text(r, texts[i].text, v) ?:
		       texts[i].text == &s->costs ? resolve(r, &s->costs) : 0;
	}
	return err_set(r->e, -EINVAL,
		       "\"%s\" is no key of a sweep; there are: schedulers workloads topologies "
		       "seeds set duration kernel hz engine governor costs", key);
}

static int read_common(struct reader *r)
{
	struct sweep_spec *s = r->spec;
	struct session_config *c = &s->common;
	u64 n = SESSION_DEFAULT_HZ;
	int err = 0;

	if (s->duration)
		err = cli_parse_duration(s->duration, r->e, &c->duration);
	if (!err && s->kernel)
		err = kernel_profile_parse(s->kernel, r->e, &c->kernel.profile);
	if (!err && s->hz)
		err = cli_parse_u64(s->hz, 100, 1000, r->e, &n);
	if (!err && s->governor)
		err = cpufreq_governor_parse(s->governor, r->e, &c->governor);
	if (!err && s->engine)
		err = session_parse_engine(s->engine, r->e, &c->engine);
	c->hz = (u32)n;
	c->costs = s->costs;
	c->quiet = true;
	return err;
}

static int read_root(struct reader *r, json_object *root)
{
	int err = 0;

	if (!json_object_is_type(root, json_type_object))
		return err_set(r->e, -EINVAL, "expected an object");
	json_object_object_foreach(root, key, value) {
		err = read_key(r, key, value);
		if (err)
			return err;
	}
	if (!r->spec->nr_schedulers)
		return err_set(r->e, -EINVAL, "\"schedulers\" is missing, or empty");
	return read_common(r);
}

static int parse(struct reader *r, const char *text, size_t len)
{
	json_tokener *tok = json_tokener_new();
	json_object *root;
	int err;

	if (!tok)
		return nomem(r);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tok, text, (int)len + 1);
	if (json_tokener_get_error(tok) != json_tokener_success)
		err = err_set(r->e, -EINVAL, "at byte %zu: %s", json_tokener_get_parse_end(tok),
			      json_tokener_error_desc(json_tokener_get_error(tok)));
	else
		err = read_root(r, root);
	json_object_put(root);
	json_tokener_free(tok);
	return err;
}

int sweep_spec_read(struct sweep_spec *spec, const char *path, struct err_msg *e)
{
	struct err_msg why = {};
	struct reader r = { .spec = spec, .e = &why };
	char *copy = strdup(path), *text;
	size_t len;
	int err;

	if (!copy)
		return err_set(e, -ENOMEM, "out of memory");
	r.dir = strcmp(path, "-") ? dirname(copy) : ".";
	err = cli_read_file(path, e, &text, &len);
	if (err)
		goto out;
	err = parse(&r, text, len);
	if (err)
		err_set(e, err, "%s: %s", path, why.text);
	free(text);
out:
	free(copy);
	return err;
}

static void free_axis(struct sweep_axis *a)
{
	for (u32 i = 0; i < a->nr; i++)
		free(a->values[i]);
	free(a->values);
	free(a->name);
}

static void free_axes(struct sweep_axis *axes, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		free_axis(&axes[i]);
	free(axes);
}

void sweep_spec_fini(struct sweep_spec *s)
{
	char *const texts[] = { s->duration, s->kernel, s->hz, s->engine, s->governor, s->costs };

	for (u32 i = 0; i < s->nr_schedulers; i++) {
		free(s->schedulers[i].name);
		free(s->schedulers[i].path);
		free_axes(s->schedulers[i].sets, s->schedulers[i].nr_sets);
	}
	free(s->schedulers);
	free_axis(&s->workloads);
	free_axis(&s->topologies);
	free_axis(&s->seeds);
	free_axes(s->sets, s->nr_sets);
	for (u32 i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	*s = (struct sweep_spec){};
}
