/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "calls/form.h"
#include "helpers/helpers.h"
#include "helpers/kfuncs.h"

#define KFUNC KFUNC_ROW
static const struct kfunc_row generic_rows[] = {
#include "helpers/kfuncs_generic.def"
};
static const struct kfunc_row common_rows[] = {
#include "helpers/kfuncs_common.def"
};
static const struct kfunc_row cpumask_rows[] = {
#include "helpers/kfuncs_cpumask.def"
};
static const struct kfunc_row tracing_rows[] = {
#include "helpers/kfuncs_tracing.def"
};
static const struct kfunc_row vfs_rows[] = {
#include "helpers/kfuncs_vfs.def"
};
static const struct kfunc_row skb_rows[] = {
#include "helpers/kfuncs_skb.def"
};
static const struct kfunc_row xdp_rows[] = {
#include "helpers/kfuncs_xdp.def"
};
#undef KFUNC

/* The hook that Linux calls TRACING. */
static bool is_tracing(enum bpf_prog_type type)
{
	switch (type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_LSM:
		return true;
	default:
		return false;
	}
}

static bool lsm_visible(const struct call_site *site)
{
	return site->prog_type == BPF_PROG_TYPE_LSM;
}

static bool tracing_visible(const struct call_site *site)
{
	return is_tracing(site->prog_type);
}

static bool cpumask_visible(const struct call_site *site)
{
	return is_tracing(site->prog_type) || site->prog_type == BPF_PROG_TYPE_STRUCT_OPS ||
	       site->prog_type == BPF_PROG_TYPE_SYSCALL;
}

static bool generic_visible(const struct call_site *site)
{
	switch (site->prog_type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
		return true;
	default:
		return cpumask_visible(site);
	}
}

static const struct call_form common_forms[] = {
	CALL_NOTHING(kf_rcu_read_lock),
	CALL_NOTHING(kf_rcu_read_unlock),
	CALL_NOTHING(kf_preempt_disable),
	CALL_NOTHING(kf_preempt_enable),
};

/* No mask has bits of CPUs that are not there: the size of a mask is limit enough. */
static const struct call_form cpumask_forms[] = {
	CALL_TEST_BIT(kf_cpumask_test_cpu, NR_CPUS),
};

/* ---- packets ---- */

static const char *const skb_context_names[] = {
	[SKB_WRITABLE] = "a program that may write to the packet",
	[SKB_READABLE] = "a program that may only read the packet",
};

static bool skb_visible(const struct call_site *site)
{
	switch (site->prog_type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_NETFILTER:
		return true;
	default:
		return is_tracing(site->prog_type);
	}
}

static u64 skb_context_of(void *priv, const struct call_site *site)
{
	switch (site->prog_type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_LWT_XMIT:
		return BIT_ULL(SKB_WRITABLE);
	default:
		return BIT_ULL(SKB_READABLE);
	}
}

static bool xdp_visible(const struct call_site *site)
{
	return site->prog_type == BPF_PROG_TYPE_XDP;
}

const struct kfunc_set *helpers_kfunc_sets(size_t *nr)
{
	static const struct kfunc_set sets[] = {
		{
			.name = "generic",
			.rows = generic_rows,
			.nr_rows = ARRAY_SIZE(generic_rows),
			.visible = generic_visible,
		},
		{
			.name = "common",
			.rows = common_rows,
			.nr_rows = ARRAY_SIZE(common_rows),
			.forms = common_forms,
			.nr_forms = ARRAY_SIZE(common_forms),
		},
		{
			.name = "cpumask",
			.rows = cpumask_rows,
			.nr_rows = ARRAY_SIZE(cpumask_rows),
			.forms = cpumask_forms,
			.nr_forms = ARRAY_SIZE(cpumask_forms),
			.visible = cpumask_visible,
		},
		{
			.name = "tracing",
			.rows = tracing_rows,
			.nr_rows = ARRAY_SIZE(tracing_rows),
			.visible = tracing_visible,
		},
		{
			.name = "vfs",
			.rows = vfs_rows,
			.nr_rows = ARRAY_SIZE(vfs_rows),
			.visible = lsm_visible,
		},
		{
			.name = "skb",
			.rows = skb_rows,
			.nr_rows = ARRAY_SIZE(skb_rows),
			.context_names = skb_context_names,
			.nr_contexts = ARRAY_SIZE(skb_context_names),
			.context_of = skb_context_of,
			.visible = skb_visible,
		},
		{
			.name = "xdp",
			.rows = xdp_rows,
			.nr_rows = ARRAY_SIZE(xdp_rows),
			.visible = xdp_visible,
		},
	};

	*nr = ARRAY_SIZE(sets);
	return sets;
}
