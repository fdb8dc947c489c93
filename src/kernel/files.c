/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The virtual files: /sys/kernel/sched_ext, and of /proc/PID/sched what is about
 * scheduling here, as Linux 6.12 (root/events: 6.15) shows them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernel/internal.h"
#include "machine/sched.h"

struct virtual_file {
	const char *path;
	int (*show)(struct kernel *k, char *buf, u32 size);
};

static int show_state(struct kernel *k, char *buf, u32 size)
{
	return snprintf(buf, size, "%s\n", scx_state_name(k->scx));
}

static int show_switch_all(struct kernel *k, char *buf, u32 size)
{
	return snprintf(buf, size, "%d\n", scx_switch_all(k->scx));
}

static int show_nr_rejected(struct kernel *k, char *buf, u32 size)
{
	return snprintf(buf, size, "%llu\n", (unsigned long long)scx_nr_rejected(k->scx));
}

static int show_hotplug_seq(struct kernel *k, char *buf, u32 size)
{
	return snprintf(buf, size, "%llu\n", (unsigned long long)scx_hotplug_seq(k->scx));
}

static int show_enable_seq(struct kernel *k, char *buf, u32 size)
{
	return snprintf(buf, size, "%llu\n", (unsigned long long)scx_enable_seq(k->scx));
}

/* The directory root/ exists while a scheduler is attached. */
static int show_root_ops(struct kernel *k, char *buf, u32 size)
{
	const char *name = scx_ops_name(k->scx);

	return name[0] ? snprintf(buf, size, "%s\n", name) : -ENOENT;
}

static int show_root_events(struct kernel *k, char *buf, u32 size)
{
	if (k->profile == KERNEL_6_12 || !scx_ops_name(k->scx)[0])
		return -ENOENT;
	return scx_show_events(k->scx, buf, size);
}

static const struct virtual_file files[] = {
	{ "/sys/kernel/sched_ext/state", show_state },
	{ "/sys/kernel/sched_ext/switch_all", show_switch_all },
	{ "/sys/kernel/sched_ext/nr_rejected", show_nr_rejected },
	{ "/sys/kernel/sched_ext/hotplug_seq", show_hotplug_seq },
	{ "/sys/kernel/sched_ext/enable_seq", show_enable_seq },
	{ "/sys/kernel/sched_ext/root/ops", show_root_ops },
	{ "/sys/kernel/sched_ext/root/events", show_root_events },
};

/* ---- /proc/PID/sched ---- */

#define ROW "%-45s:%21lld\n"
#define ROW_NS "%-45s:%14lld.%06lld\n"
#define NS(x) (long long)(x) / 1000000, llabs((long long)(x) % 1000000)

static int show_task(struct kernel *k, const struct task_struct *p, char *buf, u32 size)
{
	char head[64];
	u32 len = snprintf(head, sizeof(head), "%s (%d, #threads: 1)", p->comm, p->pid);

	return snprintf(buf, size,
			"%s\n%.*s\n" ROW_NS ROW_NS ROW_NS ROW ROW ROW ROW ROW ROW ROW ROW, head,
			(int)min(len + 9, 69U),
			"---------------------------------------------------------------------",
			"se.exec_start", NS(p->se.exec_start), "se.vruntime", NS(p->se.vruntime),
			"se.sum_exec_runtime", NS(task_runtime(k->m, p)),
			"se.nr_migrations", (long long)p->se.nr_migrations,
			"nr_switches", (long long)(p->nvcsw + p->nivcsw),
			"nr_voluntary_switches", (long long)p->nvcsw,
			"nr_involuntary_switches", (long long)p->nivcsw,
			"se.load.weight", (long long)p->se.load.weight,
			"policy", (long long)p->policy, "prio", (long long)p->prio,
			"ext.enabled", (long long)(p->sched_class->rank == CLASS_EXT));
}

static int show_proc(struct kernel *k, const char *path, char *buf, u32 size)
{
	const struct task_struct *p;
	char *end;
	long pid;

	if (strncmp(path, "/proc/", strlen("/proc/")))
		return -ENOENT;
	path += strlen("/proc/");
	pid = strtol(path, &end, 10);
	if (end == path || pid <= 0 || pid > INT32_MAX || strcmp(end, "/sched"))
		return -ENOENT;
	p = task_find(k->m, pid);
	return p && p->__state != TASK_DEAD ? show_task(k, p, buf, size) : -ENOENT;
}

/* ---- the outside ---- */

int kernel_read_file(struct kernel *k, const char *path, char *buf, u32 size)
{
	int len = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!strcmp(files[i].path, path))
			len = files[i].show(k, buf, size);
	if (len == -ENOENT)
		len = show_proc(k, path, buf, size);
	return len < (int)size ? len : -E2BIG;
}

const char *kernel_file_path(const struct kernel *k, u32 i)
{
	return i < ARRAY_SIZE(files) ? files[i].path : NULL;
}

u32 kernel_nr_cpus(const struct kernel *k)
{
	return machine_nr_cpus(k->m);
}
