/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Clients' threads as tasks of the machine. A thread that runs on the host has a
 * task that wants a CPU; one that waits there has a task that sleeps. A thread
 * that sleeps in the machine's time sleeps in its task's script, and is answered
 * when that task has a CPU again: under a scheduler that never gives it one, it
 * waits, as it would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/internal.h"

#define BURST_NS 20000	   /* what a return to the host costs on the machine */
#define QUANTUM_NS 1000000 /* how long a thread runs on before it is asked again */
/* Wall time after which a thread that has said nothing is looked at. */
#define SILENCE_NS 10000000
/* CPU time after which one that still computes does not keep time from passing. */
#define SPIN_NS 100000000
/* Between looks at those that were seen waiting. */
#define LOOK_NS 50000000

static u64 wall(const struct server *s)
{
	return s->cfg.hooks.wall_ns(s->cfg.hooks.priv);
}

/* ---- the task's script ---- */

/* The thread goes on, now; the machine stops, so that it meets the time that it was promised. */
static void resume(struct client *cl, struct machine *m)
{
	cl->state = CLIENT_RUNS;
	cl->seen_waiting = false;
	client_heard(cl);
	cl->burst = BURST_NS;
	if (cl->conn)
		conn_reply(cl->conn, 0, NULL, 0, -1);
	cl->s->woke = true;
	if (!cl->s->cfg.pace)
		machine_stop(m, 0);
}

static bool may_resume(const struct client *cl, u64 now)
{
	switch (cl->state) {
	case CLIENT_SLEEPS:
		return cl->until <= now;
	case CLIENT_REAPS:
		return list_empty(&cl->s->ending) || cl->until <= now;
	default:
		return cl->state == CLIENT_YIELDS;
	}
}

static struct step run_step(struct client *cl)
{
	u64 ns = cl->burst ?: QUANTUM_NS;

	cl->burst = 0;
	return (struct step){ STEP_RUN, ns };
}

static struct step client_next(struct task_script *script, struct machine *m, struct task_struct *p)
{
	struct client *cl = container_of(script, struct client, script);

	if (cl->state == CLIENT_ENDS)
		return (struct step){ .kind = STEP_EXIT };
	if (cl->burst)
		return run_step(cl);
	if (cl->asleep) {
		cl->asleep = false;
		if (may_resume(cl, machine_now(m)))
			resume(cl, m);
	}
	switch (cl->state) {
	case CLIENT_SLEEPS:
		cl->asleep = true;
		/* Not at all if it is over already; then it is this function's turn again. */
		return (struct step){ STEP_SLEEP, cl->until };
	case CLIENT_YIELDS:
		cl->asleep = true;
		return (struct step){ .kind = STEP_YIELD };
	case CLIENT_REAPS:
		cl->asleep = true;
		return (struct step){ STEP_SLEEP, machine_now(m) + BURST_NS };
	case CLIENT_WAITS:
		return (struct step){ .kind = STEP_BLOCK };
	default:
		return cl->seen_waiting ? (struct step){ .kind = STEP_BLOCK } : run_step(cl);
	}
}

/* The machine is done with the task; a thread that lives on has none. */
static void client_release(struct task_script *script)
{
	struct client *cl = container_of(script, struct client, script);

	cl->task = NULL;
	if (cl->state != CLIENT_ENDS)
		return;
	if (cl->s)
		list_del_init(&cl->node);
	free(cl);
}

void client_set_state(struct client *cl, enum client_state state, u64 until)
{
	cl->state = state;
	cl->until = until;
	cl->seen_waiting = false;
	client_heard(cl);
	cl->asleep = false;
	if (!cl->task)
		return;
	/* From whatever sleep it is in, to look at the new state. */
	task_wake(cl->s->m, cl->task);
}

/* ---- coming and going ---- */

static void read_comm(s32 pid, s32 tid, char comm[TASK_COMM_LEN])
{
	char path[64];
	FILE *f;

	snprintf(comm, TASK_COMM_LEN, "client");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(comm, TASK_COMM_LEN, f))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(f);
}

void client_renamed(struct client *cl)
{
	if (cl->task)
		read_comm(cl->pid, cl->tid, cl->task->comm);
}

static struct task_struct *task_of(struct server *s, s32 tid)
{
	struct client *cl = client_find(s, tid);

	return cl ? cl->task : NULL;
}

/* A new task starts with its parent's policy, nice and affinity, as fork() leaves it. */
static void create_task(struct client *cl, s32 ppid)
{
	struct task_struct *leader = cl->pid == cl->tid ? NULL : task_of(cl->s, cl->pid);
	struct task_struct *parent = task_of(cl->s, ppid), *like = leader ?: parent;
	char comm[TASK_COMM_LEN];
	struct task_params params = {
		.comm = comm,
		.policy = like ? like->policy : SCHED_NORMAL,
		.nice = like ? PRIO_TO_NICE(like->static_prio) : 0,
		.rt_priority = like ? like->rt_priority : 0,
		.cpus = like ? &like->cpus_mask : NULL,
		.script = &cl->script,
		.parent = parent,
		.leader = leader,
		.pid = cl->tid,
	};
	struct err_msg e = {};
	int err;

	read_comm(cl->pid, cl->tid, comm);
	err = task_create(cl->s->m, &params, &e, &cl->task);
	if (err == -EEXIST) {
		/* One of the machine's own has that pid; so the two sides differ about it. */
		params.pid = 0;
		err = task_create(cl->s->m, &params, &e, &cl->task);
	}
	if (err) {
		cl->task = NULL;
		cl->s->cfg.hooks.notice(cl->s->cfg.hooks.priv, e.text);
	}
}

/* ---- looking at the host ---- */

/* The state of a thread, as in /proc: 'R', 'S', ...; 0: there is none. */
static char look_at(s32 pid, s32 tid)
{
	char path[64], line[256], *end;
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	f = fopen(path, "re");
	if (f) {
		n = fread(line, 1, sizeof(line) - 1, f);
		fclose(f);
	}
	line[n] = '\0';
	end = strrchr(line, ')');
	return end && end[1] ? end[2] : 0;
}

static bool is_over(s32 pid, s32 tid)
{
	char state = look_at(pid, tid);

	return !state || state == 'Z' || state == 'X';
}

void client_heard(struct client *cl)
{
	cl->heard = wall(cl->s);
	cl->spin_from = 0;
}

/* ns on CPUs of the host */
static u64 cpu_time(s32 pid, s32 tid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	fclose(f);
	return ns;
}

/* Runs on the host, as far as anybody knows? One that is silent for long is looked at. */
static bool client_busy(struct client *cl, u64 now)
{
	char state;
	u64 cpu;

	if (cl->state != CLIENT_RUNS || now - cl->heard < SILENCE_NS)
		return cl->state == CLIENT_RUNS;
	state = look_at(cl->pid, cl->tid);
	if (cl->conn && conn_has_message(cl->conn))
		return true; /* it waits for us */
	if (state != 'R' && state != 'D') {
		cl->seen_waiting = true;
		return false;
	}
	if (cl->seen_waiting)
		client_set_state(cl, CLIENT_RUNS, 0);
	cpu = cpu_time(cl->pid, cl->tid);
	if (!cl->spin_from)
		cl->spin_from = cpu;
	return cpu - cl->spin_from < SPIN_NS;
}

bool clients_busy(struct server *s)
{
	u64 now = wall(s);
	struct client *cl;
	bool busy = list_empty(&s->clients); /* the first one is about to come */

	list_for_each_entry(cl, &s->clients, node)
		busy |= !cl->seen_waiting && client_busy(cl, now);
	if (now - s->looked < LOOK_NS)
		return busy;
	s->looked = now;
	list_for_each_entry(cl, &s->clients, node)
		if (cl->seen_waiting)
			client_busy(cl, now);
	return busy;
}

bool clients_sleep(const struct server *s)
{
	struct client *cl;

	list_for_each_entry(cl, &s->clients, node)
		if (cl->state == CLIENT_SLEEPS || cl->state == CLIENT_YIELDS ||
		    cl->state == CLIENT_REAPS)
			return true;
	return false;
}

/* ---- processes ---- */

static void process_forget(struct process *p)
{
	HASH_DEL(p->s->processes, p);
	if (p->pidfd >= 0)
		close(p->pidfd);
	free(p);
}

/* 0, or -ESRCH for a process that is over, or was and has not been reaped. */
static int watch_process(struct server *s, s32 pid)
{
	struct process *p;
	struct epoll_event ev = { .events = EPOLLIN };
	int err;

	HASH_FIND_INT(s->processes, &pid, p);
	if (p && p->pidfd >= 0)
		return 0;
	if (is_over(pid, pid))
		return -ESRCH;
	if (p) /* another one, with the same pid */
		process_forget(p);
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = (struct process){ .source.kind = SOURCE_PROCESS, .s = s, .pid = pid };
	p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ev.data.ptr = p;
	if (p->pidfd < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, p->pidfd, &ev)) {
		err = -errno;
		if (p->pidfd >= 0)
			close(p->pidfd);
		free(p);
		return err;
	}
	HASH_ADD_INT(s->processes, pid, p);
	return 0;
}

void process_ended(struct process *p)
{
	struct client *cl, *tmp;

	HASH_ITER(hh, p->s->by_tid, cl, tmp)
		if (cl->pid == p->pid)
			client_end(cl);
	/* Remembered until its pid is somebody else's: its parent may still tell of it. */
	close(p->pidfd);
	p->pidfd = -1;
}

/* ---- clients ---- */

struct client *client_find(struct server *s, s32 tid)
{
	struct client *cl;

	HASH_FIND_INT(s->by_tid, &tid, cl);
	return cl;
}

struct client *client_get(struct server *s, s32 pid, s32 tid, s32 ppid)
{
	struct client *cl = client_find(s, tid);

	if (cl || watch_process(s, pid))
		return cl;
	cl = calloc(1, sizeof(*cl));
	if (!cl)
		return NULL;
	cl->script = (struct task_script){ client_next, client_release };
	cl->s = s;
	cl->pid = pid;
	cl->tid = tid;
	cl->burst = BURST_NS;
	client_heard(cl);
	s->nr_clients++;
	HASH_ADD_INT(s->by_tid, tid, cl);
	list_add_tail(&cl->node, &s->clients);
	create_task(cl, ppid);
	return cl;
}

void client_end(struct client *cl)
{
	if (cl->conn)
		cl->conn->client = NULL;
	cl->conn = NULL;
	HASH_DEL(cl->s->by_tid, cl);
	list_del_init(&cl->node);
	if (!cl->task) {
		free(cl);
		return;
	}
	/* client_release() frees it when the task is over. */
	list_add_tail(&cl->node, &cl->s->ending);
	cl->burst = 0;
	client_set_state(cl, CLIENT_ENDS, 0);
}

void client_lost(struct client *cl)
{
	if (is_over(cl->pid, cl->tid))
		client_end(cl);
}

/* The machine outlives the server: it still has the scripts, which tell nobody any more. */
void clients_fini(struct server *s)
{
	struct process *p, *next;
	struct client *cl, *tmp;

	HASH_ITER(hh, s->by_tid, cl, tmp)
		client_end(cl);
	list_for_each_entry(cl, &s->ending, node)
		cl->s = NULL;
	HASH_ITER(hh, s->processes, p, next)
		process_forget(p);
}
