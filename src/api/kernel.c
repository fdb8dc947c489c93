/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An embedder's kernel: from its declarations to a struct kernel, and calling what is attached. */
#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"
#include "machine/machine.h"
#include "machine/topology.h"

int api_error(struct scxlab_error *out, const struct err_msg *e, int err)
{
	if (out && err)
		snprintf(out->text, sizeof(out->text), "%s", e->text[0] ? e->text : strerror(-err));
	return err;
}

int api_enter(struct scxlab *k, const char *what, struct scxlab_error *e)
{
	if (k->busy) {
		if (e)
			snprintf(e->text, sizeof(e->text),
				 "%s() while a call into BPF, a load or an attachment is under way",
				 what);
		return -EBUSY;
	}
	k->busy++;
	return 0;
}

/* ---- decided calls ---- */

static void on_verdict(void *priv, const struct kernel_verdict *v)
{
	struct scxlab *k = priv;

	/* libbpf loads programs of its own, to find out what the kernel can do. */
	if (!k->loading || !loader_has_program(k->loading, v->prog))
		return;
	if (v->err) {
		if (!strcmp(k->refused, v->prog))
			return;
		snprintf(k->refused, sizeof(k->refused), "%s", v->prog);
	}
	for (u32 i = 0; k->decided && i < v->nr_calls; i++)
		k->decided(k->priv, &(struct scxlab_decision){
					    .program = v->prog,
					    .insn = v->calls[i].insn,
					    .kfunc = v->calls[i].kfunc,
					    .implementation = v->calls[i].resolved,
					    .from = v->calls[i].context,
					    .source = v->calls[i].source,
				    });
}

/* ---- life ---- */

/* The kernel asks when its own tables are in. */
static int register_types(void *priv, struct calls *calls, struct err_msg *e)
{
	struct scxlab *k = priv;

	for (u32 i = 0; i < k->nr_ops; i++) {
		struct scxlab_ops *ops = &k->ops[i];
		int err = api_ops_init(ops, calls_kernel_btf(calls), e);

		err = err ?: api_ops_register(ops, calls, e);
		if (err)
			return err;
	}
	return 0;
}

static int create_kernel(const struct scxlab_config *cfg, struct scxlab *k, struct err_msg *e)
{
	struct kernel_config kc = {
		.seed = cfg->seed,
		.register_calls = register_types,
		.register_priv = k,
	};
	char cpus[16];
	void *btf = NULL;
	int err = 0;

	if (cfg->kernel)
		err = kernel_profile_parse(cfg->kernel, e, &kc.profile);
	if (err)
		return err;
	snprintf(cpus, sizeof(cpus), "%u", cfg->nr_cpus ? cfg->nr_cpus : 1);
	err = topology_create(cpus, e, &k->topology);
	if (err)
		return err;
	kc.topology = k->topology;
	err = loader_embedder_btf(cfg, kc.profile, e, &btf, &kc.btf_size);
	kc.btf = btf;
	if (!err)
		err = kernel_create(&kc, e, &k->k);
	free(btf);
	return err;
}

int scxlab_create(const struct scxlab_config *cfg, struct scxlab_error *e, struct scxlab **out)
{
	struct err_msg msg = { "" };
	struct scxlab *k = calloc(1, sizeof(*k));
	int err = -ENOMEM;

	if (!k)
		return api_error(e, &msg, err);
	k->message = cfg->message;
	k->decided = cfg->decided;
	k->priv = cfg->priv;
	k->ops = calloc(cfg->nr_types + 1, sizeof(*k->ops));
	if (!k->ops)
		goto out_destroy;
	k->nr_ops = cfg->nr_types;
	for (u32 i = 0; i < k->nr_ops; i++) {
		k->ops[i].owner = k;
		k->ops[i].decl = cfg->types ? cfg->types[i] : NULL;
	}
	err = create_kernel(cfg, k, &msg);
	if (err)
		goto out_destroy;
	kernel_on_verdict(k->k, on_verdict, k);
	*out = k;
	return 0;
out_destroy:
	scxlab_destroy(k);
	return api_error(e, &msg, err);
}

int scxlab_destroy(struct scxlab *k)
{
	if (!k)
		return 0;
	if (k->busy || k->nr_objects)
		return -EBUSY;
	kernel_destroy(k->k);
	topology_destroy(k->topology);
	for (u32 i = 0; i < k->nr_ops; i++)
		api_ops_fini(&k->ops[i]);
	free(k->ops);
	free(k);
	return 0;
}

/* ---- time ---- */

uint64_t scxlab_now(const struct scxlab *k)
{
	return machine_now(kernel_machine(k->k));
}

int scxlab_advance(struct scxlab *k, uint64_t ns)
{
	int err = api_enter(k, __func__, NULL);

	if (err)
		return err;
	err = machine_run(kernel_machine(k->k), scxlab_now(k) + ns);
	k->busy--;
	return err;
}

/* ---- calling ---- */

struct scxlab_ops *scxlab_ops(struct scxlab *k, const char *type)
{
	for (u32 i = 0; i < k->nr_ops; i++)
		if (!strcmp(k->ops[i].decl->name, type))
			return &k->ops[i];
	return NULL;
}

int scxlab_op(const struct scxlab_ops *ops, const char *name)
{
	for (u32 i = 0; i < ops->nr_members; i++)
		if ((ops->callbacks & BIT_ULL(i)) && !strcmp(ops->member_names[i], name))
			return i;
	return -ENOENT;
}

static const struct bpf_prog *prog_of(const struct scxlab_ops *ops, int op)
{
	if (op < 0 || op >= (int)ops->nr_members || !ops->value)
		return NULL;
	return ops->value->progs[op];
}

int scxlab_has(const struct scxlab_ops *ops, int op)
{
	return prog_of(ops, op) != NULL;
}

const void *scxlab_value(const struct scxlab_ops *ops)
{
	return ops->value ? ops->value->kdata : NULL;
}

static s64 extend(u64 value, const struct api_ret *ret)
{
	u32 shift = ret->size ? 64 - 8 * ret->size : 0;

	if (!ret->size)
		return 0;
	return ret->is_signed ? (s64)(value << shift) >> shift : (s64)(value << shift >> shift);
}

int scxlab_call(struct scxlab_ops *ops, int op, const uint64_t *args, int64_t *ret)
{
	const struct bpf_prog *prog = prog_of(ops, op);
	u64 value;

	if (!prog)
		return -ENOENT;
	ops->owner->busy++;
	/* A program may read its arguments only; struct_ops programs can't write them. */
	value = kernel_run(ops->owner->k, prog, (void *)args);
	ops->owner->busy--;
	if (ret)
		*ret = extend(value, &ops->rets[op]);
	return 0;
}
