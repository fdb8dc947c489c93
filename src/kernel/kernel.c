/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "helpers/helpers.h"
#include "kernel/btf_image.h"
#include "kernel/internal.h"
#include "machine/sched.h"

/* ---- what syscall/ asks of the rest ---- */

static int hook_prepare(void *priv, struct bpf_prog *prog, struct err_msg *e)
{
	const struct kernel *k = priv;

	return k->check_only ? 0 : exec_prepare(prog, k->engine, e);
}

static u64 hook_boot_ns(void *priv)
{
	return machine_now(((struct kernel *)priv)->m);
}

u64 kernel_run(struct kernel *k, const struct bpf_prog *prog, void *ctx)
{
	struct run_ctx rc = {
		.env = &k->env.env,
		.cpu = sched_this_cpu(k->m),
		.current = sched_current(k->m),
	};

	return run_prog(prog, ctx, &rc);
}

static u64 hook_run(void *priv, struct bpf_prog *prog, void *ctx)
{
	return kernel_run(priv, prog, ctx);
}

/* The key of a task storage element is a pidfd; ours is the pid itself. */
static int owner_slot(void *priv, s32 key, void ***slot)
{
	struct task_struct *p = task_find(((struct kernel *)priv)->m, key);

	if (!p)
		return -ENOENT;
	*slot = &p->bpf_storage;
	return 0;
}

static int find_dtor(void *priv, u32 btf_id, void (**dtor)(void *obj, void *priv),
		     void **dtor_priv)
{
	struct kernel *k = priv;
	const char *type = kbtf_type_name(k->btf, btf_id);
	helpers_kptr_dtor_fn fn = type ? helpers_kptr_dtor(type) : NULL;

	if (!fn)
		return -ENOENT;
	*dtor = fn;
	*dtor_priv = &k->env.env;
	return 0;
}

static void free_later(void *priv, void (*fn)(void *p), void *p)
{
	struct run_env *env = &((struct kernel *)priv)->env.env;

	env->ops->free_later(env, fn, p);
}

void kernel_on_verdict(struct kernel *k, void (*cb)(void *priv, const struct kernel_verdict *v),
		       void *priv)
{
	k->on_verdict = cb;
	k->on_verdict_priv = priv;
}

/* ---- life ---- */

static int create_machine(struct kernel *k, const struct kernel_config *cfg, struct err_msg *e)
{
	struct machine_config mc;

	machine_config_init(&mc);
	mc.topology = cfg->topology;
	mc.seed = cfg->seed;
	mc.first_pid = cfg->first_pid;
	if (cfg->hz)
		mc.hz = cfg->hz;
	mc.governor = cfg->governor;
	mc.fair = cfg->fair;
	mc.cpus_in_turn = cfg->cpus_in_turn;
	if (cfg->costs)
		mc.costs = *cfg->costs;
	return machine_create(&mc, e, &k->m);
}

/* A subsystem adds itself here, and its types to kbtf.c. */
static int register_calls(struct kernel *k, struct err_msg *e)
{
	const struct helper_proto *protos;
	const struct kfunc_set *sets;
	size_t nr;
	int err;

	protos = helpers_base_protos(&nr);
	err = calls_register_helpers(k->calls, protos, nr, e);
	if (err)
		return err;
	sets = helpers_kfunc_sets(&nr);
	for (size_t i = 0; i < nr; i++) {
		err = calls_register_kfuncs(k->calls, &sets[i], e);
		if (err)
			return err;
	}
	kernel_register_hooks(k->calls);
	err = kernel_register_dummy_ops(k->calls, e);
	return err ? err : scx_register(k->scx, k->calls, e);
}

static int check_config(const struct kernel_config *cfg, struct err_msg *e)
{
	return kfunc_resolution_check(cfg->profile, cfg->kfunc_resolution, e);
}

static int parse_btf(struct kernel *k, const struct kernel_config *cfg, struct err_msg *e)
{
	u32 size = cfg->btf_size;
	const void *image = cfg->btf ?: kernel_btf_image(k->profile, &size);
	int err = kbtf_parse(image, size, true, NULL, &k->btf);

	if (err && cfg->check_only)
		err_set(e, err, "no BTF of a kernel, or one that is cut off");
	else if (err)
		err_set(e, err, "the kernel BTF of profile %s is unusable",
			kernel_profile_name(k->profile));
	return err;
}

void kernel_set_caps(struct kernel *k, const struct kernel_caps *caps)
{
	static const struct kernel_caps all = { true, true, true, true };
	struct syscall_ctx *c = &k->syscall;

	caps = caps ?: &all;
	c->cap_bpf = caps->bpf || caps->sys_admin;
	c->cap_perfmon = caps->perfmon || caps->sys_admin;
	c->cap_net_admin = caps->net_admin;
	c->cap_sys_admin = caps->sys_admin;
}

static int create_syscall(struct kernel *k, const struct kernel_config *cfg)
{
	struct syscall_ctx *c = &k->syscall;
	int err;

	err = kobj_ids_create(&k->ids);
	if (err)
		return err;
	err = fdtable_create(&k->fds);
	if (err)
		return err;
	k->owners = (struct map_owner_hooks){ .priv = k, .slot_of_key = owner_slot };
	k->dtors = (struct record_dtors){ .find = find_dtor, .free_later = free_later, .priv = k };
	*c = (struct syscall_ctx){
		.calls = k->calls,
		.ids = k->ids,
		.fds = fdtable_user(k->fds),
		.mem = &user_mem_self,
		.nr_cpus = machine_nr_cpus(k->m),
		.priv = k,
		.prepare = hook_prepare,
		.check_format = helpers_bstr_check,
		.boot_ns = hook_boot_ns,
		.run = hook_run,
		.on_verdict = kernel_hook_verdict,
		.observer = cfg->observer,
		.check_only = cfg->check_only,
		.owners = &k->owners,
		.dtors = &k->dtors,
		.unprivileged_bpf = cfg->unprivileged_bpf,
	};
	kernel_set_caps(k, NULL);
	err = syscall_init(c);
	k->syscall_ready = !err;
	return err;
}

static int choose_engine(struct kernel *k, enum kernel_engine wanted, struct err_msg *e)
{
	k->engine = wanted == KERNEL_ENGINE_WATCHED ? EXEC_WATCHED : EXEC_INTERPRETER;
	if (wanted == KERNEL_ENGINE_INTERPRETER || wanted == KERNEL_ENGINE_WATCHED)
		return 0;
	k->engine = exec_best_engine(&k->no_jit);
	if (k->no_jit && wanted != KERNEL_ENGINE_BEST)
		return err_set(e, -ENOTSUPP, "programs can only be interpreted: %s", k->no_jit);
	if (wanted == KERNEL_ENGINE_JIT_BARRIERS)
		k->engine = EXEC_JIT_BARRIERS;
	return 0;
}

int kernel_create(const struct kernel_config *cfg, struct err_msg *e, struct kernel **out)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int err = -ENOMEM;

	if (!k)
		return err_set(e, err, "out of memory");
	k->profile = cfg->profile;
	k->check_only = cfg->check_only;
	err = check_config(cfg, e);
	if (!err)
		err = choose_engine(k, cfg->engine, e);
	if (err)
		goto out_destroy;
	err = parse_btf(k, cfg, e);
	if (err)
		goto out_destroy;
	err = create_machine(k, cfg, e);
	if (err)
		goto out_destroy;
	kernel_env_init(&k->env, k->m, cfg->seed);
	k->env.env.watch = cfg->watch;
	err = calls_create_for(k->btf, k->profile, cfg->kfunc_resolution, &k->calls);
	if (err)
		goto out_nomem;
	if (k->check_only)
		calls_allow_missing(k->calls);
	err = scx_create(k->m, &k->env.env, k->btf, &k->scx);
	if (err)
		goto out_nomem;
	err = register_calls(k, e);
	if (!err && cfg->register_calls)
		err = cfg->register_calls(cfg->register_priv, k->calls, e);
	if (err)
		goto out_destroy;
	err = create_syscall(k, cfg);
	if (err)
		goto out_nomem;
	*out = k;
	return 0;
out_nomem:
	err_set(e, err, "cannot set up the kernel: %s", strerror(-err));
out_destroy:
	kernel_destroy(k);
	return err;
}

void kernel_destroy(struct kernel *k)
{
	if (!k)
		return;
	fdtable_destroy(k->fds);
	if (k->syscall_ready)
		syscall_fini(&k->syscall);
	scx_destroy(k->scx);
	if (k->m)
		kernel_env_fini(&k->env);
	machine_destroy(k->m);
	kobj_ids_destroy(k->ids);
	calls_destroy(k->calls);
	kbtf_put(k->btf);
	free(k);
}

/* ---- plain forwarding ---- */

bool kernel_is_check_only(const struct kernel *k)
{
	return k->check_only;
}

const char *kernel_release(const struct kernel *k)
{
	switch (k->profile) {
	case KERNEL_6_12:
		return "6.12.0-scxlab";
	case KERNEL_7_1:
		return "7.1.0-scxlab";
	default:
		return "7.4.0-scxlab";
	}
}

enum kernel_profile kernel_profile(const struct kernel *k)
{
	return k->profile;
}

const char *kernel_no_jit(const struct kernel *k)
{
	return k->no_jit;
}

struct machine *kernel_machine(struct kernel *k)
{
	return k->m;
}

s64 kernel_bpf(struct kernel *k, int cmd, void *attr, u32 size)
{
	k->syscall.err.text[0] = '\0';
	return syscall_bpf(&k->syscall, cmd, attr, size);
}

s64 kernel_bpf_for(struct kernel *k, const struct user_mem *mem, const struct user_fds *fds,
		   int cmd, u64 attr, u32 size)
{
	const struct user_mem *own_mem = k->syscall.mem;
	const struct user_fds *own_fds = k->syscall.fds;
	s64 ret;

	k->syscall.mem = mem;
	k->syscall.fds = fds;
	ret = syscall_bpf(&k->syscall, cmd, (void *)(uintptr_t)attr, size);
	k->syscall.mem = own_mem;
	k->syscall.fds = own_fds;
	return ret;
}

const char *kernel_bpf_error(const struct kernel *k)
{
	return k->syscall.err.text;
}

const void *kernel_btf_data(const struct kernel *k, u32 *size)
{
	return kbtf_raw(k->btf, size);
}

void kernel_fd_closed(struct kernel *k, int fd)
{
	fdtable_closed(k->fds, fd);
}

void kernel_fd_dup(struct kernel *k, int old_fd, int new_fd)
{
	fdtable_dup(k->fds, old_fd, new_fd);
}

/* ---- sched_ext ---- */

static const char *exit_kind_name(enum scx_exit_kind kind)
{
	switch (kind) {
	case SCX_EXIT_NONE:
		return "none";
	case SCX_EXIT_DONE:
		return "done";
	case SCX_EXIT_UNREG:
		return "unreg";
	case SCX_EXIT_UNREG_BPF:
		return "unreg_bpf";
	case SCX_EXIT_UNREG_KERN:
		return "unreg_kern";
	case SCX_EXIT_SYSRQ:
		return "sysrq";
	case SCX_EXIT_ERROR:
		return "error";
	case SCX_EXIT_ERROR_BPF:
		return "error_bpf";
	case SCX_EXIT_ERROR_STALL:
		return "error_stall";
	}
	return "unknown";
}

void kernel_sched_exit(const struct kernel *k, struct kernel_sched_exit *out)
{
	const struct scx_exit_info *ei = scx_exit_info(k->scx);

	*out = (struct kernel_sched_exit){
		.kind = ei->kind,
		.kind_name = exit_kind_name(ei->kind),
		.code = ei->exit_code,
		.reason = ei->reason ?: "",
		.msg = ei->msg ?: "",
		.dump = ei->dump ?: "",
		.at_ns = scx_exit_time(k->scx),
	};
}

const char *kernel_sched_state(const struct kernel *k)
{
	return scx_state_name(k->scx);
}

const char *kernel_sched_ops(const struct kernel *k)
{
	return scx_ops_name(k->scx);
}

void kernel_sysrq(struct kernel *k, char key)
{
	if (key == 's')
		scx_sysrq_s(k->scx);
	else
		scx_sysrq_d(k->scx);
}
