/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From axes to cells: schedulers, with each all values of its globals, then
 * workloads, topologies and seeds, the last of which changes fastest.
 */
#include <stdlib.h>

#include "cli/sweep.h"

/* ---- hashes ---- */

#define FNV_START 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

static u64 hash(u64 h, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (u8)data[i]) * FNV_PRIME;
	return h;
}

static int hash_file(u64 *h, const char *path, struct err_msg *e)
{
	size_t len;
	char *data;
	int err;

	if (!path)
		return 0;
	err = cli_read_file(path, e, &data, &len);
	if (err)
		return err;
	*h = hash(*h, data, len);
	free(data);
	return 0;
}

/* ---- commands ---- */

/* As a word of the shell. */
static void put_word(FILE *f, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./:,@%";

	if (*word && !word[strspn(word, plain)]) {
		fprintf(f, " %s", word);
		return;
	}
	fputs(" '", f);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (char[]){ *word, '\0' }, f);
	fputc('\'', f);
}

static void put_option(FILE *f, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(f, " --%s", name);
	put_word(f, value);
}

static int make_command(struct sweep_cell *c, const struct sweep_spec *s)
{
	size_t len;
	FILE *f = open_memstream(&c->command, &len);

	if (!f)
		return -ENOMEM;
	fputs("scxlab run", f);
	if (c->sched->path)
		put_word(f, c->sched->path);
	else
		put_option(f, "scheduler", c->sched->name);
	for (u32 i = 0; i < c->nr_sets; i++)
		put_option(f, "set", c->sets[i]);
	put_option(f, "workload", c->workload);
	put_option(f, "topology", c->topology);
	fprintf(f, " --seed %llu", (unsigned long long)c->seed);
	put_option(f, "duration", s->duration);
	put_option(f, "kernel", s->kernel);
	put_option(f, "hz", s->hz);
	put_option(f, "engine", s->engine);
	put_option(f, "governor", s->governor);
	put_option(f, "costs", s->costs);
	return fclose(f) ? -ENOMEM : 0;
}

/* ---- the grid ---- */

/* The axes of @s's globals: its own, and those of all that it doesn't have itself. */
static const struct sweep_axis *set_axis(const struct sweep_spec *spec,
					 const struct sweep_scheduler *s, u32 i)
{
	if (!s->path)
		return NULL;
	if (i < s->nr_sets)
		return &s->sets[i];
	i -= s->nr_sets;
	for (u32 k = 0; k < spec->nr_sets; k++) {
		bool own = false;

		for (u32 o = 0; o < s->nr_sets; o++)
			own |= !strcmp(s->sets[o].name, spec->sets[k].name);
		if (!own && !i--)
			return &spec->sets[k];
	}
	return NULL;
}

static u64 nr_combinations(const struct sweep_spec *spec, const struct sweep_scheduler *s)
{
	const struct sweep_axis *a;
	u64 n = 1;

	for (u32 i = 0; (a = set_axis(spec, s, i)) && n <= SWEEP_MAX_CELLS; i++)
		n *= a->nr;
	return n;
}

static u32 values(const struct sweep_axis *a)
{
	return a->nr ?: 1;
}

static u64 count_cells(const struct sweep_spec *s)
{
	u64 n = 0;

	for (u32 i = 0; i < s->nr_schedulers; i++)
		n += nr_combinations(s, &s->schedulers[i]);
	if (n > SWEEP_MAX_CELLS)
		return n;
	n *= values(&s->workloads);
	if (n <= SWEEP_MAX_CELLS)
		n *= values(&s->topologies);
	return n <= SWEEP_MAX_CELLS ? n * values(&s->seeds) : n;
}

/* The values of combination @nr, the last axis changing fastest. */
static int make_sets(struct sweep_cell *c, const struct sweep_spec *spec, u64 nr)
{
	const struct sweep_axis *a;
	u32 n = 0;

	while (set_axis(spec, c->sched, n))
		n++;
	c->sets = calloc(n ?: 1, sizeof(*c->sets));
	if (!c->sets)
		return -ENOMEM;
	c->nr_sets = n;
	while (n--) {
		a = set_axis(spec, c->sched, n);
		if (asprintf(&c->sets[n], "%s=%s", a->name, a->values[nr % a->nr]) < 0)
			return -ENOMEM;
		nr /= a->nr;
	}
	return 0;
}

static const char *value_at(const struct sweep_axis *a, u64 i)
{
	return a->nr ? a->values[i] : NULL;
}

static int make_cell(struct sweep *sw, struct sweep_cell *c, const struct sweep_scheduler *sched,
		     u64 at, struct err_msg *e)
{
	const struct sweep_spec *s = &sw->spec;
	u64 seed = at % values(&s->seeds), topology, workload;
	int err;

	at /= values(&s->seeds);
	topology = at % values(&s->topologies);
	at /= values(&s->topologies);
	workload = at % values(&s->workloads);
	at /= values(&s->workloads);
	c->sched = sched;
	c->topology = value_at(&s->topologies, topology);
	c->workload = value_at(&s->workloads, workload);
	c->seed = SESSION_DEFAULT_SEED;
	err = s->seeds.nr ? cli_parse_u64(s->seeds.values[seed], 0, UINT64_MAX, e, &c->seed) : 0;
	if (err)
		return err;
	err = make_sets(c, s, at) ?: make_command(c, s);
	return err ? err_set(e, err, "out of memory") : 0;
}

static int make_cells(struct sweep *sw, struct err_msg *e)
{
	const struct sweep_spec *s = &sw->spec;
	u64 per_combination = count_cells(s), n = 0;
	int err = 0;

	if (per_combination > SWEEP_MAX_CELLS)
		return err_set(e, -EINVAL, "more than %d cells", SWEEP_MAX_CELLS);
	sw->cells = calloc(per_combination, sizeof(*sw->cells));
	if (!sw->cells)
		return err_set(e, -ENOMEM, "out of memory");
	for (u32 i = 0; i < s->nr_schedulers && !err; i++) {
		n = nr_combinations(s, &s->schedulers[i]) * values(&s->workloads) *
		    values(&s->topologies) * values(&s->seeds);
		for (u64 at = 0; at < n && !err; at++)
			err = make_cell(sw, &sw->cells[sw->nr_cells++], &s->schedulers[i], at, e);
	}
	return err;
}

/* ---- keys ---- */

/* Of the files that all cells of a scheduler name; the others' are the caller's. */
static int hash_files(const struct sweep_spec *s, const char *path, u64 *h, struct err_msg *e)
{
	*h = FNV_START;
	return hash_file(h, path, e) ?: hash_file(h, s->costs, e);
}

static int make_keys(struct sweep *sw, struct err_msg *e)
{
	const struct sweep_spec *s = &sw->spec;
	u64 *of_workload = calloc(values(&s->workloads), sizeof(u64)), of_sched = 0;
	int err = of_workload ? 0 : err_set(e, -ENOMEM, "out of memory");

	for (u32 i = 0; i < s->workloads.nr && !err; i++) {
		of_workload[i] = FNV_START;
		err = hash_file(&of_workload[i], s->workloads.values[i], e);
	}
	for (u32 i = 0; i < sw->nr_cells && !err; i++) {
		struct sweep_cell *c = &sw->cells[i];

		if (!i || c->sched != c[-1].sched)
			err = hash_files(s, c->sched->path, &of_sched, e);
		c->key = hash(of_sched, c->command, strlen(c->command));
		for (u32 w = 0; w < s->workloads.nr; w++)
			if (c->workload == s->workloads.values[w])
				c->key = hash(c->key, (char *)&of_workload[w], sizeof(u64));
	}
	free(of_workload);
	return err;
}

static int by_key(const void *a, const void *b)
{
	const struct sweep_cell *x = *(struct sweep_cell *const *)a;
	const struct sweep_cell *y = *(struct sweep_cell *const *)b;

	return (x->key > y->key) - (x->key < y->key);
}

/* A cell that is there twice could not be told from the other. */
static int check_keys(struct sweep *sw, struct err_msg *e)
{
	int err = 0;

	sw->by_key = calloc(sw->nr_cells, sizeof(*sw->by_key));
	if (!sw->by_key)
		return err_set(e, -ENOMEM, "out of memory");
	for (u32 i = 0; i < sw->nr_cells; i++)
		sw->by_key[i] = &sw->cells[i];
	qsort(sw->by_key, sw->nr_cells, sizeof(*sw->by_key), by_key);
	for (u32 i = 1; i < sw->nr_cells && !err; i++)
		if (sw->by_key[i]->key == sw->by_key[i - 1]->key)
			err = err_set(e, -EINVAL, "this cell is there twice: %s",
				      sw->by_key[i]->command);
	return err;
}

struct sweep_cell *sweep_find(const struct sweep *sw, u64 key)
{
	struct sweep_cell probe = { .key = key }, *p = &probe;
	struct sweep_cell **found = bsearch(&p, sw->by_key, sw->nr_cells, sizeof(p), by_key);

	return found ? *found : NULL;
}

int sweep_open(struct sweep *sw, const char *path, struct err_msg *e)
{
	struct err_msg why = {};
	int err;

	*sw = (struct sweep){};
	err = sweep_spec_read(&sw->spec, path, e);
	if (err)
		return err;
	err = make_cells(sw, &why);
	if (!err)
		err = make_keys(sw, &why);
	if (!err)
		err = check_keys(sw, &why);
	return err ? err_set(e, err, "%s: %s", path, why.text) : 0;
}

void sweep_close(struct sweep *sw)
{
	for (u32 i = 0; i < sw->nr_cells; i++) {
		struct sweep_cell *c = &sw->cells[i];

		for (u32 k = 0; k < c->nr_sets; k++)
			free(c->sets[k]);
		free(c->sets);
		free(c->command);
		free(c->result.exit);
		free(c->result.message);
	}
	free(sw->cells);
	free(sw->by_key);
	sweep_spec_fini(&sw->spec);
	*sw = (struct sweep){};
}
