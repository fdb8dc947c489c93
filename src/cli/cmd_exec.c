/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Runs a command with a kernel of ours under it: this process is that kernel. */
#include <argp.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/no_bpf.h"
#include "cli/output.h"
#include "cli/session_options.h"
#include "machine/machine.h"
#include "server/server.h"
#include "wire/wire.h"

#define PRELOAD "libscxlab-preload.so"
/* Above every pid of a Linux host: the clients have theirs, and are tasks under them. */
#define FIRST_PID (4 << 20)

enum {
	OPT_PACE = 'p',
	OPT_JOIN = 'J',
};

static const struct argp_option options[] = {
	{ "pace", OPT_PACE, "PACE", 0,
	  "real (default): the machine's seconds are the host's; N: N of them in each; "
	  "max: no waiting, and the command sleeps in the machine's time", 0 },
	{ "join", OPT_JOIN, "PID", 0,
	  "run the command under the kernel of a running scxlab exec, whose pid that is", 0 },
	{ 0 },
};

struct exec_options {
	struct session_config cfg;
	struct session_options session;
	double pace;
	s32 join;
	char **command;
};

static void set_pace(struct argp_state *state, struct exec_options *o, const char *arg)
{
	char *end;

	if (!strcmp(arg, "real")) {
		o->pace = 1;
	} else if (!strcmp(arg, "max")) {
		o->pace = 0;
	} else {
		o->pace = strtod(arg, &end);
		if (end == arg || *end || !(o->pace >= 0.001 && o->pace <= 1000))
			argp_error(state, "--pace: \"%s\" is neither real, max, nor a number of "
				   "0.001 to 1000", arg);
	}
}

static void set_join(struct argp_state *state, struct exec_options *o, const char *arg)
{
	struct err_msg e = {};
	u64 n;

	if (cli_parse_u64(arg, 1, INT32_MAX, &e, &n))
		argp_error(state, "--join: %s", e.text);
	o->join = (s32)n;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct exec_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		o->session.cfg = &o->cfg;
		state->child_inputs[0] = &o->session;
		return 0;
	case OPT_PACE:
		set_pace(state, o, arg);
		return 0;
	case OPT_JOIN:
		set_join(state, o, arg);
		return 0;
	case ARGP_KEY_ARG:
		o->command = &state->argv[state->next - 1];
		state->next = state->argc; /* what follows is the command's own */
		return 0;
	case ARGP_KEY_END:
		if (!o->command)
			argp_error(state, "name a command");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- the command's side ---- */

/* The shim lies beside this program. */
static int preload_path(char *out, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	if (n < 0)
		return -errno;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if ((size_t)(slash + 1 - out) + sizeof(PRELOAD) > size)
		return -ENAMETOOLONG;
	strcpy(slash + 1, PRELOAD);
	return access(out, R_OK) ? -errno : 0;
}

static int set_environment(s32 server)
{
	char path[PATH_MAX], pid[16], *both;
	const char *old = getenv("LD_PRELOAD");
	int err = preload_path(path, sizeof(path));

	if (err)
		return cli_error("%s: %s: it belongs beside the program", path, strerror(-err));
	snprintf(pid, sizeof(pid), "%d", server);
	if (asprintf(&both, "%s%s%s", path, old && old[0] ? ":" : "", old ?: "") < 0)
		return cli_error("out of memory");
	err = setenv("LD_PRELOAD", both, 1) || setenv(WIRE_ENV, pid, 1);
	free(both);
	return err ? cli_error("out of memory") : CLI_FINE;
}

/* Does not return on success. */
static int become(char **command, s32 server)
{
	int code = set_environment(server), err;

	if (code)
		return code;
	err = no_bpf();
	if (err)
		return cli_error("the host does not let bpf(2) be shut off (seccomp): %s",
				 strerror(-err));
	execvp(command[0], command);
	return cli_error("%s: %s", command[0], strerror(errno));
}

static int join(const struct exec_options *o)
{
	return become(o->command, o->join);
}

/* ---- the kernel's side ---- */

static u64 hook_wall(void *priv)
{
	return cli_wall_ns();
}

static void hook_notice(void *priv, const char *text)
{
	fprintf(stderr, "scxlab: %s\n", text);
}

static u64 realtime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (u64)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

struct host {
	struct server *server;
	char dir[PATH_MAX];
	struct rlimit files; /* as we found it, for the command */
	sigset_t signals;
	int signal_fd;
	pid_t command;
};

static int make_dir(struct host *h)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/scxlab-exec.XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(path))
		return cli_error("%s: %s", path, strerror(errno));
	strcpy(h->dir, path);
	return CLI_FINE;
}

/* A descriptor for each connection and each descriptor of a client's. */
static void raise_limit(struct host *h)
{
	struct rlimit all;

	getrlimit(RLIMIT_NOFILE, &h->files);
	all = (struct rlimit){ h->files.rlim_max, h->files.rlim_max };
	setrlimit(RLIMIT_NOFILE, &all);
}

static int open_host(struct host *h, struct session *s, const struct exec_options *o)
{
	struct server_config cfg = {
		.kernel = s->kernel,
		.seed = o->cfg.seed,
		.pace = o->pace,
		.realtime_base = realtime_ns(),
		.dir = h->dir,
		.hooks = { .wall_ns = hook_wall, .notice = hook_notice },
	};
	struct err_msg e = {};
	int code = make_dir(h), err;

	if (code)
		return code;
	raise_limit(h);
	err = server_create(&cfg, &e, &h->server);
	if (err)
		return cli_failed("exec", err, &e);
	sigemptyset(&h->signals);
	for (size_t i = 0; i < 5; i++)
		sigaddset(&h->signals,
			  (const int[]){ SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP }[i]);
	sigprocmask(SIG_BLOCK, &h->signals, NULL);
	h->signal_fd = signalfd(-1, &h->signals, SFD_CLOEXEC);
	return h->signal_fd < 0 ? cli_error("signalfd: %s", strerror(errno)) : CLI_FINE;
}

static void close_host(struct host *h)
{
	server_destroy(h->server);
	if (h->dir[0])
		rmdir(h->dir);
	if (h->signal_fd >= 0)
		close(h->signal_fd);
}

static int start_command(struct host *h, const struct exec_options *o)
{
	pid_t server = getpid();

	h->command = fork();
	if (h->command < 0)
		return cli_error("fork: %s", strerror(errno));
	if (h->command)
		return CLI_FINE;
	sigprocmask(SIG_UNBLOCK, &h->signals, NULL);
	setrlimit(RLIMIT_NOFILE, &h->files);
	_exit(become(o->command, server));
}

/* A terminal sends its signals to the command, too; what is sent to us alone is passed on. */
static void pass_on(const struct host *h, const struct signalfd_siginfo *si)
{
	if (si->ssi_signo != SIGCHLD && si->ssi_code != SI_KERNEL)
		kill(h->command, (int)si->ssi_signo);
}

/* Serves until the command has ended; its exit status, as a shell would tell it. */
static int serve(struct host *h)
{
	struct signalfd_siginfo si;
	int err, status;

	for (;;) {
		err = server_run(h->server, h->signal_fd);
		if (err) {
			kill(h->command, SIGKILL);
			return cli_error("the machine stopped: %s", strerror(-err));
		}
		if (read(h->signal_fd, &si, sizeof(si)) == sizeof(si))
			pass_on(h, &si);
		if (waitpid(h->command, &status, WNOHANG) == h->command)
			break;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int finish_trace(struct session *s)
{
	struct err_msg e = {};
	int err;

	if (!s->trace)
		return CLI_FINE;
	machine_remove_sink(s->machine, trace_writer_sink(s->trace));
	err = output_close_trace(s->cfg->trace, &e, &s->trace_file, &s->trace);
	return err ? cli_failed(s->cfg->trace, err, &e) : CLI_FINE;
}

int cmd_exec(int argc, char **argv)
{
	static const struct argp_child children[] = { SESSION_OPTIONS, {} };
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.children = children,
		.args_doc = "-- COMMAND [ARGUMENT...]",
		.doc = "Runs COMMAND, such as a scheduler's own loader or bpftool, as it is, on a "
		       "simulated kernel with a machine that runs a workload (--workload none: "
		       "nothing but the command).\v"
		       "Exit status: that of COMMAND; 128 + N if signal N ended it; 1 if it "
		       "could not be started.",
	};
	struct exec_options o = { .pace = 1, .cfg = { .first_pid = FIRST_PID, .endless = true } };
	struct host h = { .signal_fd = -1 };
	struct session s;
	int code, ret;

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &o);
	if (o.join)
		return join(&o);
	code = session_open(&s, &o.cfg);
	if (!code)
		code = session_start_workload(&s, 0);
	if (!code)
		code = open_host(&h, &s, &o);
	if (!code)
		code = start_command(&h, &o);
	if (!code)
		code = serve(&h);
	ret = finish_trace(&s);
	close_host(&h);
	session_close(&s);
	return code ?: ret;
}
