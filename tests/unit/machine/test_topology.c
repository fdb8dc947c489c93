/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lab.h"

#include <hwloc.h>
#include <stdio.h>
#include <unistd.h>

static struct topology *make(const char *spec)
{
	struct topology *t;
	struct err_msg e;

	assert_int_equal(topology_create(spec, &e, &t), 0);
	return t;
}

static void number(void **state)
{
	struct topology *t = make("8");

	assert_int_equal(t->nr_cpus, 8);
	assert_int_equal(t->nr_cores, 8);
	assert_int_equal(t->nr_llcs, 1);
	assert_int_equal(t->nr_nodes, 1);
	assert_false(t->smt);
	assert_int_equal(cpumask_weight(&t->llc_masks[0]), 8);
	topology_destroy(t);
	topology_destroy(NULL);
}

static void synthetic(void **state)
{
	struct topology *t = make("node:2 l3:2 core:3 pu:2");

	assert_int_equal(t->nr_cpus, 24);
	assert_int_equal(t->nr_cores, 12);
	assert_int_equal(t->nr_llcs, 4);
	assert_int_equal(t->nr_nodes, 2);
	assert_true(t->smt);
	for (u32 cpu = 0; cpu < 24; cpu++) {
		assert_int_equal(t->cpus[cpu].core, cpu / 2);
		assert_int_equal(t->cpus[cpu].llc, cpu / 6);
		assert_int_equal(t->cpus[cpu].node, cpu / 12);
		assert_int_equal(t->cpus[cpu].capacity, 1024);
		assert_true(cpumask_test_cpu(cpu, &t->core_masks[cpu / 2]));
	}
	assert_int_equal(cpumask_weight(&t->node_masks[1]), 12);
	topology_destroy(t);
}

/* Without a shared cache the node is what tasks share. */
static void no_cache(void **state)
{
	struct topology *t = make("numa:2 core:4 pu:1");

	assert_int_equal(t->nr_llcs, 2);
	assert_int_equal(t->nr_nodes, 2);
	topology_destroy(t);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"0", "1025", "99999999999999999999", "", "eight", "core:", "core:0", "core:2000",
		"/nonexistent.xml", "node:2 bogus:3", "numa:2 core:4",
	};
	struct topology *t = NULL;
	struct err_msg e;

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		e.text[0] = 0;
		assert_int_equal(topology_create(bad[i], &e, &t), -EINVAL);
		assert_true(e.text[0]);
		assert_null(t);
	}
}

/* Big and little cores in an XML file, as lstopo writes it. */
static void xml(void **state)
{
	char path[] = "/tmp/test-topology-XXXXXX";
	struct hwloc_info_s big = { "FrequencyMaxMHz", "4000" };
	struct hwloc_info_s little = { "FrequencyMaxMHz", "1000" };
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	hwloc_topology_t hw;
	struct topology *t;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(hwloc_topology_init(&hw), 0);
	assert_int_equal(hwloc_topology_set_synthetic(hw, "l3:1 core:4 pu:1"), 0);
	assert_int_equal(hwloc_topology_load(hw), 0);
	hwloc_bitmap_set_range(set, 0, 1);
	assert_int_equal(hwloc_cpukinds_register(hw, set, 1, 1, &big, 0), 0);
	hwloc_bitmap_zero(set);
	hwloc_bitmap_set_range(set, 2, 3);
	assert_int_equal(hwloc_cpukinds_register(hw, set, 0, 1, &little, 0), 0);
	assert_int_equal(hwloc_topology_export_xml(hw, path, 0), 0);
	hwloc_topology_destroy(hw);
	hwloc_bitmap_free(set);
	t = make(path);
	unlink(path);
	assert_int_equal(t->nr_cpus, 4);
	assert_int_equal(t->cpus[0].capacity, 1024);
	assert_int_equal(t->cpus[1].capacity, 1024);
	assert_int_equal(t->cpus[2].capacity, 256);
	assert_int_equal(t->cpus[3].capacity, 256);
	topology_destroy(t);
}

/* Work takes longer on a small CPU; a task too big for it moves away. */
static void capacities(void **state)
{
	struct topology topo, *t = make("2");
	struct machine_config cfg;
	struct lab l = { .topo = t };
	struct task_struct *small, *big;
	cpumask_t one = {};

	t->cpus[0].capacity = 512;
	topo = *t;
	machine_config_init(&cfg);
	cfg.topology = &topo;
	assert_int_equal(machine_create(&cfg, NULL, &l.m), 0);
	cpumask_set_cpu(0, &one);
	small = lab_task(&l, (struct task_params){ .cpus = &one }, SCRIPT(1, RUN(100 * MS)));
	task_get(small);
	assert_int_equal(machine_run(l.m, 1000 * MS), 0);
	assert_in_range(task_runtime(l.m, small), 200 * MS, 202 * MS);
	task_put(l.m, small);
	big = lab_task(&l, (struct task_params){ .cpus = &one }, SCRIPT(0, RUN(1000 * MS)));
	assert_int_equal(machine_run(l.m, 2000 * MS), 0);
	assert_int_equal(task_cpu(big), 0);
	cpumask_set_cpu(1, &one);
	assert_int_equal(task_set_affinity(l.m, big, &one), 0);
	assert_int_equal(machine_run(l.m, 3000 * MS), 0);
	assert_int_equal(task_cpu(big), 1);
	lab_check(&l);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number),
		cmocka_unit_test(synthetic),
		cmocka_unit_test(no_cache),
		cmocka_unit_test(refused),
		cmocka_unit_test(xml),
		cmocka_unit_test(capacities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
