/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files that tell of the machine: /sys/devices/system/cpu and node, /proc/stat.
 * One row is one file, or one per CPU or node; what can be listed, read and
 * written expands from the rows.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/files.h"
#include "kernel/internal.h"
#include "machine/sched.h"
#include "machine/topology.h"

#define CPU_DIR "/sys/devices/system/cpu/"
#define NODE_DIR "/sys/devices/system/node/"
#define USER_HZ 100

static const struct topology *topo(const struct kernel *k)
{
	return machine_topology(k->m);
}

/* ---- how Linux writes sets of CPUs ---- */

static void show_list(struct file_text *t, const cpumask_t *mask)
{
	const char *sep = "";
	u32 first, last;

	for_each_cpu(first, mask) {
		last = first;
		while (last + 1 < NR_CPUS && cpumask_test_cpu(last + 1, mask))
			last++;
		if (last == first)
			file_print(t, "%s%u", sep, first);
		else
			file_print(t, "%s%u-%u", sep, first, last);
		sep = ",";
		first = last;
	}
	file_print(t, "\n");
}

/* Words of 32 bits, the highest first, as many as the machine has CPUs for. */
static void show_map(struct file_text *t, const struct kernel *k, const cpumask_t *mask)
{
	u32 words = DIV_ROUND_UP(machine_nr_cpus(k->m), 32u);

	for (u32 w = words; w--;) {
		u32 bits = (u32)(mask->bits[w / 2] >> (w % 2 * 32));

		file_print(t, w ? "%08x," : "%08x\n", bits);
	}
}

static const cpumask_t *siblings(const struct kernel *k, u32 cpu)
{
	return &topo(k)->core_masks[topo(k)->cpus[cpu].core];
}

static const cpumask_t *cache(const struct kernel *k, u32 cpu)
{
	return &topo(k)->llc_masks[topo(k)->cpus[cpu].llc];
}

static const cpumask_t *node(const struct kernel *k, u32 cpu)
{
	return &topo(k)->node_masks[topo(k)->cpus[cpu].node];
}

/* ---- contents; @i is the CPU or node ---- */

static void possible(struct kernel *k, u32 i, struct file_text *t)
{
	show_list(t, sched_cpu_possible(k->m));
}

static void online(struct kernel *k, u32 i, struct file_text *t)
{
	show_list(t, sched_cpu_online(k->m));
}

static void offline(struct kernel *k, u32 i, struct file_text *t)
{
	cpumask_t off = *sched_cpu_possible(k->m);

	for (u32 w = 0; w < CPUMASK_LONGS; w++)
		off.bits[w] &= ~sched_cpu_online(k->m)->bits[w];
	show_list(t, &off);
}

static void kernel_max(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%u\n", NR_CPUS - 1);
}

static void empty_line(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "\n");
}

static void smt_active(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%d\n", topo(k)->smt);
}

static void smt_control(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%s\n", topo(k)->smt ? "on" : "notsupported");
}

static void cpu_online(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%d\n", cpumask_test_cpu(i, sched_cpu_online(k->m)));
}

static int set_cpu_online(struct kernel *k, u32 i, const char *text)
{
	char *end;
	long v = strtol(text, &end, 0);

	if (end == text || (*end && *end != '\n') || (v != 0 && v != 1))
		return -EINVAL;
	return v ? machine_cpu_online(k->m, i) : machine_cpu_offline(k->m, i);
}

static void core_id(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%u\n", topo(k)->cpus[i].core);
}

static void package_id(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%u\n", topo(k)->cpus[i].node);
}

static void llc_id(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%u\n", topo(k)->cpus[i].llc);
}

static void die_id(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "0\n");
}

static void core_map(struct kernel *k, u32 i, struct file_text *t)
{
	show_map(t, k, siblings(k, i));
}

static void core_list(struct kernel *k, u32 i, struct file_text *t)
{
	show_list(t, siblings(k, i));
}

static void package_map(struct kernel *k, u32 i, struct file_text *t)
{
	show_map(t, k, node(k, i));
}

static void package_list(struct kernel *k, u32 i, struct file_text *t)
{
	show_list(t, node(k, i));
}

static void cache_map(struct kernel *k, u32 i, struct file_text *t)
{
	show_map(t, k, cache(k, i));
}

static void cache_list(struct kernel *k, u32 i, struct file_text *t)
{
	show_list(t, cache(k, i));
}

static void cache_level(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "3\n");
}

static void cache_type(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "Unified\n");
}

static void cpu_capacity(struct kernel *k, u32 i, struct file_text *t)
{
	file_print(t, "%u\n", topo(k)->cpus[i].capacity);
}

static void nodes(struct kernel *k, u32 i, struct file_text *t)
{
	u32 nr = topo(k)->nr_nodes;

	file_print(t, nr > 1 ? "0-%u\n" : "%u\n", nr - 1);
}

static void node_map(struct kernel *k, u32 i, struct file_text *t)
{
	show_map(t, k, &topo(k)->node_masks[i]);
}

static void node_list(struct kernel *k, u32 i, struct file_text *t)
{
	show_list(t, &topo(k)->node_masks[i]);
}

static void node_distance(struct kernel *k, u32 i, struct file_text *t)
{
	for (u32 n = 0; n < topo(k)->nr_nodes; n++)
		file_print(t, "%s%u", n ? " " : "", n == i ? 10 : 20);
	file_print(t, "\n");
}

static void stat_line(struct file_text *t, const char *name, struct cpu_times ct)
{
	u64 unit = 1000000000 / USER_HZ;

	file_print(t, "%s %llu 0 0 %llu 0 0 0 0 0 0\n", name,
		   (unsigned long long)(ct.busy_ns / unit), (unsigned long long)(ct.idle_ns / unit));
}

/* Time on CPUs is all user time: the machine does not tell whose it is. */
static void proc_stat(struct kernel *k, u32 i, struct file_text *t)
{
	struct cpu_times all = {}, one;
	char name[16];

	for (u32 cpu = 0; cpu < machine_nr_cpus(k->m); cpu++) {
		one = machine_cpu_times(k->m, cpu);
		all.busy_ns += one.busy_ns;
		all.idle_ns += one.idle_ns;
	}
	stat_line(t, "cpu ", all);
	for (u32 cpu = 0; cpu < machine_nr_cpus(k->m); cpu++) {
		snprintf(name, sizeof(name), "cpu%u", cpu);
		stat_line(t, name, machine_cpu_times(k->m, cpu));
	}
	file_print(t, "btime 0\n");
}

static const struct file_row rows[] = {
	RO(CPU_DIR "possible", ONE, possible),
	RO(CPU_DIR "present", ONE, possible),
	RO(CPU_DIR "online", ONE, online),
	RO(CPU_DIR "offline", ONE, offline),
	RO(CPU_DIR "isolated", ONE, empty_line),
	RO(CPU_DIR "kernel_max", ONE, kernel_max),
	RO(CPU_DIR "smt/active", ONE, smt_active),
	RO(CPU_DIR "smt/control", ONE, smt_control),
	RW(CPU_DIR "cpu%u/online", PER_CPU, cpu_online, set_cpu_online),
	RO(CPU_DIR "cpu%u/cpu_capacity", PER_CPU, cpu_capacity),
	RO(CPU_DIR "cpu%u/topology/core_id", PER_CPU, core_id),
	RO(CPU_DIR "cpu%u/topology/die_id", PER_CPU, die_id),
	RO(CPU_DIR "cpu%u/topology/cluster_id", PER_CPU, llc_id),
	RO(CPU_DIR "cpu%u/topology/physical_package_id", PER_CPU, package_id),
	RO(CPU_DIR "cpu%u/topology/thread_siblings", PER_CPU, core_map),
	RO(CPU_DIR "cpu%u/topology/thread_siblings_list", PER_CPU, core_list),
	RO(CPU_DIR "cpu%u/topology/core_cpus", PER_CPU, core_map),
	RO(CPU_DIR "cpu%u/topology/core_cpus_list", PER_CPU, core_list),
	RO(CPU_DIR "cpu%u/topology/core_siblings", PER_CPU, package_map),
	RO(CPU_DIR "cpu%u/topology/core_siblings_list", PER_CPU, package_list),
	RO(CPU_DIR "cpu%u/topology/package_cpus", PER_CPU, package_map),
	RO(CPU_DIR "cpu%u/topology/package_cpus_list", PER_CPU, package_list),
	RO(CPU_DIR "cpu%u/cache/index3/id", PER_CPU, llc_id),
	RO(CPU_DIR "cpu%u/cache/index3/level", PER_CPU, cache_level),
	RO(CPU_DIR "cpu%u/cache/index3/type", PER_CPU, cache_type),
	RO(CPU_DIR "cpu%u/cache/index3/shared_cpu_map", PER_CPU, cache_map),
	RO(CPU_DIR "cpu%u/cache/index3/shared_cpu_list", PER_CPU, cache_list),
	RO(NODE_DIR "possible", ONE, nodes),
	RO(NODE_DIR "online", ONE, nodes),
	RO(NODE_DIR "has_cpu", ONE, nodes),
	RO(NODE_DIR "node%u/cpumap", PER_NODE, node_map),
	RO(NODE_DIR "node%u/cpulist", PER_NODE, node_list),
	RO(NODE_DIR "node%u/distance", PER_NODE, node_distance),
	RO("/proc/stat", ONE, proc_stat),
};

const struct file_row *kernel_sysfs_rows(u32 *nr)
{
	*nr = ARRAY_SIZE(rows);
	return rows;
}
