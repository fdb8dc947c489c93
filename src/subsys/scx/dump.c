/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The debug dump of an error exit or of SysRq-D, in Linux's layout. It is cut at
 * the length that the scheduler asked for; trace sinks get every line of it.
 */
#include <stdarg.h>
#include <stdio.h>

#include "scx/internal.h"

static void append(struct scx_dump_buf *t, const char *s)
{
	u32 len = strlen(s), room = t->size - t->len;

	if (len > room) {
		t->overflow = true;
		len = room;
	}
	if (len)
		memcpy(t->buf + t->len, s, len);
	t->len += len;
}

void scx_dump_line(struct scx *scx, struct scx_dump_buf *t, const char *fmt, ...)
{
	struct trace_event ev = { .kind = TRACE_scx_dump_line };
	char line[SCX_EXIT_MSG_LEN + 256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (sched_traces(scx->m, TRACE_scx_dump_line)) {
		ev.scx_dump_line.line = line;
		sched_trace(scx->m, &ev);
	}
	append(t, line);
	append(t, "\n");
}

static void newline(struct scx *scx, struct scx_dump_buf *t)
{
	scx_dump_line(scx, t, "%s", "");
}

/* ---- what the scheduler itself adds ---- */

static void ops_dump_begin(struct scx *scx, struct scx_dump_buf *t, const char *prefix)
{
	scx->dump.out = t;
	scx->dump.cpu = sched_this_cpu(scx->m);
	scx->dump.first = true;
	scx->dump.cursor = 0;
	scx->dump.prefix = prefix;
}

/* The collected text, line by line; a blank line before the first of a callback. */
void scx_dump_flush(struct scx *scx)
{
	struct scx_dump *d = &scx->dump;
	char *line = d->line, *end;

	if (!d->cursor)
		return;
	if (d->first) {
		newline(scx, d->out);
		d->first = false;
	}
	d->line[min(d->cursor, (u32)sizeof(d->line) - 1)] = '\0';
	do {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		scx_dump_line(scx, d->out, "%s%s", d->prefix, line);
		line = end + 1;
	} while (end && *line);
	d->cursor = 0;
}

static void ops_dump_end(struct scx *scx)
{
	scx_dump_flush(scx);
	scx->dump.cpu = -1;
}

/* ---- the parts ---- */

/* As Linux prints a bitmap: 32-bit words in hex, the highest first. */
static const char *mask_text(const struct scx *scx, const struct cpumask *mask, char *buf, u32 size)
{
	u32 words = DIV_ROUND_UP(scx->nr_cpus, 32), len = 0;

	for (u32 w = words; w-- > 0 && len < size;) {
		u32 word = mask->bits[w / 2] >> (w % 2 * 32);
		u32 digits = w == words - 1 ? DIV_ROUND_UP((scx->nr_cpus - 1) % 32 + 1, 4) : 8;

		len += snprintf(buf + len, size - len, "%0*x%s", digits, word, w ? "," : "");
	}
	return buf;
}

static char state_char(const struct task_struct *p)
{
	if (p->__state & TASK_INTERRUPTIBLE)
		return 'S';
	if (p->__state & TASK_UNINTERRUPTIBLE)
		return 'D';
	return p->__state & TASK_DEAD ? 'X' : 'R';
}

static void dump_task(struct scx *scx, struct scx_dump_buf *t, struct scx_dump_ctx *ctx,
		      struct task_struct *p, char marker)
{
	long ago = -(long)scx_jiffies_to_ms(scx, ctx->at_jiffies - p->scx.runnable_at);
	char dsq_id[24] = "(n/a)", cpus[NR_CPUS / 32 * 9 + 1];

	if (p->scx.dsq)
		snprintf(dsq_id, sizeof(dsq_id), "0x%llx", (unsigned long long)p->scx.dsq->id);
	newline(scx, t);
	scx_dump_line(scx, t, " %c%c %s[%d] %+ldms", marker, state_char(p), p->comm, p->pid, ago);
	scx_dump_line(scx, t,
		      "      scx_state/flags=%u/0x%x dsq_flags=0x%x ops_state/qseq=%lu/%lu",
		      scx_task_state(p), p->scx.flags & ~SCX_TASK_STATE_MASK, p->scx.dsq_flags,
		      p->scx.ops_state & SCX_OPSS_STATE_MASK,
		      p->scx.ops_state >> SCX_OPSS_QSEQ_SHIFT);
	scx_dump_line(scx, t, "      sticky/holding_cpu=%d/%d dsq_id=%s dsq_vtime=%llu",
		      p->scx.sticky_cpu, p->scx.holding_cpu, dsq_id,
		      (unsigned long long)p->scx.dsq_vtime);
	scx_dump_line(scx, t, "      cpus=%s", mask_text(scx, p->cpus_ptr, cpus, sizeof(cpus)));
	if (scx_has_op(scx, SCX_OP_dump_task)) {
		ops_dump_begin(scx, t, "    ");
		scx_op_dump_task(scx, ctx, p);
		ops_dump_end(scx);
	}
}

static void kick_line(struct scx *scx, struct scx_dump_buf *t, const char *label,
		      const struct cpumask *mask)
{
	char cpus[NR_CPUS / 32 * 9 + 1];

	if (!cpumask_empty(mask))
		scx_dump_line(scx, t, "  %-15s: %s", label,
			      mask_text(scx, mask, cpus, sizeof(cpus)));
}

/* An idle CPU is worth its lines only if ops.dump_cpu has something to say. */
static void dump_cpu(struct scx *scx, struct scx_dump_buf *t, struct scx_dump_ctx *ctx, u32 cpu)
{
	struct rq *rq = sched_cpu_rq(scx->m, cpu);
	bool idle = list_empty(&rq->scx.runnable_list) && scx_rq_is_idle(rq);
	struct scx_dump_buf before = *t, after_head;
	struct scx_cpu *c = &scx->cpus[cpu];
	struct task_struct *p;

	if (idle && !scx_has_op(scx, SCX_OP_dump_cpu))
		return;
	newline(scx, t);
	scx_dump_line(scx, t, "CPU %-4d: nr_run=%u flags=0x%x cpu_rel=%d pnt_seq=%lu", cpu,
		      rq->scx.nr_running, rq->scx.flags, rq->scx.cpu_released, rq->scx.pnt_seq);
	scx_dump_line(scx, t, "          curr=%s[%d] class=%s_sched_class", rq->curr->comm, rq->curr->pid,
		      rq->curr->sched_class->name);
	kick_line(scx, t, "cpus_to_kick", &c->to_kick);
	kick_line(scx, t, "idle_to_kick", &c->to_kick_if_idle);
	kick_line(scx, t, "cpus_to_preempt", &c->to_preempt);
	kick_line(scx, t, "cpus_to_wait", &c->to_wait);
	after_head = *t;
	if (scx_has_op(scx, SCX_OP_dump_cpu)) {
		ops_dump_begin(scx, t, "  ");
		scx_op_dump_cpu(scx, ctx, cpu, idle);
		ops_dump_end(scx);
	}
	if (idle && t->len == after_head.len) {
		*t = before;
		return;
	}
	if (scx_on_class(rq->curr))
		dump_task(scx, t, ctx, rq->curr, '*');
	list_for_each_entry(p, &rq->scx.runnable_list, scx.runnable_node)
		dump_task(scx, t, ctx, p, ' ');
}

static void dump_head(struct scx *scx, struct scx_dump_buf *t, const struct scx_exit_info *ei)
{
	const struct task_struct *curr = sched_current(scx->m);

	if (ei->kind == SCX_EXIT_NONE) {
		scx_dump_line(scx, t, "Debug dump triggered by %s", ei->reason);
		return;
	}
	scx_dump_line(scx, t, "%s[%d] triggered exit kind %d:", curr->comm, curr->pid, ei->kind);
	scx_dump_line(scx, t, "  %s (%s)", ei->reason, ei->msg);
	newline(scx, t);
	scx_dump_line(scx, t, "Backtrace:");
	for (u32 i = 0; scx->backtrace && i < scx->backtrace->nr; i++)
		scx_dump_line(scx, t, "  %s", scx->backtrace->line[i]);
}

void scx_dump_state(struct scx *scx, const struct scx_exit_info *ei, u32 dump_len)
{
	static const char truncated[] = "\n\n~~~~ TRUNCATED ~~~~\n";
	struct scx_dump_buf t = { .buf = ei->dump, .size = dump_len ? dump_len - 1 : 0 };
	struct scx_dump_ctx ctx = {
		.kind = ei->kind,
		.exit_code = ei->exit_code,
		.reason = ei->reason,
		.at_ns = sched_now(scx->m),
		.at_jiffies = sched_jiffies(scx->m),
	};

	dump_head(scx, &t, ei);
	if (scx_has_op(scx, SCX_OP_dump)) {
		ops_dump_begin(scx, &t, "");
		scx_op_dump(scx, &ctx);
		ops_dump_end(scx);
	}
	newline(scx, &t);
	scx_dump_line(scx, &t, "CPU states");
	scx_dump_line(scx, &t, "----------");
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++)
		dump_cpu(scx, &t, &ctx, cpu);
	if (!t.size)
		return;
	t.buf[t.len] = '\0';
	if (t.overflow && dump_len >= sizeof(truncated))
		memcpy(t.buf + dump_len - sizeof(truncated), truncated, sizeof(truncated));
}
