/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Between rt.c and rt_push.c. */
#ifndef MACHINE_RT_H
#define MACHINE_RT_H

#include "machine/internal.h"

u32 rt_highest_prio(const struct rt_rq *rt); /* MAX_RT_PRIO: none */
void rt_requeue(struct rq *rq, struct task_struct *p, bool head);

/* rt_push.c */
void rt_update_level(struct machine *m, struct rq *rq);
void rt_pushable_add(struct machine *m, struct rq *rq, struct task_struct *p);
void rt_pushable_del(struct machine *m, struct rq *rq, struct task_struct *p);
void rt_queue_push(struct machine *m, struct rq *rq);
void rt_queue_pull(struct machine *m, struct rq *rq);
void rt_preempt_equal(struct machine *m, struct rq *rq, struct task_struct *p);
int rt_balance(struct machine *m, struct rq *rq, struct task_struct *prev);
int rt_select_task_rq(struct machine *m, struct task_struct *p, int prev_cpu, int flags);
void rt_task_woken(struct machine *m, struct rq *rq, struct task_struct *p);

#endif
