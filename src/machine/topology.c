/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From hwloc's tree to flat tables. CPUs are numbered in hwloc's logical order
 * of PUs, so that neighbours share what is nearest to them, whatever numbers an
 * operating system gave them. Capacities come from hwloc's CPU kinds: a kind's
 * highest known frequency, relative to the highest of all.
 */
#include <hwloc.h>
#include <stdlib.h>

#include "machine/topology.h"

static struct topology *alloc_tables(u32 n)
{
	struct topology *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nr_cpus = n;
	t->cpus = calloc(n, sizeof(*t->cpus));
	t->core_masks = calloc(n, sizeof(cpumask_t));
	t->llc_masks = calloc(n, sizeof(cpumask_t));
	t->node_masks = calloc(n, sizeof(cpumask_t));
	if (!t->cpus || !t->core_masks || !t->llc_masks || !t->node_masks) {
		topology_destroy(t);
		return NULL;
	}
	return t;
}

void topology_destroy(struct topology *t)
{
	if (!t)
		return;
	free(t->cpus);
	free(t->core_masks);
	free(t->llc_masks);
	free(t->node_masks);
	free(t);
}

static void fill_masks(struct topology *t)
{
	for (u32 cpu = 0; cpu < t->nr_cpus; cpu++) {
		struct topology_cpu *c = &t->cpus[cpu];

		cpumask_set_cpu(cpu, &t->core_masks[c->core]);
		cpumask_set_cpu(cpu, &t->llc_masks[c->llc]);
		cpumask_set_cpu(cpu, &t->node_masks[c->node]);
		t->nr_cores = max(t->nr_cores, c->core + 1);
		t->nr_llcs = max(t->nr_llcs, c->llc + 1);
		t->nr_nodes = max(t->nr_nodes, c->node + 1);
	}
	t->smt = t->nr_cores < t->nr_cpus;
}

static int from_number(const char *spec, struct err_msg *e, struct topology **out)
{
	char *end;
	unsigned long n = strtoul(spec, &end, 10);
	struct topology *t;

	if (n < 1 || n > NR_CPUS)
		return err_set(e, -EINVAL, "%s CPUs: a machine has 1 to %d", spec, NR_CPUS);
	t = alloc_tables(n);
	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	for (u32 cpu = 0; cpu < n; cpu++)
		t->cpus[cpu] = (struct topology_cpu){ .core = cpu, .capacity = 1024 };
	fill_masks(t);
	*out = t;
	return 0;
}

/* The outermost of the deepest level of caches that isn't one core's: the LLC. */
static hwloc_obj_t llc_of(hwloc_obj_t pu)
{
	hwloc_obj_t llc = NULL;

	for (hwloc_obj_t o = pu->parent; o; o = o->parent)
		if (hwloc_obj_type_is_dcache(o->type))
			llc = o;
	return llc;
}

static hwloc_obj_t first_pu(hwloc_topology_t hw, hwloc_obj_t o)
{
	return hwloc_get_obj_inside_cpuset_by_type(hw, o->cpuset, HWLOC_OBJ_PU, 0);
}

/* Ids are dense and in order, since PUs of one container follow each other. */
struct id_run {
	u32 next, last_key;
};

static u32 dense_id(struct id_run *r, u32 key)
{
	if (!r->next || key != r->last_key)
		r->next++;
	r->last_key = key;
	return r->next - 1;
}

static u32 key_of(hwloc_topology_t hw, hwloc_obj_t container, hwloc_obj_t pu)
{
	hwloc_obj_t first = container ? first_pu(hw, container) : NULL;

	return first ? first->logical_index : pu->logical_index;
}

static hwloc_obj_t node_of(hwloc_topology_t hw, hwloc_obj_t pu)
{
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_NUMANODE, node)))
		if (hwloc_bitmap_isset(node->cpuset, pu->os_index))
			return node;
	return NULL;
}

static void fill_cpus(hwloc_topology_t hw, struct topology *t)
{
	struct id_run cores = {}, llcs = {}, nodes = {};

	for (u32 cpu = 0; cpu < t->nr_cpus; cpu++) {
		hwloc_obj_t pu = hwloc_get_obj_by_type(hw, HWLOC_OBJ_PU, cpu);
		hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(hw, HWLOC_OBJ_CORE, pu);
		hwloc_obj_t node = node_of(hw, pu), llc = llc_of(pu);

		if (!llc)
			llc = node;
		t->cpus[cpu] = (struct topology_cpu){
			.core = dense_id(&cores, key_of(hw, core, pu)),
			.llc = dense_id(&llcs, llc ? key_of(hw, llc, pu) : 0),
			.node = dense_id(&nodes, node ? key_of(hw, node, pu) : 0),
			.capacity = 1024,
		};
	}
}

static u32 kind_frequency(struct hwloc_info_s *infos, u32 nr)
{
	u32 mhz = 0;

	for (u32 i = 0; i < nr; i++)
		if (!strcmp(infos[i].name, "FrequencyMaxMHz") ||
		    (!mhz && !strcmp(infos[i].name, "FrequencyBaseMHz")))
			mhz = strtoul(infos[i].value, NULL, 10);
	return mhz;
}

static int fill_capacities(hwloc_topology_t hw, struct topology *t)
{
	int nr = hwloc_cpukinds_get_nr(hw, 0);
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	u32 top = 0;

	if (!set)
		return -ENOMEM;
	for (int pass = 0; pass < 2; pass++) {
		for (int k = 0; k < nr; k++) {
			struct hwloc_info_s *infos;
			unsigned int nr_infos;
			u32 mhz;

			if (hwloc_cpukinds_get_info(hw, k, set, NULL, &nr_infos, &infos, 0))
				continue;
			mhz = kind_frequency(infos, nr_infos);
			top = max(top, mhz);
			for (u32 cpu = 0; pass && mhz && cpu < t->nr_cpus; cpu++) {
				hwloc_obj_t pu = hwloc_get_obj_by_type(hw, HWLOC_OBJ_PU, cpu);

				if (hwloc_bitmap_isset(set, pu->os_index))
					t->cpus[cpu].capacity = max(mhz * 1024 / top, 1U);
			}
		}
	}
	hwloc_bitmap_free(set);
	return 0;
}

/* How many CPUs a synthetic string asks for, at most: hwloc takes minutes to build very many. */
static u64 nr_asked_for(const char *spec)
{
	u64 n = 1;

	for (const char *p = spec; *p; p++) {
		if (*p == '(' || *p == '[')
			p += strcspn(p, ")]") - 1;
		else if (*p == ':')
			n *= min(strtoul(p + 1, NULL, 10), NR_CPUS + 1UL);
		if (n > NR_CPUS)
			break;
	}
	return n;
}

static int load(hwloc_topology_t hw, const char *spec, struct err_msg *e)
{
	if (strchr(spec, ':') && nr_asked_for(spec) > NR_CPUS)
		return err_set(e, -EINVAL, "topology \"%s\": a machine has 1 to %d CPUs", spec,
			       NR_CPUS);
	if (!strchr(spec, ':')) {
		if (hwloc_topology_set_xml(hw, spec))
			return err_set(e, -EINVAL,
				       "topology \"%s\" is no number of CPUs, no hwloc synthetic "
				       "string (\"node:2 l3:1 core:4 pu:2\"), and no XML file of "
				       "lstopo",
				       spec);
	} else if (hwloc_topology_set_synthetic(hw, spec)) {
		return err_set(e, -EINVAL,
			       "hwloc does not understand the topology \"%s\": it should read "
			       "like \"node:2 l3:1 core:4 pu:2\", and end with pu",
			       spec);
	}
	if (hwloc_topology_load(hw))
		return err_set(e, -EINVAL, "hwloc cannot load the topology \"%s\"", spec);
	return 0;
}

static int from_hwloc(const char *spec, struct err_msg *e, struct topology **out)
{
	hwloc_topology_t hw;
	struct topology *t;
	int err, n;

	if (hwloc_topology_init(&hw))
		return err_set(e, -ENOMEM, "out of memory");
	err = load(hw, spec, e);
	if (err)
		goto out_hw;
	n = hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_PU);
	if (n < 1 || n > NR_CPUS) {
		err = err_set(e, -EINVAL, "%d CPUs: a machine has 1 to %d", n, NR_CPUS);
		goto out_hw;
	}
	t = alloc_tables(n);
	err = t ? 0 : -ENOMEM;
	if (!err) {
		fill_cpus(hw, t);
		err = fill_capacities(hw, t);
	}
	if (err) {
		topology_destroy(t);
		err_set(e, err, "out of memory");
		goto out_hw;
	}
	fill_masks(t);
	*out = t;
out_hw:
	hwloc_topology_destroy(hw);
	return err;
}

int topology_create(const char *spec, struct err_msg *e, struct topology **out)
{
	bool number = *spec && !spec[strspn(spec, "0123456789")];

	return number ? from_number(spec, e, out) : from_hwloc(spec, e, out);
}
