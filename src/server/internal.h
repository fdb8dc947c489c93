/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef SERVER_INTERNAL_H
#define SERVER_INTERNAL_H

#include <sys/types.h>
#include <uthash.h>

#include "base/list.h"
#include "kernel/kernel.h"
#include "kobj/map.h"
#include "machine/machine.h"
#include "server/server.h"
#include "syscall/syscall.h"
#include "wire/wire.h"

/* What an epoll event is about. */
struct source {
	enum source_kind { SOURCE_LISTEN, SOURCE_CONN, SOURCE_OBJECTS, SOURCE_OBJECT,
			   SOURCE_PROCESS, SOURCE_STOP } kind;
};

/* A descriptor of a BPF object, whoever holds it: our end of the pair. */
struct object {
	struct source source;
	int fd;
	ino_t ino; /* of the client's end */
	struct kobj *obj;
	u32 flags;
	/* ring buffers */
	bool signalled; /* a byte is on its way */
	u64 wakeups;	/* already told of */
	struct list_head ring_node;
	UT_hash_handle hh;
};

/* What a client's thread is doing, as far as it has told. */
enum client_state {
	CLIENT_RUNS,
	CLIENT_WAITS,  /* for something of the host's */
	CLIENT_SLEEPS, /* for the machine's time: answered at @until */
	CLIENT_YIELDS, /* answered when it has the CPU again */
	CLIENT_REAPS,  /* ... and those that ended before are no tasks any more, or it is @until */
	CLIENT_ENDS,
};

/* A thread of a client as a task of the machine. */
struct client {
	struct task_script script;
	struct server *s; /* NULL: there is none any more, but still a machine */
	s32 tid, pid;
	struct task_struct *task; /* NULL: the scheduler refused it, or it is over */
	struct conn *conn;	  /* NULL: not (or no longer) connected */
	enum client_state state;
	bool asleep; /* the script sleeps, or has, on the client's behalf */
	u64 until, burst;
	u64 heard;     /* wall: when it last said anything, or was answered */
	u64 spin_from; /* its CPU time when it was first looked at since; 0: it was not */
	bool seen_waiting; /* by looking, in place of being told */
	struct list_head node;
	UT_hash_handle hh;
};

/* A process, watched for its end. */
struct process {
	struct source source;
	struct server *s;
	s32 pid;
	int pidfd; /* -1: it has ended */
	UT_hash_handle hh;
};

struct conn {
	struct source source;
	struct server *s;
	int fd;
	s32 pid, tid; /* the peer's */
	int fds;      /* /proc/PID/fd */
	bool hello;
	struct client *client;
	struct list_head node;
	struct user_mem mem;
	struct user_fds user_fds;
};

struct server {
	struct server_config cfg;
	struct kernel *k;
	struct machine *m;
	int epoll, objects_epoll, listener;
	struct source listen_source, objects_source, stop_source;
	bool stop;

	struct list_head conns; /* conn.node */
	struct object *objects; /* by ino */
	struct list_head rings; /* object.ring_node */
	struct list_head clients; /* client.node */
	struct list_head ending;  /* client.node: the thread is over, its task not yet */
	struct client *by_tid;
	struct process *processes;

	int pending_fd; /* made by the call in progress, for its answer; -1: none */
	u64 wall_start, machine_start; /* the pace's line begins here */
	u64 looked; /* wall: when clients' states were last looked at */
	u64 nr_clients;
	bool woke; /* some client was answered while the machine ran */
};

/* ---- objects.c ---- */
int object_install(void *conn, struct kobj *obj, u32 flags);
struct kobj *object_get(void *conn, int fd, u32 *flags, int *err);
struct object *object_of_fd(struct conn *c, int fd, int *err);
/* Releases what nobody holds any more. */
void objects_reap(struct server *s);
void objects_fini(struct server *s);
/* Tells of what has come into ring buffers. */
void objects_signal(struct server *s);
/* -> a descriptor of ours with the memory of @o, for a mapping like that; or -errno. */
int object_map(struct object *o, u64 len, int prot, u64 offset);
/* Clears what has been told; true, and told again, if there is something to read. */
bool object_poll(struct object *o);
const char *object_link_name(const struct object *o);

/* ---- conn.c ---- */
void conn_accept(struct server *s);
void conn_close(struct conn *c);
void conn_readable(struct conn *c);
bool conn_has_message(const struct conn *c);
/* @fd (may be -1) is closed. */
void conn_reply(struct conn *c, s64 ret, const void *data, u32 len, int fd);

/* ---- requests.c ---- */
void request_handle(struct conn *c, const struct wire_request *q, const char *data);

/* ---- clients.c ---- */
/* The client of that thread, made a task if it is new. NULL: out of memory, or it is gone. */
struct client *client_get(struct server *s, s32 pid, s32 tid, s32 ppid);
struct client *client_find(struct server *s, s32 tid);
void client_set_state(struct client *cl, enum client_state state, u64 until);
void client_renamed(struct client *cl);
/* The thread is over, or its process. */
void client_end(struct client *cl);
void process_ended(struct process *p);
/* Its connection is gone: has it ended, too? */
void client_lost(struct client *cl);
void clients_fini(struct server *s);
/* It asks, or is answered: it runs. */
void client_heard(struct client *cl);
/* Looks at those who have not told what they do. True: some thread is at work. */
bool clients_busy(struct server *s);
bool clients_sleep(const struct server *s);

/* ---- files.c ---- */
int files_create(struct server *s, struct err_msg *e);
void files_destroy(struct server *s);
/* The path to use in place of @path, brought up to date: its length, or -errno. */
int files_path(struct server *s, const char *path, enum wire_path what, char *out, u32 size);

/* ---- pace.c ---- */
void pace_init(struct server *s);
/* Lets the machine go on as far as it may; -> ms until the next time, for epoll. */
int pace_advance(struct server *s, int *err);

#endif
