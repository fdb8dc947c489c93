/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * run MATRIX FOREIGN: every verdict of 6.12 as a booted 6.12 gave it, in run-time mode. One
 * real program per cell; those that load are called, and what became of the scheduler is
 * compared with the verdict, and with the text of its end. FOREIGN has the types of
 * another subsystem's struct_ops.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cell.h"
#include "matrix.h"
#include "tap.h"

/* What differs from the booted kernel, and why. */
static const char *difference(const struct verdict *v)
{
	if (strstr(v->text, "hangs the machine"))
		return "6.12 hangs on the runqueue lock; here the scheduler ends, and says so";
	return NULL;
}

/* The kfuncs that end the scheduler because that is what they are for. */
static bool is_exit(const struct verdict *v)
{
	return !strcmp(v->kfunc, "scx_bpf_exit_bstr") || !strcmp(v->kfunc, "scx_bpf_error_bstr");
}

static bool lives(const struct verdict *v, const struct result *r)
{
	if (is_exit(v))
		return r->outcome == ENDED && !strcmp(r->text, "x");
	return r->outcome == LIVES;
}

/* "text", or "text | what the other kind of program is told" */
static bool has_text(const struct result *r, const char *text)
{
	const char *end = strstr(text, " | ");
	char want[256];

	snprintf(want, sizeof(want), "%.*s", end ? (int)(end - text) : (int)strlen(text), text);
	return r->outcome == LOAD_REFUSED ? strstr(r->text, want) != NULL : !strcmp(r->text, want);
}

/*
 * Programs of another struct_ops see all. What comes of it is in the text, after
 * "(normally 0x0)": nothing, or why the scheduler ends.
 */
static bool foreign_lives(const struct verdict *v, const struct result *r)
{
	const char *end = strstr(v->text, "0x0): ");

	return end ? r->outcome == ENDED && !strcmp(r->text, end + 6) : lives(v, r);
}

static bool tracing_agrees(const struct verdict *v)
{
	struct cell c = matrix_cell(v, NULL);
	struct lab l;
	bool ok;
	int fd;

	lab_create(&l, KERNEL_6_12, KFUNC_AT_RUN);
	fd = lab_load(&l, &c);
	ok = strcmp(v->verdict, "deny") ? fd >= 0 : fd < 0 && strstr(l.log, v->text);
	lab_close(&l, fd);
	lab_destroy(&l);
	return ok;
}

static bool agrees(const struct verdict *v, const char *foreign, struct result *r)
{
	struct cell c = matrix_cell(v, foreign);

	*r = (struct result){ 0 };
	if (matrix_is_tracing(v))
		return tracing_agrees(v);
	if (!strcmp(v->kfunc, "scx_bpf_dispatch_cancel") && !strcmp(v->caller, "dispatch"))
		c.before = "scx_bpf_dispatch"; /* something to cancel */
	run_cell(KERNEL_6_12, KFUNC_AT_RUN, &c, r);
	if (difference(v))
		return r->outcome == ENDED && strstr(r->text, "hangs");
	if (!strcmp(v->verdict, "deny"))
		return (r->outcome == ENDED || r->outcome == LOAD_REFUSED) && has_text(r, v->text);
	if (strcmp(v->verdict, "allow-if-sleepable-prog"))
		return c.foreign ? foreign_lives(v, r) : lives(v, r);
	if (matrix_is_syscall(v)) /* always sleepable */
		return lives(v, r);
	if (r->outcome != LOAD_REFUSED || !has_text(r, v->text))
		return false;
	c.sleepable = true;
	run_cell(KERNEL_6_12, KFUNC_AT_RUN, &c, r);
	return lives(v, r);
}

int main(int argc, char **argv)
{
	static const char *const outcomes[] = { "refused at load", "not attached", "not called",
						"lives", "ended" };
	struct tap tap = {};
	struct matrix m;
	u32 nr = 0, good = 0;

	if (argc != 3)
		lab_fail("usage: run MATRIX FOREIGN");
	matrix_read(&m, argv[1]);
	for (u32 i = 0; i < m.nr; i++) {
		const struct verdict *v = &m.rows[i];
		struct result r;
		bool ok = agrees(v, argv[2], &r);

		nr++;
		good += ok;
		if (ok && !difference(v))
			continue;
		tap_ok(&tap, ok, "%s from %s: %s", v->kfunc, v->caller, v->verdict);
		if (difference(v))
			tap_note("%s", difference(v));
		if (!ok) {
			tap_note("expected: %s", v->text);
			tap_note("%s:", outcomes[r.outcome]);
			tap_note_text(r.text, 100);
		}
	}
	tap_ok(&tap, nr == good && nr == 38 * 36, "%u of %u cells of 6.12", good, nr);
	free(m.rows);
	return tap_done(&tap);
}
