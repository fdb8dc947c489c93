/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* bpf(2), and what programs do with its descriptors: map, close, duplicate, wait. */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/preload.h"

static long forward_bpf(long cmd, long attr, long size)
{
	struct call c = { .op = WIRE_BPF, .arg = { cmd, attr, (uint32_t)size } };

	return preload_result(preload_call(&c));
}

static void sync_closes(void)
{
	struct call c = { .op = WIRE_SYNC };

	preload_call(&c);
}

static long refuse_perf_event(void)
{
	static const char text[] =
		"perf_event_open(2): the kernel under test has no perf events; attach by a link";
	struct call c = { .op = WIRE_NOTICE, .data = text, .len = sizeof(text) };

	preload_call(&c);
	return preload_result(-EOPNOTSUPP);
}

EXPORT long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);

	if (preload_server()) {
		switch (nr) {
		case SYS_bpf:
			return forward_bpf(a[0], a[1], a[2]);
		case SYS_perf_event_open:
			return refuse_perf_event();
		case SYS_close:
			return close((int)a[0]);
		case SYS_dup3:
			return dup3((int)a[0], (int)a[1], (int)a[2]);
		}
	}
	return LIBC(syscall)(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- closing: done when close() returns, as in Linux ---- */

EXPORT int close(int fd)
{
	bool object = preload_is_object(fd);
	int ret = LIBC(close)(fd);

	preload_forget_file(fd);
	if (object)
		sync_closes();
	return ret;
}

EXPORT int dup2(int old_fd, int new_fd)
{
	bool object = old_fd != new_fd && preload_is_object(new_fd);
	int ret = LIBC(dup2)(old_fd, new_fd);

	if (object && ret >= 0)
		sync_closes();
	return ret;
}

EXPORT int dup3(int old_fd, int new_fd, int flags)
{
	bool object = preload_is_object(new_fd);
	int ret = LIBC(dup3)(old_fd, new_fd, flags);

	if (object && ret >= 0)
		sync_closes();
	return ret;
}

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	int ret = LIBC(close_range)(first, last, flags);

	if (preload_server())
		sync_closes();
	return ret;
}

/* ---- memory of maps ---- */

EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	struct call c = { .op = WIRE_MAP, .arg = { fd, len, prot, offset } };
	int64_t file;
	void *p;

	if (fd < 0 || (flags & MAP_ANONYMOUS) || !preload_is_object(fd))
		return LIBC(mmap)(addr, len, prot, flags, fd, offset);
	file = (flags & MAP_TYPE) == MAP_PRIVATE ? -EINVAL : preload_call(&c);
	if (file < 0)
		return (void *)preload_result(file);
	p = LIBC(mmap)(addr, len, prot, flags, (int)file, offset);
	LIBC(close)((int)file);
	return p;
}

EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

/* ---- waiting for ring buffers ---- */

/*
 * A ring buffer's descriptor is readable while the server's byte is in it. Nobody
 * reads it there, so it is taken out before each wait, and put back by the server
 * if the ring is not empty: level-triggered, as epoll on a real ring buffer is.
 */
static void rearm(const int *fds, size_t nr)
{
	struct call c = { .op = WIRE_POLL, .data = fds, .len = nr * sizeof(*fds) };
	char byte;

	if (!nr)
		return;
	for (size_t i = 0; i < nr; i++)
		while (recv(fds[i], &byte, 1, MSG_DONTWAIT) > 0)
			;
	preload_call(&c);
}

/* Descriptors of objects that some epoll set of this process waits for. */
#define MAX_WATCHED 64
static struct {
	int epfd, fd;
} watched[MAX_WATCHED];
static size_t nr_watched;

EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	int ret = LIBC(epoll_ctl)(epfd, op, fd, event);
	size_t i;

	if (ret || !preload_is_object(fd))
		return ret;
	for (i = 0; i < nr_watched; i++)
		if (watched[i].fd == fd && watched[i].epfd == epfd)
			break;
	if (op == EPOLL_CTL_ADD && i == nr_watched && nr_watched < MAX_WATCHED) {
		watched[nr_watched].epfd = epfd;
		watched[nr_watched++].fd = fd;
	} else if (op == EPOLL_CTL_DEL && i < nr_watched) {
		watched[i] = watched[--nr_watched];
	}
	return ret;
}

static void rearm_epoll(int epfd)
{
	int fds[MAX_WATCHED], err = errno;
	size_t nr = 0;

	for (size_t i = 0; i < nr_watched; i++)
		if (watched[i].epfd == epfd && preload_is_object(watched[i].fd))
			fds[nr++] = watched[i].fd;
	rearm(fds, nr);
	errno = err;
}

static void rearm_poll(const struct pollfd *pfds, nfds_t nr_pfds)
{
	int fds[MAX_WATCHED];
	size_t nr = 0;

	for (nfds_t i = 0; i < nr_pfds && nr < MAX_WATCHED; i++)
		if (pfds[i].fd >= 0 && preload_is_object(pfds[i].fd))
			fds[nr++] = pfds[i].fd;
	rearm(fds, nr);
}

/*
 * Waits of the machine's time: until @fd is readable, or @ms of it have passed.
 * Returns whether it is @fd. A signal ends it with EINTR, as it ends the real one.
 */
static int wait_paced(struct pollfd *pfds, nfds_t nr, int ms)
{
	struct pollfd all[MAX_WATCHED + 1];
	int conn, ret;

	memcpy(all, pfds, nr * sizeof(*pfds));
	conn = preload_sleep_begin((uint64_t)ms * 1000000);
	if (conn < 0)
		return LIBC(poll)(pfds, nr, ms);
	all[nr] = (struct pollfd){ .fd = conn, .events = POLLIN };
	ret = LIBC(poll)(all, nr + 1, -1);
	preload_sleep_end(!(ret > 0 && all[nr].revents));
	if (ret < 0)
		return ret;
	memcpy(pfds, all, nr * sizeof(*pfds));
	return ret - !!all[nr].revents;
}

static bool sleeps(int ms)
{
	return preload_server() && ms;
}

EXPORT int epoll_wait(int epfd, struct epoll_event *events, int max, int ms)
{
	struct pollfd pfd = { .fd = epfd, .events = POLLIN };
	int ret;

	if (!preload_server())
		return LIBC(epoll_wait)(epfd, events, max, ms);
	rearm_epoll(epfd);
	if (ms > 0 && preload_paced()) {
		ret = wait_paced(&pfd, 1, ms);
		return ret <= 0 ? ret : LIBC(epoll_wait)(epfd, events, max, 0);
	}
	if (sleeps(ms))
		preload_block();
	ret = LIBC(epoll_wait)(epfd, events, max, ms);
	if (sleeps(ms))
		preload_unblock(false);
	return ret;
}

EXPORT int epoll_pwait(int epfd, struct epoll_event *events, int max, int ms, const sigset_t *set)
{
	if (!set)
		return epoll_wait(epfd, events, max, ms);
	rearm_epoll(epfd);
	return LIBC(epoll_pwait)(epfd, events, max, ms, set);
}

EXPORT int poll(struct pollfd *fds, nfds_t nr, int ms)
{
	int ret;

	if (!preload_server())
		return LIBC(poll)(fds, nr, ms);
	rearm_poll(fds, nr);
	if (ms > 0 && nr <= MAX_WATCHED && preload_paced())
		return wait_paced(fds, nr, ms);
	if (sleeps(ms))
		preload_block();
	ret = LIBC(poll)(fds, nr, ms);
	if (sleeps(ms))
		preload_unblock(false);
	return ret;
}
