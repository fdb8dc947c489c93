/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a workload was understood to be, one line per thing. */
#include <stdarg.h>
#include <stdio.h>

#include "workload/internal.h"
#include "workload/scenario.h"

struct printer {
	void (*write)(void *priv, const char *text);
	void *priv;
};

static void __printf(2, 3) put(const struct printer *pr, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pr->write(pr->priv, text);
}

static const char *policy_name(u32 policy)
{
	static const struct {
		u32 policy;
		const char *name;
	} names[] = {
#define POLICY(name, number, def, min, max) { number, name },
#include "workload/policy.def"
#undef POLICY
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].policy == policy)
			return names[i].name;
	return "?";
}

static void dump_sched(const struct printer *pr, const struct wl_sched *s, bool policy)
{
	u32 cpu, n = 0;

	if (s->has_policy || policy)
		put(pr, " %s", policy_name(s->policy));
	if (s->has_priority || s->has_policy || policy)
		put(pr, " priority %d", s->priority);
	if (s->taskgroup)
		put(pr, " taskgroup %s", s->taskgroup);
	if (!s->has_cpus)
		return;
	put(pr, " cpus");
	for_each_cpu(cpu, &s->cpus)
		put(pr, "%c%u", n++ ? ',' : ' ', cpu);
}

static const char *res_name(const struct workload *w, enum wl_res_kind kind, u32 i)
{
	return w->res[kind].res[i].name;
}

static void dump_op(const struct printer *pr, const struct workload *w, const struct wl_task *t,
		    const struct wl_op *op)
{
	const struct wl_res_table *timers = op->b ? &t->own_timers : &w->res[WL_TIMER];
	unsigned long long ns = op->ns;

	put(pr, op->first ? "    %u: " : "    %u  ", op->line);
	switch ((enum wl_opcode)op->code) {
	case OP_RUN:
		put(pr, "run %lluns", ns);
		break;
	case OP_RUNTIME:
		put(pr, "runtime %lluns", ns);
		break;
	case OP_SLEEP:
		put(pr, "sleep %lluns", ns);
		break;
	case OP_TIMER:
		put(pr, "timer %s%s %lluns%s", timers->res[op->a].name, op->b ? " (own)" : "", ns,
		    timers->res[op->a].absolute ? " absolute" : "");
		break;
	case OP_LOCK:
		put(pr, "lock %s", res_name(w, WL_MUTEX, op->a));
		break;
	case OP_UNLOCK:
		put(pr, "unlock %s", res_name(w, WL_MUTEX, op->a));
		break;
	case OP_COND_WAIT:
		put(pr, "wait %s %s", res_name(w, WL_COND, op->a), res_name(w, WL_MUTEX, op->b));
		break;
	case OP_SIGNAL:
		put(pr, "signal %s", res_name(w, WL_COND, op->a));
		break;
	case OP_BROADCAST:
		put(pr, "broadcast %s", res_name(w, WL_COND, op->a));
		break;
	case OP_BARRIER:
		put(pr, "barrier %s %u", res_name(w, WL_BARRIER, op->a),
		    w->res[WL_BARRIER].res[op->a].users);
		break;
	case OP_BARRIER_LEAVE:
		put(pr, "leave %s", res_name(w, WL_BARRIER, op->a));
		break;
	case OP_YIELD:
		put(pr, "yield");
		break;
	case OP_FORK:
		put(pr, "fork %s", res_name(w, WL_FORK, op->a));
		break;
	}
	put(pr, "\n");
}

void workload_dump(const struct workload *w, void (*write)(void *priv, const char *text),
		   void *priv)
{
	const struct printer pr = { write, priv };

	put(&pr, "duration %lld\n", w->duration > 0 ? (long long)w->duration : -1);
	for (u32 i = 0; i < w->nr_tasks; i++) {
		const struct wl_task *t = &w->tasks[i];

		put(&pr, "task %s x%u loop %d", t->name, t->instances, t->loop < 0 ? -1 : t->loop);
		if (t->delay)
			put(&pr, " delay %lluns", (unsigned long long)t->delay);
		dump_sched(&pr, &t->sched, true);
		put(&pr, "\n");
		for (u32 j = 0; j < t->nr_phases; j++) {
			const struct wl_phase *ph = &t->phases[j];

			put(&pr, "  phase \"%s\" loop %d", ph->name, ph->loop < 1 ? -1 : ph->loop);
			dump_sched(&pr, &ph->sched, false);
			put(&pr, "\n");
			for (u32 k = 0; k < ph->nr_ops; k++)
				dump_op(&pr, w, t, &ph->ops[k]);
		}
	}
	for (u32 i = 0; i < w->nr_events; i++)
		put(&pr, "event %u: at %lluns %s\n", w->events[i].line,
		    (unsigned long long)w->events[i].at, wl_scenario_names[w->events[i].kind]);
}
