/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a program may ask about the world that it runs in. */
#include <stdio.h>

#include "helpers/body.h"
#include "helpers/kern.h"
#include "helpers/helpers.h"

#define TRACE_LINE_MAX 1024
#define MAX_LOOPS (8u << 20)

HELPER_BODY(ktime_get_ns)
{
	return rc->env->ops->ktime_get_ns(rc->env);
}

HELPER_BODY(ktime_get_boot_ns)
{
	return rc->env->ops->ktime_get_boot_ns(rc->env);
}

HELPER_BODY(jiffies64)
{
	return rc->env->ops->jiffies(rc->env);
}

HELPER_BODY(get_prandom_u32)
{
	return rc->env->ops->prandom_u32(rc->env, rc->cpu);
}

HELPER_BODY(get_smp_processor_id)
{
	return rc->cpu;
}

HELPER_BODY(get_numa_node_id)
{
	return rc->env->ops->numa_node ? rc->env->ops->numa_node(rc->env, rc->cpu) : 0;
}

HELPER_BODY(get_current_task)
{
	return (u64)rc->current;
}

HELPER_BODY(get_current_pid_tgid)
{
	const struct task_struct *p = current_task(rc);

	if (!p)
		return ret_err(-EINVAL);
	return (u64)(u32)p->tgid << 32 | (u32)p->pid;
}

HELPER_BODY(get_current_comm)
{
	const struct task_struct *p = current_task(rc);
	char *buf = (char *)r1;
	u32 size = (u32)r2, len;

	memset(buf, 0, size);
	if (!p)
		return ret_err(-EINVAL);
	len = strnlen(p->comm, sizeof(p->comm));
	if (size)
		memcpy(buf, p->comm, min(len, size - 1));
	return 0;
}

static const struct cgroup *current_cgroup(const struct run_ctx *rc)
{
	const struct task_struct *p = current_task(rc);

	return p && p->cgroups ? p->cgroups->dfl_cgrp : NULL;
}

static u64 cgroup_id(const struct cgroup *cgrp)
{
	return cgrp && cgrp->kn ? cgrp->kn->id : 0;
}

HELPER_BODY(get_current_cgroup_id)
{
	return cgroup_id(current_cgroup(rc));
}

HELPER_BODY(get_current_ancestor_cgroup_id)
{
	const struct cgroup *cgrp = current_cgroup(rc);
	int level = (int)r1;

	if (!cgrp || level < 0 || level > cgrp->level)
		return 0;
	return cgroup_id(cgrp->ancestors[level]);
}

/* R3 is the verifier's: 1 for an object of bpf_percpu_obj_new(), 0 for a variable of the kernel. */
HELPER_BODY(per_cpu_ptr)
{
	const struct run_env_ops *ops = rc->env->ops;
	u32 cpu = (u32)r2;

	if (cpu >= ops->nr_cpus(rc->env))
		return 0;
	if (r3)
		return (u64)percpu_obj_of((struct percpu_obj *)r1, cpu);
	if (!ops->per_cpu_addr)
		return 0;
	return (u64)ops->per_cpu_addr(rc->env, (const void *)r1, cpu);
}

HELPER_BODY(this_cpu_ptr)
{
	return helper_per_cpu_ptr(r1, rc->cpu, r3, 0, 0, rc);
}

/* As on a CPU whose slot of the map is empty: there are no perf events to put in. */
HELPER_BODY(no_perf_event)
{
	return ret_err(-ENOENT);
}

HELPER_BODY(loop)
{
	u32 nr = (u32)r1;

	if (r4)
		return ret_err(-EINVAL);
	if (nr > MAX_LOOPS)
		return ret_err(-E2BIG);
	for (u32 i = 0; i < nr; i++)
		if (run_callback(rc->prog, r2, rc, i, r3, 0, 0, 0))
			return i + 1;
	return nr;
}

/* ---- the trace buffer ---- */

static u64 trace(struct run_ctx *rc, const char *fmt, u32 fmt_size, const u64 *args, u32 nr)
{
	char line[TRACE_LINE_MAX];
	int len = helpers_bstr_format(line, sizeof(line), fmt, fmt_size, args, nr);
	size_t n;

	if (len < 0)
		return ret_err(len);
	n = strlen(line);
	if (n && line[n - 1] == '\n')
		line[n - 1] = '\0';
	rc->env->ops->printk(rc->env, rc->cpu, line);
	return (u64)(len - 1);
}

HELPER_BODY(trace_printk)
{
	return trace(rc, (const char *)r1, (u32)r2, (const u64[3]){ r3, r4, r5 }, 3);
}

/* bpf_snprintf() and the v-forms take their arguments as an array of u64. */
static bool args_ok(u64 data, u32 size)
{
	return !(size % 8) && size <= HELPERS_BSTR_ARGS * 8 && (data || !size);
}

HELPER_BODY(trace_vprintk)
{
	if (!args_ok(r3, (u32)r4))
		return ret_err(-EINVAL);
	return trace(rc, (const char *)r1, (u32)r2, (const u64 *)r3, (u32)r4 / 8);
}

HELPER_BODY(snprintf)
{
	if (!args_ok(r4, (u32)r5))
		return ret_err(-EINVAL);
	return ret_err(helpers_bstr_format((char *)r1, (u32)r2, (const char *)r3, UINT32_MAX,
					   (const u64 *)r4, (u32)r5 / 8));
}

/* ---- tasks have no user memory ---- */

HELPER_BODY(no_user_memory)
{
	memset((void *)r1, 0, (u32)r2);
	return ret_err(-EFAULT);
}

HELPER_BODY(copy_from_user_task)
{
	if (r5)
		return ret_err(-EINVAL);
	memset((void *)r1, 0, (u32)r2);
	return (u32)r2 ? ret_err(-EFAULT) : 0;
}

HELPER_BODY(no_vma)
{
	return r5 ? ret_err(-EINVAL) : ret_err(-ENOENT);
}

/* Nothing is attached to functions. */
HELPER_BODY(no_func_ip)
{
	return 0;
}

HELPER_BODY(no_path)
{
	return (u32)r3 ? ret_err(-ENOENT) : 0;
}
