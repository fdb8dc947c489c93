/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What it costs to be a client of scxlab exec: a look-up in a map by bpf(2), beside
 * the bare exchange of two messages over the same kind of socket; and the time from
 * starting Linux's scx_qmap to its first line of statistics, which it prints once
 * it is attached.
 *
 * exec BUILD: runs itself under BUILD/scxlab exec.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "wire/wire.h"

#define NR_CALLS 20000
#define NR_LOADS 7

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *what, u64 *ns, u32 nr, const char *unit, double div)
{
	qsort(ns, nr, sizeof(*ns), compare);
	printf("%-44s median %7.2f %s, least %7.2f\n", what, ns[nr / 2] / div, unit, ns[0] / div);
}

/* The peer: a message there and one back, of the sizes that a bpf(2) has. */
static bool bare_exchange(u64 *ns)
{
	struct wire_request q = {};
	struct wire_reply r = {};
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return false;
	pid = fork();
	if (!pid) {
		close(pair[0]);
		while (recv(pair[1], &q, sizeof(q), 0) > 0)
			send(pair[1], &r, sizeof(r), 0);
		_exit(0);
	}
	close(pair[1]);
	for (u32 i = 0; i < NR_CALLS; i++) {
		u64 begin = now_ns();

		send(pair[0], &q, sizeof(q), 0);
		recv(pair[0], &r, sizeof(r), 0);
		ns[i] = now_ns() - begin;
	}
	close(pair[0]);
	return waitpid(pid, NULL, 0) == pid;
}

static bool look_up(u64 *ns)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8,
			       .max_entries = 16 };
	u32 key = 1;
	u64 value = 2;
	union bpf_attr elem = { .key = (uintptr_t)&key, .value = (uintptr_t)&value };

	elem.map_fd = syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map));
	if (syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &elem, sizeof(elem)))
		return false;
	for (u32 i = 0; i < NR_CALLS; i++) {
		u64 begin = now_ns();

		if (syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &elem, sizeof(elem)))
			return false;
		ns[i] = now_ns() - begin;
	}
	return true;
}

static bool load(const char *path, u64 *ns)
{
	u64 begin = now_ns();
	int out[2], status;
	char byte;
	pid_t pid;
	bool ok;

	if (pipe(out))
		return false;
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		execl(path, path, NULL);
		_exit(127);
	}
	close(out[1]);
	ok = read(out[0], &byte, 1) == 1;
	*ns = now_ns() - begin;
	kill(pid, SIGKILL);
	close(out[0]);
	return waitpid(pid, &status, 0) == pid && ok;
}

static int measure(const char *build)
{
	u64 *ns = calloc(NR_CALLS, sizeof(*ns)), loads[NR_LOADS];
	char path[512];
	int err = 1;

	if (!ns || !bare_exchange(ns))
		goto out;
	report("two messages between two processes", ns, NR_CALLS, "us", 1e3);
	if (!look_up(ns))
		goto out;
	report("bpf(2) under scxlab exec: a map look-up", ns, NR_CALLS, "us", 1e3);
	err = 0;
	snprintf(path, sizeof(path), "%s/tests/exec/linux/scx_qmap", build);
	if (access(path, X_OK)) {
		printf("%s is not there: `ninja tests/exec/loaders.stamp` makes it\n", path);
		goto out;
	}
	for (u32 i = 0; !err && i < NR_LOADS; i++)
		err = !load(path, &loads[i]);
	if (!err)
		report("scx_qmap under scxlab exec: start to attached", loads, NR_LOADS, "ms", 1e6);
out:
	free(ns);
	return err;
}

int main(int argc, char **argv)
{
	char path[512];

	if (argc != 2) {
		fprintf(stderr, "usage: exec BUILD\n");
		return 1;
	}
	if (getenv(WIRE_ENV))
		return measure(argv[1]);
	snprintf(path, sizeof(path), "%s/scxlab", argv[1]);
	execl(path, path, "exec", "--workload", "none", "--", argv[0], argv[1], NULL);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return 1;
}
