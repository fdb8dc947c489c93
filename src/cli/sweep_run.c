/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Workers take cells in order; each cell is a session, with a kernel of its own.
 * The calling thread shows how far they are, and is the one that signals reach.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/sweep.h"

#define BAR_WIDTH 30
#define EACH_MS 200

struct pool {
	struct sweep *sw;
	struct sweep_part part;
	struct sweep_results *results;
	atomic_uint next;
	atomic_bool cancel;
	int wake; /* eventfd: a worker has come to its end */
	pthread_mutex_t lock; /* of what follows, and of the results' file */
	u32 working, done, failed;
	int err;
};

/* ---- a cell ---- */

static int take_figures(struct sweep_result *r, const struct session *s)
{
	struct stats_totals t;
	int err = stats_totals(&s->stats, &t);

	if (err)
		return err;
#define FIGURE(name, value) r->name = value;
#include "cli/sweep_figures.def"
#undef FIGURE
	histogram_fini(&t.latency);
	r->exit = strdup(s->exit.kind_name ?: "none");
	return r->exit ? 0 : -ENOMEM;
}

static int run_session(const struct session_config *cfg, struct sweep_result *r, bool *interrupted)
{
	struct session s;
	int code = session_open(&s, cfg), err = 0;

	if (!code)
		code = session_load(&s);
	if (!code)
		code = session_run(&s);
	*interrupted = s.interrupted;
	if (!code && !s.interrupted) {
		err = take_figures(r, &s);
		r->status = session_judge(&s);
	} else {
		r->status = code;
	}
	session_close(&s);
	return err;
}

/* 0, or -errno where this is nobody's fault but the host's. */
static int run_cell(struct pool *p, struct sweep_cell *c)
{
	struct session_config cfg = p->sw->spec.common;
	struct sweep_result r = {};
	bool interrupted;
	size_t len;
	int err;

	cfg.object = c->sched->path;
	cfg.fair = c->sched->fair;
	cfg.workload = c->workload;
	cfg.topology = c->topology ?: SESSION_DEFAULT_TOPOLOGY;
	cfg.seed = c->seed;
	cfg.sets = (const char *const *)c->sets;
	cfg.nr_sets = c->nr_sets;
	cfg.cancel = &p->cancel;
	cfg.errors = open_memstream(&r.message, &len);
	if (!cfg.errors)
		return -ENOMEM;
	err = run_session(&cfg, &r, &interrupted);
	if (fclose(cfg.errors) && !err)
		err = -ENOMEM;
	if (!err && !r.exit && !(r.exit = strdup("none")))
		err = -ENOMEM;
	if (err || interrupted) {
		free(r.message);
		free(r.exit);
		return err;
	}
	r.message[strcspn(r.message, "\n")] = '\0';
	r.done = true;
	c->result = r;
	return 0;
}

/* ---- workers ---- */

static void finish_cell(struct pool *p, struct sweep_cell *c, int err)
{
	pthread_mutex_lock(&p->lock);
	if (!err && c->result.done) {
		err = p->results ? sweep_results_add(p->results, c) : 0;
		p->done++;
		p->failed += c->result.status != CLI_FINE;
	}
	if (err && !p->err)
		p->err = err;
	if (err)
		atomic_store(&p->cancel, true);
	pthread_mutex_unlock(&p->lock);
}

static void *work(void *priv)
{
	struct pool *p = priv;
	u64 one = 1;
	u32 i;

	while (!atomic_load(&p->cancel) && (i = atomic_fetch_add(&p->next, 1)) < p->sw->nr_cells) {
		struct sweep_cell *c = &p->sw->cells[i];

		if (i % p->part.n == p->part.k && !c->result.done)
			finish_cell(p, c, run_cell(p, c));
	}
	pthread_mutex_lock(&p->lock);
	p->working--;
	pthread_mutex_unlock(&p->lock);
	return write(p->wake, &one, sizeof(one)) == sizeof(one) ? NULL : priv;
}

/* ---- the bar ---- */

struct bar {
	bool on;
	u64 start;
	u32 before, all; /* cells that were there; in all */
};

static void show(const struct bar *b, u32 done, u32 failed)
{
	u32 full = (u32)((u64)BAR_WIDTH * (b->before + done) / b->all);
	double took = (double)(cli_wall_ns() - b->start) / 1e9;

	if (!b->on)
		return;
	fprintf(stderr, "\r\033[K[");
	for (u32 i = 0; i < BAR_WIDTH; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %u of %u cells", b->before + done, b->all);
	if (failed)
		fprintf(stderr, ", %u failed", failed);
	if (done)
		fprintf(stderr, ", %.0f s left", took / done * (b->all - b->before - done));
}

/* Until all workers have ended, or a signal has come. True: one has. */
static bool watch(struct pool *p, const struct bar *b, int signals)
{
	struct pollfd fds[2] = { { .fd = p->wake, .events = POLLIN },
				 { .fd = signals, .events = POLLIN } };
	struct signalfd_siginfo info;
	u64 ended;

	for (;;) {
		u32 working, done, failed;

		pthread_mutex_lock(&p->lock);
		working = p->working;
		done = p->done;
		failed = p->failed;
		pthread_mutex_unlock(&p->lock);
		show(b, done, failed);
		if (!working)
			return false;
		if (poll(fds, 2, EACH_MS) <= 0)
			continue;
		if (fds[1].revents & POLLIN)
			return read(signals, &info, sizeof(info)) > 0;
		if (read(p->wake, &ended, sizeof(ended)) != sizeof(ended))
			continue;
	}
}

/* ---- all of it ---- */

static int start_workers(struct pool *p, pthread_t *threads, u32 nr)
{
	u32 n = 0;
	int err = 0;

	for (; n < nr && !err; n++) {
		pthread_mutex_lock(&p->lock);
		p->working++;
		pthread_mutex_unlock(&p->lock);
		err = pthread_create(&threads[n], NULL, work, p);
	}
	if (!err)
		return (int)n;
	pthread_mutex_lock(&p->lock);
	p->working--;
	p->err = -err;
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->cancel, true);
	return (int)n - 1;
}

static int run_pool(struct pool *p, struct bar *b, u32 nr_workers, int signals)
{
	pthread_t *threads = calloc(nr_workers, sizeof(*threads));
	bool interrupted;
	int n;

	if (!threads)
		return -ENOMEM;
	n = start_workers(p, threads, nr_workers);
	interrupted = watch(p, b, signals);
	atomic_store(&p->cancel, interrupted || p->err);
	while (n--)
		pthread_join(threads[n], NULL);
	if (b->on)
		fputs("\r\033[K", stderr);
	free(threads);
	return p->err ?: interrupted;
}

static void count_cells(const struct pool *p, struct bar *b)
{
	for (u32 i = p->part.k; i < p->sw->nr_cells; i += p->part.n) {
		b->all++;
		b->before += p->sw->cells[i].result.done;
	}
}

int sweep_run(struct sweep *sw, struct sweep_part part, u32 nr_workers, struct sweep_results *r,
	      struct err_msg *e)
{
	struct pool p = { .sw = sw, .part = part, .results = r };
	struct bar b = { .on = isatty(STDERR_FILENO), .start = cli_wall_ns() };
	sigset_t set, old;
	int signals, ret;

	count_cells(&p, &b);
	if (b.before == b.all)
		return 0;
	pthread_mutex_init(&p.lock, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	p.wake = eventfd(0, EFD_CLOEXEC);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (p.wake >= 0 && signals >= 0)
		ret = run_pool(&p, &b, min(nr_workers, b.all - b.before), signals);
	else
		ret = -errno;
	if (signals >= 0)
		close(signals);
	if (p.wake >= 0)
		close(p.wake);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_mutex_destroy(&p.lock);
	return ret < 0 ? err_set(e, ret, "sweep: %s", strerror(-ret)) : ret;
}
