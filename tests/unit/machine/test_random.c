/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Over random workloads: time is conserved, no task is on two CPUs, and no task
 * waits beside an idle CPU for longer than the balancer takes. The same seed
 * gives the same events, alone and beside another machine.
 */
#include <pthread.h>

#include "random_load.h"

#define SEEDS 60

static struct random_load *load;

static int setup(void **state)
{
	load = calloc(2, sizeof(*load));
	return !load;
}

static int teardown(void **state)
{
	free(load);
	return 0;
}

static void conservation(void **state)
{
	u64 events = 0;

	for (u64 seed = 0; seed < SEEDS; seed++) {
		rl_run(load, seed, 210 * MS, true);
		events += load->events;
	}
	assert_true(events > 50000);
}

/*
 * An idle CPU has no tick: a busy one's tick has it balance, at most once per
 * jiffy and domain interval, and not before a task is cache-cold.
 */
static void no_waste(void **state)
{
	u64 worst = 0;

	for (u64 seed = 1000; seed < 1000 + SEEDS; seed++) {
		rl_run(load, seed, 210 * MS, false);
		worst = max(worst, load->worst_wait);
	}
	print_message("# longest wait beside an idle CPU: %lu us\n", (unsigned long)(worst / US));
	assert_true(worst < 40 * MS);
}

static void same_seed_same_events(void **state)
{
	u64 first;

	for (u64 seed = 0; seed < 8; seed++) {
		rl_run(&load[0], seed, 140 * MS, true);
		rl_run(&load[1], seed, 140 * MS, true);
		assert_int_equal(load[0].hash, load[1].hash);
		assert_int_equal(load[0].events, load[1].events);
		if (!seed)
			first = load[0].hash;
		else
			assert_int_not_equal(load[0].hash, first);
	}
}

static void *in_thread(void *arg)
{
	rl_run(arg, 5, 700 * MS, true);
	return NULL;
}

static void two_machines_in_two_threads(void **state)
{
	pthread_t other;
	u64 alone;

	rl_run(&load[0], 5, 700 * MS, true);
	alone = load[0].hash;
	assert_int_equal(pthread_create(&other, NULL, in_thread, &load[1]), 0);
	rl_run(&load[0], 5, 700 * MS, true);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_int_equal(load[0].hash, alone);
	assert_int_equal(load[1].hash, alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conservation, setup, teardown),
		cmocka_unit_test_setup_teardown(no_waste, setup, teardown),
		cmocka_unit_test_setup_teardown(same_seed_same_events, setup, teardown),
		cmocka_unit_test_setup_teardown(two_machines_in_two_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
