/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What sched_ext writes into the kernel's log. */
#include <stdarg.h>
#include <stdio.h>

#include "scx/internal.h"

void scx_printk(struct scx *scx, const char *fmt, ...)
{
	struct trace_event ev = { .kind = TRACE_console };
	char text[SCX_EXIT_MSG_LEN + 256] = "sched_ext: ";
	u32 len = strlen(text);
	va_list args;

	if (!sched_traces(scx->m, TRACE_console))
		return;
	va_start(args, fmt);
	vsnprintf(text + len, sizeof(text) - len, fmt, args);
	va_end(args);
	ev.console.text = text;
	sched_trace(scx->m, &ev);
}

void scx_print_enabled(struct scx *scx)
{
	scx_printk(scx, "BPF scheduler \"%s\" enabled%s", scx->ops.name,
		   scx->switching_all ? "" : " (partial)");
}

void scx_print_disabled(struct scx *scx)
{
	const struct scx_exit_info *ei = &scx->exit;

	scx_printk(scx, "BPF scheduler \"%s\" disabled (%s)", scx->ops.name, ei->reason);
	if (ei->kind >= SCX_EXIT_ERROR && ei->msg[0])
		scx_printk(scx, "%s: %s", scx->ops.name, ei->msg);
}

/* Once per scheduler. */
void scx_warn_zero_slice(struct scx *scx, const struct task_struct *p)
{
	if (scx->warned.zero_slice)
		return;
	scx->warned.zero_slice = true;
	scx_printk(scx, "%s[%d] has zero slice in pick_task_scx()", p->comm, p->pid);
}

/* 6.12's way to tell of weights that nobody looks at: SCX_OPS_HAS_CGROUP_WEIGHT says "I do". */
void scx_warn_missing_weight(struct scx *scx, const struct task_group *tg)
{
	if (scx->profile != KERNEL_6_12 || scx->state == SCX_OPS_DISABLED ||
	    scx->warned.cgroup_weight || (scx->ops.flags & SCX_OPS_HAS_CGROUP_WEIGHT) ||
	    !tg->css.parent)
		return;
	scx->warned.cgroup_weight = true;
	scx_printk(scx, "\"%s\" does not implement cgroup cpu.weight", scx->ops.name);
}

void scx_warn_missing_idle(struct scx *scx)
{
	if (scx->warned.cgroup_idle)
		return;
	scx->warned.cgroup_idle = true;
	scx_printk(scx, "\"%s\" does not implement cgroup cpu.idle", scx->ops.name);
}
