/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/gdb.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "loader/loader.h"
#include "machine/machine.h"
#include "cli/costs_file.h"
#include "machine/topology.h"
#include "workload/workload.h"

#define DEFAULT_DURATION_NS 5000000000ULL
/* Between looks at signals and the progress; in simulated time, so that runs are alike. */
#define CHUNK_NS 10000000ULL

/* As cli_error() and cli_failed(), to where the session's user wants it. */
static int complain(const struct session *s, const char *fmt, ...) __printf(2, 3);
static int complain(const struct session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cli_verror(s->cfg->errors, fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

static int fail(const struct session *s, const char *what, int err, const struct err_msg *e)
{
	if (e && e->text[0])
		return complain(s, "%.*s", (int)strcspn(e->text, "\n"), e->text);
	return complain(s, "%s: %s", what, strerror(-err));
}

static int open_workload(struct session *s)
{
	const char *path = s->cfg->workload;
	struct err_msg e = {};
	size_t len;
	char *text;
	int err;

	if (s->cfg->endless && path && !strcmp(path, "none"))
		return CLI_FINE;
	if (!path) {
		err = workload_parse((const char *)cli_builtin_workload, cli_builtin_workload_len,
				     "the built-in workload", &e, &s->workload);
		return err ? fail(s, "workload", err, &e) : CLI_FINE;
	}
	err = cli_read_file(path, &e, &text, &len);
	if (err)
		return fail(s, path, err, &e);
	err = workload_parse(text, len, path, &e, &s->workload);
	free(text);
	return err ? fail(s, path, err, &e) : CLI_FINE;
}

static int open_kernel(struct session *s)
{
	struct kernel_config cfg = {
		.hz = s->cfg->hz,
		.governor = s->cfg->governor,
		.fair = s->cfg->fair,
		.cpus_in_turn = s->cfg->cpus_in_turn,
		.seed = s->cfg->seed,
		.profile = s->cfg->kernel.profile,
		.kfunc_resolution = s->cfg->kernel.kfunc_resolution,
		.engine = s->cfg->engine,
		.first_pid = s->cfg->first_pid,
	};
	struct machine_costs costs;
	struct err_msg e = {};
	int err;

	err = topology_create(s->cfg->topology, &e, &s->topo);
	if (err)
		return fail(s, "topology", err, &e);
	cfg.topology = s->topo;
	if (s->cfg->costs) {
		err = costs_read(s->cfg->costs, &costs, &e);
		if (err)
			return fail(s, s->cfg->costs, err, &e);
		cfg.costs = &costs;
	}
	err = kernel_create(&cfg, &e, &s->kernel);
	if (err)
		return fail(s, "kernel", err, &e);
	if (s->cfg->object && kernel_no_jit(s->kernel) && !s->cfg->errors)
		fprintf(stderr, "note: programs are interpreted: %s\n", kernel_no_jit(s->kernel));
	s->machine = kernel_machine(s->kernel);
	return CLI_FINE;
}

static int open_stats(struct session *s)
{
	int err = stats_init(&s->stats, machine_nr_cpus(s->machine), machine_now(s->machine));

	if (err)
		return err;
	s->has_stats = true;
	return machine_add_sink(s->machine, &s->stats.sink);
}

static int open_sinks(struct session *s)
{
	u32 nr_cpus = machine_nr_cpus(s->machine);
	struct err_msg e = {};
	int err;

	err = s->cfg->endless ? 0 : open_stats(s);
	if (err)
		return fail(s, "statistics", err, NULL);
	if (!s->cfg->trace)
		return CLI_FINE;
	err = output_open_trace(s->cfg->trace, nr_cpus, &e, &s->trace_file, &s->trace);
	if (!err)
		err = machine_add_sink(s->machine, trace_writer_sink(s->trace));
	return err ? fail(s, s->cfg->trace, err, &e) : CLI_FINE;
}

static void on_code(void *priv, const struct kernel_code *c)
{
	struct session *s = priv;

	/* What has no name is a probe of libbpf's, and gone soon. */
	if (!c->func[0])
		return;
	if (s->perf_map)
		fprintf(s->perf_map, "%lx %x bpf_prog_%s\n", (unsigned long)c->addr, c->size,
			c->func);
	if (s->cfg->gdb && gdb_add(&s->gdb, c))
		complain(s, "out of memory: gdb does not know %s", c->func);
}

static int open_perf_map(struct session *s)
{
	char path[64];

	if (!s->cfg->perf_map)
		return CLI_FINE;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	s->perf_map = fopen(path, "we");
	if (!s->perf_map)
		return fail(s, path, -errno, NULL);
	setvbuf(s->perf_map, NULL, _IOLBF, 0);
	return CLI_FINE;
}

static const char *const own_names[] = { [FAIR_EEVDF] = "eevdf", [FAIR_CFS] = "cfs" };

int session_parse_own(const char *name, struct err_msg *e, enum machine_fair *out)
{
	for (u32 i = 0; i < ARRAY_SIZE(own_names); i++) {
		if (strcmp(name, own_names[i]))
			continue;
		*out = i;
		return 0;
	}
	return err_set(e, -EINVAL, "there are eevdf and cfs, and no \"%s\"", name);
}

int session_parse_engine(const char *name, struct err_msg *e, enum kernel_engine *out)
{
	if (!strcmp(name, "jit"))
		*out = KERNEL_ENGINE_JIT;
	else if (!strcmp(name, "jit-barriers"))
		*out = KERNEL_ENGINE_JIT_BARRIERS;
	else if (!strcmp(name, "interpreter"))
		*out = KERNEL_ENGINE_INTERPRETER;
	else
		return err_set(e, -EINVAL, "\"%s\" is neither jit, jit-barriers nor interpreter", name);
	return 0;
}

int session_open(struct session *s, const struct session_config *cfg)
{
	int code;

	*s = (struct session){ .cfg = cfg };
	code = open_workload(s);
	if (!code)
		code = open_kernel(s);
	if (!code)
		code = open_perf_map(s);
	if (!code && (cfg->perf_map || cfg->gdb))
		kernel_on_code(s->kernel, on_code, s);
	if (!code)
		code = open_sinks(s);
	return code;
}

static void on_verdict(void *priv, const struct kernel_verdict *v)
{
	struct session *s = priv;

	if (!loader_has_program(s->loader, v->prog))
		return; /* a probe of libbpf's */
	s->refused[0] = '\0';
	if (v->err)
		snprintf(s->refused, sizeof(s->refused), "%s", v->prog);
}

int session_load(struct session *s)
{
	const struct session_config *cfg = s->cfg;
	struct err_msg e = {};
	int err, code;

	snprintf(s->sched_name, sizeof(s->sched_name), "%s",
		 own_names[cfg->fair]);
	if (!cfg->object)
		return CLI_FINE;
	if (!cfg->errors)
		output_show_messages();
	err = loader_open(s->kernel, cfg->object, &e, &s->loader);
	if (err)
		return fail(s, cfg->object, err, &e);
	for (u32 i = 0; i < cfg->nr_sets; i++) {
		err = loader_set_global(s->loader, cfg->sets[i], &e);
		if (err)
			return fail(s, cfg->sets[i], err, &e);
	}
	kernel_on_verdict(s->kernel, on_verdict, s);
	err = loader_load(s->loader, &e);
	kernel_on_verdict(s->kernel, NULL, NULL);
	if (err && s->refused[0]) {
		const char *why = loader_refusal(s->loader);

		complain(s, "%s: the verifier refused program \"%s\": %s%s%s", cfg->object,
			  s->refused, strerror(-err), why[0] ? ": " : "", why);
		return CLI_REFUSED;
	}
	if (err) {
		fail(s, cfg->object, err, &e);
		return err == -ENOMEM ? CLI_FAILED : CLI_REFUSED;
	}
	if (!loader_nr_struct_ops(s->loader))
		return complain(s, "%s: has no struct_ops map: it is not a sched_ext scheduler",
				 cfg->object);
	if (loader_nr_struct_ops(s->loader) > 1)
		return complain(s, "%s: has %u struct_ops maps, and one scheduler at a time can "
				 "run: leave one in the object",
				 cfg->object, loader_nr_struct_ops(s->loader));
	code = extras_check(s);
	if (code)
		return code;
	snprintf(s->sched_name, sizeof(s->sched_name), "%s", loader_sched_name(s->loader));
	err = loader_attach(s->loader, &e);
	if (!err)
		return CLI_FINE;
	kernel_sched_exit(s->kernel, &s->exit);
	fail(s, cfg->object, err, &e);
	if (!s->exit.kind)
		return err == -ENOMEM ? CLI_FAILED : CLI_REFUSED;
	complain(s, "%s: %s: %s", s->sched_name, s->exit.reason, s->exit.msg);
	return CLI_SCHED_ERROR;
}

/* What ends the run: *stop is absolute, UINT64_MAX for "when all tasks have ended". */
static int plan_end(struct session *s, u64 *stop, u64 *soft)
{
	u64 now = machine_now(s->machine);

	*soft = 0;
	*stop = UINT64_MAX;
	if (s->cfg->duration)
		*stop = now + s->cfg->duration;
	else if (workload_duration(s->workload))
		*soft = workload_duration(s->workload);
	else if (!workload_has_duration(s->workload))
		*stop = now + DEFAULT_DURATION_NS;
	else if (workload_is_endless(s->workload))
		return complain(s, "%s: its duration is -1 and some task loops for ever: say when "
				 "to stop with --duration",
				 s->cfg->workload);
	return CLI_FINE;
}

/* Another scheduler takes over; until it is loaded, the present one goes on. */
static int replace(struct session *s, const char *object, struct err_msg *e)
{
	struct loader *next = NULL;
	int err = loader_open(s->kernel, object, e, &next);

	if (!err)
		err = loader_load(next, e);
	if (!err && loader_nr_struct_ops(next) != 1)
		err = err_set(e, -EINVAL, "%s: is not one sched_ext scheduler", object);
	if (err) {
		loader_close(next);
		return err;
	}
	if (s->loader)
		loader_detach(s->loader);
	loader_close(s->loader);
	s->loader = next;
	snprintf(s->sched_name, sizeof(s->sched_name), "%s", loader_sched_name(next));
	return loader_attach(next, e);
}

/* What a workload's events ask of the scheduler. */
static int on_request(void *priv, enum workload_request what, const char *object,
		      struct err_msg *e)
{
	struct session *s = priv;

	switch (what) {
	case WORKLOAD_SYSRQ_S:
		kernel_sysrq(s->kernel, 's');
		return 0;
	case WORKLOAD_SYSRQ_D:
		kernel_sysrq(s->kernel, 'd');
		return 0;
	case WORKLOAD_REPLACE:
		return replace(s, object, e);
	default:
		break;
	}
	if (!s->loader)
		return err_set(e, -ENOENT, "the run has no sched_ext scheduler");
	return what == WORKLOAD_DETACH ? loader_detach(s->loader) : loader_attach(s->loader, e);
}

int session_start_workload(struct session *s, u64 soft)
{
	struct err_msg e = {};
	int err;

	if (!s->workload)
		return CLI_FINE;
	err = workload_run_create(s->workload, s->machine, soft, &e, &s->run);
	if (!err) {
		workload_run_set_hooks(s->run, &(struct workload_hooks){ s, on_request });
		err = workload_run_start(s->run, &e);
	}
	return err ? fail(s, "workload", err, &e) : CLI_FINE;
}

/* SIGINT and SIGTERM are blocked while a session runs: they end it early, with its report. */
static bool is_interrupted(const struct session *s, const sigset_t *set)
{
	struct timespec zero = {};

	if (s->cfg->cancel)
		return atomic_load_explicit(s->cfg->cancel, memory_order_relaxed);
	return sigtimedwait(set, NULL, &zero) > 0;
}

static int simulate(struct session *s, u64 stop, u64 expected)
{
	u64 start = cli_wall_ns();
	struct progress pr;
	sigset_t set, old;
	int err = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	progress_init(&pr, !s->cfg->quiet, start, expected);
	for (;;) {
		u64 now = machine_now(s->machine), until = min(stop, now + CHUNK_NS);

		if (now >= stop)
			break;
		err = machine_run(s->machine, until);
		if (err || machine_now(s->machine) < until)
			break; /* stopped, or no task is left */
		s->blocked = stop == UINT64_MAX && machine_idle_for_ever(s->machine);
		s->interrupted = is_interrupted(s, &set);
		if (s->blocked || s->interrupted)
			break;
		progress_show(&pr, cli_wall_ns(), machine_now(s->machine), s->stats.events);
	}
	progress_fini(&pr);
	s->wall_ns = cli_wall_ns() - start;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err;
}

/* Figures first: what detaching does to the tasks is not part of the run. */
static int collect(struct session *s)
{
	struct err_msg e = {};
	int err = 0, code;

	s->duration_ns = machine_now(s->machine);
	if (stats_settle(&s->stats, s->duration_ns))
		return complain(s, "out of memory: the statistics are incomplete");
	machine_remove_sink(s->machine, &s->stats.sink);
	if (s->trace) {
		machine_remove_sink(s->machine, trace_writer_sink(s->trace));
		err = output_close_trace(s->cfg->trace, &e, &s->trace_file, &s->trace);
	}
	code = extras_collect(s);
	if (s->loader) {
		loader_detach(s->loader);
		kernel_sched_exit(s->kernel, &s->exit);
	}
	if (code)
		return code;
	return err ? fail(s, s->cfg->trace, err, &e) : CLI_FINE;
}

int session_run(struct session *s)
{
	u64 stop, soft;
	int code, err;

	code = plan_end(s, &stop, &soft);
	if (!code)
		code = session_start_workload(s, soft);
	if (code)
		return code;
	err = simulate(s, stop, soft ? soft : stop);
	if (err && workload_run_error(s->run)[0])
		return complain(s, "%s", workload_run_error(s->run));
	if (err)
		return complain(s, "the machine stopped: %s", strerror(-err));
	return collect(s);
}

/* The scheduler's own end decides the exit code; its message is an error, too. */
int session_judge(const struct session *s)
{
	const struct kernel_sched_exit *x = &s->exit;
	bool stall = x->kind_name && !strcmp(x->kind_name, "error_stall");
	bool error = x->kind_name && !strncmp(x->kind_name, "error", strlen("error"));

	if (!stall && !error)
		return CLI_FINE;
	complain(s, "%s: %s: %s", s->sched_name, x->reason, x->msg);
	if (!s->cfg->errors && x->dump && x->dump[0])
		fprintf(stderr, "%s\n", x->dump);
	return stall ? CLI_STALLED : CLI_SCHED_ERROR;
}

void session_close(struct session *s)
{
	if (s->machine && s->has_stats)
		machine_remove_sink(s->machine, &s->stats.sink);
	if (s->machine && s->trace)
		machine_remove_sink(s->machine, trace_writer_sink(s->trace));
	gdb_remove_all(&s->gdb);
	loader_close(s->loader);
	kernel_destroy(s->kernel);
	workload_run_destroy(s->run);
	workload_destroy(s->workload);
	topology_destroy(s->topo);
	trace_writer_destroy(s->trace);
	if (s->trace_file)
		fclose(s->trace_file);
	if (s->perf_map)
		fclose(s->perf_map);
	if (s->has_stats)
		stats_fini(&s->stats);
	extras_fini(&s->extras);
}
