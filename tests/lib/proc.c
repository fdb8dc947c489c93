/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"

#define MAX_WORDS 64

static char *read_fd(int fd, size_t *len)
{
	size_t size = lseek(fd, 0, SEEK_END), done = 0;
	char *text = malloc(size + 1);

	while (text && done < size) {
		ssize_t n = pread(fd, text + done, size - done, done);

		if (n <= 0)
			break;
		done += n;
	}
	if (text)
		text[done] = '\0';
	if (len)
		*len = done;
	return text;
}

/* False where the host has no seccomp filters. */
static bool forbid_exec_memory(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(filter[0]), filter };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* The child's half: never returns. */
static void become(const char *const *argv, const struct proc_opts *o, int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, 0);
	dup2(out, 1);
	dup2(err, 2);
	if (o->no_aslr)
		personality(ADDR_NO_RANDOMIZE);
	if (o->extra_env)
		putenv((char *)o->extra_env);
	if (o->no_exec_memory && !forbid_exec_memory())
		_exit(PROC_NOT_HERE);
	alarm(o->seconds ? o->seconds : 60);
	execv(argv[0], (char *const *)argv);
	perror(argv[0]);
	_exit(127);
}

static bool has_come(int fd, const char *text, unsigned int times)
{
	char *all = read_fd(fd, NULL), *at = all;
	unsigned int n = 0;

	while (all && (at = strstr(at, text))) {
		at += strlen(text);
		n++;
	}
	free(all);
	return n >= times;
}

static void wait_for(pid_t pid, const struct proc_opts *o, int out, int *status)
{
	while (o->until && !has_come(out, o->until, o->times)) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return;
		usleep(2000);
	}
	if (o->until)
		kill(pid, SIGINT);
	waitpid(pid, status, 0);
}

bool proc_run(const char *const *argv, const struct proc_opts *o, struct proc_result *r)
{
	static const struct proc_opts none;
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	int status = 0;
	pid_t pid;

	*r = (struct proc_result){};
	fflush(NULL);
	pid = out < 0 || err < 0 ? -1 : fork();
	if (pid == 0)
		become(argv, o ? o : &none, out, err);
	if (pid > 0)
		wait_for(pid, o ? o : &none, out, &status);
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	r->out = read_fd(out, &r->out_len);
	r->err = read_fd(err, &r->err_len);
	close(out);
	close(err);
	if (pid < 0)
		perror("proc_run");
	return pid > 0 && r->out && r->err;
}

/* Cuts the next word off *line, without its quotes; NULL at the end. */
static char *next_word(char **line)
{
	char *from = *line + strspn(*line, " "), *to = from, *word = from;
	bool quoted = false;

	if (!*from)
		return NULL;
	for (; *from && (quoted || *from != ' '); from++) {
		if (*from == '\'')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*line = from + !!*from;
	*to = '\0';
	return word;
}

bool proc_run_line(const char *line, const struct proc_opts *o, struct proc_result *r)
{
	const char *argv[MAX_WORDS + 1] = {}, *engine = getenv("SCXLAB_TEST_ENGINE");
	char *copy = strdup(line), *rest = copy;
	bool ok;
	int n = 0;

	while (n < MAX_WORDS && (argv[n] = next_word(&rest)))
		n++;
	if (engine && n >= 2 && n + 2 <= MAX_WORDS && !strcmp(argv[1], "run")) {
		argv[n++] = "--engine";
		argv[n++] = engine;
	}
	ok = proc_run(argv, o, r);
	free(copy);
	return ok;
}

void proc_result_fini(struct proc_result *r)
{
	free(r->out);
	free(r->err);
	*r = (struct proc_result){};
}

char *proc_read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return NULL;
	text = read_fd(fd, len);
	close(fd);
	return text;
}
