/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A thread's connection: made when it is first needed, made anew after a fork. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "preload/preload.h"

/* Out of the way of programs that expect small numbers for their own. */
#define CONN_FD_MIN 400

struct conn {
	int fd;
	pid_t pid; /* whose it is; another's: a fork has happened */
	ino_t ino; /* programs close and reuse descriptors that are not theirs */
	bool busy; /* a signal handler may come in between */
	uint64_t random; /* the state of splitmix64 */
};

static _Thread_local struct conn mine = { .fd = -1 };
static pid_t server_pid;
static bool looked_up, paced;
static pthread_key_t thread_end;

pid_t preload_server(void)
{
	const char *text;

	if (!looked_up) {
		text = getenv(WIRE_ENV);
		server_pid = text ? atoi(text) : 0;
		looked_up = true;
	}
	return server_pid;
}

bool preload_paced(void)
{
	return preload_server() && paced;
}

bool preload_is_object(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int err = errno;
	bool is;

	if (!preload_server() || fd < 0)
		return false;
	is = !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && peer.pid == server_pid;
	errno = err;
	return is && fd != mine.fd;
}

static long call_libc(long nr, long a, long b, long c)
{
	return LIBC(syscall)(nr, a, b, c);
}

static void shut(int fd)
{
	call_libc(SYS_close, fd, 0, 0);
}

/* ---- messages ---- */

static bool send_request(int fd, const struct wire_request *q, const void *data)
{
	struct iovec iov[] = {
		{ (void *)q, sizeof(*q) },
		{ (void *)data, q->len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = q->len ? 2 : 1 };
	ssize_t n;

	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *cm = CMSG_FIRSTHDR(msg);
	int fd, up;

	if (!cm || cm->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
	if (fd > 2)
		return fd;
	/* Never 0, 1 or 2, which mean other things to many programs. */
	up = LIBC(fcntl)(fd, F_DUPFD_CLOEXEC, 3);
	shut(fd);
	return up;
}

static int64_t receive_reply(int fd, struct call *c)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct wire_reply r;
	struct iovec iov[] = { { &r, sizeof(r) }, { c->out, c->out_size } };
	struct msghdr msg = { .msg_iov = iov,
			      .msg_iovlen = c->out ? 2 : 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)sizeof(r))
		return -EIO;
	c->out_len = (size_t)n - sizeof(r);
	if (!r.has_fd)
		return r.ret;
	c->fd = take_fd(&msg);
	return c->fd < 0 ? -EMFILE : c->fd;
}

static int64_t exchange(int fd, struct call *c)
{
	struct wire_request q = { .op = c->op, .len = c->len };

	memcpy(q.arg, c->arg, sizeof(q.arg));
	c->fd = -1;
	if (!send_request(fd, &q, c->data))
		return -EIO;
	return receive_reply(fd, c);
}

/* ---- the connection ---- */

static int dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char digits[16], *d = digits + sizeof(digits), *at = addr.sun_path + 1;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), up;
	pid_t pid = preload_server();

	if (fd < 0)
		return -1;
	for (; pid; pid /= 10)
		*--d = '0' + pid % 10;
	memcpy(at, WIRE_ADDRESS, strlen(WIRE_ADDRESS));
	at += strlen(WIRE_ADDRESS);
	memcpy(at, d, digits + sizeof(digits) - d);
	at += digits + sizeof(digits) - d;
	if (connect(fd, (struct sockaddr *)&addr, at - (char *)&addr)) {
		shut(fd);
		return -1;
	}
	up = LIBC(fcntl)(fd, F_DUPFD_CLOEXEC, CONN_FD_MIN);
	if (up < 0)
		return fd;
	shut(fd);
	return up;
}

static int open_conn(void)
{
	static uint64_t magic = WIRE_MAGIC;
	struct call hello = { .op = WIRE_HELLO,
			      .arg = { WIRE_VERSION, call_libc(SYS_gettid, 0, 0, 0), getppid(),
				       (uintptr_t)&magic } };
	int64_t ret;
	int fd;

	/* Where Yama lets only ancestors read a process, and we were asked to join. */
	prctl(PR_SET_PTRACER, (unsigned long)preload_server(), 0, 0, 0);
	fd = dial();
	if (fd < 0)
		return -1;
	hello.out = &mine.random;
	hello.out_size = sizeof(mine.random);
	ret = exchange(fd, &hello);
	if (ret < 0) {
		shut(fd);
		return -1;
	}
	paced = ret == WIRE_PACE_MAX;
	return fd;
}

void preload_random(void *out, size_t len)
{
	uint64_t x;

	for (size_t at = 0; at < len; at += sizeof(x)) {
		x = mine.random += 0x9e3779b97f4a7c15;
		x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
		x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
		x ^= x >> 31;
		memcpy((char *)out + at, &x, len - at < sizeof(x) ? len - at : sizeof(x));
	}
}

static bool still_mine(void)
{
	struct stat st;

	return mine.fd >= 0 && mine.pid == getpid() && !fstat(mine.fd, &st) &&
	       st.st_ino == mine.ino;
}

/* The thread's connection, or -1. */
static int conn(void)
{
	struct stat st;

	if (!preload_server())
		return -1;
	if (still_mine())
		return mine.fd;
	mine.fd = open_conn();
	mine.pid = getpid();
	if (mine.fd < 0 || fstat(mine.fd, &st))
		return -1;
	mine.ino = st.st_ino;
	if (thread_end)
		pthread_setspecific(thread_end, &mine);
	return mine.fd;
}

int64_t preload_call(struct call *c)
{
	int err = errno, fd;
	int64_t ret;

	if (mine.busy) { /* in a signal handler, in the middle of another call */
		fd = open_conn();
		ret = fd < 0 ? -EIO : exchange(fd, c);
		if (fd >= 0)
			shut(fd);
		errno = err;
		return ret;
	}
	mine.busy = true;
	fd = conn();
	ret = fd < 0 ? -EIO : exchange(fd, c);
	mine.busy = false;
	errno = err;
	return ret;
}

void preload_tell(enum wire_op op, uint64_t arg)
{
	struct wire_request q = { .op = op, .arg = { arg } };
	int err = errno, fd;

	if (!mine.busy) {
		mine.busy = true;
		fd = conn();
		if (fd >= 0)
			send_request(fd, &q, NULL);
		mine.busy = false;
	}
	errno = err;
}

void preload_block(void)
{
	preload_tell(WIRE_BLOCK, 0);
}

void preload_unblock(bool ordered)
{
	struct call c = { .op = WIRE_RESUME };

	if (ordered || preload_paced())
		preload_call(&c);
	else
		preload_tell(WIRE_WAKE, 0);
}

int preload_sleep_begin(uint64_t ns)
{
	struct wire_request q = { .op = WIRE_SLEEP, .arg = { ns } };
	int fd = mine.busy ? -1 : conn();

	if (fd < 0 || !send_request(fd, &q, NULL))
		return -1;
	mine.busy = true;
	return fd;
}

int64_t preload_sleep_end(bool cancel)
{
	struct wire_request q = { .op = WIRE_CANCEL };
	struct call c = { .op = WIRE_SLEEP };
	int err = errno;
	int64_t ret;

	if (cancel)
		send_request(mine.fd, &q, NULL);
	ret = receive_reply(mine.fd, &c);
	mine.busy = false;
	errno = err;
	return ret;
}

/* ---- life ---- */

static void end_of_thread(void *unused)
{
	preload_tell(WIRE_BYE, 0);
	if (mine.fd >= 0)
		shut(mine.fd);
	mine.fd = -1;
}

static void after_fork(void)
{
	if (mine.fd >= 0)
		shut(mine.fd);
	mine.fd = -1;
	mine.busy = false;
	conn();
}

EXPORT pid_t fork(void)
{
	struct call c = { .op = WIRE_FORKED };
	pid_t pid = LIBC(fork)();

	if (pid > 0 && preload_server()) {
		c.arg[0] = pid;
		preload_call(&c);
	}
	return pid;
}

__attribute__((constructor)) static void start(void)
{
	if (!preload_server())
		return;
	pthread_key_create(&thread_end, end_of_thread);
	pthread_atfork(NULL, NULL, after_fork);
	conn();
}

/* A thread is a task from its first instruction on. */
struct start_args {
	void *(*fn)(void *);
	void *arg;
};

static void *run_thread(void *priv)
{
	struct start_args a = *(struct start_args *)priv;

	free(priv);
	conn();
	return a.fn(a.arg);
}

EXPORT int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	struct start_args *a;
	int err;

	if (!preload_server())
		return LIBC(pthread_create)(t, attr, fn, arg);
	a = malloc(sizeof(*a));
	if (!a)
		return EAGAIN;
	*a = (struct start_args){ fn, arg };
	err = LIBC(pthread_create)(t, attr, run_thread, a);
	if (err)
		free(a);
	return err;
}
