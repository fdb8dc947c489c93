/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A runnable task must run within the timeout, or the scheduler is ended. The
 * watchdog looks twice per timeout; each CPU's tick watches the watchdog.
 */
#include "scx/internal.h"

static void arm(struct scx *scx)
{
	u64 tick = 1000000000ULL / sched_hz(scx->m);

	/* Without memory for the event nobody looks again: the ticks will notice. */
	(void)machine_timer_start(scx->m, &scx->watchdog,
				  sched_now(scx->m) + scx->watchdog_timeout / 2 * tick, 0);
}

void scx_watchdog_start(struct scx *scx)
{
	u64 ms = scx->ops.timeout_ms ?: SCX_WATCHDOG_MAX_TIMEOUT_MS;

	scx->watchdog_timeout = DIV_ROUND_UP(ms * sched_hz(scx->m), 1000);
	scx->watchdog_timestamp = sched_jiffies(scx->m);
	arm(scx);
}

void scx_watchdog_stop(struct scx *scx)
{
	machine_timer_cancel(scx->m, &scx->watchdog);
}

/* The runnable list is in the order of runnable_at, but for tasks that were requeued. */
static bool check_rq(struct scx *scx, const struct rq *rq)
{
	u64 now = sched_jiffies(scx->m);
	struct task_struct *p;

	list_for_each_entry(p, &rq->scx.runnable_list, scx.runnable_node) {
		u32 ms;

		if (likely(now <= p->scx.runnable_at + scx->watchdog_timeout))
			continue;
		ms = scx_jiffies_to_ms(scx, now - p->scx.runnable_at);
		scx_exit_kind(scx, SCX_EXIT_ERROR_STALL, 0, stall, p->comm, p->pid,
			      ms / 1000, ms % 1000);
		return true;
	}
	return false;
}

void scx_watchdog_fire(struct machine *m, struct machine_timer *t)
{
	struct scx *scx = container_of(t, struct scx, watchdog);
	u32 cpu;

	scx->watchdog_timestamp = sched_jiffies(m);
	for_each_cpu(cpu, sched_cpu_online(m))
		if (check_rq(scx, sched_cpu_rq(m, cpu)))
			break;
	arm(scx);
}

void scx_tick(void *priv, struct rq *rq)
{
	struct scx *scx = priv;
	u64 now;
	u32 ms;

	if (!scx->enabled)
		return;
	now = sched_jiffies(scx->m);
	if (likely(now <= scx->watchdog_timestamp + scx->watchdog_timeout))
		return;
	ms = scx_jiffies_to_ms(scx, now - scx->watchdog_timestamp);
	scx_exit_kind(scx, SCX_EXIT_ERROR_STALL, 0, watchdog, ms / 1000, ms % 1000);
}
