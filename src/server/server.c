/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A server's life, and its loop. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/internal.h"

#define BACKLOG 4096

static int watch(struct server *s, int fd, struct source *source)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = source };

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int listen_here(struct server *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int n = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, WIRE_ADDRESS "%d",
			 (int)getpid());

	s->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listener < 0 ||
	    bind(s->listener, (struct sockaddr *)&addr,
		 offsetof(struct sockaddr_un, sun_path) + 1 + n) ||
	    listen(s->listener, BACKLOG))
		return -errno;
	return watch(s, s->listener, &s->listen_source);
}

static int open_all(struct server *s)
{
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->objects_epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 || s->objects_epoll < 0)
		return -errno;
	return watch(s, s->objects_epoll, &s->objects_source) ?: listen_here(s);
}

int server_create(const struct server_config *cfg, struct err_msg *e, struct server **out)
{
	struct server *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return err_set(e, -ENOMEM, "out of memory");
	s->cfg = *cfg;
	s->k = cfg->kernel;
	s->m = kernel_machine(cfg->kernel);
	s->epoll = s->objects_epoll = s->listener = s->pending_fd = -1;
	s->listen_source.kind = SOURCE_LISTEN;
	s->objects_source.kind = SOURCE_OBJECTS;
	s->stop_source.kind = SOURCE_STOP;
	INIT_LIST_HEAD(&s->conns);
	INIT_LIST_HEAD(&s->rings);
	INIT_LIST_HEAD(&s->clients);
	INIT_LIST_HEAD(&s->ending);
	err = files_create(s, e);
	if (err)
		goto out_destroy;
	err = open_all(s);
	if (err) {
		err_set(e, err, "cannot listen for clients: %s", strerror(-err));
		goto out_destroy;
	}
	pace_init(s);
	*out = s;
	return 0;

out_destroy:
	server_destroy(s);
	return err;
}

static void shut(int fd)
{
	if (fd >= 0)
		close(fd);
}

void server_destroy(struct server *s)
{
	if (!s)
		return;
	clients_fini(s);
	while (!list_empty(&s->conns))
		conn_close(list_first_entry(&s->conns, struct conn, node));
	objects_fini(s);
	files_destroy(s);
	shut(s->listener);
	shut(s->objects_epoll);
	shut(s->epoll);
	free(s);
}

static void dispatch(struct server *s, struct source *source)
{
	switch (source->kind) {
	case SOURCE_LISTEN:
		conn_accept(s);
		break;
	case SOURCE_CONN:
		conn_readable(container_of(source, struct conn, source));
		break;
	case SOURCE_OBJECTS:
		objects_reap(s);
		break;
	case SOURCE_PROCESS:
		process_ended(container_of(source, struct process, source));
		break;
	case SOURCE_STOP:
		s->stop = true;
		break;
	case SOURCE_OBJECT: /* of objects_epoll only */
		break;
	}
}

int server_run(struct server *s, int stop_fd)
{
	struct epoll_event ev[256];
	int err = watch(s, stop_fd, &s->stop_source), n, ms;

	if (err)
		return err;
	for (s->stop = false; !s->stop && !err;) {
		ms = pace_advance(s, &err);
		n = epoll_wait(s->epoll, ev, ARRAY_SIZE(ev), err ? 0 : ms);
		for (int i = 0; i < n; i++)
			dispatch(s, ev[i].data.ptr);
	}
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, stop_fd, NULL);
	return err;
}
