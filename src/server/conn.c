/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections: accepting, receiving, answering. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "server/internal.h"

static int peer_read(void *priv, void *dst, u64 src, size_t size)
{
	struct conn *c = priv;
	struct iovec to = { dst, size }, from = { (void *)(uintptr_t)src, size };

	return process_vm_readv(c->pid, &to, 1, &from, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static int peer_write(void *priv, u64 dst, const void *src, size_t size)
{
	struct conn *c = priv;
	struct iovec from = { (void *)(uintptr_t)src, size }, to = { (void *)(uintptr_t)dst, size };

	return process_vm_writev(c->pid, &from, 1, &to, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static struct conn *new_conn(struct server *s, int fd, s32 pid)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	char path[32];

	if (!c)
		return NULL;
	*c = (struct conn){ .source.kind = SOURCE_CONN, .s = s, .fd = fd, .pid = pid };
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	c->fds = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->fds < 0)
		goto out_free;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev))
		goto out_close;
	c->mem = (struct user_mem){ .read = peer_read, .write = peer_write, .priv = c };
	c->user_fds = (struct user_fds){ .install = object_install, .get = object_get, .priv = c };
	list_add_tail(&c->node, &s->conns);
	return c;

out_close:
	close(c->fds);
out_free:
	free(c);
	return NULL;
}

void conn_accept(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (fd < 0)
		return;
	/* The address is open to all of the host; its kernel is not. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || peer.uid != getuid() ||
	    !new_conn(s, fd, peer.pid))
		close(fd);
}

void conn_close(struct conn *c)
{
	struct client *cl = c->client;

	if (cl)
		cl->conn = NULL;
	list_del_init(&c->node);
	close(c->fd);
	close(c->fds);
	free(c);
	if (cl)
		client_lost(cl);
}

bool conn_has_message(const struct conn *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

void conn_readable(struct conn *c)
{
	struct {
		struct wire_request q;
		char data[WIRE_DATA_MAX + 1];
	} msg;
	ssize_t n = recv(c->fd, &msg, sizeof(msg) - 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < (ssize_t)sizeof(msg.q) || (size_t)n != sizeof(msg.q) + msg.q.len) {
		conn_close(c);
		return;
	}
	msg.data[msg.q.len] = '\0';
	objects_reap(c->s);
	request_handle(c, &msg.q, msg.data);
}

void conn_reply(struct conn *c, s64 ret, const void *data, u32 len, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct wire_reply r = { .ret = ret, .len = len, .has_fd = fd >= 0 };
	struct iovec iov[] = { { &r, sizeof(r) }, { (void *)data, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = len ? 2 : 1 };

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	/* Who does not take answers gets none: his own loss. */
	sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (fd >= 0)
		close(fd);
}
