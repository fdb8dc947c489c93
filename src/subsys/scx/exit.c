/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How a scheduler's end begins. An error may be found deep inside a scheduling
 * operation, so it is only claimed there: the first claim wins, what follows is
 * dropped, and an interrupt on the same CPU writes the dump and disables.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "scx/internal.h"

const char *scx_exit_reason(enum scx_exit_kind kind)
{
	switch (kind) {
	case SCX_EXIT_UNREG:
		return "unregistered from user space";
	case SCX_EXIT_UNREG_BPF:
		return "unregistered from BPF";
	case SCX_EXIT_UNREG_KERN:
		return "unregistered from the main kernel";
	case SCX_EXIT_SYSRQ:
		return "disabled by sysrq-S";
	case SCX_EXIT_ERROR:
		return "runtime error";
	case SCX_EXIT_ERROR_BPF:
		return "scx_bpf_error";
	case SCX_EXIT_ERROR_STALL:
		return "runnable task stall";
	default:
		return "<UNKNOWN>";
	}
}

int scx_exit_alloc(struct scx_exit_info *ei, u32 dump_len)
{
	*ei = (struct scx_exit_info){
		.bt = calloc(SCX_EXIT_BT_LEN, sizeof(*ei->bt)),
		.msg = calloc(1, SCX_EXIT_MSG_LEN),
		.dump = calloc(1, dump_len ?: 1),
	};
	if (ei->bt && ei->msg && ei->dump)
		return 0;
	scx_exit_free(ei);
	return -ENOMEM;
}

void scx_exit_free(struct scx_exit_info *ei)
{
	free(ei->bt);
	free(ei->msg);
	free(ei->dump);
	*ei = (struct scx_exit_info){ 0 };
}

static bool claim(struct scx *scx, enum scx_exit_kind kind)
{
	if (scx->exit_kind != SCX_EXIT_NONE)
		return false;
	scx->exit_kind = kind;
	scx->exit_at = sched_now(scx->m);
	scx->exit.kind = kind;
	scx->exit.reason = scx_exit_reason(kind);
	return true;
}

void scx_claim_exit(struct scx *scx, enum scx_exit_kind kind, s64 code, enum scx_text text,
		    const char *fmt, ...)
{
	va_list args;

	if (!claim(scx, kind))
		return;
	scx->exit.exit_code = code;
	scx->exit_text = text;
	if (kind >= SCX_EXIT_ERROR)
		scx_backtrace_take(scx, &scx->exit);
	va_start(args, fmt);
	vsnprintf(scx->exit.msg, SCX_EXIT_MSG_LEN, fmt, args);
	va_end(args);
	sched_irq_work_queue_on(scx->m, &scx->exit_work, sched_this_cpu(scx->m));
}

void scx_exit_flush(struct scx *scx)
{
	u32 kind = scx->exit_kind;

	if (kind == SCX_EXIT_NONE || kind == SCX_EXIT_DONE)
		return;
	if (kind >= SCX_EXIT_ERROR && !scx->dumped)
		scx_dump_state(scx, &scx->exit, scx->ops.exit_dump_len);
	scx->dumped = true;
	scx_disable(scx);
}

/* Spurious where somebody has flushed before: then nothing, or another one's NONE, is found. */
void scx_exit_work(struct machine *m, struct sched_irq_work *w)
{
	scx_exit_flush(scx_of(m));
}

void scx_exit_now(struct scx *scx, enum scx_exit_kind kind)
{
	claim(scx, kind);
	scx_exit_flush(scx);
}
