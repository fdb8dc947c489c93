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

/* Everything up to the event's own fields. */
static void line_head(struct ftrace *f, const struct trace_event *ev, const char *flags,
		      const char *name)
{
	const struct task_struct *curr = ev->current;
	bool idle = !curr || !curr->pid;
	u64 usec = ev->time / 1000;

	f->entries++;
	trace_printf(&f->w, "%16s-%-7d [%03u] %s %5llu.%06llu: %s: ",
		     idle ? "<idle>" : curr->comm, idle ? 0 : curr->pid, ev->cpu, flags,
		     (unsigned long long)(usec / 1000000), (unsigned long long)(usec % 1000000),
		     name);
}

static void ftrace_sched_switch(struct ftrace *f, const struct trace_event *ev)
{
	const struct task_struct *prev = ev->sched_switch.prev, *next = ev->sched_switch.next;

	line_head(f, ev, "d..2.", "sched_switch");
	trace_printf(&f->w,
		     "prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> "
		     "next_comm=%s next_pid=%d next_prio=%d\n",
		     prev->comm, prev->pid, prev->prio,
		     trace_state_letters[ev->sched_switch.prev_state], next->comm, next->pid,
		     next->prio);
}

static void wakeup_line(struct ftrace *f, const struct trace_event *ev, const char *flags,
			const char *name, const struct task_struct *p, u32 cpu)
{
	line_head(f, ev, flags, name);
	trace_printf(&f->w, "comm=%s pid=%d prio=%d target_cpu=%03u\n", p->comm, p->pid, p->prio,
		     cpu);
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
	const struct task_struct *p = ev->sched_migrate_task.p;

	line_head(f, ev, "d..2.", "sched_migrate_task");
	trace_printf(&f->w, "comm=%s pid=%d prio=%d orig_cpu=%u dest_cpu=%u\n", p->comm, p->pid,
		     p->prio, ev->sched_migrate_task.orig_cpu, ev->sched_migrate_task.dest_cpu);
}

static void ftrace_sched_process_fork(struct ftrace *f, const struct trace_event *ev)
{
	const struct task_struct *parent = ev->sched_process_fork.parent;
	const struct task_struct *child = ev->sched_process_fork.child;

	line_head(f, ev, ".....", "sched_process_fork");
	trace_printf(&f->w, "comm=%s pid=%d child_comm=%s child_pid=%d\n",
		     parent ? parent->comm : "swapper/0", parent ? parent->pid : 0, child->comm,
		     child->pid);
}

static void ftrace_sched_process_exit(struct ftrace *f, const struct trace_event *ev)
{
	const struct task_struct *p = ev->sched_process_exit.p;

	line_head(f, ev, ".....", "sched_process_exit");
	trace_printf(&f->w, "comm=%s pid=%d prio=%d\n", p->comm, p->pid, p->prio);
}

/* Linux has no such event. */
static void ftrace_sched_tick(struct ftrace *f, const struct trace_event *ev)
{
}

/* Without its newlines: a line is an entry. */
static void text_line(struct ftrace *f, const struct trace_event *ev, const char *name,
		      const char *text)
{
	line_head(f, ev, ".....", name);
	trace_printf(&f->w, "%.*s\n", (int)strcspn(text, "\n"), text);
}

/* Linux has none either; written like a user's mark. */
static void ftrace_scx_state(struct ftrace *f, const struct trace_event *ev)
{
	line_head(f, ev, ".....", "tracing_mark_write");
	trace_printf(&f->w, "sched_ext: %s %s\n", ev->scx_state.ops, ev->scx_state.state);
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
