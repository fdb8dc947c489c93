/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel as a server of other processes: what the preloaded shim of a program
 * asks (wire/wire.h) is answered by a struct kernel, whose machine meanwhile goes
 * on as a pace says. The processes that ask are tasks of that machine.
 *
 * A server trusts no client. What a client holds, it holds by its descriptors and
 * its life; both are watched through the host's kernel, so it may end at any
 * moment. One thread serves all; nothing here is shared with another server.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/base.h"

struct kernel;
struct server;

struct server_hooks {
	void *priv;
	u64 (*wall_ns)(void *priv); /* the host's monotonic clock */
	/* Something that the user should know. */
	void (*notice)(void *priv, const char *text);
};

struct server_config {
	struct kernel *kernel; /* borrowed */
	u64 seed;
	/* ns of the machine's per ns of the host's; 0: as fast as it goes, while all clients wait. */
	double pace;
	u64 realtime_base; /* ns since the epoch, at the machine's time 0 */
	const char *dir;   /* an empty directory for the server's files; borrowed */
	struct server_hooks hooks;
};

/* Listens under the name of this process: clients may connect from now on. -errno with *e. */
int server_create(const struct server_config *cfg, struct err_msg *e, struct server **out);
/* Drops all clients, detaches what they attached, removes its files. NULL is fine. */
void server_destroy(struct server *s);

/* Serves until @stop_fd is readable. 0, or what stopped the machine. */
int server_run(struct server *s, int stop_fd);

#endif
