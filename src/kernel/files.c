/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The virtual files: found by path, listed, read and written. The rows of this
 * file are /sys/kernel/sched_ext as Linux 6.12 (root/events: 6.15) shows it, and the
 * kernel's settings; of /proc/PID/sched there is what is about scheduling here.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/files.h"
#include "kernel/internal.h"
#include "machine/sched.h"
#include "machine/topology.h"

void file_print(struct file_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if ((u32)n >= t->size - t->len)
		t->err = -E2BIG;
	else
		t->len += n;
}

static void show_state(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%s\n", scx_state_name(k->scx));
}

static void show_switch_all(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%d\n", scx_switch_all(k->scx));
}

static void show_nr_rejected(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%llu\n", (unsigned long long)scx_nr_rejected(k->scx));
}

static void show_hotplug_seq(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%llu\n", (unsigned long long)scx_hotplug_seq(k->scx));
}

static void show_enable_seq(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%llu\n", (unsigned long long)scx_enable_seq(k->scx));
}

/* The directory root/ exists while a scheduler is attached. */
static void show_root_ops(struct kernel *k, u32 i, struct file_text *t)
{
	const char *name = scx_ops_name(k->scx);

	if (name[0])
		file_print(t, "%s\n", name);
	else
		t->err = -ENOENT;
}

static void show_root_events(struct kernel *k, u32 i, struct file_text *t)
{
	int len;

	if (k->profile == KERNEL_6_12 || !scx_ops_name(k->scx)[0]) {
		t->err = -ENOENT;
		return;
	}
	len = scx_show_events(k->scx, t->buf, t->size);
	if (len < 0 || (u32)len >= t->size)
		t->err = len < 0 ? len : -E2BIG;
	else
		t->len = len;
}

/* 2: root may change it; with 0, anybody may load programs. */
static void show_unprivileged(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%d\n", k->syscall.unprivileged_bpf ? 0 : 2);
}

static const struct file_row rows[] = {
	RO("/sys/kernel/sched_ext/state", ONE, show_state),
	RO("/sys/kernel/sched_ext/switch_all", ONE, show_switch_all),
	RO("/sys/kernel/sched_ext/nr_rejected", ONE, show_nr_rejected),
	RO("/sys/kernel/sched_ext/hotplug_seq", ONE, show_hotplug_seq),
	RO("/sys/kernel/sched_ext/enable_seq", ONE, show_enable_seq),
	RO("/sys/kernel/sched_ext/root/ops", ONE, show_root_ops),
	RO("/sys/kernel/sched_ext/root/events", ONE, show_root_events),
	RO("/proc/sys/kernel/unprivileged_bpf_disabled", ONE, show_unprivileged),
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

/* ---- finding ---- */

static u32 row_count(const struct kernel *k, const struct file_row *row)
{
	switch (row->count) {
	case PER_CPU:
		return machine_nr_cpus(k->m);
	case PER_NODE:
		return machine_topology(k->m)->nr_nodes;
	default:
		return 1;
	}
}

/* Is @path the row's, and of which CPU or node? */
static bool row_is(const struct kernel *k, const struct file_row *row, const char *path, u32 *i)
{
	const char *hole = strchr(row->path, '%');
	size_t head = hole ? (size_t)(hole - row->path) : strlen(row->path);

	*i = 0;
	if (strncmp(row->path, path, head))
		return false;
	path += head;
	if (!hole)
		return !*path;
	if (*path < '0' || *path > '9' || (*path == '0' && path[1] >= '0' && path[1] <= '9'))
		return false;
	for (; *path >= '0' && *path <= '9' && *i < row_count(k, row); path++)
		*i = 10 * *i + *path - '0';
	return *i < row_count(k, row) && !strcmp(path, hole + strlen("%u"));
}

static const struct file_row *table(u32 which, u32 *nr)
{
	if (which)
		return kernel_sysfs_rows(nr);
	*nr = ARRAY_SIZE(rows);
	return rows;
}

static const struct file_row *find(const struct kernel *k, const char *path, u32 *i)
{
	for (u32 which = 0; which < 2; which++) {
		u32 nr;
		const struct file_row *t = table(which, &nr);

		for (u32 r = 0; r < nr; r++)
			if (row_is(k, &t[r], path, i))
				return &t[r];
	}
	return NULL;
}

int kernel_read_file(struct kernel *k, const char *path, char *buf, u32 size)
{
	struct file_text t = { .buf = buf, .size = size };
	const struct file_row *row;
	u32 i;

	row = find(k, path, &i);
	if (!row) {
		int len = show_proc(k, path, buf, size);

		return len < (int)size ? len : -E2BIG;
	}
	row->show(k, i, &t);
	return t.err ? t.err : (int)t.len;
}

const char *kernel_file_path(const struct kernel *k, u32 i)
{
	return i < ARRAY_SIZE(rows) && !strncmp(rows[i].path, "/sys/", strlen("/sys/")) ?
		       rows[i].path : NULL;
}

u32 kernel_nr_cpus(const struct kernel *k)
{
	return machine_nr_cpus(k->m);
}

int kernel_write_file(struct kernel *k, const char *path, const char *text)
{
	const struct file_row *row;
	u32 i;

	row = find(k, path, &i);
	if (!row)
		return -ENOENT;
	return row->store ? row->store(k, i, text) : -EACCES;
}

int kernel_for_each_file(struct kernel *k, int (*cb)(void *priv, const char *path, bool writable),
			 void *priv)
{
	char path[128];
	int err = 0;

	for (u32 which = 0; which < 2; which++) {
		u32 nr;
		const struct file_row *t = table(which, &nr);

		for (u32 r = 0; r < nr; r++) {
			const char *hole = strchr(t[r].path, '%');
			int head = hole ? (int)(hole - t[r].path) : (int)strlen(t[r].path);

			for (u32 i = 0; !err && i < row_count(k, &t[r]); i++) {
				if (hole)
					snprintf(path, sizeof(path), "%.*s%u%s", head, t[r].path, i,
						 hole + strlen("%u"));
				else
					snprintf(path, sizeof(path), "%s", t[r].path);
				err = cb(priv, path, t[r].store);
			}
		}
	}
	return err;
}
