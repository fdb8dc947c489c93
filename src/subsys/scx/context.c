/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which class a call site belongs to, and what its arguments decide. */
#include "scx/internal.h"

const char *const scx_context_names[SCX_NR_CONTEXTS] = {
#define SCX_CONTEXT(name, text) [SCX_CTX_##name] = text,
#include "scx/contexts.def"
#undef SCX_CONTEXT
};

/* The main body of each op's program: ops.def again. */
static const u8 op_context[SCX_NR_OPS] = {
#define SCX_OP0(ret, name, ctx, ...) [SCX_OP_##name] = SCX_CTX_##ctx,
#define SCX_OP1(ret, name, ctx, ...) [SCX_OP_##name] = SCX_CTX_##ctx,
#define SCX_OP2(ret, name, ctx, ...) [SCX_OP_##name] = SCX_CTX_##ctx,
#define SCX_OP3(ret, name, ctx, ...) [SCX_OP_##name] = SCX_CTX_##ctx,
#define SCX_OP4(ret, name, ctx, ...) [SCX_OP_##name] = SCX_CTX_##ctx,
#include "scx/ops.def"
#undef SCX_OP0
#undef SCX_OP1
#undef SCX_OP2
#undef SCX_OP3
#undef SCX_OP4
};

u32 scx_op_context(u32 op)
{
	return op_context[op];
}

static u64 bit(u32 context)
{
	return 1ULL << context;
}

/* 7.1 asks for the program's callback only. */
static u32 inherited(u32 ctx)
{
	switch (ctx) {
	case SCX_CTX_SELECT_CPU:
	case SCX_CTX_ENQUEUE:
		return SCX_CTX_CB_ENQUEUE;
	case SCX_CTX_DISPATCH:
		return SCX_CTX_CB_DISPATCH;
	case SCX_CTX_CPU_RELEASE:
		return SCX_CTX_CB_CPU_RELEASE;
	case SCX_CTX_UNLOCKED:
	case SCX_CTX_UNLOCKED_SLEEPABLE:
	case SCX_CTX_EXIT:
	case SCX_CTX_DUMP:
		return SCX_CTX_CB_UNLOCKED;
	default:
		return SCX_CTX_CB_OTHER;
	}
}

static bool is_async(const struct call_site *site)
{
	return site->place == CALL_IN_TIMER_CB || site->place == CALL_IN_WQ_CB;
}

static u64 async_context(const struct call_site *site)
{
	return bit(site->place == CALL_IN_WQ_CB ? SCX_CTX_WQ_CB : SCX_CTX_TIMER_CB);
}

/*
 * Timer and workqueue callbacks run later and on their own, whichever program
 * armed them. An exception callback takes the place of the rest of its program.
 */
static u64 st_ops_context(const struct scx *scx, const struct call_site *site)
{
	bool async = is_async(site);
	bool inherits = scx->profile == KERNEL_7_1;
	bool foreign = !site->st_ops || strcmp(site->st_ops->name, "sched_ext_ops");
	u32 op, ctx;

	/* "next" has nothing for other subsystems, now or later */
	if (async && !inherits && !(foreign && scx->profile == KERNEL_NEXT))
		return async_context(site);
	if (foreign)
		return bit(SCX_CTX_FOREIGN);
	op = site->member < ST_OPS_MAX_MEMBERS ? scx->op_of[site->member] : SCX_NR_OPS;
	if (op >= SCX_NR_OPS)
		return 0;
	ctx = op_context[op];
	if (ctx == SCX_CTX_UNLOCKED && site->sleepable)
		ctx = SCX_CTX_UNLOCKED_SLEEPABLE;
	return bit(async ? inherited(ctx) : ctx);
}

/* Linux's verdicts, of both versions, are about the program. */
static u64 syscall_context(const struct scx *scx, const struct call_site *site)
{
	bool linux_says = scx->profile == KERNEL_7_1 || scx->resolution == KFUNC_AT_RUN;

	return is_async(site) && !linux_says ? async_context(site) : bit(SCX_CTX_SYSCALL);
}

u64 scx_context_of(void *priv, const struct call_site *site)
{
	switch (site->prog_type) {
	case BPF_PROG_TYPE_STRUCT_OPS:
		return st_ops_context(priv, site);
	case BPF_PROG_TYPE_SYSCALL:
		return syscall_context(priv, site);
	default:
		return scx_kfuncs_visible(site) ? bit(SCX_CTX_TRACING) : 0;
	}
}

bool scx_kfuncs_visible(const struct call_site *site)
{
	switch (site->prog_type) {
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_LSM:
		return true;
	default:
		return false;
	}
}

/* Is @arg, as passed, one of the tasks that the op was called for? */
static bool is_subject(const struct kfunc_query *q, const struct kfunc_arg *arg)
{
	if (q->site->place != CALL_IN_MAIN || arg->ctx_arg < 0 || !arg->btf)
		return false;
	return !strcmp(kbtf_type_name(arg->btf, arg->btf_id), "task_struct");
}

/* The first case for this context and, where it is for the op's own task, this argument. */
int scx_resolve_kfunc(void *priv, const struct kfunc_query *q, struct err_msg *e)
{
	bool own = q->nr_args && is_subject(q, &q->args[0]);

	for (int i = 0; i < KFUNC_MAX_CASES && q->row->cases[i].fn; i++)
		if ((q->row->cases[i].contexts & q->context) && (own || !q->row->cases[i].own))
			return i;
	return err_set(e, -EACCES,
		       "%s() may be called on the callback's own task only, and the text does not "
		       "say that this is one",
		       q->row->name);
}
