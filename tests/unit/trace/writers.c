/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Trace files: ftrace's text to the byte, Perfetto's by decoding it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "feed.h"
#include "perfetto.pb-c.h"
#include "trace/writer.h"

struct memory {
	char *data;
	size_t len;
	int fail_after; /* writes; < 0: never */
};

static int mem_write(void *priv, const void *data, size_t len)
{
	struct memory *m = priv;

	if (!m->fail_after--)
		return -ENOSPC;
	m->data = realloc(m->data, m->len + len + 1);
	assert_non_null(m->data);
	memcpy(m->data + m->len, data, len);
	m->len += len;
	m->data[m->len] = '\0';
	return 0;
}

static int mem_patch(void *priv, u64 offset, const void *data, size_t len)
{
	struct memory *m = priv;

	assert_true(offset + len <= m->len);
	memcpy(m->data + offset, data, len);
	return 0;
}

static void emit(struct trace_sink *s, struct trace_event ev)
{
	s->emit(s, &ev);
}

/* One event of each kind. */
static void play(struct trace_sink *s)
{
	struct task_struct idle0 = feed_task(0, "swapper/0", 0), idle1 = feed_task(0, "swapper/1", 0);
	struct task_struct init = feed_task(1, "init", 0), a = feed_task(41, "alpha", 0);
	struct task_struct b = feed_task(1234567, "a-long-comm-xyz", -20);

	a.real_parent = &init;
	emit(s, (struct trace_event){ TRACE_sched_process_fork, 0, 1000 * US, &init,
				      .sched_process_fork = { &init, &a } });
	feed_wakeup_new(s, 0, 1001 * US, &init, &a, 1);
	feed_switch(s, 1, 1002 * US + 999, &idle1, TRACE_STATE_RUNNING, &a);
	feed_wakeup(s, 1, 2500000 * US, &a, &b, 0);
	feed_migrate(s, 1, 2500001 * US, &a, &b, 1, 0);
	feed_switch(s, 0, 2500002 * US, &idle0, TRACE_STATE_RUNNING, &b);
	feed_switch(s, 1, 2500003 * US, &a, TRACE_STATE_PREEMPTED, &idle1);
	emit(s, (struct trace_event){ TRACE_sched_tick, 0, 2500004 * US, &b, .sched_tick = { &b } });
	emit(s, (struct trace_event){ TRACE_sched_process_exit, 0, 2500004 * US, &b,
				      .sched_process_exit = { &b } });
	feed_switch(s, 0, 2500005 * US, &b, TRACE_STATE_DEAD, &idle0);
	emit(s, (struct trace_event){ TRACE_scx_state, 0, 100000000 * US, &init,
				      .scx_state = { "enabled", "simple" } });
	emit(s, (struct trace_event){ TRACE_scx_dump_line, 0, 100000001 * US, NULL,
				      .scx_dump_line = { "a line" } });
	emit(s, (struct trace_event){ TRACE_bpf_trace_printk, 1, 100000002 * US, &a,
				      .bpf_trace_printk = { "hello\n" } });
}

static struct memory record(enum trace_format format, bool seekable)
{
	struct memory m = { .fail_after = -1 };
	struct trace_output out = { .write = mem_write, .patch = seekable ? mem_patch : NULL,
				    .priv = &m };
	struct trace_writer *w;

	assert_int_equal(trace_writer_create(format, &out, 2, &w), 0);
	play(trace_writer_sink(w));
	assert_int_equal(trace_writer_finish(w), 0);
	trace_writer_destroy(w);
	return m;
}

#define HEAD_REST                                                                                  \
	"#\n"                                                                                      \
	"#                                _-----=> irqs-off/BH-disabled\n"                         \
	"#                               / _----=> need-resched\n"                                 \
	"#                              | / _---=> hardirq/softirq\n"                              \
	"#                              || / _--=> preempt-depth\n"                                \
	"#                              ||| / _-=> migrate-disable\n"                              \
	"#                              |||| /     delay\n"                                        \
	"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"                              \
	"#              | |         |   |||||     |         |\n"

static const char ftrace_lines[] =
	"            init-1       [000] .....     0.001000: sched_process_fork: comm=init pid=1 child_comm=alpha child_pid=41\n"
	"            init-1       [000] d..2.     0.001001: sched_wakeup_new: comm=alpha pid=41 prio=120 target_cpu=001\n"
	"          <idle>-0       [001] d..2.     0.001002: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=alpha next_pid=41 next_prio=120\n"
	"           alpha-41      [001] d..2.     2.500000: sched_waking: comm=a-long-comm-xyz pid=1234567 prio=100 target_cpu=000\n"
	"           alpha-41      [001] d..3.     2.500000: sched_wakeup: comm=a-long-comm-xyz pid=1234567 prio=100 target_cpu=000\n"
	"           alpha-41      [001] d..2.     2.500001: sched_migrate_task: comm=a-long-comm-xyz pid=1234567 prio=100 orig_cpu=1 dest_cpu=0\n"
	"          <idle>-0       [000] d..2.     2.500002: sched_switch: prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=a-long-comm-xyz next_pid=1234567 next_prio=100\n"
	"           alpha-41      [001] d..2.     2.500003: sched_switch: prev_comm=alpha prev_pid=41 prev_prio=120 prev_state=R+ ==> next_comm=swapper/1 next_pid=0 next_prio=120\n"
	" a-long-comm-xyz-1234567 [000] .....     2.500004: sched_process_exit: comm=a-long-comm-xyz pid=1234567 prio=100\n"
	" a-long-comm-xyz-1234567 [000] d..2.     2.500005: sched_switch: prev_comm=a-long-comm-xyz prev_pid=1234567 prev_prio=100 prev_state=X ==> next_comm=swapper/0 next_pid=0 next_prio=120\n"
	"            init-1       [000] .....   100.000000: tracing_mark_write: sched_ext: simple enabled\n"
	"          <idle>-0       [000] .....   100.000001: sched_ext_dump: a line\n"
	"           alpha-41      [001] .....   100.000002: bpf_trace_printk: hello\n";

static void test_ftrace(void **state)
{
	static const char head[] = "# tracer: nop\n#\n"
				   "# entries-in-buffer/entries-written: 13/13   #P:2 ";
	struct memory m = record(TRACE_FORMAT_ftrace, true);
	char *rest = strchr(m.data + strlen(head), '\n') + 1;

	assert_memory_equal(m.data, head, strlen(head));
	assert_memory_equal(rest, HEAD_REST, strlen(HEAD_REST));
	assert_string_equal(rest + strlen(HEAD_REST), ftrace_lines);
	free(m.data);
}

static void test_ftrace_to_pipe(void **state)
{
	static const char head[] = "# tracer: nop\n#\n" HEAD_REST;
	struct memory m = record(TRACE_FORMAT_ftrace, false);

	assert_memory_equal(m.data, head, strlen(head));
	assert_string_equal(m.data + strlen(head), ftrace_lines);
	free(m.data);
}

static void check_process_tree(const Perfetto__Protos__ProcessTree *tree, s32 pid, s32 ppid,
			       const char *comm)
{
	assert_int_equal(tree->n_processes, 1);
	assert_int_equal(tree->processes[0]->pid, pid);
	assert_int_equal(tree->processes[0]->ppid, ppid);
	assert_string_equal(tree->processes[0]->cmdline[0], comm);
	assert_int_equal(tree->n_threads, 1);
	assert_int_equal(tree->threads[0]->tid, pid);
	assert_int_equal(tree->threads[0]->tgid, pid);
	assert_string_equal(tree->threads[0]->name, comm);
}

static void check_bundle0(const Perfetto__Protos__FtraceEventBundle *b)
{
	assert_int_equal(b->cpu, 0);
	assert_int_equal(b->n_event, 7);
	assert_int_equal(b->event[0]->event_case,
			 PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_PROCESS_FORK);
	assert_int_equal(b->event[0]->timestamp, 1000 * US);
	assert_int_equal(b->event[0]->pid, 1);
	assert_int_equal(b->event[0]->sched_process_fork->child_pid, 41);
	assert_int_equal(b->event[1]->event_case,
			 PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_WAKEUP_NEW);
	assert_int_equal(b->event[1]->sched_wakeup_new->target_cpu, 1);
	assert_int_equal(b->event[2]->event_case,
			 PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_SWITCH);
	assert_int_equal(b->event[3]->event_case,
			 PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_PROCESS_EXIT);
	assert_int_equal(b->event[3]->sched_process_exit->tgid, 1234567);
	assert_int_equal(b->event[4]->sched_switch->prev_state, 0x10);
	assert_string_equal(b->event[5]->print->buf, "sched_ext: simple enabled\n");
	assert_string_equal(b->event[6]->print->buf, "a line");
}

static void check_bundle1(const Perfetto__Protos__FtraceEventBundle *b)
{
	const Perfetto__Protos__SchedSwitchFtraceEvent *sw;

	assert_int_equal(b->cpu, 1);
	assert_int_equal(b->n_event, 5);
	sw = b->event[0]->sched_switch;
	assert_int_equal(b->event[0]->timestamp, 1002 * US + 999);
	assert_string_equal(sw->prev_comm, "swapper/1");
	assert_int_equal(sw->prev_pid, 0);
	assert_int_equal(sw->prev_state, 0);
	assert_string_equal(sw->next_comm, "alpha");
	assert_int_equal(sw->next_pid, 41);
	assert_int_equal(sw->next_prio, 120);
	assert_int_equal(b->event[1]->event_case,
			 PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_WAKING);
	assert_string_equal(b->event[1]->sched_waking->comm, "a-long-comm-xyz");
	assert_int_equal(b->event[2]->event_case,
			 PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_WAKEUP);
	assert_int_equal(b->event[2]->sched_wakeup->pid, 1234567);
	assert_int_equal(b->event[2]->sched_wakeup->prio, 100);
	assert_int_equal(b->event[3]->sched_switch->prev_state, 0x100);
	assert_string_equal(b->event[4]->print->buf, "hello\n");
}

static void test_perfetto(void **state)
{
	struct memory m = record(TRACE_FORMAT_perfetto, true);
	Perfetto__Protos__Trace *t;

	t = perfetto__protos__trace__unpack(NULL, m.len, (u8 *)m.data);
	assert_non_null(t);
	assert_int_equal(t->n_packet, 5);
	for (size_t i = 0; i < t->n_packet; i++)
		assert_int_equal(t->packet[i]->trusted_packet_sequence_id, 1);
	assert_int_equal(t->packet[0]->data_case,
			 PERFETTO__PROTOS__TRACE_PACKET__DATA_SYSTEM_INFO);
	assert_memory_equal(t->packet[0]->system_info->utsname->release, "6.12.", 5);
	assert_int_equal(t->packet[0]->system_info->num_cpus, 2);
	assert_int_equal(t->packet[1]->data_case,
			 PERFETTO__PROTOS__TRACE_PACKET__DATA_PROCESS_TREE);
	check_process_tree(t->packet[1]->process_tree, 41, 1, "alpha");
	check_process_tree(t->packet[2]->process_tree, 1234567, 0, "a-long-comm-xyz");
	check_bundle0(t->packet[3]->ftrace_events);
	check_bundle1(t->packet[4]->ftrace_events);
	perfetto__protos__trace__free_unpacked(t, NULL);
	free(m.data);
}

/* Many events: bundles get full, and every event comes out once, in order. */
static void test_perfetto_bundles(void **state)
{
	enum { N = 10000 };
	struct task_struct idle = feed_task(0, "swapper/0", 0), a = feed_task(5, "a", 0);
	struct memory m = { .fail_after = -1 };
	struct trace_output out = { .write = mem_write, .priv = &m };
	Perfetto__Protos__Trace *t;
	struct trace_writer *w;
	u64 last[2] = {}, n = 0;

	assert_int_equal(trace_writer_create(TRACE_FORMAT_perfetto, &out, 2, &w), 0);
	for (u64 i = 1; i <= N; i++)
		feed_switch(trace_writer_sink(w), i % 2, i << 20, i & 2 ? &a : &idle,
			    TRACE_STATE_SLEEPING, i & 2 ? &idle : &a);
	assert_int_equal(trace_writer_finish(w), 0);
	trace_writer_destroy(w);
	t = perfetto__protos__trace__unpack(NULL, m.len, (u8 *)m.data);
	assert_non_null(t);
	assert_true(t->n_packet > 4);
	for (size_t i = 0; i < t->n_packet; i++) {
		const Perfetto__Protos__FtraceEventBundle *b;

		if (t->packet[i]->data_case != PERFETTO__PROTOS__TRACE_PACKET__DATA_FTRACE_EVENTS)
			continue;
		b = t->packet[i]->ftrace_events;
		for (size_t k = 0; k < b->n_event; k++, n++) {
			assert_true(b->event[k]->timestamp > last[b->cpu]);
			last[b->cpu] = b->event[k]->timestamp;
		}
	}
	assert_int_equal(n, N);
	perfetto__protos__trace__free_unpacked(t, NULL);
	free(m.data);
}

/* The first failure is kept, and ends the writing. */
static void test_write_error(void **state)
{
	struct task_struct idle = feed_task(0, "swapper/0", 0), a = feed_task(5, "a", 0);

	for (enum trace_format f = 0; f < NR_TRACE_FORMATS; f++) {
		struct memory m = { .fail_after = 1 };
		struct trace_output out = { .write = mem_write, .patch = mem_patch, .priv = &m };
		struct trace_writer *w;
		size_t len;

		assert_int_equal(trace_writer_create(f, &out, 1, &w), 0);
		for (u64 i = 1; i <= 20000; i++)
			feed_switch(trace_writer_sink(w), 0, i, &idle, TRACE_STATE_RUNNING, &a);
		len = m.len;
		assert_int_equal(trace_writer_finish(w), -ENOSPC);
		assert_int_equal(m.len, len);
		trace_writer_destroy(w);
		free(m.data);
	}
}

static void test_format_names(void **state)
{
	struct err_msg e = {};

	assert_int_equal(trace_format_of("a/b.txt", &e), TRACE_FORMAT_ftrace);
	assert_int_equal(trace_format_of("x.pftrace", &e), TRACE_FORMAT_perfetto);
	assert_int_equal(trace_format_of("x.json", &e), -EINVAL);
	assert_non_null(strstr(e.text, "x.json"));
	assert_non_null(strstr(e.text, ".pftrace"));
	assert_int_equal(trace_format_of(".txt", &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ftrace),
		cmocka_unit_test(test_ftrace_to_pipe),
		cmocka_unit_test(test_perfetto),
		cmocka_unit_test(test_perfetto_bundles),
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_format_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
