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
 * A line in the making, in the writer's buffer, where room for it was made.
 * printf() would cost more than the whole simulation of the event. All texts but
 * the free ones are comms and constants, so that a line has room for them; the
 * free ones are cut.
 */
#define LINE_MAX 1024
#define FREE_TEXT_MAX 512

struct line {
	struct ftrace *f;
	char *at;
};

static inline void put_text(struct line *l, const char *text, size_t n)
{
	memcpy(l->at, text, n);
	l->at += n;
}

static inline void put_str(struct line *l, const char *s)
{
	put_text(l, s, strlen(s));
}

static inline void put_free(struct line *l, const char *text)
{
	put_text(l, text, min(strcspn(text, "\n"), (size_t)FREE_TEXT_MAX));
}

/* All of its bytes are copied, which takes one instruction, and then it ends where it ends. */
static inline void put_comm(struct line *l, const char comm[TASK_COMM_LEN])
{
	memcpy(l->at, comm, TASK_COMM_LEN);
	l->at += strnlen(comm, TASK_COMM_LEN);
}

static inline u32 put_digits(char *end, u64 v)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324"
		"25262728293031323334353637383940414243444546474849"
		"50515253545556575859606162636465666768697071727374"
		"75767778798081828384858687888990919293949596979899";
	char *at = end;

	for (; v >= 10; v /= 100)
		memcpy(at -= 2, pairs + 2 * (v % 100), 2);
	if (v || at == end)
		*--at = (char)('0' + v);
	return (u32)(end - at);
}

/* At least @width characters, filled up on the left. */
static inline void put_num(struct line *l, u64 v, u32 width, char fill)
{
	char digits[24], *end = digits + sizeof(digits);
	u32 n = put_digits(end, v);

	while (n < width)
		end[-(s64)++n] = fill;
	put_text(l, end - n, n);
}

static inline void put_int(struct line *l, s64 v)
{
	if (v < 0)
		put_text(l, "-", 1);
	put_num(l, v < 0 ? -(u64)v : (u64)v, 0, ' ');
}

#define put_word(l, literal) put_text(l, literal, sizeof(literal) - 1)

/* "PREFIXcomm=... PREFIXpid=... PREFIXprio=..." */
#define put_task(l, prefix, p)                                                                     \
	do {                                                                                       \
		put_word(l, prefix "comm=");                                                       \
		put_comm(l, (p)->comm);                                                            \
		put_word(l, " " prefix "pid=");                                                    \
		put_int(l, (p)->pid);                                                              \
		put_word(l, " " prefix "prio=");                                                   \
		put_int(l, (p)->prio);                                                             \
	} while (0)

/* Everything up to the event's own fields. */
static inline void begin_line(struct line *l, struct ftrace *f, const struct trace_event *ev,
			      const char *flags, const char *name)
{
	static const char blanks[] = "                ", idle[TASK_COMM_LEN] = "<idle>";
	const struct task_struct *curr = ev->current;
	const char *comm = curr && curr->pid ? curr->comm : idle;
	u64 usec = ev->time / 1000;
	char *pid_end;

	f->entries++;
	l->f = f;
	l->at = trace_room(&f->w, LINE_MAX);
	put_text(l, blanks, sizeof(blanks) - 1 - strnlen(comm, sizeof(blanks) - 1));
	put_comm(l, comm);
	put_word(l, "-");
	pid_end = l->at + 7;
	put_int(l, curr ? curr->pid : 0);
	if (l->at < pid_end)
		put_text(l, blanks, (size_t)(pid_end - l->at));
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

static inline void end_line(struct line *l)
{
	put_word(l, "\n");
	trace_used(&l->f->w, l->at);
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

static inline void wakeup_line(struct ftrace *f, const struct trace_event *ev, const char *flags,
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
	put_free(&l, text);
	end_line(&l);
}

/* Linux has none either; written like a user's mark. */
static void ftrace_scx_state(struct ftrace *f, const struct trace_event *ev)
{
	struct line l;

	begin_line(&l, f, ev, ".....", "tracing_mark_write");
	put_word(&l, "sched_ext: ");
	put_free(&l, ev->scx_state.ops);
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
