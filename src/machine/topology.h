/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * CPUs, SMT siblings, last-level caches, NUMA nodes, capacities: built from an
 * hwloc synthetic string ("numa:2 l3:1 core:4 pu:2"), an hwloc XML file, or a
 * number of CPUs (one node, one LLC, no SMT).
 */
#ifndef MACHINE_TOPOLOGY_H
#define MACHINE_TOPOLOGY_H

#include "ktypes/cpumask.h"

struct topology_cpu {
	u32 core, llc, node; /* dense ids */
	u32 capacity;	     /* 1024 = the biggest */
};

struct topology {
	u32 nr_cpus, nr_cores, nr_llcs, nr_nodes;
	bool smt; /* some core has more than one CPU */
	struct topology_cpu *cpus;
	cpumask_t *core_masks, *llc_masks, *node_masks; /* by id */
};

/* @spec: "8", a synthetic string, or the path of an XML file. -EINVAL with *e, -ENOMEM. */
int topology_create(const char *spec, struct err_msg *e, struct topology **out);
void topology_destroy(struct topology *t);

#endif
