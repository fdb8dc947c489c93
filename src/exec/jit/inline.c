/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Helpers without a call of the helper: see inline.def.
 *
 * A map is known where its address was loaded in the same stretch of straight
 * code, which is what compilers make of `bpf_map_lookup_elem(&map, ...)`.
 */
#include "exec/jit/internal.h"
#include "kobj/map.h"

#define MAX_LOOPS BPF_MAX_LOOPS

/* dst = the run_ctx's @field, which is a pointer or the CPU's number */
#define LOAD_RC(j, form, dst, field)                                                               \
	emit_rm(&(j)->e, form, X_MOV_RM, dst, RC, (s32)offsetof(struct run_ctx, field))

/* ---- the world ---- */

/* r0 = env->ops->@op(env), @off being the member's offset. */
static void call_env(struct jit *j, size_t off)
{
	LOAD_RC(j, X_W, RDI, env);
	emit_rm(&j->e, X_W, X_MOV_RM, RAX, RDI, (s32)offsetof(struct run_env, ops));
	emit_rm(&j->e, 0, X_GROUP5, X_EXT_CALL, RAX, (s32)off);
}

static bool inline_ktime_get_ns(struct jit *j, u32 at)
{
	call_env(j, offsetof(struct run_env_ops, ktime_get_ns));
	return true;
}

static bool inline_ktime_get_boot_ns(struct jit *j, u32 at)
{
	call_env(j, offsetof(struct run_env_ops, ktime_get_boot_ns));
	return true;
}

static bool inline_jiffies64(struct jit *j, u32 at)
{
	call_env(j, offsetof(struct run_env_ops, jiffies));
	return true;
}

static bool inline_get_prandom_u32(struct jit *j, u32 at)
{
	LOAD_RC(j, 0, RSI, cpu);
	call_env(j, offsetof(struct run_env_ops, prandom_u32));
	emit_mov(&j->e, 0, RAX, RAX);
	return true;
}

static bool inline_get_numa_node_id(struct jit *j, u32 at)
{
	u32 none;

	LOAD_RC(j, X_W, RDI, env);
	LOAD_RC(j, 0, RSI, cpu);
	emit_rm(&j->e, X_W, X_MOV_RM, RAX, RDI, (s32)offsetof(struct run_env, ops));
	emit_rm(&j->e, X_W, X_MOV_RM, RAX, RAX, (s32)offsetof(struct run_env_ops, numa_node));
	emit_rr(&j->e, X_W, X_TEST_MR, RAX, RAX);
	none = emit_skip(&j->e, CC_E);
	emit_call_reg(&j->e, RAX);
	emit_land(&j->e, none);
	emit_mov(&j->e, 0, RAX, RAX);
	return true;
}

static bool inline_get_smp_processor_id(struct jit *j, u32 at)
{
	LOAD_RC(j, 0, RAX, cpu);
	return true;
}

static bool inline_get_current_task(struct jit *j, u32 at)
{
	LOAD_RC(j, X_W, RAX, current);
	return true;
}

/* ---- pointers and locks in values ---- */

static bool inline_kptr_xchg(struct jit *j, u32 at)
{
	emit_mov(&j->e, X_W, RAX, RSI);
	emit_rm(&j->e, X_W, X_XCHG_MR, RAX, RDI, 0);
	return true;
}

static bool set_lock(struct jit *j, u32 value)
{
	emit_rm(&j->e, 0, X_MOV_MI, 0, RDI, 0);
	emit_u32(&j->e, value);
	emit_mov_imm(&j->e, RAX, 0);
	return true;
}

static bool inline_spin_lock(struct jit *j, u32 at)
{
	return set_lock(j, 1);
}

static bool inline_spin_unlock(struct jit *j, u32 at)
{
	return set_lock(j, 0);
}

/* ---- maps ---- */

/* reg *= by */
static void scale(struct jit *j, u32 reg, u64 by)
{
	if (is_power_of_2(by))
		emit_shift_imm(&j->e, X_W, X_EXT_SHL, reg, (u8)__builtin_ctzll(by));
	else
		emit_imul_imm(&j->e, X_W, reg, reg, (s32)by);
}

/* r0 = NULL, or base + cpu * per_cpu + *key * stride */
static bool lookup_array(struct jit *j, const struct bpf_map *map)
{
	struct map_layout m;
	struct emit *e = &j->e;
	u32 none, no_cpu = 0;

	map->ops->layout(map, &m);
	if (m.stride > INT32_MAX || m.per_cpu > INT32_MAX)
		return false;
	emit_rm(e, 0, X_MOV_RM, SCRATCH, RSI, 0);
	emit_mov_imm(e, RAX, 0);
	if (m.per_cpu)
		LOAD_RC(j, 0, RDX, cpu);
	/* unsigned: an index beyond INT32_MAX is above every sign-extended length */
	emit_alu_imm(e, 0, X_EXT_CMP, SCRATCH, (s32)map->max_entries);
	none = emit_skip(e, CC_AE);
	if (m.per_cpu) {
		emit_alu_imm(e, 0, X_EXT_CMP, RDX, (s32)map->nr_cpus);
		no_cpu = emit_skip(e, CC_AE);
		scale(j, RDX, m.per_cpu);
	}
	scale(j, SCRATCH, m.stride);
	emit_mov_imm(e, RAX, (u64)m.base);
	emit_rr(e, X_W, X_ADD_MR, SCRATCH, RAX);
	if (m.per_cpu) {
		emit_rr(e, X_W, X_ADD_MR, RDX, RAX);
		emit_land(e, no_cpu);
	}
	emit_land(e, none);
	return true;
}

static bool inline_map_lookup_elem(struct jit *j, u32 at)
{
	const struct bpf_map *map = j->known[BPF_REG_1];

	if (!map || !map->ops->lookup)
		return false;
	if (map->ops->layout && lookup_array(j, map))
		return true;
	LOAD_RC(j, 0, RDX, cpu);
	jit_call_c(j, map->ops->lookup_of ? map->ops->lookup_of(map) : map->ops->lookup);
	return true;
}

static bool inline_map_lookup_percpu_elem(struct jit *j, u32 at)
{
	const struct bpf_map *map = j->known[BPF_REG_1];
	u32 none;

	if (!map || !map->ops->lookup)
		return false;
	emit_mov_imm(&j->e, RAX, 0);
	emit_alu_imm(&j->e, 0, X_EXT_CMP, RDX, (s32)map->nr_cpus);
	none = emit_skip(&j->e, CC_AE);
	jit_call_c(j, map->ops->lookup);
	emit_land(&j->e, none);
	return true;
}

static bool inline_map_update_elem(struct jit *j, u32 at)
{
	const struct bpf_map *map = j->known[BPF_REG_1];

	if (!map || !map->ops->update)
		return false;
	LOAD_RC(j, 0, R8, cpu);
	jit_call_c(j, map->ops->update);
	emit_rr(&j->e, X_W, X_MOVSXD, RAX, RAX);
	return true;
}

static bool inline_map_delete_elem(struct jit *j, u32 at)
{
	const struct bpf_map *map = j->known[BPF_REG_1];

	if (!map || !map->ops->delete)
		return false;
	jit_call_c(j, map->ops->delete);
	emit_rr(&j->e, X_W, X_MOVSXD, RAX, RAX);
	return true;
}

/* ---- other programs, and parts of this one ---- */

/* In registers: rax = whether there was a program, rdx = what it returned. */
struct tail_result {
	u64 taken, value;
};

static struct tail_result tail_call(u64 ctx, struct bpf_map *map, u32 index, struct run_ctx *rc)
{
	struct tail_result r = { 0 };

	r.taken = run_tail_call(map, index, rc, ctx, &r.value);
	return r;
}

/* The target runs on top of its caller, which then ends with its result. */
static bool inline_tail_call(struct jit *j, u32 at)
{
	u32 none;

	emit_push(&j->e, RAX);
	emit_push(&j->e, RAX);
	emit_mov(&j->e, X_W, RCX, RC);
	jit_call_c(j, tail_call);
	emit_rr(&j->e, 0, X_TEST_MR, RAX, RAX);
	emit_pop(&j->e, RAX);
	emit_pop(&j->e, RAX);
	none = emit_skip(&j->e, CC_E);
	emit_mov(&j->e, X_W, RAX, RDX);
	jit_jump(j, at, CC_ALWAYS, place_of_exit(j, j->subprog));
	emit_land(&j->e, none);
	return true;
}

static bool inline_loop(struct jit *j, u32 at)
{
	j->stub_used[JIT_STUB_LOOP] = true;
	jit_call_place(j, place_of_stub(j, JIT_STUB_LOOP));
	return true;
}

/* bpf_loop(nr, callback, ctx, flags), called with the C ABI. */
static void stub_loop(struct jit *j)
{
	static const u8 kept[] = { RBP, RBX, R13, R14, R15 };
	u32 flags, too_many, none, again, end;
	struct emit *e = &j->e;

	emit_rr(e, X_W, X_TEST_MR, RCX, RCX);
	flags = emit_skip(e, CC_NE);
	emit_alu_imm(e, 0, X_EXT_CMP, RDI, MAX_LOOPS);
	too_many = emit_skip(e, CC_A);
	for (u32 i = 0; i < ARRAY_SIZE(kept); i++) {
		emit_push(e, kept[i]);
		if (!i)
			emit_mov(e, X_W, RBP, RSP);
	}
	emit_mov_imm(e, RBX, 0);
	emit_mov(e, 0, R13, RDI);
	emit_rm(e, X_W, X_MOV_RM, R14, RSI, (s32)offsetof(struct exec_entry, native));
	emit_mov(e, X_W, R15, RDX);
	emit_rr(e, 0, X_TEST_MR, RDI, RDI);
	none = emit_skip(e, CC_E);

	again = e->at;
	emit_mov(e, 0, RDI, RBX);
	emit_mov(e, X_W, RSI, R15);
	emit_call_reg(e, R14);
	emit_alu_imm(e, 0, X_EXT_ADD, RBX, 1);
	emit_rr(e, X_W, X_TEST_MR, RAX, RAX);
	end = emit_skip(e, CC_NE);
	emit_rr(e, 0, X_CMP_MR, R13, RBX);
	emit_back(e, CC_B, again);

	emit_land(e, end);
	emit_land(e, none);
	emit_mov(e, 0, RAX, RBX);
	for (u32 i = ARRAY_SIZE(kept); i-- > 0;)
		emit_pop(e, kept[i]);
	emit_ret(e);
	emit_land(e, flags);
	emit_mov_imm(e, RAX, (u64)(s64)-EINVAL);
	emit_ret(e);
	emit_land(e, too_many);
	emit_mov_imm(e, RAX, (u64)(s64)-E2BIG);
	emit_ret(e);
}

void jit_stubs(struct jit *j)
{
	jit_mark(j, place_of_stub(j, JIT_STUB_LOOP));
	if (j->stub_used[JIT_STUB_LOOP])
		stub_loop(j);
}

/* ---- the table ---- */

static const struct {
	u32 id;
	bool (*inlined)(struct jit *j, u32 at);
} inlines[] = {
#define INLINE(id, name) { id, inline_##name },
#include "exec/jit/inline.def"
#undef INLINE
};

bool jit_inline(struct jit *j, u32 at, const struct call_target *t)
{
	for (u32 i = 0; i < ARRAY_SIZE(inlines); i++)
		if (inlines[i].id == t->id)
			return inlines[i].inlined(j, at);
	return false;
}
