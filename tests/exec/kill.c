/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Loaders killed at random moments of loading, attaching, running and ending,
 * under one kernel that must have forgotten each of them by the time its parent
 * knows of its death. Itself run under scxlab exec.
 *
 * kill NUMBER SEED LOADER...
 *
 * A thousand, by hand, in a build directory:
 *   ./scxlab exec --pace max -- tests/exec/kill 1000 1 tests/exec/linux/scx_{simple,qmap,flatcg}
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

/* Wall time, at most, between a loader's start and its end. */
#define LIFE_US 120000

static uint64_t state;

static uint32_t draw(uint32_t n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % n;
}

static void start(char *loader)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, 1);
	dup2(null, 2);
	execl(loader, loader, NULL);
	_exit(127);
}

/* The clock of the host, which is the one that the loader races with: not sleep()'s. */
static void wait_us(uint32_t us)
{
	struct timespec ts = { 0, us * 1000L };

	syscall(SYS_clock_nanosleep, 1, 0, &ts, NULL);
}

/* The first id of that kind beyond @id; 0: there is none. */
static uint32_t next_id(int cmd, uint32_t id)
{
	union bpf_attr a = { .start_id = id };

	return syscall(SYS_bpf, cmd, &a, sizeof(a)) ? 0 : a.next_id;
}

/* NULL, or what is left of a loader. */
static const char *leftover(void)
{
	static const struct {
		const char *what;
		int cmd;
		uint32_t known; /* 1: the kernel's own BTF */
	} kinds[] = {
		{ "a map", BPF_MAP_GET_NEXT_ID, 0 },
		{ "a program", BPF_PROG_GET_NEXT_ID, 0 },
		{ "a link", BPF_LINK_GET_NEXT_ID, 0 },
		{ "BTF", BPF_BTF_GET_NEXT_ID, 1 },
	};
	char text[32] = "";
	int fd = open("/sys/kernel/sched_ext/state", O_RDONLY | O_CLOEXEC);

	if (read(fd, text, sizeof(text) - 1) <= 0 || strcmp(text, "disabled\n"))
		return "the scheduler";
	close(fd);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (next_id(kinds[i].cmd, kinds[i].known))
			return kinds[i].what;
	return NULL;
}

int main(int argc, char **argv)
{
	int number = argc > 3 ? atoi(argv[1]) : 0, status, attached = 0;
	const char *left = NULL;
	struct tap t = {};
	char text[16];

	state = argc > 3 ? strtoull(argv[2], NULL, 0) : 0;
	for (int i = 0; i < number && !left; i++) {
		char *loader = argv[3 + draw(argc - 3)];
		pid_t pid = fork();
		int fd;

		if (!pid)
			start(loader);
		wait_us(draw(LIFE_US));
		fd = open("/sys/kernel/sched_ext/state", O_RDONLY | O_CLOEXEC);
		attached += read(fd, text, sizeof(text)) > 0 && !strncmp(text, "enabled", 7);
		close(fd);
		/* Some of them get to see the signal. */
		kill(pid, draw(8) ? SIGKILL : SIGINT);
		wait_us(draw(4) ? 0 : draw(2000));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		left = leftover();
		if (left)
			tap_note("%s, number %d: %s is left", loader, i, left);
	}
	tap_note("%d of %d were killed while attached", attached, number);
	tap_ok(&t, number && !left, "nothing is left of %d killed loaders", number);
	return tap_done(&t);
}
