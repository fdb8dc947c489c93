/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * load MATRIX PROFILE: every verdict of 7.1 is given when the program is loaded. One
 * real program per cell. Profile 7.1 agrees in all cells; "next" in all but those where
 * it is stricter, and these are listed below, with the reason.
 */
#include <stdio.h>
#include <stdlib.h>

#include "matrix.h"
#include "tap.h"

/* What "next" refuses although 7.1 does not. */
static const struct stricter {
	const char *kfunc, *allowed; /* in these callers only, each between spaces */
	const char *reason;
} stricter[] = {
	{ "scx_bpf_dump_bstr", " dump dump_cpu dump_task ",
	  "7.1 ends the scheduler where no dump is being written" },
	{ "scx_bpf_locked_rq",
	  " enqueue dequeue tick runnable running stopping quiescent yield core_sched_before "
	  "set_weight set_cpumask exit_task enable disable cgroup_move dispatch cpu_release "
	  "update_idle cpu_acquire ",
	  "7.1 ends the scheduler where no runqueue is locked" },
	{ "scx_bpf_task_cgroup",
	  " select_cpu enqueue dequeue tick runnable running stopping quiescent yield "
	  "core_sched_before set_weight set_cpumask exit_task enable disable cgroup_move ",
	  "7.1 ends the scheduler where the op operates on no task" },
};

static const struct stricter *is_stricter(const struct verdict *v)
{
	char word[40];

	snprintf(word, sizeof(word), " %s ", v->caller);
	for (u32 i = 0; i < ARRAY_SIZE(stricter); i++)
		if (!strcmp(stricter[i].kfunc, v->kfunc) && !strstr(stricter[i].allowed, word) &&
		    strcmp(v->verdict, "deny"))
			return &stricter[i];
	return NULL;
}

static bool loads(struct lab *l, const struct cell *c)
{
	int fd = lab_load(l, c);

	lab_close(l, fd);
	return fd >= 0;
}

/* "else: TEXT" or "TEXT" */
static const char *text_of(const struct verdict *v)
{
	return strncmp(v->text, "else: ", 6) ? v->text : v->text + 6;
}

static bool refused_with(struct lab *l, const struct cell *c, const char *text)
{
	return !loads(l, c) && strstr(l->log, text);
}

static bool agrees(struct lab *l, const struct verdict *v, bool strict)
{
	struct cell c = matrix_cell(v);
	struct err_msg e = {};
	char not_allowed[128];

	snprintf(not_allowed, sizeof(not_allowed), "calling kernel function %s is not allowed",
		 v->kfunc);
	if (matrix_is_foreign(v))
		return (matrix_resolve_foreign(l, v, &e) < 0) == !strcmp(v->verdict, "deny");
	if (strict)
		return refused_with(l, &c, not_allowed);
	if (!strcmp(v->verdict, "allow"))
		return loads(l, &c);
	if (!strcmp(v->verdict, "deny")) /* "next" may have another reason of its own */
		return refused_with(l, &c, calls_profile(l->k->calls) == KERNEL_NEXT ?
						   "" : text_of(v));
	if (strcmp(v->verdict, "allow-if-sleepable-prog"))
		lab_fail("unknown verdict %s", v->verdict);
	if (!refused_with(l, &c, text_of(v)))
		return false;
	c.sleepable = true;
	return loads(l, &c);
}

int main(int argc, char **argv)
{
	enum kernel_profile profile;
	struct err_msg e = {};
	struct tap tap = {};
	struct matrix m;
	struct lab l;
	u32 nr = 0, good = 0;

	if (argc != 3 || kernel_profile_parse(argv[2], &e, &profile))
		lab_fail("usage: load MATRIX PROFILE");
	matrix_read(&m, argv[1]);
	lab_create(&l, profile, KFUNC_AT_LOAD);
	for (u32 i = 0; i < m.nr; i++) {
		const struct verdict *v = &m.rows[i];
		const struct stricter *s = profile == KERNEL_NEXT ? is_stricter(v) : NULL;
		bool ok = agrees(&l, v, s);

		nr++;
		good += ok;
		if (ok && !s)
			continue;
		tap_ok(&tap, ok, "%s from %s: %s", v->kfunc, v->caller,
		       s ? "refused" : v->verdict);
		if (s)
			tap_note("stricter than 7.1: %s", s->reason);
		if (!ok)
			tap_note_text(l.log, 200);
	}
	tap_ok(&tap, nr == good && nr == 59 * 40, "%u of %u cells of 7.1 in profile %s", good, nr,
	       kernel_profile_name(profile));
	lab_destroy(&l);
	free(m.rows);
	return tap_done(&tap);
}
