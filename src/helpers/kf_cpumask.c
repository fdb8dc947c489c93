/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The bpf_cpumask family. Linux's masks hold nr_cpu_ids bits and "none" is
 * nr_cpu_ids or more; here that number is the machine's, while the memory has
 * room for NR_CPUS.
 */
#include <stdlib.h>

#include "helpers/helpers.h"
#include "helpers/kfuncs.h"

static u32 nr_cpu_ids(const struct run_ctx *rc)
{
	return rc->env->ops->nr_cpus(rc->env);
}

static u32 or_none(u32 cpu, const struct run_ctx *rc)
{
	return min(cpu, nr_cpu_ids(rc));
}

struct bpf_cpumask *kf_cpumask_create(struct run_ctx *rc)
{
	struct bpf_cpumask *m = calloc(1, sizeof(*m));

	if (m)
		m->usage = 1;
	return m;
}

static void cpumask_put(struct bpf_cpumask *m, struct run_env *env)
{
	if (!--m->usage)
		free_later(env, m);
}

void kf_cpumask_release(struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	cpumask_put(cpumask, rc->env);
}

struct bpf_cpumask *kf_cpumask_acquire(struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	cpumask->usage++;
	return cpumask;
}

u32 kf_cpumask_first(const struct cpumask *cpumask, struct run_ctx *rc)
{
	return or_none(cpumask_first(cpumask), rc);
}

u32 kf_cpumask_first_zero(const struct cpumask *cpumask, struct run_ctx *rc)
{
	u32 cpu = 0, nr = nr_cpu_ids(rc);

	while (cpu < nr && cpumask_test_cpu(cpu, cpumask))
		cpu++;
	return cpu;
}

u32 kf_cpumask_first_and(const struct cpumask *src1, const struct cpumask *src2,
			 struct run_ctx *rc)
{
	return or_none(cpumask_first_and(src1, src2), rc);
}

void kf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	if (cpu < nr_cpu_ids(rc))
		cpumask_set_cpu(cpu, &cpumask->cpumask);
}

void kf_cpumask_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	if (cpu < nr_cpu_ids(rc))
		cpumask_clear_cpu(cpu, &cpumask->cpumask);
}

bool kf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask, struct run_ctx *rc)
{
	return cpu < nr_cpu_ids(rc) && cpumask_test_cpu(cpu, cpumask);
}

bool kf_cpumask_test_and_set_cpu(u32 cpu, struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	bool was = kf_cpumask_test_cpu(cpu, &cpumask->cpumask, rc);

	kf_cpumask_set_cpu(cpu, cpumask, rc);
	return was;
}

bool kf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	bool was = kf_cpumask_test_cpu(cpu, &cpumask->cpumask, rc);

	kf_cpumask_clear_cpu(cpu, cpumask, rc);
	return was;
}

void kf_cpumask_setall(struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	cpumask_setall(&cpumask->cpumask, nr_cpu_ids(rc));
}

void kf_cpumask_clear(struct bpf_cpumask *cpumask, struct run_ctx *rc)
{
	cpumask_clear(&cpumask->cpumask);
}

bool kf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *src1,
		    const struct cpumask *src2, struct run_ctx *rc)
{
	return cpumask_and(&dst->cpumask, src1, src2);
}

void kf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *src1,
		   const struct cpumask *src2, struct run_ctx *rc)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		dst->cpumask.bits[i] = src1->bits[i] | src2->bits[i];
}

void kf_cpumask_xor(struct bpf_cpumask *dst, const struct cpumask *src1,
		    const struct cpumask *src2, struct run_ctx *rc)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		dst->cpumask.bits[i] = src1->bits[i] ^ src2->bits[i];
}

bool kf_cpumask_equal(const struct cpumask *src1, const struct cpumask *src2, struct run_ctx *rc)
{
	return cpumask_equal(src1, src2);
}

bool kf_cpumask_intersects(const struct cpumask *src1, const struct cpumask *src2,
			   struct run_ctx *rc)
{
	return cpumask_intersects(src1, src2);
}

bool kf_cpumask_subset(const struct cpumask *src1, const struct cpumask *src2, struct run_ctx *rc)
{
	return cpumask_subset(src1, src2);
}

bool kf_cpumask_empty(const struct cpumask *cpumask, struct run_ctx *rc)
{
	return cpumask_empty(cpumask);
}

bool kf_cpumask_full(const struct cpumask *cpumask, struct run_ctx *rc)
{
	return kf_cpumask_first_zero(cpumask, rc) == nr_cpu_ids(rc);
}

void kf_cpumask_copy(struct bpf_cpumask *dst, const struct cpumask *src, struct run_ctx *rc)
{
	cpumask_copy(&dst->cpumask, src);
}

/*
 * "Any, spread out": Linux goes round from where the CPU's last such call
 * ended; we start anywhere, by the environment's random numbers.
 */
static u32 any_from_random(const struct cpumask *m, struct run_ctx *rc)
{
	u32 nr = nr_cpu_ids(rc);
	u32 start = rc->env->ops->prandom_u32(rc->env, rc->cpu) % nr;
	u32 cpu = cpumask_next_from(m, start);

	return cpu < nr ? cpu : or_none(cpumask_first(m), rc);
}

u32 kf_cpumask_any_distribute(const struct cpumask *cpumask, struct run_ctx *rc)
{
	return any_from_random(cpumask, rc);
}

u32 kf_cpumask_any_and_distribute(const struct cpumask *src1, const struct cpumask *src2,
				  struct run_ctx *rc)
{
	struct cpumask both;

	cpumask_and(&both, src1, src2);
	return any_from_random(&both, rc);
}

u32 kf_cpumask_weight(const struct cpumask *cpumask, struct run_ctx *rc)
{
	return cpumask_weight(cpumask);
}

/* ---- what referenced kptrs to kernel objects do at the end of the value that holds them ---- */

static void drop_cpumask(void *obj, void *priv)
{
	cpumask_put(obj, priv);
}

static void drop_task(void *obj, void *priv)
{
	struct run_env *env = priv;

	env->ops->task_put(env, obj);
}

static void drop_cgroup(void *obj, void *priv)
{
	struct run_env *env = priv;

	if (env->ops->cgroup_put)
		env->ops->cgroup_put(env, obj);
}

helpers_kptr_dtor_fn helpers_kptr_dtor(const char *type)
{
	static const struct {
		const char *type;
		helpers_kptr_dtor_fn dtor;
	} dtors[] = {
		{ "bpf_cpumask", drop_cpumask },
		{ "task_struct", drop_task },
		{ "cgroup", drop_cgroup },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dtors); i++)
		if (!strcmp(dtors[i].type, type))
			return dtors[i].dtor;
	return NULL;
}
