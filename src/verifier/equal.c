/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * When is a state covered by one that was explored before? If everything that
 * the explored state was found safe with holds in the current one: what no path
 * read, or read without its value mattering, may differ.
 *
 * Ids are names: they need not be the same, but equal ids in the old state must
 * be equal in the current one, and different ones different. The idmap pairs
 * them up as they come.
 */
#include "verifier/states.h"

void vrf_reset_idmap_scratch(struct bpf_verifier_env *env)
{
	env->idmap_scratch.tmp_id_gen = env->id_gen;
	env->idmap_scratch.cnt = 0;
}

static bool check_ids(u32 old_id, u32 cur_id, struct bpf_idmap *idmap)
{
	if (!old_id != !cur_id)
		return false;
	if (!old_id)
		return true;
	for (u32 i = 0; i < idmap->cnt; i++) {
		if (idmap->map[i].old == old_id)
			return idmap->map[i].cur == cur_id;
		if (idmap->map[i].cur == cur_id)
			return false;
	}
	if (idmap->cnt == BPF_ID_MAP_SIZE)
		return false;
	idmap->map[idmap->cnt++] = (struct bpf_id_pair){ old_id, cur_id };
	return true;
}

/*
 * Links between scalars: fewer in the old state is fine. An unlinked current
 * scalar gets a name of its own, so that it cannot stand in for two linked ones.
 */
static bool check_scalar_ids(u32 old_id, u32 cur_id, struct bpf_idmap *idmap)
{
	if (!old_id)
		return true;
	if (!cur_id)
		cur_id = ++idmap->tmp_id_gen;
	if (!check_ids(old_id, cur_id, idmap))
		return false;
	/* linked at a distance: the base must match as well */
	return !(old_id & BPF_ADD_CONST) ||
	       check_ids(old_id & ~BPF_ADD_CONST, cur_id & ~BPF_ADD_CONST, idmap);
}

static bool range_within(const struct bpf_reg_state *old, const struct bpf_reg_state *cur)
{
	return old->umin_value <= cur->umin_value && old->umax_value >= cur->umax_value &&
	       old->smin_value <= cur->smin_value && old->smax_value >= cur->smax_value &&
	       old->u32_min_value <= cur->u32_min_value &&
	       old->u32_max_value >= cur->u32_max_value &&
	       old->s32_min_value <= cur->s32_min_value &&
	       old->s32_max_value >= cur->s32_max_value && tnum_in(old->var_off, cur->var_off);
}

bool vrf_regs_exact(const struct bpf_reg_state *rold, const struct bpf_reg_state *rcur,
		    struct bpf_idmap *idmap)
{
	return !memcmp(rold, rcur, offsetof(struct bpf_reg_state, id)) &&
	       rold->ctx_arg == rcur->ctx_arg && check_ids(rold->id, rcur->id, idmap) &&
	       check_ids(rold->ref_obj_id, rcur->ref_obj_id, idmap);
}

static bool scalar_safe(const struct bpf_verifier_env *env, const struct bpf_reg_state *old,
			const struct bpf_reg_state *cur, struct bpf_idmap *idmap,
			enum exact_level exact)
{
	bool old_dist = old->id & BPF_ADD_CONST, cur_dist = cur->id & BPF_ADD_CONST;

	if (env->explore_alu_limits)
		return !memcmp(old, cur, offsetof(struct bpf_reg_state, id)) &&
		       check_scalar_ids(old->id, cur->id, idmap);
	if (!old->precise && exact == NOT_EXACT)
		return true;
	if (old->id && old_dist != cur_dist)
		return false;
	if (old_dist && old->off != cur->off)
		return false;
	return check_scalar_ids(old->id, cur->id, idmap) && range_within(old, cur);
}

static bool packet_safe(const struct bpf_reg_state *old, const struct bpf_reg_state *cur,
			struct bpf_idmap *idmap)
{
	/* negative: on which side of the end it lies */
	if (old->range < 0 || cur->range < 0 ? old->range != cur->range : old->range > cur->range)
		return false;
	return old->off == cur->off && check_ids(old->id, cur->id, idmap) &&
	       range_within(old, cur);
}

static bool regsafe(const struct bpf_verifier_env *env, const struct bpf_reg_state *old,
		    const struct bpf_reg_state *cur, struct bpf_idmap *idmap,
		    enum exact_level exact)
{
	if (exact == EXACT)
		return vrf_regs_exact(old, cur, idmap);
	if (!(old->live & REG_LIVE_READ) && exact == NOT_EXACT)
		return true;
	if (old->type == NOT_INIT && (exact == NOT_EXACT || cur->type == NOT_INIT))
		return true;
	/* modifiers included: what was done with one could not be done with another */
	if (old->type != cur->type)
		return false;

	switch (base_type(old->type)) {
	case SCALAR_VALUE:
		return scalar_safe(env, old, cur, idmap, exact);
	case PTR_TO_MAP_KEY:
	case PTR_TO_MAP_VALUE:
	case PTR_TO_MEM:
	case PTR_TO_BUF:
	case PTR_TO_TP_BUFFER:
		return !memcmp(old, cur, offsetof(struct bpf_reg_state, var_off)) &&
		       range_within(old, cur) && check_ids(old->id, cur->id, idmap) &&
		       check_ids(old->ref_obj_id, cur->ref_obj_id, idmap);
	case PTR_TO_PACKET_META:
	case PTR_TO_PACKET:
		return packet_safe(old, cur, idmap);
	case PTR_TO_STACK:
		return vrf_regs_exact(old, cur, idmap) && old->frameno == cur->frameno;
	case PTR_TO_ARENA:
		return true;
	default:
		return vrf_regs_exact(old, cur, idmap);
	}
}

static bool is_stack_all_misc(const struct bpf_verifier_env *env,
			      const struct bpf_stack_state *slot)
{
	for (int i = 0; i < BPF_REG_SIZE; i++)
		if (slot->slot_type[i] != STACK_MISC &&
		    !(slot->slot_type[i] == STACK_INVALID && env->allow_uninit_stack))
			return false;
	return true;
}

/* What a load of the whole slot would give, if that is a scalar; @unbound: storage for "anything". */
static const struct bpf_reg_state *scalar_for_stack(const struct bpf_verifier_env *env,
						    const struct bpf_stack_state *slot,
						    struct bpf_reg_state *unbound)
{
	if (is_spilled_scalar_reg64(slot))
		return &slot->spilled_ptr;
	if (!is_stack_all_misc(env, slot))
		return NULL;
	memset(unbound, 0, sizeof(*unbound));
	vrf_mark_reg_unknown_imprecise(unbound);
	unbound->live = REG_LIVE_READ;
	return unbound;
}

static bool same_object(const struct bpf_verifier_env *env, const struct bpf_stack_state *old,
			const struct bpf_stack_state *cur, struct bpf_idmap *idmap,
			enum exact_level exact)
{
	const struct bpf_reg_state *a = &old->spilled_ptr, *b = &cur->spilled_ptr;

	switch (old->slot_type[BPF_REG_SIZE - 1]) {
	case STACK_SPILL:
		return regsafe(env, a, b, idmap, exact);
	case STACK_DYNPTR:
		return a->dynptr.type == b->dynptr.type &&
		       a->dynptr.first_slot == b->dynptr.first_slot &&
		       check_ids(a->ref_obj_id, b->ref_obj_id, idmap);
	case STACK_ITER:
		/* not the depth: it counts rounds, to tell them from an endless loop */
		return a->type == b->type && a->iter.btf == b->iter.btf &&
		       a->iter.btf_id == b->iter.btf_id && a->iter.state == b->iter.state &&
		       check_ids(a->ref_obj_id, b->ref_obj_id, idmap);
	case STACK_MISC:
	case STACK_ZERO:
	case STACK_INVALID:
		return true;
	default:
		return false;
	}
}

static bool is_ignored_byte(const struct bpf_verifier_env *env, u8 type)
{
	return type == STACK_INVALID || (type == STACK_MISC && env->allow_uninit_stack);
}

/* @cur NULL: the current stack is not that deep. */
static bool slotsafe(const struct bpf_verifier_env *env, const struct bpf_stack_state *old,
		     const struct bpf_stack_state *cur, struct bpf_idmap *idmap,
		     enum exact_level exact)
{
	const struct bpf_reg_state *old_reg, *cur_reg;
	struct bpf_reg_state any_old, any_cur;
	int first = 0;

	if (exact != NOT_EXACT) {
		/* byte for byte, but what follows may settle the matter before a later byte differs */
		if (!cur || old->slot_type[0] != cur->slot_type[0])
			return false;
	} else if (!(old->spilled_ptr.live & REG_LIVE_READ)) {
		return true;
	}
	while (first < BPF_REG_SIZE && is_ignored_byte(env, old->slot_type[first])) {
		if (exact != NOT_EXACT && old->slot_type[first] != cur->slot_type[first])
			return false;
		first++;
	}
	if (first == BPF_REG_SIZE)
		return true;
	if (!cur)
		return false;
	if (exact != NOT_EXACT && old->slot_type[first] != cur->slot_type[first])
		return false;
	old_reg = scalar_for_stack(env, old, &any_old);
	cur_reg = scalar_for_stack(env, cur, &any_cur);
	if (old_reg && cur_reg)
		return regsafe(env, old_reg, cur_reg, idmap, exact);

	for (int i = first; i < BPF_REG_SIZE; i++) {
		u8 o = old->slot_type[i], c = cur->slot_type[i];

		if (exact != NOT_EXACT && o != c)
			return false;
		if (is_ignored_byte(env, o) || (o == STACK_MISC && c == STACK_ZERO))
			continue;
		if (o != c)
			return false;
	}
	if (is_ignored_byte(env, old->slot_type[BPF_REG_SIZE - 1]) ||
	    old->slot_type[BPF_REG_SIZE - 1] != cur->slot_type[BPF_REG_SIZE - 1])
		return true;
	return same_object(env, old, cur, idmap, exact);
}

static bool stacksafe(const struct bpf_verifier_env *env, const struct bpf_func_state *old,
		      const struct bpf_func_state *cur, struct bpf_idmap *idmap,
		      enum exact_level exact)
{
	int have = cur->allocated_stack / BPF_REG_SIZE;

	for (int i = 0; i < old->allocated_stack / BPF_REG_SIZE; i++)
		if (!slotsafe(env, &old->stack[i], i < have ? &cur->stack[i] : NULL, idmap, exact))
			return false;
	return true;
}

static bool refsafe(const struct bpf_func_state *old, const struct bpf_func_state *cur,
		    struct bpf_idmap *idmap)
{
	if (old->acquired_refs != cur->acquired_refs)
		return false;
	for (u32 i = 0; i < old->acquired_refs; i++)
		if (!check_ids(old->refs[i].id, cur->refs[i].id, idmap))
			return false;
	return true;
}

static bool func_states_equal(struct bpf_verifier_env *env, const struct bpf_func_state *old,
			      const struct bpf_func_state *cur, enum exact_level exact)
{
	struct bpf_idmap *idmap = &env->idmap_scratch;

	if (old->callsite != cur->callsite || old->place != cur->place ||
	    old->callback_depth > cur->callback_depth)
		return false;
	for (int i = 0; i < MAX_BPF_REG; i++)
		if (!regsafe(env, &old->regs[i], &cur->regs[i], idmap, exact))
			return false;
	return stacksafe(env, old, cur, idmap, exact) && refsafe(old, cur, idmap);
}

bool vrf_states_equal(struct bpf_verifier_env *env, const struct bpf_verifier_state *old,
		      const struct bpf_verifier_state *cur, enum exact_level exact)
{
	if (old->curframe != cur->curframe)
		return false;
	/* a wrong-path state proves nothing about a real one */
	if (old->speculative && !cur->speculative)
		return false;
	if (old->active_rcu_lock != cur->active_rcu_lock ||
	    old->active_preempt_lock != cur->active_preempt_lock ||
	    old->in_sleepable != cur->in_sleepable)
		return false;

	vrf_reset_idmap_scratch(env);
	if (old->active_lock.ptr != cur->active_lock.ptr ||
	    !check_ids(old->active_lock.id, cur->active_lock.id, &env->idmap_scratch))
		return false;
	for (u32 i = 0; i <= old->curframe; i++)
		if (!func_states_equal(env, old->frame[i], cur->frame[i], exact))
			return false;
	return true;
}
