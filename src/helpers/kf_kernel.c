/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Tasks, cgroups, sections that nobody can enter, casts, exceptions. */
#include "helpers/kfuncs.h"

struct task_struct *kf_task_acquire(struct task_struct *p, struct run_ctx *rc)
{
	return rc->env->ops->task_get ? rc->env->ops->task_get(rc->env, p) : NULL;
}

void kf_task_release(struct task_struct *p, struct run_ctx *rc)
{
	rc->env->ops->task_put(rc->env, p);
}

struct task_struct *kf_task_from_pid(s32 pid, struct run_ctx *rc)
{
	return rc->env->ops->task_from_pid ? rc->env->ops->task_from_pid(rc->env, pid) : NULL;
}

struct cgroup *kf_cgroup_acquire(struct cgroup *cgrp, struct run_ctx *rc)
{
	return rc->env->ops->cgroup_get ? rc->env->ops->cgroup_get(rc->env, cgrp) : cgrp;
}

void kf_cgroup_release(struct cgroup *cgrp, struct run_ctx *rc)
{
	if (rc->env->ops->cgroup_put)
		rc->env->ops->cgroup_put(rc->env, cgrp);
}

struct cgroup *kf_cgroup_ancestor(struct cgroup *cgrp, int level, struct run_ctx *rc)
{
	if (level < 0 || level > cgrp->level)
		return NULL;
	return kf_cgroup_acquire(cgrp->ancestors[level], rc);
}

struct cgroup *kf_cgroup_from_id(u64 cgid, struct run_ctx *rc)
{
	return rc->env->ops->cgroup_from_id ? rc->env->ops->cgroup_from_id(rc->env, cgid) : NULL;
}

long kf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor, struct run_ctx *rc)
{
	const struct cgroup *cgrp = task->cgroups ? task->cgroups->dfl_cgrp : NULL;

	return cgrp && ancestor->level <= cgrp->level &&
	       cgrp->ancestors[ancestor->level] == ancestor;
}

/*
 * A program runs to its end before anything else happens on the machine, so
 * what these sections would keep out never comes.
 */
void kf_rcu_read_lock(struct run_ctx *rc)
{
}

void kf_rcu_read_unlock(struct run_ctx *rc)
{
}

void kf_preempt_disable(struct run_ctx *rc)
{
}

void kf_preempt_enable(struct run_ctx *rc)
{
}

void *kf_cast_to_kern_ctx(void *obj, struct run_ctx *rc)
{
	return obj;
}

void *kf_rdonly_cast(const void *obj__ign, u32 btf_id__k, struct run_ctx *rc)
{
	return (void *)obj__ign;
}

/* ---- keys: none ---- */

struct bpf_key *kf_lookup_user_key(s32 serial, u64 flags, struct run_ctx *rc)
{
	return NULL;
}

struct bpf_key *kf_lookup_system_key(u64 id, struct run_ctx *rc)
{
	return NULL;
}

void kf_key_put(struct bpf_key *bkey, struct run_ctx *rc)
{
	BUG_ON(bkey); /* nobody was given one */
}

/* ---- files: none ---- */

struct file *kf_get_task_exe_file(struct task_struct *task, struct run_ctx *rc)
{
	return NULL;
}

void kf_put_file(struct file *file, struct run_ctx *rc)
{
	BUG_ON(file); /* nobody was given one */
}

int kf_path_d_path(struct path *path, char *buf, size_t buf__sz, struct run_ctx *rc)
{
	return buf__sz ? -ENOENT : -EINVAL;
}

void kf_throw(u64 cookie, struct run_ctx *rc)
{
	run_throw(rc, cookie);
}
