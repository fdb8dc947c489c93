/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sections: bpf_spin_lock, RCU read side, disabled preemption. */
#include "kobj/map.h"
#include "verifier/calls.h"

/* Pointers into a list or tree are only good while its lock is held. */
static void invalidate_non_owning_refs(struct bpf_verifier_env *env)
{
	struct bpf_func_state *f __unused;
	struct bpf_reg_state *reg;

	bpf_for_each_reg_in_vstate(env->cur_state, f, reg, ({
		if (type_is_non_owning_ref(reg->type))
			mark_reg_invalid(env, reg);
	}));
}

int vrf_process_spin_lock(struct bpf_verifier_env *env, int regno, bool is_lock)
{
	struct bpf_active_lock *held = &env->cur_state->active_lock;
	struct bpf_reg_state *reg = reg_state(env, regno);
	const struct bpf_map *map = NULL;
	const struct btf_record *rec;
	u64 off = reg->var_off.value + reg->off;
	const void *ptr;

	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "R%d doesn't have constant offset. bpf_spin_lock has to be at the constant offset\n",
			regno);
		return -EINVAL;
	}
	if (reg->type == PTR_TO_MAP_VALUE) {
		map = reg->map_ptr;
		if (!map->btf) {
			verbose(env, "map '%s' has to have BTF in order to use bpf_spin_lock\n",
				map->name);
			return -EINVAL;
		}
	}
	ptr = map ? (const void *)map : reg->btf;
	rec = vrf_reg_btf_record(env, reg);
	if (!rec || !(rec->field_mask & BPF_SPIN_LOCK)) {
		verbose(env, "%s '%s' has no valid bpf_spin_lock\n", map ? "map" : "local",
			map ? map->name : "kptr");
		return -EINVAL;
	}
	if ((u64)rec->spin_lock_off != off) {
		verbose(env, "off %lld doesn't point to 'struct bpf_spin_lock' that is at %d\n",
			(long long)off, rec->spin_lock_off);
		return -EINVAL;
	}
	if (is_lock) {
		if (held->ptr) {
			verbose(env, "Locking two bpf_spin_locks are not allowed\n");
			return -EINVAL;
		}
		held->ptr = ptr;
		held->id = reg->id;
		return 0;
	}
	if (!held->ptr) {
		verbose(env, "bpf_spin_unlock without taking a lock\n");
		return -EINVAL;
	}
	if (held->ptr != ptr || held->id != reg->id) {
		verbose(env, "bpf_spin_unlock of different lock\n");
		return -EINVAL;
	}
	invalidate_non_owning_refs(env);
	held->ptr = NULL;
	held->id = 0;
	return 0;
}

bool vrf_in_rbtree_lock_required_cb(struct bpf_verifier_env *env)
{
	struct bpf_verifier_state *st = env->cur_state;
	u32 i;

	for (i = st->curframe; i; i--)
		if (st->frame[i]->in_callback_fn &&
		    vrf_is_rbtree_lock_required_kfunc(env, &env->insns[st->frame[i]->callsite]))
			return true;
	return false;
}

static int rcu_section(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta)
{
	const u32 mask = 1 << STACK_SPILL | 1 << STACK_ITER;
	struct bpf_verifier_state *st = env->cur_state;
	bool lock = meta->special == KF_bpf_rcu_read_lock;
	bool unlock = meta->special == KF_bpf_rcu_read_unlock;
	struct bpf_func_state *f __unused;
	struct bpf_reg_state *reg;

	if (!st->active_rcu_lock) {
		if (unlock) {
			verbose(env, "unmatched rcu read unlock (kernel function %s)\n",
				meta->func_name);
			return -EINVAL;
		}
		st->active_rcu_lock = lock;
		return 0;
	}
	if ((lock || unlock) && vrf_in_rbtree_lock_required_cb(env)) {
		verbose(env, "Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback\n");
		return -EACCES;
	}
	if (lock) {
		verbose(env, "nested rcu read lock (kernel function %s)\n", meta->func_name);
		return -EINVAL;
	}
	if (!unlock) {
		if (!(meta->flags & KF_SLEEPABLE))
			return 0;
		verbose(env, "kernel func %s is sleepable within rcu_read_lock region\n",
			meta->func_name);
		return -EACCES;
	}
	/* What RCU protected may be gone from now on. */
	bpf_for_each_reg_in_vstate_mask(st, f, reg, mask, ({
		if (reg->type & MEM_RCU) {
			reg->type &= ~(MEM_RCU | PTR_MAYBE_NULL);
			reg->type |= PTR_UNTRUSTED;
		}
	}));
	st->active_rcu_lock = false;
	return 0;
}

static int preempt_section(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta)
{
	u32 *depth = &env->cur_state->active_preempt_lock;

	if (meta->special == KF_bpf_preempt_disable) {
		(*depth)++;
	} else if (meta->special == KF_bpf_preempt_enable) {
		if (!*depth) {
			verbose(env, "unmatched attempt to enable preemption (kernel function %s)\n",
				meta->func_name);
			return -EINVAL;
		}
		(*depth)--;
	} else if (*depth && (meta->flags & KF_SLEEPABLE)) {
		verbose(env, "kernel func %s is sleepable within non-preemptible region\n",
			meta->func_name);
		return -EACCES;
	}
	return 0;
}

int vrf_kfunc_sections(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta)
{
	int err = rcu_section(env, meta);

	return err ? err : preempt_section(env, meta);
}
