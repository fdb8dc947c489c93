/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The file of finished cells: a line that says what it is, then a JSON object a
 * line. It only grows, so that what was there when a sweep was killed is whole,
 * but for the last line.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/jsonw.h"
#include "cli/sweep.h"

static const char head[] = "{\"scxlab\": \"sweep results\", \"version\": 1}\n";

static int get_u64(json_object *o, const char *key, u64 *out)
{
	json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
		return -EINVAL;
	*out = json_object_get_uint64(v);
	return 0;
}

static int get_text(json_object *o, const char *key, char **out)
{
	json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return -EINVAL;
	*out = strdup(json_object_get_string(v));
	return *out ? 0 : -ENOMEM;
}

static int read_result(json_object *o, struct sweep_result *r)
{
	u64 status;
	int err = get_u64(o, "status", &status) ?: get_text(o, "exit", &r->exit) ?:
		  get_text(o, "message", &r->message);

#define FIGURE(name, value) err = err ?: get_u64(o, #name, &r->name);
#include "cli/sweep_figures.def"
#undef FIGURE
	r->status = (int)status;
	r->done = !err;
	return err;
}

static void forget_result(struct sweep_result *r)
{
	free(r->exit);
	free(r->message);
	*r = (struct sweep_result){};
}

/* Lines of cells that this sweep doesn't have are another one's, and stay. */
static int read_line(struct sweep *sw, const char *line)
{
	json_object *o = json_tokener_parse(line);
	struct sweep_cell *c;
	char *key = NULL, *end;
	int err = o ? get_text(o, "key", &key) : -EINVAL;

	if (err)
		goto out;
	c = sweep_find(sw, strtoull(key, &end, 16));
	if (strlen(key) != 16 || *end)
		err = -EINVAL;
	else if (c && !c->result.done)
		err = read_result(o, &c->result);
	if (err && c)
		forget_result(&c->result);
out:
	free(key);
	json_object_put(o);
	return err;
}

/* *good: the bytes of whole lines. */
static int read_all(FILE *f, const char *path, struct sweep *sw, off_t *good, struct err_msg *e)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int err = 0;
	u32 nr = 0;

	*good = 0;
	while (!err && (len = getline(&line, &cap, f)) > 0 && line[len - 1] == '\n') {
		if (!nr++)
			err = strcmp(line, head) ?
				      err_set(e, -EINVAL, "%s: is no file of a sweep's results: "
					      "name another with --results", path) : 0;
		else if (read_line(sw, line))
			err = err_set(e, -EINVAL, "%s:%u: is no result of a cell: remove the line",
				      path, nr);
		*good += len;
	}
	if (!err && ferror(f))
		err = err_set(e, -EIO, "%s: cannot be read", path);
	else if (!err && !nr && len > 0)
		err = err_set(e, -EINVAL, "%s: is no file of a sweep's results: "
			      "name another with --results", path);
	free(line);
	return err;
}

int sweep_results_merge(const char *path, struct sweep *sw, struct err_msg *e)
{
	FILE *f = fopen(path, "re");
	off_t good;
	int err;

	if (!f)
		return errno == ENOENT ? 0 : err_set(e, -errno, "%s: %m", path);
	err = read_all(f, path, sw, &good, e);
	fclose(f);
	return err;
}

int sweep_results_open(struct sweep_results *r, const char *path, struct sweep *sw,
		       struct err_msg *e)
{
	FILE *f = fopen(path, "a+e");
	off_t good;
	int err;

	if (!f)
		return err_set(e, -errno, "%s: %m", path);
	if (flock(fileno(f), LOCK_EX | LOCK_NB)) {
		err = err_set(e, -EBUSY, "%s: another sweep is writing there", path);
		goto out;
	}
	rewind(f);
	err = read_all(f, path, sw, &good, e);
	if (err)
		goto out;
	if (ftruncate(fileno(f), good) || fseeko(f, 0, SEEK_END) || (!good && fputs(head, f) < 0) ||
	    fflush(f)) {
		err = err_set(e, -errno, "%s: %m", path);
		goto out;
	}
	*r = (struct sweep_results){ .file = f, .path = path };
	return 0;
out:
	fclose(f);
	return err;
}

int sweep_results_add(struct sweep_results *r, const struct sweep_cell *c)
{
	const struct sweep_result *x = &c->result;
	char key[17];
	struct jsonw j;

	snprintf(key, sizeof(key), "%016" PRIx64, (uint64_t)c->key);
	jsonw_init(&j, r->file);
	jsonw_object(&j, NULL, JSONW_INLINE);
	jsonw_string(&j, "key", key);
	jsonw_string(&j, "command", c->command);
	jsonw_s64(&j, "status", x->status);
	jsonw_string(&j, "exit", x->exit);
	jsonw_string(&j, "message", x->message);
#define FIGURE(name, value) jsonw_u64(&j, #name, x->name);
#include "cli/sweep_figures.def"
#undef FIGURE
	jsonw_end_object(&j);
	return fflush(r->file) ? -errno : 0;
}

void sweep_results_close(struct sweep_results *r)
{
	if (r->file)
		fclose(r->file);
	*r = (struct sweep_results){};
}
