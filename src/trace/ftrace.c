/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ftrace's text format, as /sys/kernel/tracing/trace shows it: what trace-cmd,
 * Perfetto, LISA, kernelshark and people's scripts read.
 *
 * The five flag columns show what Linux has at each trace point: interrupts off
 * and so many locks held.
 */
#include <stdio.h>

#include "trace/internal.h"

#define COUNT_WIDTH 20 /* decimal digits of a u64 */

struct ftrace {
	struct trace_writer w;
	u64 entries;
	u64 count_at; /* where the head's counts stand */
};

static const char head_rest[] =
	"#\n"
	"#                                _-----=> irqs-off/BH-disabled\n"
	"#                               / _----=> need-resched\n"
	"#                              | / _---=> hardirq/softirq\n"
	"#                              || / _--=> preempt-depth\n"
	"#                              ||| / _-=> migrate-disable\n"
	"#                              |||| /     delay\n"
	"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	"#              | |         |   |||||     |         |\n";

/* As many bytes whatever the count, so that it can be filled in at the end. */
static int format_counts(const struct ftrace *f, char *text, size_t size)
{
	char counts[3 * COUNT_WIDTH];

	snprintf(counts, sizeof(counts), "%llu/%llu   #P:%u", (unsigned long long)f->entries,
		 (unsigned long long)f->entries, f->w.nr_cpus);
	return snprintf(text, size, "%-*s\n", 3 * COUNT_WIDTH, counts);
}

static int ftrace_init(struct trace_writer *w)
{
	struct ftrace *f = container_of(w, struct ftrace, w);
	char counts[4 * COUNT_WIDTH];

	trace_printf(w, "# tracer: nop\n#\n");
	if (w->out.patch) {
		trace_printf(w, "# entries-in-buffer/entries-written: ");
		f->count_at = w->fill;
		trace_put(w, counts, format_counts(f, counts, sizeof(counts)));
	}
	trace_put(w, head_rest, sizeof(head_rest) - 1);
	return 0;
}

static void ftrace_finish(struct trace_writer *w)
{
	struct ftrace *f = container_of(w, struct ftrace, w);
	char counts[4 * COUNT_WIDTH];
	int n;

	trace_flush(w);
	if (w->err || !w->out.patch)
		return;
	n = format_counts(f, counts, sizeof(counts));
	w->err = w->out.patch(w->out.priv, f->count_at, counts, n);
}

/*
 * A line in the making. printf() would cost more than the whole simulation of
 * the event. All texts but the free ones are comms and constants, so that a line
 * has room for them.
 */
struct line {
	struct ftrace *f;
	u32 len;
	char text[512];
};

static void put_text(struct line *l, const char *text, size_t n)
{
	n = min(n, sizeof(l->text) - l->len);
	memcpy(l->text + l->len, text, n);
	l->len += n;
}

static void put_str(struct line *l, const char *s)
{
	put_text(l, s, strlen(s));
}

/* At least @width characters, filled up on the left. */
static void put_num(struct line *l, u64 v, u32 width, char fill)
{
	char digits[24];
	u32 at = sizeof(digits);

	do
		digits[--at] = '0' + v % 10;
	while (v /= 10);
	while (sizeof(digits) - at < width)
		digits[--at] = fill;
	put_text(l, digits + at, sizeof(digits) - at);
}

static void put_int(struct line *l, s64 v)
{
	if (v < 0)
		put_text(l, "-", 1);
	put_num(l, v < 0 ? -(u64)v : (u64)v, 0, ' ');
}

#define put_word(l, literal) put_text(l, literal, sizeof(literal) - 1)

/* "PREFIXcomm=... PREFIXpid=... PREFIXprio=..." */
static void put_task(struct line *l, const char *prefix, const struct task_struct *p)
{
	put_str(l, prefix);
	put_word(l, "comm=");
	put_str(l, p->comm);
	put_word(l, " ");
	put_str(l, prefix);
	put_word(l, "pid=");
	put_int(l, p->pid);
	put_word(l, " ");
	put_str(l, prefix);
	put_word(l, "prio=");
	put_int(l, p->prio);
}

/* Everything up to the event's own fields. */
static void begin_line(struct line *l, struct ftrace *f, const struct trace_event *ev,
		       const char *flags, const char *name)
{
	static const char blanks[] = "                ";
	const struct task_struct *curr = ev->current;
	const char *comm = curr && curr->pid ? curr->comm : "<idle>";
	u64 usec = ev->time / 1000;
	u32 pid_end;

	f->entries++;
	l->f = f;
	l->len = 0;
	put_text(l, blanks, sizeof(blanks) - 1 - min(strlen(comm), sizeof(blanks) - 1));
	put_str(l, comm);
	put_word(l, "-");
	pid_end = l->len + 7;
	put_int(l, curr ? curr->pid : 0);
	if (l->len < pid_end)
		put_text(l, blanks, pid_end - l->len);
	put_word(l, " [");
	put_num(l, ev->cpu, 3, '0');
	put_word(l, "] ");
	put_str(l, flags);
	put_word(l, " ");
	put_num(l, usec / 1000000, 5, ' ');
	put_word(l, ".");
	put_num(l, usec % 1000000, 6, '0');
	put_word(l, ": ");
	put_str(l, name);
	put_word(l, ": ");
}

static void end_line(struct line *l)
{
	trace_put(&l->f->w, l->text, l->len);
	trace_put(&l->f->w, "\n", 1);
}

static void ftrace_sched_switch(struct ftrace *f, const struct trace_event *ev)
{
	struct line l;

	begin_line(&l, f, ev, "d..2.", "sched_switch");
	put_task(&l, "prev_", ev->sched_switch.prev);
	put_word(&l, " prev_state=");
	put_str(&l, trace_state_letters[ev->sched_switch.prev_state]);
	put_word(&l, " ==> ");
	put_task(&l, "next_", ev->sched_switch.next);
	end_line(&l);
}

static void wakeup_line(struct ftrace *f, const struct trace_event *ev, const char *flags,
			const char *name, const struct task_struct *p, u32 cpu)
{
	struct line l;

	begin_line(&l, f, ev, flags, name);
	put_task(&l, "", p);
	put_word(&l, " target_cpu=");
	put_num(&l, cpu, 3, '0');
	end_line(&l);
}

static void ftrace_sched_wakeup(struct ftrace *f, const struct trace_event *ev)
{
	wakeup_line(f, ev, "d..3.", "sched_wakeup", ev->sched_wakeup.p,
		    ev->sched_wakeup.target_cpu);
}

static void ftrace_sched_waking(struct ftrace *f, const struct trace_event *ev)
{
	wakeup_line(f, ev, "d..2.", "sched_waking", ev->sched_waking.p,
		    ev->sched_waking.target_cpu);
}

static void ftrace_sched_wakeup_new(struct ftrace *f, const struct trace_event *ev)
{
	wakeup_line(f, ev, "d..2.", "sched_wakeup_new", ev->sched_wakeup_new.p,
		    ev->sched_wakeup_new.target_cpu);
}

static void ftrace_sched_migrate_task(struct ftrace *f, const struct trace_event *ev)
{
	struct line l;

	begin_line(&l, f, ev, "d..2.", "sched_migrate_task");
	put_task(&l, "", ev->sched_migrate_task.p);
	put_word(&l, " orig_cpu=");
	put_num(&l, ev->sched_migrate_task.orig_cpu, 0, ' ');
	put_word(&l, " dest_cpu=");
	put_num(&l, ev->sched_migrate_task.dest_cpu, 0, ' ');
	end_line(&l);
}

static void ftrace_sched_process_fork(struct ftrace *f, const struct trace_event *ev)
{
	const struct task_struct *parent = ev->sched_process_fork.parent;
	const struct task_struct *child = ev->sched_process_fork.child;
	struct line l;

	begin_line(&l, f, ev, ".....", "sched_process_fork");
	put_word(&l, "comm=");
	put_str(&l, parent ? parent->comm : "swapper/0");
	put_word(&l, " pid=");
	put_int(&l, parent ? parent->pid : 0);
	put_word(&l, " child_comm=");
	put_str(&l, child->comm);
	put_word(&l, " child_pid=");
	put_int(&l, child->pid);
	end_line(&l);
}

static void ftrace_sched_process_exit(struct ftrace *f, const struct trace_event *ev)
{
	struct line l;

	begin_line(&l, f, ev, ".....", "sched_process_exit");
	put_task(&l, "", ev->sched_process_exit.p);
	end_line(&l);
}

/* Linux has no such event. */
static void ftrace_sched_tick(struct ftrace *f, const struct trace_event *ev)
{
}

/* Up to the first newline: a line is an entry. */
static void text_line(struct ftrace *f, const struct trace_event *ev, const char *name,
		      const char *text)
{
	struct line l;

	begin_line(&l, f, ev, ".....", name);
	put_text(&l, text, strcspn(text, "\n"));
	end_line(&l);
}

/* Linux has none either; written like a user's mark. */
static void ftrace_scx_state(struct ftrace *f, const struct trace_event *ev)
{
	struct line l;

	begin_line(&l, f, ev, ".....", "tracing_mark_write");
	put_word(&l, "sched_ext: ");
	put_str(&l, ev->scx_state.ops);
	put_word(&l, " ");
	put_str(&l, ev->scx_state.state);
	end_line(&l);
}

static void ftrace_console(struct ftrace *f, const struct trace_event *ev)
{
	text_line(f, ev, "console", ev->console.text);
}

static void ftrace_scx_dump_line(struct ftrace *f, const struct trace_event *ev)
{
	text_line(f, ev, "sched_ext_dump", ev->scx_dump_line.line);
}

static void ftrace_bpf_trace_printk(struct ftrace *f, const struct trace_event *ev)
{
	text_line(f, ev, "bpf_trace_printk", ev->bpf_trace_printk.text);
}

static void ftrace_emit(struct trace_sink *s, const struct trace_event *ev)
{
	static void (*const lines[NR_TRACE_EVENTS])(struct ftrace *, const struct trace_event *) = {
#define EVENT(name, ...) [TRACE_##name] = ftrace_##name,
#include "machine/events.def"
#undef EVENT
	};

	lines[ev->kind](container_of(s, struct ftrace, w.sink), ev);
}

const struct trace_writer_ops trace_ftrace_ops = {
	.size = sizeof(struct ftrace),
	.init = ftrace_init,
	.emit = ftrace_emit,
	.finish = ftrace_finish,
};
