/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Attaching a scheduler that consists of one program, and bringing the machine to
 * call it. Most callbacks come by themselves on a machine with a few tasks; those
 * of CPUs and cgroups that come and go are reached through the hooks that the
 * machine's core would call.
 */
#ifndef TESTS_SCX_FIRE_H
#define TESTS_SCX_FIRE_H

#include "lab.h"

struct fire {
	struct lab *l;
	const char *member;
	int prog_fd, empty_fd, map_fd, link_fd;
	/* before fire_attach(): */
	u64 flags; /* of the ops; SCX_OPS_KEEP_BUILTIN_IDLE unless changed */
	const char *more_member; /* another program, or NULL */
	int more_fd;
	struct task_struct *hog, *more[2];
	struct cgroup other; /* where tasks are moved to */
	struct task_group group;
	struct trace_sink sink;
};

/* A hog and a sleeper; l->pid is the hog's. */
void fire_populate(struct fire *f, struct lab *l);
/*
 * @prog_fd becomes the program of @member, NULL: none; the scheduler is enabled. Or
 * what the kernel said; kernel_bpf_error() says more.
 */
int fire_attach(struct fire *f, const char *member, int prog_fd);
/* Until @member's program must have been called. */
void fire(struct fire *f);
/* User space closes its link. */
void fire_detach(struct fire *f);

#endif
