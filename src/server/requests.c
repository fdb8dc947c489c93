/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What clients ask: one function per row of WIRE_OPS. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "machine/sched.h"
#include "server/internal.h"

struct request {
	struct conn *c;
	struct server *s;
	const u64 *arg;
	const char *data; /* and a NUL behind it */
	u32 len;
	bool silent; /* has been answered, or will be later, or never */
	/* for the answer */
	int fd;
	u32 out_len;
	char out[WIRE_DATA_MAX];
};

static void put_out(struct request *r, const void *data, u32 len)
{
	r->out_len = min(len, (u32)sizeof(r->out));
	memcpy(r->out, data, r->out_len);
}

/* Machine: how long a thread waits, at most, for the tasks of those that have ended. */
#define REAP_NS 100000000

/* ---- HELLO ---- */

/* Can we do what the kernel does all the time: read the caller's memory? */
static int check_memory(struct request *r)
{
	u64 magic = 0;
	struct iovec to = { &magic, sizeof(magic) };
	struct iovec from = { (void *)(uintptr_t)r->arg[3], sizeof(magic) };
	char text[256];

	if (process_vm_readv(r->c->pid, &to, 1, &from, 1, 0) == sizeof(magic))
		return magic == WIRE_MAGIC ? 0 : -EPROTO;
	if (errno != EPERM && errno != EACCES && errno != ENOSYS)
		return -errno;
	snprintf(text, sizeof(text),
		 "the memory of process %d can't be read (%s): the host forbids it; see "
		 "/proc/sys/kernel/yama/ptrace_scope, which must be 0 or 1, and seccomp",
		 r->c->pid, strerror(errno));
	r->s->cfg.hooks.notice(r->s->cfg.hooks.priv, text);
	return -EPERM;
}

/* Each thread has a stream of its own; the order of their births is the seed's other half. */
static u64 seed_of(const struct server *s)
{
	return s->cfg.seed * 0x9e3779b97f4a7c15ULL + s->nr_clients;
}

static s64 on_hello(struct request *r)
{
	struct conn *c = r->c;
	s32 tid = (s32)r->arg[1];
	char path[64];
	u64 seed;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/task/%d", c->pid, tid);
	if (r->arg[0] != WIRE_VERSION || c->hello || access(path, F_OK))
		return -EPROTO;
	err = check_memory(r);
	if (err)
		return err;
	c->tid = tid;
	c->hello = true;
	c->client = client_get(r->s, c->pid, tid, (s32)r->arg[2]);
	if (c->client) {
		/* A signal handler's second connection speaks for the same thread. */
		if (!c->client->conn)
			c->client->conn = c;
		else
			c->client = NULL;
	}
	if (c->client) {
		client_renamed(c->client);
		client_set_state(c->client, CLIENT_RUNS, 0);
	}
	seed = seed_of(r->s);
	put_out(r, &seed, sizeof(seed));
	return r->s->cfg.pace ? WIRE_PACE_REAL : WIRE_PACE_MAX;
}

static s64 on_bye(struct request *r)
{
	r->silent = true;
	if (r->c->client && r->c->client->tid != r->c->pid)
		client_end(r->c->client);
	return 0;
}

static s64 on_forked(struct request *r)
{
	client_get(r->s, (s32)r->arg[0], (s32)r->arg[0], r->c->pid);
	return 0;
}

/* ---- bpf(2) ---- */

#define BPF_COMMON_ATTRS (1 << 16) /* libbpf 1.8's way to ask for a fifth argument */

static s64 on_bpf(struct request *r)
{
	struct server *s = r->s;
	int cmd = (int)r->arg[0];
	s64 ret;

	if (cmd & BPF_COMMON_ATTRS)
		return -EINVAL;
	ret = kernel_bpf_for(s->k, &r->c->mem, &r->c->user_fds, cmd, r->arg[1], (u32)r->arg[2]);
	if (ret >= 0) {
		r->fd = s->pending_fd;
	} else if (s->pending_fd >= 0) {
		close(s->pending_fd);
		objects_reap(s);
	}
	s->pending_fd = -1;
	objects_signal(s);
	return ret;
}

static s64 on_sync(struct request *r)
{
	return 0; /* conn_readable() has reaped */
}

static s64 on_map(struct request *r)
{
	int err, fd;
	struct object *o = object_of_fd(r->c, (s32)r->arg[0], &err);

	if (!o)
		return err;
	fd = object_map(o, r->arg[1], (int)r->arg[2], r->arg[3]);
	if (fd < 0)
		return fd;
	r->fd = fd;
	return 0;
}

static s64 on_poll(struct request *r)
{
	s64 nr = 0;

	for (u32 at = 0; at + sizeof(int) <= r->len; at += sizeof(int)) {
		struct object *o;
		int fd, err;

		memcpy(&fd, r->data + at, sizeof(fd));
		o = object_of_fd(r->c, fd, &err);
		nr += o && object_poll(o);
	}
	return nr;
}

static s64 on_link(struct request *r)
{
	int err;
	struct object *o = object_of_fd(r->c, (s32)r->arg[0], &err);
	const char *name;

	if (!o)
		return err;
	name = object_link_name(o);
	put_out(r, name, strlen(name));
	return 0;
}

/* ---- files ---- */

static s64 on_path(struct request *r)
{
	char out[PATH_MAX];
	int len = files_path(r->s, r->data, (enum wire_path)r->arg[0], out, sizeof(out));

	if (len < 0)
		return len;
	put_out(r, out, len + 1);
	return 0;
}

static s64 on_write(struct request *r)
{
	u32 path_len = strlen(r->data);
	int err;

	if (path_len >= r->len)
		return -EPROTO;
	err = kernel_write_file(r->s->k, r->data, r->data + path_len + 1);
	return err ? err : (s64)(r->len - path_len - 1);
}

/* ---- time ---- */

static s64 on_block(struct request *r)
{
	r->silent = true;
	if (r->c->client)
		client_set_state(r->c->client, CLIENT_WAITS, 0);
	return 0;
}

static s64 on_wake(struct request *r)
{
	r->silent = true; /* request_handle() has seen that it runs */
	return 0;
}

/* Answered by the task's script. Without a task there is nobody to wait for. */
static s64 wait_for(struct request *r, enum client_state state, u64 until)
{
	struct client *cl = r->c->client;

	if (!cl || !cl->task)
		return 0;
	client_set_state(cl, state, until);
	r->silent = true;
	return 0;
}

/* It was in a sleep, which is over as soon as its task has a CPU. */
static s64 on_resume(struct request *r)
{
	s64 ret = wait_for(r, CLIENT_REAPS, machine_now(r->s->m) + REAP_NS);

	if (r->silent)
		r->c->client->asleep = true;
	return ret;
}

static s64 on_sleep(struct request *r)
{
	u64 now = machine_now(r->s->m);

	return wait_for(r, CLIENT_SLEEPS, r->arg[0] < UINT64_MAX - now ? now + r->arg[0] :
									 UINT64_MAX);
}

/* After the sleep's end there is nothing to cancel: its answer is on the way. */
static s64 on_cancel(struct request *r)
{
	struct client *cl = r->c->client;

	if (!cl || cl->state != CLIENT_SLEEPS)
		r->silent = true;
	else
		client_set_state(cl, CLIENT_RUNS, 0);
	return 0;
}

static s64 on_yield(struct request *r)
{
	return wait_for(r, CLIENT_YIELDS, 0);
}

static s64 on_now(struct request *r)
{
	u64 ns = machine_now(r->s->m);

	if (r->arg[0] == CLOCK_REALTIME || r->arg[0] == CLOCK_REALTIME_COARSE)
		ns += r->s->cfg.realtime_base;
	put_out(r, &ns, sizeof(ns));
	return 0;
}

/* ---- the scheduler's system calls ---- */

static struct task_struct *find_task(struct request *r, s32 pid)
{
	struct client *cl = client_find(r->s, pid ?: r->c->tid);

	/* Tasks of the workload have pids, too. */
	return cl ? cl->task : pid ? task_find(r->s->m, pid) : NULL;
}

static s64 on_setscheduler(struct request *r)
{
	struct task_struct *p = find_task(r, (s32)r->arg[0]);

	return p ? task_set_policy(r->s->m, p, (u32)r->arg[1], (u32)r->arg[2]) : -ESRCH;
}

static s64 on_getscheduler(struct request *r)
{
	struct task_struct *p = find_task(r, (s32)r->arg[0]);

	if (!p)
		return -ESRCH;
	put_out(r, &p->rt_priority, sizeof(u32));
	return p->policy;
}

static s64 on_setaffinity(struct request *r)
{
	struct task_struct *p = find_task(r, (s32)r->arg[0]);
	cpumask_t mask = {};
	int err;

	if (!p)
		return -ESRCH;
	memcpy(&mask, r->data, min((size_t)r->len, sizeof(mask)));
	err = task_set_affinity(r->s->m, p, &mask);
	/* One's own takes effect before it returns: when the task has a CPU of the mask. */
	return err || !r->c->client || p != r->c->client->task ? err : on_resume(r);
}

static s64 on_getaffinity(struct request *r)
{
	struct task_struct *p = find_task(r, (s32)r->arg[0]);
	u32 len = ALIGN_UP(DIV_ROUND_UP(machine_nr_cpus(r->s->m), 8u), 8u);

	if (!p)
		return -ESRCH;
	if (r->arg[1] < len || r->arg[1] % 8)
		return -EINVAL;
	put_out(r, &p->cpus_mask, len);
	return 0;
}

static s64 on_setpriority(struct request *r)
{
	struct task_struct *p = find_task(r, (s32)r->arg[1]);

	if (r->arg[0] != PRIO_PROCESS)
		return -EOPNOTSUPP;
	if (!p)
		return -ESRCH;
	return task_set_nice(r->s->m, p, clamp((s32)r->arg[2], -20, 19));
}

static s64 on_getpriority(struct request *r)
{
	struct task_struct *p = find_task(r, (s32)r->arg[1]);

	if (r->arg[0] != PRIO_PROCESS)
		return -EOPNOTSUPP;
	return p ? 20 - PRIO_TO_NICE(p->static_prio) : -ESRCH;
}

static s64 on_comm(struct request *r)
{
	r->silent = true;
	if (r->c->client)
		client_renamed(r->c->client);
	return 0;
}

/* ---- the rest ---- */

static s64 on_cpus(struct request *r)
{
	if (r->arg[0] == WIRE_CPUS_ONLINE)
		return cpumask_weight(sched_cpu_online(r->s->m));
	return machine_nr_cpus(r->s->m);
}

static s64 on_release(struct request *r)
{
	const char *text = kernel_release(r->s->k);

	put_out(r, text, strlen(text) + 1);
	return 0;
}

/* What a client has to say is shown on somebody's terminal: letters only. */
static s64 on_notice(struct request *r)
{
	char text[256];
	u32 n = 0;

	for (; n < r->len && r->data[n] && n + 1 < sizeof(text); n++)
		text[n] = r->data[n] >= ' ' && r->data[n] <= '~' ? r->data[n] : '?';
	text[n] = '\0';
	r->s->cfg.hooks.notice(r->s->cfg.hooks.priv, text);
	return 0;
}

static s64 (*const handlers[WIRE_NR_OPS])(struct request *r) = {
	[WIRE_HELLO] = on_hello,
	[WIRE_BYE] = on_bye,
	[WIRE_FORKED] = on_forked,
	[WIRE_BPF] = on_bpf,
	[WIRE_SYNC] = on_sync,
	[WIRE_MAP] = on_map,
	[WIRE_POLL] = on_poll,
	[WIRE_LINK] = on_link,
	[WIRE_PATH] = on_path,
	[WIRE_WRITE] = on_write,
	[WIRE_SETSCHEDULER] = on_setscheduler,
	[WIRE_GETSCHEDULER] = on_getscheduler,
	[WIRE_SETAFFINITY] = on_setaffinity,
	[WIRE_GETAFFINITY] = on_getaffinity,
	[WIRE_SETPRIORITY] = on_setpriority,
	[WIRE_GETPRIORITY] = on_getpriority,
	[WIRE_COMM] = on_comm,
	[WIRE_BLOCK] = on_block,
	[WIRE_WAKE] = on_wake,
	[WIRE_RESUME] = on_resume,
	[WIRE_SLEEP] = on_sleep,
	[WIRE_CANCEL] = on_cancel,
	[WIRE_YIELD] = on_yield,
	[WIRE_NOW] = on_now,
	[WIRE_CPUS] = on_cpus,
	[WIRE_RELEASE] = on_release,
	[WIRE_NOTICE] = on_notice,
};

/* Who asks, runs. */
static void heard_of(struct client *cl)
{
	if (cl->state == CLIENT_WAITS || cl->seen_waiting)
		client_set_state(cl, CLIENT_RUNS, 0);
	client_heard(cl);
}

void request_handle(struct conn *c, const struct wire_request *q, const char *data)
{
	struct request r;
	s64 ret;

	r.c = c;
	r.s = c->s;
	r.arg = q->arg;
	r.data = data;
	r.len = q->len;
	r.silent = false;
	r.fd = -1;
	r.out_len = 0;
	if (q->op >= WIRE_NR_OPS || (!c->hello && q->op != WIRE_HELLO)) {
		conn_reply(c, -EPROTO, NULL, 0, -1);
		return;
	}
	if (c->client)
		heard_of(c->client);
	if (c->client && c->client->task)
		machine_act_on(c->s->m, task_cpu(c->client->task));
	ret = handlers[q->op](&r);
	if (r.silent)
		return;
	conn_reply(c, ret, r.out, r.out_len, r.fd);
	/* What took us long was not its silence. */
	if (c->client)
		client_heard(c->client);
}
