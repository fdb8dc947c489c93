/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A machine with scripted tasks for the tests of the machine. */
#ifndef TEST_MACHINE_LAB_H
#define TEST_MACHINE_LAB_H

/* cmocka wants these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "machine/machine.h"
#include "machine/sched.h"
#include "machine/topology.h"

#define MS 1000000ULL
#define US 1000ULL

/* A loop over fixed steps: STEP_SLEEP's ns are relative here. Owned by the machine. */
struct lab_script {
	struct task_script s;
	struct step steps[4];
	u32 nr, i, loops; /* loops 0: for ever; after the last one the task exits */
	struct task_struct *wakes; /* woken before each round */
};

static struct step lab_next(struct task_script *ts, struct machine *m, struct task_struct *p)
{
	struct lab_script *s = container_of(ts, struct lab_script, s);
	struct step st;

	if (s->i == s->nr) {
		s->i = 0;
		if (s->loops && !--s->loops)
			return (struct step){ .kind = STEP_EXIT };
	}
	if (!s->i && s->wakes)
		task_wake(m, s->wakes);
	st = s->steps[s->i++];
	if (st.kind == STEP_SLEEP)
		st.ns += machine_now(m);
	return st;
}

static void lab_release(struct task_script *ts)
{
	free(container_of(ts, struct lab_script, s));
}

static inline struct lab_script *lab_script(u32 loops, u32 nr, const struct step *steps)
{
	struct lab_script *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->s.next = lab_next;
	s->s.release = lab_release;
	s->loops = loops;
	s->nr = nr;
	memcpy(s->steps, steps, nr * sizeof(*steps));
	return s;
}

#define SCRIPT(loops, ...)                                                                         \
	lab_script(loops, sizeof((struct step[]){ __VA_ARGS__ }) / sizeof(struct step),            \
		   (struct step[]){ __VA_ARGS__ })
#define RUN(ns) { STEP_RUN, ns }
#define RUNTIME(ns) { STEP_RUNTIME, ns }
#define SLEEP(ns) { STEP_SLEEP, ns }
#define BLOCK { STEP_BLOCK, 0 }
#define YIELD { STEP_YIELD, 0 }

struct lab {
	struct topology *topo;
	struct machine *m;
};

/* @cfg, but for its topology, which is @spec's. */
static inline void lab_init_cfg(struct lab *l, const char *spec, struct machine_config cfg)
{
	struct err_msg e;

	assert_int_equal(topology_create(spec, &e, &l->topo), 0);
	cfg.topology = l->topo;
	assert_int_equal(machine_create(&cfg, &e, &l->m), 0);
}

static inline struct machine_config lab_config(void)
{
	struct machine_config cfg = {};

	machine_config_init(&cfg);
	return cfg;
}

static inline void lab_init_hz(struct lab *l, const char *spec, u64 seed, u32 hz)
{
	struct machine_config cfg = lab_config();

	cfg.seed = seed;
	cfg.hz = hz;
	lab_init_cfg(l, spec, cfg);
}

static inline void lab_init(struct lab *l, const char *spec, u64 seed)
{
	lab_init_hz(l, spec, seed, 1000);
}

static inline void lab_fini(struct lab *l)
{
	machine_destroy(l->m);
	topology_destroy(l->topo);
}

static inline struct task_struct *lab_task(struct lab *l, struct task_params params,
					   struct lab_script *s)
{
	struct task_struct *p = NULL;
	struct err_msg e;

	params.script = &s->s;
	if (!params.comm)
		params.comm = "task";
	assert_int_equal(task_create(l->m, &params, &e, &p), 0);
	return p;
}

static inline void lab_sum_runtime(void *priv, struct task_struct *p)
{
	void **a = priv;

	*(u64 *)a[1] += task_runtime(a[0], p);
}

/* What must hold whenever the machine stands still: nothing lost, nothing doubled. */
static inline void lab_check(struct lab *l)
{
	u64 runtime = 0, idle = 0;
	void *priv[2] = { l->m, &runtime };

	assert_int_equal(machine_check(l->m), 0);
	for (u32 cpu = 0; cpu < machine_nr_cpus(l->m); cpu++) {
		struct cpu_times t = machine_cpu_times(l->m, cpu);

		assert_int_equal(t.busy_ns + t.idle_ns, machine_now(l->m));
		idle += t.idle_ns;
	}
	machine_for_each_task(l->m, lab_sum_runtime, priv);
	assert_int_equal(runtime + idle, machine_now(l->m) * machine_nr_cpus(l->m));
}

#endif
