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
	};

	*nr = ARRAY_SIZE(sets);
	return sets;
}
