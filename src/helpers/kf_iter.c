/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Open-coded iterators: numbers, bits, cgroups, tasks. */
#include <stdlib.h>

#include "helpers/kern.h"
#include "helpers/kfuncs.h"

#define MAX_LOOPS (8 * 1024 * 1024)
#define BITS_MAX_WORDS 511

/* ---- numbers ---- */

int kf_iter_num_new(struct bpf_iter_num *it, int start, int end, struct run_ctx *rc)
{
	struct iter_num_kern *k = (struct iter_num_kern *)it;

	k->cur = k->end = 0;
	if (start > end)
		return -EINVAL;
	if ((s64)end - start > MAX_LOOPS)
		return -E2BIG;
	k->cur = (int)((u32)start - 1);
	k->end = end;
	return 0;
}

int *kf_iter_num_next(struct bpf_iter_num *it, struct run_ctx *rc)
{
	struct iter_num_kern *k = (struct iter_num_kern *)it;

	if ((s32)((u32)k->cur + 1) >= k->end) {
		k->cur = k->end = 0;
		return NULL;
	}
	k->cur = (int)((u32)k->cur + 1);
	return &k->cur;
}

void kf_iter_num_destroy(struct bpf_iter_num *it, struct run_ctx *rc)
{
	memset(it, 0, sizeof(*it));
}

/* ---- bits ---- */

int kf_iter_bits_new(struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words,
		     struct run_ctx *rc)
{
	struct iter_bits_kern *k = (struct iter_bits_kern *)it;
	int err;

	*k = (struct iter_bits_kern){ .bit = -1 };
	if (!unsafe_ptr__ign || !nr_words)
		return -EINVAL;
	if (nr_words > BITS_MAX_WORDS)
		return -E2BIG;
	if (nr_words == 1) {
		err = probe_read(&k->word, sizeof(k->word), unsafe_ptr__ign);
	} else {
		k->bits = malloc(nr_words * sizeof(u64));
		if (!k->bits)
			return -ENOMEM;
		err = probe_read(k->bits, nr_words * sizeof(u64), unsafe_ptr__ign);
		if (err) {
			free(k->bits);
			k->bits = NULL;
		}
	}
	if (!err)
		k->nr_bits = (int)nr_words * 64;
	return err;
}

int *kf_iter_bits_next(struct bpf_iter_bits *it, struct run_ctx *rc)
{
	struct iter_bits_kern *k = (struct iter_bits_kern *)it;
	const u64 *words = k->nr_bits == 64 ? &k->word : k->bits;

	while (k->bit < k->nr_bits && ++k->bit < k->nr_bits)
		if (words[k->bit / 64] >> (k->bit % 64) & 1)
			return &k->bit;
	return NULL;
}

void kf_iter_bits_destroy(struct bpf_iter_bits *it, struct run_ctx *rc)
{
	struct iter_bits_kern *k = (struct iter_bits_kern *)it;

	if (k->nr_bits > 64)
		free(k->bits);
	*k = (struct iter_bits_kern){ 0 };
}

/* ---- cgroups: the tree below a css ---- */

typedef struct cgroup_subsys_state css_t;

static css_t *first_child(css_t *c)
{
	/* A css that never had children may have an untouched list. */
	if (!c->children.next || list_empty(&c->children))
		return NULL;
	return list_first_entry(&c->children, css_t, sibling);
}

static css_t *next_sibling(css_t *c)
{
	if (!c->parent || c->sibling.next == &c->parent->children)
		return NULL;
	return list_entry(c->sibling.next, css_t, sibling);
}

static css_t *leftmost(css_t *c)
{
	for (css_t *child; (child = first_child(c));)
		c = child;
	return c;
}

static css_t *next_pre(css_t *pos, css_t *root)
{
	css_t *next = first_child(pos);

	for (; !next && pos != root; pos = pos->parent)
		next = next_sibling(pos);
	return next;
}

static css_t *next_post(css_t *pos, css_t *root)
{
	css_t *next;

	if (pos == root)
		return NULL;
	next = next_sibling(pos);
	return next ? leftmost(next) : pos->parent;
}

int kf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start,
		    unsigned int flags, struct run_ctx *rc)
{
	struct iter_css_kern *k = (struct iter_css_kern *)it;

	*k = (struct iter_css_kern){ 0 };
	if (flags != BPF_CGROUP_ITER_DESCENDANTS_PRE && flags != BPF_CGROUP_ITER_DESCENDANTS_POST &&
	    flags != BPF_CGROUP_ITER_ANCESTORS_UP)
		return -EINVAL;
	k->start = start;
	k->order = flags;
	return 0;
}

struct cgroup_subsys_state *kf_iter_css_next(struct bpf_iter_css *it, struct run_ctx *rc)
{
	struct iter_css_kern *k = (struct iter_css_kern *)it;
	bool first = !k->pos;

	if (!k->start)
		return NULL;
	if (k->order == BPF_CGROUP_ITER_DESCENDANTS_PRE)
		k->pos = first ? k->start : next_pre(k->pos, k->start);
	else if (k->order == BPF_CGROUP_ITER_DESCENDANTS_POST)
		k->pos = first ? leftmost(k->start) : next_post(k->pos, k->start);
	else
		k->pos = first ? k->start : k->pos->parent;
	if (!k->pos)
		k->start = NULL;
	return k->pos;
}

void kf_iter_css_destroy(struct bpf_iter_css *it, struct run_ctx *rc)
{
	memset(it, 0, sizeof(*it));
}

/* ---- tasks ---- */

int kf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable,
		     unsigned int flags, struct run_ctx *rc)
{
	struct iter_task_kern *k = (struct iter_task_kern *)it;

	*k = (struct iter_task_kern){ 0 };
	if (!rc->env->ops->task_next)
		return -EOPNOTSUPP;
	if (flags > BPF_TASK_ITER_PROC_THREADS ||
	    (flags == BPF_TASK_ITER_PROC_THREADS && !task__nullable))
		return -EINVAL;
	k->task = task__nullable;
	k->order = flags + 1;
	return 0;
}

static bool task_wanted(const struct iter_task_kern *k, const struct task_struct *p)
{
	switch (k->order - 1) {
	case BPF_TASK_ITER_ALL_PROCS:
		return p->pid == p->tgid;
	case BPF_TASK_ITER_PROC_THREADS:
		return p->tgid == k->task->tgid;
	default:
		return true;
	}
}

struct task_struct *kf_iter_task_next(struct bpf_iter_task *it, struct run_ctx *rc)
{
	struct iter_task_kern *k = (struct iter_task_kern *)it;

	if (!k->order)
		return NULL;
	do
		k->pos = rc->env->ops->task_next(rc->env, k->pos);
	while (k->pos && !task_wanted(k, k->pos));
	if (!k->pos)
		k->order = 0;
	return k->pos;
}

void kf_iter_task_destroy(struct bpf_iter_task *it, struct run_ctx *rc)
{
	memset(it, 0, sizeof(*it));
}

/* ---- tasks of a cgroup ---- */

int kf_iter_css_task_new(struct bpf_iter_css_task *it, struct cgroup_subsys_state *css,
			 unsigned int flags, struct run_ctx *rc)
{
	struct iter_css_task_kern *k = (struct iter_css_task_kern *)it;

	k->walk = NULL;
	if (!rc->env->ops->task_next)
		return -EOPNOTSUPP;
	/* no cgroup here is threaded, so that such flags change nothing */
	if (flags && flags != CSS_TASK_ITER_PROCS &&
	    flags != (CSS_TASK_ITER_PROCS | CSS_TASK_ITER_THREADED))
		return -EINVAL;
	k->walk = calloc(1, sizeof(*k->walk));
	if (!k->walk)
		return -ENOMEM;
	k->walk->cgroup = css->cgroup;
	k->walk->flags = flags;
	return 0;
}

static bool is_in_walk(const struct css_task_walk *w, const struct task_struct *p)
{
	return p->cgroups && p->cgroups->dfl_cgrp == w->cgroup &&
	       (!(w->flags & CSS_TASK_ITER_PROCS) || p->pid == p->tgid);
}

struct task_struct *kf_iter_css_task_next(struct bpf_iter_css_task *it, struct run_ctx *rc)
{
	struct css_task_walk *w = ((struct iter_css_task_kern *)it)->walk;

	if (!w)
		return NULL;
	do
		w->pos = rc->env->ops->task_next(rc->env, w->pos);
	while (w->pos && !is_in_walk(w, w->pos));
	if (w->pos)
		return w->pos;
	kf_iter_css_task_destroy(it, rc);
	return NULL;
}

void kf_iter_css_task_destroy(struct bpf_iter_css_task *it, struct run_ctx *rc)
{
	struct iter_css_task_kern *k = (struct iter_css_task_kern *)it;

	free(k->walk);
	k->walk = NULL;
}
