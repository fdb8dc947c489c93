/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From insts to copies. Two insts of one function are the same if their calls
 * are: each is reached in both or in neither, and leads to the same C function,
 * or to insts that are the same. Async callbacks may arm each other, so that is
 * a question with cycles: all insts of a function start out as one class, and
 * classes are split until no split follows from another (as states are when an
 * automaton is minimized). It ends, since classes only get smaller.
 *
 * A call that only one of two insts reaches keeps them apart although one copy
 * would do: so that no copy contains a call which its context does not allow,
 * not even one that is never reached.
 */
#include <stdlib.h>

#include "verifier/inst.h"
#include "verifier/internal.h"

struct partition {
	struct bpf_verifier_env *env;
	u32 *class, *next; /* by inst */
	u32 *first;	   /* by class: the first inst in it */
	u32 nr;
};

static bool is_seen(const struct bpf_verifier_env *env, const struct vrf_inst *inst, u32 insn)
{
	return inst->seen[insn - env->subprog_info[inst->subprog].start];
}

/* Each callback of @a is one of @b's. */
static bool cbs_within(const struct partition *p, const struct vrf_site *a,
		       const struct vrf_site *b)
{
	for (u32 i = 0; i < a->nr_cbs; i++) {
		bool found = false;

		for (u32 k = 0; k < b->nr_cbs; k++)
			found |= p->class[a->cbs[i]] == p->class[b->cbs[k]];
		if (!found)
			return false;
	}
	return true;
}

static bool same_site(const struct partition *p, const struct vrf_site *a, const struct vrf_site *b)
{
	const struct bpf_verifier_env *env = p->env;

	if (a->to == VRF_NO_TARGET || b->to == VRF_NO_TARGET)
		return a->to == b->to;
	if (insn_is_pseudo_call(&env->insns[a->insn]))
		return p->class[a->to] == p->class[b->to];
	return vrf_same_target(&env->targets[a->to], &env->targets[b->to]) &&
	       cbs_within(p, a, b) && cbs_within(p, b, a);
}

static bool same_inst(const struct partition *p, u32 i, u32 k)
{
	const struct vrf_inst *a = p->env->insts[i], *b = p->env->insts[k];
	u32 nr = p->env->subprog_info[a->subprog].nr_sites;

	if (p->class[i] != p->class[k])
		return false;
	for (u32 s = 0; s < nr; s++) {
		bool seen = is_seen(p->env, a, a->sites[s].insn);

		if (seen != is_seen(p->env, b, b->sites[s].insn) ||
		    (seen && !same_site(p, &a->sites[s], &b->sites[s])))
			return false;
	}
	return true;
}

/* Splits each class once; true: there are more of them now. */
static bool split(struct partition *p)
{
	u32 nr = 0, *tmp;
	bool more;

	for (u32 i = 0; i < p->env->nr_insts; i++) {
		u32 c = 0;

		while (c < nr && !same_inst(p, i, p->first[c]))
			c++;
		if (c == nr)
			p->first[nr++] = i;
		p->next[i] = c;
	}
	tmp = p->class;
	p->class = p->next;
	p->next = tmp;
	more = nr > p->nr;
	p->nr = nr;
	return more;
}

/* What any of the class reached is live in the copy. */
static void merge_seen(const struct bpf_verifier_env *env, struct vrf_inst *into,
		       const struct vrf_inst *from)
{
	const struct bpf_subprog_info *sub = &env->subprog_info[into->subprog];

	for (u32 i = 0; i < sub[1].start - sub->start; i++)
		into->seen[i] |= from->seen[i];
}

/* In the order of the functions, and in that of their insts. */
static int list_copies(struct partition *p)
{
	struct bpf_verifier_env *env = p->env;

	env->copies = calloc(p->nr + 1, sizeof(*env->copies));
	if (!env->copies)
		return -ENOMEM;
	for (u32 s = 0; s < env->subprog_cnt; s++) {
		u32 begin = env->nr_copies;

		for (u32 c = 0; c < p->nr; c++) {
			u32 first = p->first[c];

			if (env->insts[first]->subprog != s)
				continue;
			for (u32 i = first; i < env->nr_insts; i++) {
				if (p->class[i] != c)
					continue;
				env->insts[i]->copy = env->nr_copies;
				merge_seen(env, env->insts[first], env->insts[i]);
			}
			env->copies[env->nr_copies++] = (struct vrf_copy){ .inst = first };
		}
		for (u32 i = begin; i < env->nr_copies; i++) {
			env->copies[i].nr = i - begin;
			env->copies[i].of = env->nr_copies - begin;
		}
	}
	return 0;
}

int vrf_make_copies(struct bpf_verifier_env *env)
{
	struct partition p = { .env = env };
	int err = -ENOMEM;

	p.class = calloc(env->nr_insts + 1, sizeof(u32));
	p.next = calloc(env->nr_insts + 1, sizeof(u32));
	p.first = calloc(env->nr_insts + 1, sizeof(u32));
	if (p.class && p.next && p.first) {
		for (u32 i = 0; i < env->nr_insts; i++)
			p.class[i] = env->insts[i]->subprog;
		while (split(&p))
			;
		err = list_copies(&p);
	}
	free(p.class);
	free(p.next);
	free(p.first);
	return err;
}
