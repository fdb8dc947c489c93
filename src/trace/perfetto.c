/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Perfetto's protobuf traces. Events go as ftrace events, in bundles of one CPU
 * each, from which the Perfetto UI derives its CPU tracks, thread states and
 * wake-up arrows; a process tree packet introduces each task at its first sight.
 *
 * Events are encoded by protobuf-c as they come. Around them, the lengths of a
 * bundle and its packet are written by hand once the bundle is full: building
 * the tree of messages would cost an allocation per event.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trace/internal.h"
#include "perfetto.pb-c.h"

#define BUNDLE_SIZE 16384
#define SEQUENCE_ID 1
/* The UI reads prev_state by the kernel's version. */
#define KERNEL_RELEASE "6.12.0-scxlab"

/* (field << 3 | length-delimited) of the messages framed here */
#define TAG_TRACE_PACKET 0x0a
#define TAG_PACKET_FTRACE 0x0a
#define TAG_BUNDLE_EVENT 0x12
/* (field << 3 | varint) */
#define TAG_PACKET_SEQUENCE 0x50
#define TAG_BUNDLE_CPU 0x08

#define VARINT_MAX 10

struct bundle {
	u8 *data; /* framed events */
	size_t len;
};

struct perfetto {
	struct trace_writer w;
	struct bundle *bundles; /* by CPU; data is allocated at the first event */
	u8 *seen;		/* pids that have been introduced */
	u32 nr_seen;
};

typedef Perfetto__Protos__FtraceEvent FtraceEvent;

static size_t put_varint(u8 *at, u64 v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		at[n++] = v | 0x80;
	at[n++] = v;
	return n;
}

static void flush_bundle(struct perfetto *pf, u32 cpu)
{
	struct bundle *b = &pf->bundles[cpu];
	u8 cpu_field[1 + VARINT_MAX], packet[4 + 3 * VARINT_MAX], head[1 + VARINT_MAX];
	size_t cpu_len, packet_len, head_len;

	if (!b->len)
		return;
	cpu_field[0] = TAG_BUNDLE_CPU;
	cpu_len = 1 + put_varint(cpu_field + 1, cpu);

	packet_len = 0;
	packet[packet_len++] = TAG_PACKET_SEQUENCE;
	packet_len += put_varint(packet + packet_len, SEQUENCE_ID);
	packet[packet_len++] = TAG_PACKET_FTRACE;
	packet_len += put_varint(packet + packet_len, cpu_len + b->len);

	head[0] = TAG_TRACE_PACKET;
	head_len = 1 + put_varint(head + 1, packet_len + cpu_len + b->len);

	trace_put(&pf->w, head, head_len);
	trace_put(&pf->w, packet, packet_len);
	trace_put(&pf->w, cpu_field, cpu_len);
	trace_put(&pf->w, b->data, b->len);
	b->len = 0;
}

static void add_event(struct perfetto *pf, u32 cpu, const FtraceEvent *msg)
{
	struct bundle *b = &pf->bundles[cpu];
	size_t len = perfetto__protos__ftrace_event__get_packed_size(msg);

	if (b->len + 1 + VARINT_MAX + len > BUNDLE_SIZE)
		flush_bundle(pf, cpu);
	if (!b->data)
		b->data = malloc(BUNDLE_SIZE);
	if (!b->data || 1 + VARINT_MAX + len > BUNDLE_SIZE) {
		if (!pf->w.err)
			pf->w.err = b->data ? -EMSGSIZE : -ENOMEM;
		return;
	}
	b->data[b->len++] = TAG_BUNDLE_EVENT;
	b->len += put_varint(b->data + b->len, len);
	b->len += perfetto__protos__ftrace_event__pack(msg, b->data + b->len);
}

static void add_packet(struct perfetto *pf, Perfetto__Protos__TracePacket *packet)
{
	Perfetto__Protos__Trace trace = PERFETTO__PROTOS__TRACE__INIT;
	u8 bytes[1024];
	size_t len;

	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = SEQUENCE_ID;
	trace.n_packet = 1;
	trace.packet = &packet;
	len = perfetto__protos__trace__get_packed_size(&trace);
	BUG_ON(len > sizeof(bytes)); /* its strings are comms and constants */
	perfetto__protos__trace__pack(&trace, bytes);
	trace_put(&pf->w, bytes, len);
}

static void add_system_info(struct perfetto *pf)
{
	Perfetto__Protos__TracePacket packet = PERFETTO__PROTOS__TRACE_PACKET__INIT;
	Perfetto__Protos__SystemInfo info = PERFETTO__PROTOS__SYSTEM_INFO__INIT;
	Perfetto__Protos__Utsname uts = PERFETTO__PROTOS__UTSNAME__INIT;

	uts.sysname = "Linux";
	uts.release = KERNEL_RELEASE;
	uts.version = "simulated";
	uts.machine = "x86_64";
	info.utsname = &uts;
	info.has_num_cpus = true;
	info.num_cpus = pf->w.nr_cpus;
	packet.data_case = PERFETTO__PROTOS__TRACE_PACKET__DATA_SYSTEM_INFO;
	packet.system_info = &info;
	add_packet(pf, &packet);
}

static void introduce(struct perfetto *pf, const struct task_struct *p, u64 time)
{
	Perfetto__Protos__TracePacket packet = PERFETTO__PROTOS__TRACE_PACKET__INIT;
	Perfetto__Protos__ProcessTree tree = PERFETTO__PROTOS__PROCESS_TREE__INIT;
	Perfetto__Protos__ProcessTree__Process proc = PERFETTO__PROTOS__PROCESS_TREE__PROCESS__INIT;
	Perfetto__Protos__ProcessTree__Thread thread = PERFETTO__PROTOS__PROCESS_TREE__THREAD__INIT;
	Perfetto__Protos__ProcessTree__Process *procs[] = { &proc };
	Perfetto__Protos__ProcessTree__Thread *threads[] = { &thread };
	const struct task_struct *leader = p->group_leader ? p->group_leader : p;
	char *cmdline[] = { (char *)leader->comm };

	proc.has_pid = proc.has_ppid = true;
	proc.pid = p->tgid;
	proc.ppid = leader->real_parent ? leader->real_parent->tgid : 0;
	proc.n_cmdline = 1;
	proc.cmdline = cmdline;
	thread.has_tid = thread.has_tgid = true;
	thread.tid = p->pid;
	thread.tgid = p->tgid;
	thread.name = (char *)p->comm;
	tree.n_processes = tree.n_threads = 1;
	tree.processes = procs;
	tree.threads = threads;
	packet.has_timestamp = true;
	packet.timestamp = time;
	packet.data_case = PERFETTO__PROTOS__TRACE_PACKET__DATA_PROCESS_TREE;
	packet.process_tree = &tree;
	add_packet(pf, &packet);
}

static void see(struct perfetto *pf, const struct task_struct *p, u64 time)
{
	u32 byte;

	if (!p || p->pid <= 0)
		return;
	byte = p->pid / 8;
	if (byte >= pf->nr_seen) {
		u32 nr = ALIGN_UP(byte + 1, 4096);
		u8 *seen = realloc(pf->seen, nr);

		if (!seen) {
			pf->w.err = pf->w.err ? pf->w.err : -ENOMEM;
			return;
		}
		memset(seen + pf->nr_seen, 0, nr - pf->nr_seen);
		pf->seen = seen;
		pf->nr_seen = nr;
	}
	if (pf->seen[byte] & BIT(p->pid % 8))
		return;
	pf->seen[byte] |= BIT(p->pid % 8);
	introduce(pf, p, time);
}

static FtraceEvent event_of(const struct trace_event *ev)
{
	FtraceEvent msg = PERFETTO__PROTOS__FTRACE_EVENT__INIT;

	msg.has_timestamp = msg.has_pid = true;
	msg.timestamp = ev->time;
	msg.pid = ev->current ? ev->current->pid : 0;
	return msg;
}

static void perfetto_sched_switch(struct perfetto *pf, const struct trace_event *ev)
{
	const struct task_struct *prev = ev->sched_switch.prev, *next = ev->sched_switch.next;
	Perfetto__Protos__SchedSwitchFtraceEvent sw = PERFETTO__PROTOS__SCHED_SWITCH_FTRACE_EVENT__INIT;
	FtraceEvent msg = event_of(ev);

	see(pf, next, ev->time);
	sw.has_prev_pid = sw.has_prev_prio = sw.has_prev_state = true;
	sw.has_next_pid = sw.has_next_prio = true;
	sw.prev_comm = (char *)prev->comm;
	sw.prev_pid = prev->pid;
	sw.prev_prio = prev->prio;
	sw.prev_state = trace_state_values[ev->sched_switch.prev_state];
	sw.next_comm = (char *)next->comm;
	sw.next_pid = next->pid;
	sw.next_prio = next->prio;
	msg.event_case = PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_SWITCH;
	msg.sched_switch = &sw;
	add_event(pf, ev->cpu, &msg);
}

static void wakeup(struct perfetto *pf, const struct trace_event *ev,
		   Perfetto__Protos__FtraceEvent__EventCase which, const struct task_struct *p,
		   u32 cpu)
{
	Perfetto__Protos__SchedWakeupFtraceEvent wu = PERFETTO__PROTOS__SCHED_WAKEUP_FTRACE_EVENT__INIT;
	FtraceEvent msg = event_of(ev);

	see(pf, p, ev->time);
	wu.has_pid = wu.has_prio = wu.has_success = wu.has_target_cpu = true;
	wu.comm = (char *)p->comm;
	wu.pid = p->pid;
	wu.prio = p->prio;
	wu.success = 1;
	wu.target_cpu = cpu;
	msg.event_case = which;
	msg.sched_wakeup = &wu; /* the union's three wake-ups have one type */
	add_event(pf, ev->cpu, &msg);
}

static void perfetto_sched_wakeup(struct perfetto *pf, const struct trace_event *ev)
{
	wakeup(pf, ev, PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_WAKEUP, ev->sched_wakeup.p,
	       ev->sched_wakeup.target_cpu);
}

static void perfetto_sched_waking(struct perfetto *pf, const struct trace_event *ev)
{
	wakeup(pf, ev, PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_WAKING, ev->sched_waking.p,
	       ev->sched_waking.target_cpu);
}

static void perfetto_sched_wakeup_new(struct perfetto *pf, const struct trace_event *ev)
{
	wakeup(pf, ev, PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_WAKEUP_NEW,
	       ev->sched_wakeup_new.p, ev->sched_wakeup_new.target_cpu);
}

/* The format has no such event: the change of CPU shows in the switches. */
static void perfetto_sched_migrate_task(struct perfetto *pf, const struct trace_event *ev)
{
}

static void perfetto_sched_process_fork(struct perfetto *pf, const struct trace_event *ev)
{
	const struct task_struct *parent = ev->sched_process_fork.parent;
	const struct task_struct *child = ev->sched_process_fork.child;
	Perfetto__Protos__SchedProcessForkFtraceEvent fk =
		PERFETTO__PROTOS__SCHED_PROCESS_FORK_FTRACE_EVENT__INIT;
	FtraceEvent msg = event_of(ev);

	see(pf, child, ev->time);
	fk.has_parent_pid = fk.has_child_pid = true;
	fk.parent_comm = parent ? (char *)parent->comm : "swapper/0";
	fk.parent_pid = parent ? parent->pid : 0;
	fk.child_comm = (char *)child->comm;
	fk.child_pid = child->pid;
	msg.event_case = PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_PROCESS_FORK;
	msg.sched_process_fork = &fk;
	add_event(pf, ev->cpu, &msg);
}

static void perfetto_sched_process_exit(struct perfetto *pf, const struct trace_event *ev)
{
	const struct task_struct *p = ev->sched_process_exit.p;
	Perfetto__Protos__SchedProcessExitFtraceEvent ex =
		PERFETTO__PROTOS__SCHED_PROCESS_EXIT_FTRACE_EVENT__INIT;
	FtraceEvent msg = event_of(ev);

	ex.has_pid = ex.has_tgid = ex.has_prio = true;
	ex.comm = (char *)p->comm;
	ex.pid = p->pid;
	ex.tgid = p->tgid;
	ex.prio = p->prio;
	msg.event_case = PERFETTO__PROTOS__FTRACE_EVENT__EVENT_SCHED_PROCESS_EXIT;
	msg.sched_process_exit = &ex;
	add_event(pf, ev->cpu, &msg);
}

static void perfetto_sched_tick(struct perfetto *pf, const struct trace_event *ev)
{
}

/* Free text shows in the UI's list of ftrace events. */
static void print(struct perfetto *pf, const struct trace_event *ev, const char *text)
{
	Perfetto__Protos__PrintFtraceEvent pr = PERFETTO__PROTOS__PRINT_FTRACE_EVENT__INIT;
	FtraceEvent msg = event_of(ev);
	char buf[1024];

	snprintf(buf, sizeof(buf), "%s", text);
	pr.buf = buf;
	msg.event_case = PERFETTO__PROTOS__FTRACE_EVENT__EVENT_PRINT;
	msg.print = &pr;
	add_event(pf, ev->cpu, &msg);
}

static void perfetto_scx_state(struct perfetto *pf, const struct trace_event *ev)
{
	char text[256];

	snprintf(text, sizeof(text), "sched_ext: %s %s\n", ev->scx_state.ops, ev->scx_state.state);
	print(pf, ev, text);
}

static void perfetto_scx_dump_line(struct perfetto *pf, const struct trace_event *ev)
{
	print(pf, ev, ev->scx_dump_line.line);
}

static void perfetto_console(struct perfetto *pf, const struct trace_event *ev)
{
	print(pf, ev, ev->console.text);
}

static void perfetto_bpf_trace_printk(struct perfetto *pf, const struct trace_event *ev)
{
	print(pf, ev, ev->bpf_trace_printk.text);
}

static void perfetto_emit(struct trace_sink *s, const struct trace_event *ev)
{
	static void (*const packers[NR_TRACE_EVENTS])(struct perfetto *,
						      const struct trace_event *) = {
#define EVENT(name, ...) [TRACE_##name] = perfetto_##name,
#include "machine/events.def"
#undef EVENT
	};

	packers[ev->kind](container_of(s, struct perfetto, w.sink), ev);
}

static int perfetto_init(struct trace_writer *w)
{
	struct perfetto *pf = container_of(w, struct perfetto, w);

	pf->bundles = calloc(w->nr_cpus, sizeof(*pf->bundles));
	if (!pf->bundles)
		return -ENOMEM;
	add_system_info(pf);
	return 0;
}

static void perfetto_finish(struct trace_writer *w)
{
	struct perfetto *pf = container_of(w, struct perfetto, w);

	for (u32 cpu = 0; cpu < w->nr_cpus; cpu++)
		flush_bundle(pf, cpu);
}

static void perfetto_fini(struct trace_writer *w)
{
	struct perfetto *pf = container_of(w, struct perfetto, w);

	for (u32 cpu = 0; pf->bundles && cpu < w->nr_cpus; cpu++)
		free(pf->bundles[cpu].data);
	free(pf->bundles);
	free(pf->seen);
}

const struct trace_writer_ops trace_perfetto_ops = {
	.size = sizeof(struct perfetto),
	.init = perfetto_init,
	.emit = perfetto_emit,
	.finish = perfetto_finish,
	.fini = perfetto_fini,
};
