/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The virtual files: /sys/kernel/sched_ext as Linux 6.12 shows it, and what bpf(2) demands. */
#include <stdio.h>

#include "kernel/internal.h"

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

/* 2: root may change it; with 0, anybody may load programs. */
static int show_unprivileged_bpf(struct kernel *k, char *buf, u32 size)
{
	return snprintf(buf, size, "%d\n", k->syscall.unprivileged_bpf ? 0 : 2);
}

static const struct virtual_file files[] = {
	{ "/sys/kernel/sched_ext/state", show_state },
	{ "/sys/kernel/sched_ext/switch_all", show_switch_all },
	{ "/sys/kernel/sched_ext/nr_rejected", show_nr_rejected },
	{ "/sys/kernel/sched_ext/hotplug_seq", show_hotplug_seq },
	{ "/sys/kernel/sched_ext/enable_seq", show_enable_seq },
	{ "/sys/kernel/sched_ext/root/ops", show_root_ops },
	{ "/proc/sys/kernel/unprivileged_bpf_disabled", show_unprivileged_bpf },
};

int kernel_read_file(struct kernel *k, const char *path, char *buf, u32 size)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int len;

		if (strcmp(files[i].path, path))
			continue;
		len = files[i].show(k, buf, size);
		return len < (int)size ? len : -E2BIG;
	}
	return -ENOENT;
}
