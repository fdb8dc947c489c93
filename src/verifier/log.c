/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The log as a window on a text that is only ever appended to, or cut back to
 * an earlier length (a path that turned out safe is forgotten, unless level 2
 * keeps all). Positions count from the start of that text. With BPF_LOG_FIXED
 * the window is its beginning, else its end: the reason of a refusal comes
 * last.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "isa/disasm.h"
#include "verifier/log.h"

#define LINE_MAX_LEN 1024 /* as Linux cuts one message */

int verifier_log_init(struct verifier_log *log, u32 level, u32 size)
{
	if (level & ~BPF_LOG_MASK || (size && !level) || size > UINT32_MAX >> 2)
		return -EINVAL;
	memset(log, 0, sizeof(*log));
	log->level = level;
	log->size = size;
	return 0;
}

void verifier_log_fini(struct verifier_log *log)
{
	free(log->buf);
	memset(log, 0, sizeof(*log));
}

void vrf_log_begin(struct vrf_log *log, const struct verifier_log *out)
{
	memset(log, 0, sizeof(*log));
	log->level = out->level;
	log->size = out->size;
}

/* Makes room for @n more bytes and a NUL; drops what has left the window when it is worth it. */
static bool reserve(struct vrf_log *log, size_t n)
{
	size_t have = log->end_pos - log->base, gone = log->start_pos - log->base, cap;
	char *buf;

	if (gone > have - gone && gone > LINE_MAX_LEN) {
		memmove(log->buf, log->buf + gone, have - gone);
		log->base = log->start_pos;
		have -= gone;
	}
	if (have + n + 1 <= log->cap)
		return true;
	cap = max(log->cap * 2, have + n + 1);
	buf = realloc(log->buf, cap);
	if (!buf) {
		log->err = -ENOMEM;
		return false;
	}
	log->buf = buf;
	log->cap = cap;
	return true;
}

static void append(struct vrf_log *log, const char *text, size_t n)
{
	u64 end = log->end_pos + n + 1; /* with the NUL */

	log->len_max = max(log->len_max, end);
	if (log->level & BPF_LOG_FIXED) {
		size_t room = 0, used = min(log->end_pos, (u64)log->size);

		if (!log->size)
			room = n;
		else if (used + 1 < log->size)
			room = min(n, log->size - used - 1);
		if (room && reserve(log, room))
			memcpy(log->buf + log->end_pos, text, room);
	} else {
		if (!reserve(log, n))
			return;
		memcpy(log->buf + (log->end_pos - log->base), text, n);
		if (log->size && end - log->start_pos >= log->size)
			log->start_pos = end - log->size;
	}
	log->end_pos = end - 1;
}

void vrf_verbose(struct bpf_verifier_env *env, const char *fmt, ...)
{
	char line[LINE_MAX_LEN];
	va_list args;
	int n;

	if (!env->log.level || env->log.err)
		return;
	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (n > 0)
		append(&env->log, line, min(n, LINE_MAX_LEN - 1));
}

void vrf_vlog_reset(struct bpf_verifier_env *env, u64 new_pos)
{
	struct vrf_log *log = &env->log;

	if (!log->level || new_pos > log->end_pos)
		return;
	log->end_pos = new_pos;
	if (new_pos < log->start_pos)
		log->start_pos = new_pos;
	if (new_pos < log->base)
		log->base = new_pos;
}

const char *vrf_log_kept(const struct vrf_log *log, size_t *len)
{
	*len = log->end_pos - log->start_pos;
	if ((log->level & BPF_LOG_FIXED) && log->size)
		*len = min(*len, (size_t)log->size - 1);
	return log->buf ? log->buf + (log->start_pos - log->base) : "";
}

int vrf_log_finish(struct vrf_log *log, struct verifier_log *out)
{
	size_t len;
	const char *text = vrf_log_kept(log, &len);
	char *buf = malloc(len + 1);

	if (!buf)
		return -ENOMEM;
	memcpy(buf, text, len);
	buf[len] = '\0';
	free(out->buf);
	out->buf = buf;
	out->len = len;
	out->true_size = min(log->len_max, (u64)UINT32_MAX);
	out->truncated = log->size && log->len_max > log->size;
	return log->err;
}

void vrf_log_abandon(struct vrf_log *log)
{
	free(log->buf);
	memset(log, 0, sizeof(*log));
}

/* ---- source lines and instructions ---- */

static u32 line_number(const struct prog_line_info *l)
{
	return l->line_col >> 10;
}

/* The record that covers @insn; they are sorted and the first is at 0. */
static const struct prog_line_info *find_linfo(const struct bpf_verifier_env *env, u32 insn)
{
	const struct prog_line_info *info = env->prog->line_info;
	u32 lo = 0, hi = env->prog->nr_line_info;

	if (!hi || !env->linfo_checked)
		return NULL;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (info[mid].insn_off <= insn)
			lo = mid;
		else
			hi = mid;
	}
	return &info[lo];
}

void vrf_verbose_linfo(struct bpf_verifier_env *env, u32 insn_off, const char *prefix)
{
	const struct prog_line_info *info, *prev = env->prev_linfo;
	const char *text, *file, *slash;

	if (!env->log.level)
		return;
	info = find_linfo(env, insn_off);
	if (!info || info == prev)
		return;
	/* another column of the same line */
	if (prev && prev->file_name_off == info->file_name_off &&
	    line_number(prev) == line_number(info))
		return;
	text = kbtf_name(env->prog->btf, info->line_off);
	file = kbtf_name(env->prog->btf, info->file_name_off);
	if (!text || !file)
		return;
	while (isspace((unsigned char)*text))
		text++;
	slash = strrchr(file, '/');
	verbose(env, "%s%s @ %s:%u\n", prefix, text, slash ? slash + 1 : file, line_number(info));
	env->prev_linfo = info;
}

static const char *call_name(void *priv, const struct bpf_insn *insn)
{
	struct bpf_verifier_env *env = priv;
	const char *name;

	if (insn->src_reg == BPF_PSEUDO_CALL)
		return NULL; /* a distance */
	name = vrf_call_name(env, insn);
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL || !strcmp(name, "unknown"))
		return name;
	snprintf(env->tmp_str_buf, sizeof(env->tmp_str_buf), "bpf_%s", name);
	return env->tmp_str_buf;
}

void vrf_verbose_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	struct disasm_names names = {
		.call = call_name,
		.priv = env,
		.hide_pointers = !env->allow_ptr_leaks,
	};
	char line[256];

	isa_disasm(line, sizeof(line), insn, &names);
	verbose(env, "%s\n", line);
}
