/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>

#include "cell.h"

void run_cell(enum kernel_profile p, enum kfunc_resolution res, const struct cell *c,
	      struct result *r)
{
	const struct scx_exit_info *ei;
	struct fire f;
	struct lab l;
	u64 called;
	int fd;

	if (c->foreign)
		lab_create_foreign(&l, p, res, c->foreign);
	else
		lab_create(&l, p, res);
	fire_populate(&f, &l);
	if (scx_create_dsq(l.scx, LAB_DSQ) || scx_create_dsq(l.scx, 8))
		lab_fail("no DSQ");
	fd = lab_load(&l, c);
	*r = (struct result){ .outcome = LOAD_REFUSED };
	if (fd < 0)
		goto out;
	f.flags = c->flags | (c->no_idle ? 0 : f.flags);
	if (c->no_idle && !(c->member && !strcmp(c->member, "update_idle"))) {
		f.more_member = "update_idle";
		f.more_fd = lab_load_empty(&l, "update_idle");
	}
	if (c->member && res == KFUNC_AT_LOAD && !strcmp(c->kfunc, "scx_bpf_reenqueue_local")) {
		f.more_member = "enqueue"; /* which it needs */
		f.more_fd = lab_load_empty(&l, "enqueue");
	}
	if (fire_attach(&f, c->member, c->member ? fd : -1)) {
		r->outcome = ATTACH_REFUSED;
		snprintf(r->text, sizeof(r->text), "%s", kernel_bpf_error(l.k));
		fire_detach(&f);
		goto out;
	}
	fire(&f);
	if (c->foreign) {
		lab_call_foreign(&l, c, fd);
		machine_run(l.m, machine_now(l.m) + 1000);
		lab_close(&l, fd);
	} else if (!c->member) {
		union bpf_attr a = { 0 };

		a.test.prog_fd = fd;
		if (lab_bpf(&l, BPF_PROG_TEST_RUN, &a))
			lab_fail("cannot run: %s", kernel_bpf_error(l.k));
		machine_run(l.m, machine_now(l.m) + 1000);
		lab_close(&l, fd);
	}
	/* What is called later than this may fail without a trace. */
	called = lab_count(&l, 1);
	fire_detach(&f);
	if (c->member && !strcmp(c->member, "exit"))
		called = lab_count(&l, 1);
	ei = scx_exit_info(l.scx);
	r->outcome = ei->kind == SCX_EXIT_UNREG ? LIVES : ENDED;
	snprintf(r->text, sizeof(r->text), "%s", ei->msg ?: "");
	if (!called)
		r->outcome = NOT_CALLED;
out:
	if (r->outcome == LOAD_REFUSED)
		snprintf(r->text, sizeof(r->text), "%s", l.log);
	lab_destroy(&l);
}
