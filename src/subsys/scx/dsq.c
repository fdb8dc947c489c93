/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Dispatch queues. A DSQ is a FIFO list or, if tasks were inserted by vtime, a
 * red-black tree whose order its list repeats. Invariant of a task: scx.dsq is
 * the queue whose nr counts it, and NULL otherwise.
 *
 * Iterators of BPF programs leave cursors in the list: only scx_dsq_next() may
 * be used to walk a non-local DSQ.
 */
#include <stdlib.h>

#include "base/rbtree.h"
#include "scx/internal.h"

void scx_dsq_init(struct scx_dispatch_q *dsq, u64 id)
{
	*dsq = (struct scx_dispatch_q){ .id = id };
	INIT_LIST_HEAD(&dsq->list);
}

/* One per NUMA node: the one that serves @p's CPU. */
struct scx_dispatch_q *scx_global_dsq(struct scx *scx, const struct task_struct *p)
{
	return &scx->global_dsqs[scx->topo->cpus[task_cpu(p)].node];
}

static struct scx_dispatch_q **bucket(struct scx *scx, u64 id)
{
	return &scx->user_dsqs[(id * 0x9e3779b97f4a7c15ULL) >> 56];
}

struct scx_dispatch_q *scx_find_user_dsq(struct scx *scx, u64 id)
{
	struct scx_dispatch_q *dsq = *bucket(scx, id);

	while (dsq && dsq->id != id)
		dsq = dsq->hash_next;
	return dsq;
}

struct scx_dispatch_q *scx_find_dsq_for(struct scx *scx, struct rq *rq, u64 id,
					const struct task_struct *p)
{
	struct scx_dispatch_q *dsq;

	if (id == SCX_DSQ_LOCAL)
		return &rq->scx.local_dsq;
	if ((id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON) {
		s32 cpu = id & SCX_DSQ_LOCAL_CPU_MASK;

		if (!scx_cpu_valid(scx, cpu, "in SCX_DSQ_LOCAL_ON dispatch verdict"))
			return scx_global_dsq(scx, p);
		return &sched_cpu_rq(scx->m, cpu)->scx.local_dsq;
	}
	if (id == SCX_DSQ_GLOBAL)
		return scx_global_dsq(scx, p);
	dsq = scx_find_user_dsq(scx, id);
	if (likely(dsq))
		return dsq;
	scx_error(scx, no_dsq, (unsigned long long)id, p->comm, p->pid);
	return scx_global_dsq(scx, p);
}

int scx_create_dsq(struct scx *scx, u64 id)
{
	struct scx_dispatch_q *dsq, **head = bucket(scx, id);

	if (id & SCX_DSQ_FLAG_BUILTIN)
		return -EINVAL;
	if (scx_find_user_dsq(scx, id))
		return -EEXIST;
	dsq = malloc(sizeof(*dsq));
	if (!dsq)
		return -ENOMEM;
	scx_dsq_init(dsq, id);
	dsq->hash_next = *head;
	*head = dsq;
	return 0;
}

/*
 * The id becomes invalid at once, which later insertions through a stale
 * pointer notice; the memory stays until no program runs that could hold it.
 */
static void kill_dsq(struct scx *scx, struct scx_dispatch_q **link)
{
	struct scx_dispatch_q *dsq = *link;

	*link = dsq->hash_next;
	dsq->id = SCX_DSQ_INVALID;
	dsq->hash_next = scx->dead_dsqs;
	scx->dead_dsqs = dsq;
}

void scx_destroy_dsq(struct scx *scx, u64 id)
{
	struct scx_dispatch_q **link = bucket(scx, id);

	while (*link && (*link)->id != id)
		link = &(*link)->hash_next;
	if (!*link)
		return;
	if ((*link)->nr) {
		scx_error(scx, dsq_in_use, (unsigned long long)id, (*link)->nr);
		return;
	}
	kill_dsq(scx, link);
	sched_irq_work_queue_on(scx->m, &scx->free_work, sched_this_cpu(scx->m));
}

/* When the scheduler has ended: no task is on any of them. */
void scx_destroy_all_dsqs(struct scx *scx)
{
	for (u32 i = 0; i < SCX_DSQ_BUCKETS; i++) {
		while (scx->user_dsqs[i]) {
			BUG_ON(scx->user_dsqs[i]->nr);
			kill_dsq(scx, &scx->user_dsqs[i]);
		}
	}
	if (scx->dead_dsqs)
		sched_irq_work_queue_on(scx->m, &scx->free_work, sched_this_cpu(scx->m));
}

static void free_chain(struct scx_dispatch_q **head)
{
	struct scx_dispatch_q *dsq;

	while ((dsq = *head)) {
		*head = dsq->hash_next;
		free(dsq);
	}
}

void scx_free_dsqs_work(struct machine *m, struct sched_irq_work *w)
{
	free_chain(&scx_of(m)->dead_dsqs);
}

/* At the end of @scx; syscall programs may have made some without a scheduler. */
void scx_free_all_dsqs(struct scx *scx)
{
	for (u32 i = 0; i < SCX_DSQ_BUCKETS; i++)
		free_chain(&scx->user_dsqs[i]);
	free_chain(&scx->dead_dsqs);
}

/* ---- walking ---- */

struct task_struct *scx_dsq_next(struct scx_dispatch_q *dsq, struct list_head *pos, bool rev)
{
	struct scx_dsq_list_node *n;

	if (!pos)
		pos = &dsq->list;
	do {
		pos = rev ? pos->prev : pos->next;
		if (pos == &dsq->list)
			return NULL;
		n = container_of(pos, struct scx_dsq_list_node, node);
	} while (n->flags & SCX_DSQ_LNODE_ITER_CURSOR);
	return container_of(n, struct task_struct, scx.dsq_list);
}

/* ---- insertion and removal ---- */

static struct task_struct *priq_task(const struct rb_node *n)
{
	return rb_entry(n, struct task_struct, scx.dsq_priq);
}

static bool vtime_less(const struct rb_node *a, const struct rb_node *b)
{
	return (s64)(priq_task(a)->scx.dsq_vtime - priq_task(b)->scx.dsq_vtime) < 0;
}

static void insert_by_vtime(struct scx *scx, struct scx_dispatch_q *dsq, struct task_struct *p)
{
	struct rb_node *before;

	if (unlikely(!dsq->priq.rb_node && scx_dsq_next(dsq, NULL, false)))
		scx_error(scx, was_fifo, (unsigned long long)dsq->id);
	p->scx.dsq_flags |= SCX_TASK_DSQ_ON_PRIQ;
	rb_add(&p->scx.dsq_priq, &dsq->priq, vtime_less);
	before = rb_prev(&p->scx.dsq_priq);
	list_add(&p->scx.dsq_list.node,
		 before ? &priq_task(before)->scx.dsq_list.node : &dsq->list);
}

static void insert_fifo(struct scx *scx, struct scx_dispatch_q *dsq, struct task_struct *p,
			u64 enq_flags)
{
	if (unlikely(dsq->priq.rb_node))
		scx_error(scx, was_priq, (unsigned long long)dsq->id);
	if (enq_flags & (SCX_ENQ_HEAD | SCX_ENQ_PREEMPT))
		list_add(&p->scx.dsq_list.node, &dsq->list);
	else
		list_add_tail(&p->scx.dsq_list.node, &dsq->list);
}

bool scx_rq_is_open(const struct rq *rq, u64 enq_flags)
{
	enum sched_class_rank rank = rq->curr->sched_class->rank;

	if (rank < CLASS_EXT || rq->nr_running > rq->scx.nr_running)
		return false; /* a higher class runs there, or will */
	return rank > CLASS_EXT || (rq->scx.flags & SCX_RQ_IN_BALANCE) ||
	       (enq_flags & SCX_ENQ_PREEMPT);
}

/*
 * SCX_ENQ_IMMED lasts until the task is enqueued anew, through moves and changes. A
 * task that finds others there, or the CPU taken, goes back to where it came from.
 */
void scx_count_local(struct scx *scx, struct rq *rq, struct task_struct *p, u64 enq_flags)
{
	if ((enq_flags & SCX_ENQ_IMMED) && scx->profile != KERNEL_6_12)
		p->scx.flags |= SCX_TASK_IMMED;
	if (likely(!(p->scx.flags & SCX_TASK_IMMED)))
		return;
	rq->scx.nr_immed++;
	if (rq->scx.local_dsq.nr > 1 || !scx_rq_is_open(rq, enq_flags))
		scx_reenq_immed_later(scx, rq->cpu);
}

/* A CPU in balance is about to look at its local DSQ anyway. */
void scx_local_dsq_added(struct scx *scx, struct scx_dispatch_q *dsq, struct task_struct *p,
			 u64 enq_flags)
{
	struct rq *rq = scx_dsq_rq(dsq);
	bool resched = false;

	scx_leave_custody(scx, p, 0);
	if (rq->scx.flags & SCX_RQ_IN_BALANCE)
		return;
	if ((enq_flags & SCX_ENQ_PREEMPT) && p != rq->curr && scx_on_class(rq->curr)) {
		rq->curr->scx.slice = 0;
		resched = true;
	}
	if (resched || rq->curr->sched_class->rank > CLASS_EXT)
		sched_resched_curr(scx->m, rq);
}

void scx_dsq_insert(struct scx *scx, struct scx_dispatch_q *dsq, struct task_struct *p,
		    u64 enq_flags)
{
	BUG_ON(p->scx.dsq || !list_empty(&p->scx.dsq_list.node));

	if (unlikely(dsq->id == SCX_DSQ_INVALID)) {
		scx_error(scx, dead_dsq);
		dsq = scx_global_dsq(scx, p);
	}
	if (unlikely((dsq->id & SCX_DSQ_FLAG_BUILTIN) && (enq_flags & SCX_ENQ_DSQ_PRIQ))) {
		scx_error(scx, vtime_builtin);
		enq_flags &= ~SCX_ENQ_DSQ_PRIQ;
	}
	if (enq_flags & SCX_ENQ_DSQ_PRIQ)
		insert_by_vtime(scx, dsq, p);
	else
		insert_fifo(scx, dsq, p, enq_flags);
	p->scx.dsq_seq = ++dsq->seq;
	dsq->nr++;
	p->scx.dsq = dsq;
	if (dsq->id == SCX_DSQ_LOCAL)
		scx_count_local(scx, scx_dsq_rq(dsq), p, enq_flags);
	if (enq_flags & SCX_ENQ_CLEAR_OPSS)
		p->scx.ops_state = SCX_OPSS_NONE;
	if (dsq->id == SCX_DSQ_LOCAL)
		scx_local_dsq_added(scx, dsq, p, enq_flags);
	else if (dsq->id == SCX_DSQ_GLOBAL)
		scx_leave_custody(scx, p, 0);
	else if (scx->profile != KERNEL_6_12)
		p->scx.flags |= SCX_TASK_IN_CUSTODY;
}

/* Leaves p->scx.dsq alone: the caller says where @p goes. */
void scx_dsq_unlink(struct scx_dispatch_q *dsq, struct task_struct *p)
{
	BUG_ON(list_empty(&p->scx.dsq_list.node) || !dsq->nr);

	if (p->scx.dsq_flags & SCX_TASK_DSQ_ON_PRIQ) {
		rb_erase(&p->scx.dsq_priq, &dsq->priq);
		RB_CLEAR_NODE(&p->scx.dsq_priq);
		p->scx.dsq_flags &= ~SCX_TASK_DSQ_ON_PRIQ;
	}
	list_del_init(&p->scx.dsq_list.node);
	dsq->nr--;
	if (unlikely(p->scx.flags & SCX_TASK_IMMED) && dsq->id == SCX_DSQ_LOCAL)
		scx_dsq_rq(dsq)->scx.nr_immed--;
}

void scx_dsq_remove(struct task_struct *p)
{
	if (p->scx.dsq) {
		scx_dsq_unlink(p->scx.dsq, p);
		p->scx.dsq = NULL;
	} else if (!list_empty(&p->scx.dsq_list.node)) {
		list_del_init(&p->scx.dsq_list.node); /* a deferred direct dispatch */
	}
}
