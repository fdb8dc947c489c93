/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>

#include "reason.h"

/* What "next" refuses although 7.1 does not. */
static const struct stricter {
	const char *kfunc;
	const char *allowed;   /* in these callers only, each between spaces; NULL: all but ... */
	const char *forbidden; /* these */
	const char *reason;
} stricter[] = {
	{ "scx_bpf_dump_bstr", " dump dump_cpu dump_task ", NULL,
	  "7.1 ends the scheduler where no dump is being written" },
	{ "scx_bpf_locked_rq",
	  " enqueue dequeue tick runnable running stopping quiescent yield core_sched_before "
	  "set_weight set_cpumask exit_task enable disable cgroup_move dispatch cpu_release "
	  "update_idle cpu_acquire ", NULL,
	  "7.1 ends the scheduler where no runqueue is locked" },
	{ "scx_bpf_task_cgroup",
	  " select_cpu enqueue dequeue tick runnable running stopping quiescent yield "
	  "core_sched_before set_weight set_cpumask exit_task enable disable cgroup_move ", NULL,
	  "7.1 ends the scheduler where the op operates on no task" },
#define NOT_IN_EXIT(kfunc) \
	{ kfunc, NULL, " exit ", "7.1 fails there: idle tracking is off when ops.exit is called" }
	NOT_IN_EXIT("scx_bpf_select_cpu_dfl"),
	NOT_IN_EXIT("scx_bpf_select_cpu_and"),
	NOT_IN_EXIT("__scx_bpf_select_cpu_and"),
	NOT_IN_EXIT("scx_bpf_get_idle_cpumask"),
	NOT_IN_EXIT("scx_bpf_get_idle_cpumask_node"),
	NOT_IN_EXIT("scx_bpf_get_idle_smtmask"),
	NOT_IN_EXIT("scx_bpf_get_idle_smtmask_node"),
	NOT_IN_EXIT("scx_bpf_test_and_clear_cpu_idle"),
	NOT_IN_EXIT("scx_bpf_pick_idle_cpu"),
	NOT_IN_EXIT("scx_bpf_pick_idle_cpu_node"),
	NOT_IN_EXIT("scx_bpf_pick_any_cpu_node"),
};

static bool is_among(const char *words, const char *word)
{
	char spaced[64];

	snprintf(spaced, sizeof(spaced), " %s ", word);
	return strstr(words, spaced);
}

const char *reason_stricter(const struct verdict *v)
{
	for (u32 i = 0; i < ARRAY_SIZE(stricter); i++) {
		const struct stricter *s = &stricter[i];

		if (strcmp(s->kfunc, v->kfunc) || !strcmp(v->verdict, "deny"))
			continue;
		if (s->allowed ? !is_among(s->allowed, v->caller) :
				 is_among(s->forbidden, v->caller))
			return s->reason;
	}
	return NULL;
}

/* ---- places ---- */

#define UNLOCKED_OPS                                                                               \
	" init_task cgroup_init cgroup_exit cgroup_prep_move cgroup_cancel_move "                  \
	"cgroup_set_weight cgroup_set_bandwidth cgroup_set_idle sub_attach sub_detach cpu_online " \
	"cpu_offline init "

/* In the order in which messages name them. */
static const struct place {
	const char *name;
	const char *callers; /* of the matrix, each between spaces, whose code is there */
	bool may_sleep;	     /* where a sleepable kfunc is never out of place */
} places[] = {
	{ "ops.select_cpu", " select_cpu ", false },
	{ "ops.enqueue", " enqueue ", false },
	{ "ops.dispatch", " dispatch ", false },
	{ "ops.cpu_release", " cpu_release ", false },
	{ "ops on a task (runqueue locked)",
	  " dequeue tick runnable running stopping quiescent yield core_sched_before set_weight "
	  "set_cpumask exit_task enable disable ", false },
	{ "ops on a CPU (runqueue locked)", " update_idle cpu_acquire ", false },
	{ "ops.dump_cpu, ops.dump_task (runqueue locked)", " dump_cpu dump_task ", false },
	{ "ops.dump", " dump ", false },
	{ "ops that hold no runqueue lock", UNLOCKED_OPS, true },
	{ "sleepable ops", UNLOCKED_OPS, true },
	{ "ops.exit", " exit ", true },
	{ "ops.cgroup_move (runqueue locked)", " cgroup_move ", false },
	{ "timer callback", UNLOCKED_OPS, false }, /* runs as unlocked code does */
	{ "workqueue callback", UNLOCKED_OPS, true },
	{ "syscall program", " <SYSCALL prog> ", true },
	{ "tracing program", " <TRACING-hook prog> ", false },
	{ "struct_ops of another subsystem", " <other struct_ops> ", false },
};

/* Does some caller of the place get it from 7.1, and keep it in "next"? */
static bool is_legal(const struct matrix *m, const char *kfunc, const struct place *p)
{
	for (u32 i = 0; i < m->nr; i++) {
		const struct verdict *v = &m->rows[i];

		if (strcmp(v->kfunc, kfunc) || !is_among(p->callers, v->caller) ||
		    !strcmp(v->verdict, "deny") || reason_stricter(v))
			continue;
		if (strcmp(v->verdict, "allow-if-sleepable-prog") || p->may_sleep)
			return true;
	}
	return false;
}

void reason_text(const struct matrix *m, const struct verdict *v, char *buf, size_t size)
{
	const struct place *here = places;
	const char *separator = ", only from: ";
	size_t len;

	while (!is_among(here->callers, v->caller))
		here++;
	len = snprintf(buf, size, "%s() may not be called from ", v->kfunc);
	/* the callback is named where the place is that of several */
	if (matrix_is_foreign(v))
		len += snprintf(buf + len, size - len, "foreign_ops.act, one of: %s", here->name);
	else if (strstr(here->name, v->caller) || v->caller[0] == '<')
		len += snprintf(buf + len, size - len, "%s", here->name);
	else
		len += snprintf(buf + len, size - len, "%s, one of: %s", v->caller, here->name);
	for (u32 i = 0; i < ARRAY_SIZE(places) && len < size; i++)
		if (is_legal(m, v->kfunc, &places[i])) {
			len += snprintf(buf + len, size - len, "%s%s", separator, places[i].name);
			separator = ", ";
		}
}
