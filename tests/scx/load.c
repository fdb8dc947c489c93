/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * load MATRIX PROFILE FOREIGN: every verdict of 7.1 is given when the program is
 * loaded. One real program per cell. Profile 7.1 agrees in all cells; "next" in all but
 * those where it is stricter, and each of its refusals says why, and from where the call
 * would be legal (reason.c). FOREIGN has the types of another subsystem's struct_ops.
 */
#include <stdio.h>
#include <stdlib.h>

#include "reason.h"
#include "tap.h"

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

/* Whom 7.1 lets call nothing at all can't prepare arguments; the filter comes before these. */
static struct cell denied_cell(const struct verdict *v, const char *foreign)
{
	struct cell c = matrix_cell(v, foreign);

	c.bare = matrix_is_foreign(v);
	return c;
}

static bool agrees(struct lab *l, const struct verdict *v, const char *foreign)
{
	struct cell c = matrix_cell(v, foreign), denied = denied_cell(v, foreign);

	if (!strcmp(v->verdict, "allow"))
		return loads(l, &c);
	if (!strcmp(v->verdict, "deny"))
		return refused_with(l, &denied, text_of(v));
	if (strcmp(v->verdict, "allow-if-sleepable-prog"))
		lab_fail("unknown verdict %s", v->verdict);
	if (!refused_with(l, &c, text_of(v)))
		return false;
	c.sleepable = true;
	return loads(l, &c);
}

/* In "next": refused because of where the call stands, in these words. */
static bool refused_here(struct lab *l, const struct matrix *m, const struct verdict *v,
			 const char *foreign)
{
	struct cell c = denied_cell(v, foreign);
	char text[1024];
	int len = snprintf(text, sizeof(text), "calling kernel function %s is not allowed\n",
			   v->kfunc);

	reason_text(m, v, text + len, sizeof(text) - len);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "\n");
	if (refused_with(l, &c, text))
		return true;
	tap_note("expected: %s", text);
	return false;
}

/* 7.1 has no place for them; that it is not sleepable is what remains to be said. */
static bool lacks_sleep_only(const struct verdict *v)
{
	return strstr(v->text, "must be sleepable") && strcmp(v->caller, "dump");
}

static bool next_agrees(struct lab *l, const struct matrix *m, const struct verdict *v,
			const char *foreign)
{
	bool refused = !strcmp(v->verdict, "deny") || reason_stricter(v);

	return refused && !lacks_sleep_only(v) ? refused_here(l, m, v, foreign) :
						 agrees(l, v, foreign);
}

int main(int argc, char **argv)
{
	enum kernel_profile profile;
	struct err_msg e = {};
	struct tap tap = {};
	struct matrix m;
	struct lab l;
	u32 nr = 0, good = 0;

	if (argc != 4 || kernel_profile_parse(argv[2], &e, &profile))
		lab_fail("usage: load MATRIX PROFILE FOREIGN");
	matrix_read(&m, argv[1]);
	lab_create_foreign(&l, profile, KFUNC_AT_LOAD, argv[3]);
	for (u32 i = 0; i < m.nr; i++) {
		const struct verdict *v = &m.rows[i];
		const char *why = profile == KERNEL_NEXT ? reason_stricter(v) : NULL;
		bool ok = profile == KERNEL_NEXT ? next_agrees(&l, &m, v, argv[3]) :
						   agrees(&l, v, argv[3]);

		nr++;
		good += ok;
		if (ok && !why)
			continue;
		tap_ok(&tap, ok, "%s from %s: %s", v->kfunc, v->caller, why ? "refused" : v->verdict);
		if (why)
			tap_note("stricter than 7.1: %s", why);
		if (!ok)
			tap_note_text(l.log, 200);
	}
	tap_ok(&tap, nr == good && nr == 59 * 40, "%u of %u cells of 7.1 in profile %s", good, nr,
	       kernel_profile_name(profile));
	lab_destroy(&l);
	free(m.rows);
	return tap_done(&tap);
}
