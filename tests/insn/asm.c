/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "asm.h"

struct match {
	struct asm_prog *a;
	const struct asm_symbols *syms;
	const char *at; /* in the line */
	struct bpf_insn insn;
	u64 imm64;
	int dst; /* -1: not seen yet */
	char label[32];
	bool label_in_imm;
};

void asm_init(struct asm_prog *a)
{
	memset(a, 0, sizeof(*a));
	a->exception_cb = -1;
	a->nr_subprogs = 1;
	a->subprogs[0].stack_depth = 64;
	a->subprogs[0].name = "";
}

static bool word(struct match *m, char *out, size_t size)
{
	size_t n = 0;

	while (isalnum((u8)m->at[n]) || m->at[n] == '_')
		n++;
	if (!n || n >= size)
		return false;
	memcpy(out, m->at, n);
	out[n] = '\0';
	m->at += n;
	return true;
}

static bool number(struct match *m, s64 lo, u64 hi, u64 *out)
{
	bool negative = *m->at == '-';
	const char *digits = m->at + (negative || *m->at == '+');
	char *end;
	u64 v;

	if (!isdigit((u8)*digits))
		return false;
	v = strtoull(digits, &end, 0);
	if (negative ? v > (u64)-lo : v > hi)
		return false;
	*out = negative ? -v : v;
	m->at = end;
	return true;
}

static bool reg(struct match *m, u8 *out)
{
	u64 v;

	if (!isdigit((u8)*m->at) || !number(m, 0, 10, &v))
		return false;
	*out = (u8)v;
	return true;
}

static bool label_or(struct match *m, bool in_imm, s64 lo, u64 hi, u64 *out)
{
	if (*m->at != '@')
		return number(m, lo, hi, out);
	m->at++;
	m->label_in_imm = in_imm;
	*out = 0;
	return word(m, m->label, sizeof(m->label));
}

/* "name#0" names one of the driver's functions, whose kind must be the row's. */
static bool call_name(struct match *m, const struct isa_op *op)
{
	char name[32];

	if (isa_index(op) == ISA_CALL_SUBPROG) {
		u64 v;
		bool ok = label_or(m, true, INT32_MIN, INT32_MAX, &v);

		m->insn.imm = (s32)v;
		return ok;
	}
	if (!word(m, name, sizeof(name)))
		return false;
	for (u32 i = 0; i < m->syms->nr_targets; i++) {
		if (strcmp(m->syms->targets[i].name, name))
			continue;
		m->insn.imm = (s32)i;
		return m->syms->targets[i].is_helper == (isa_index(op) == ISA_CALL_HELPER);
	}
	return false;
}

static bool imm64(struct match *m)
{
	char name[32];

	if (*m->at != '&')
		return label_or(m, true, INT64_MIN, UINT64_MAX, &m->imm64);
	m->at++;
	if (!word(m, name, sizeof(name)))
		return false;
	m->imm64 = m->syms->address(name);
	return m->imm64;
}

static bool field(struct match *m, char f, const struct isa_op *op)
{
	u8 dst, src;
	u64 v = 0;
	bool ok;

	switch (f) {
	case 'd':
		ok = reg(m, &dst) && (m->dst < 0 || m->dst == dst);
		m->dst = m->insn.dst_reg = ok ? dst : 0;
		return ok;
	case 's':
		ok = reg(m, &src);
		m->insn.src_reg = ok ? src : 0;
		return ok;
	case 'o':
		ok = label_or(m, false, INT16_MIN, INT16_MAX, &v);
		m->insn.off = (s16)v;
		return ok;
	case 'i':
		if (op->code == (BPF_JMP | BPF_CALL))
			return number(m, 0, 0, &v);
		ok = number(m, INT32_MIN, INT32_MAX, &v);
		m->insn.imm = (s32)v;
		return ok;
	case 'x':
		ok = number(m, INT32_MIN, UINT32_MAX, &v);
		m->insn.imm = (s32)v;
		return ok;
	case 'j':
		ok = label_or(m, true, INT32_MIN, INT32_MAX, &v);
		m->insn.imm = (s32)v;
		return ok;
	case 'h':
	case 'l':
		return number(m, 0, UINT16_MAX, &v);
	case 'c':
		return call_name(m, op);
	case 'I':
		return imm64(m);
	}
	return false;
}

static bool match_row(struct match *m, const struct isa_op *op, const char *line)
{
	m->at = line;
	m->dst = -1;
	m->insn = (struct bpf_insn){ .code = op->code };
	m->label[0] = '\0';
	if (op->select == ISA_BY_SRC)
		m->insn.src_reg = (u8)op->value;
	else if (op->select == ISA_BY_OFF)
		m->insn.off = op->value;
	else if (op->select == ISA_BY_IMM)
		m->insn.imm = op->value;
	for (const char *t = op->text; *t; t++) {
		if (*t == '$' ? !field(m, *++t, op) : *m->at++ != *t)
			return false;
	}
	return !*m->at && (op->select != ISA_BY_IMM || m->insn.imm == op->value);
}

static bool emit(struct asm_prog *a, const struct match *m, const struct isa_op *op)
{
	if (a->len + 2 > ASM_MAX || a->nr_fixups == ARRAY_SIZE(a->fixups))
		return false;
	a->uses[isa_index(op)] = true;
	if (m->label[0]) {
		struct asm_fixup *f = &a->fixups[a->nr_fixups++];

		strcpy(f->name, m->label);
		f->at = a->len;
		f->in_imm = m->label_in_imm;
	}
	a->insns[a->len] = m->insn;
	if (insn_is_ldimm64(&m->insn)) {
		a->insns[a->len++].imm = (s32)(u32)m->imm64;
		a->insns[a->len] = (struct bpf_insn){ .imm = (s32)(m->imm64 >> 32) };
	}
	a->len++;
	return true;
}

static bool insn_line(struct asm_prog *a, const char *line, const struct asm_symbols *syms,
		      struct err_msg *e)
{
	struct match m = { .a = a, .syms = syms };
	const char *colon = strstr(line, ": ");
	size_t n = colon ? (size_t)(colon - line) : 0;

	for (u32 i = 0; i < NR_ISA_OPCODES; i++) {
		const struct isa_op *op = &isa_ops[i];

		if (colon && (strncmp(op->name, line, n) || op->name[n]))
			continue;
		if (!match_row(&m, op, colon ? colon + 2 : line))
			continue;
		if (emit(a, &m, op))
			return true;
		err_set(e, 0, "the program is too long");
		return false;
	}
	err_set(e, 0, "not an instruction: %s", line);
	return false;
}

static bool add_label(struct asm_prog *a, const char *line, size_t n)
{
	struct asm_label *l = &a->labels[a->nr_labels];

	if (a->nr_labels == ARRAY_SIZE(a->labels) || n >= sizeof(l->name))
		return false;
	a->nr_labels++;
	memcpy(l->name, line, n);
	l->at = a->len;
	return true;
}

static bool add_subprog(struct asm_prog *a)
{
	struct prog_subprog *s = &a->subprogs[a->nr_subprogs];

	if (a->nr_subprogs == ARRAY_SIZE(a->subprogs))
		return false;
	a->nr_subprogs++;
	*s = (struct prog_subprog){ .start = a->len, .stack_depth = 64, .name = "" };
	return true;
}

bool asm_line(struct asm_prog *a, const char *line, const struct asm_symbols *syms,
	      struct err_msg *e)
{
	size_t n = strlen(line);
	unsigned int stack;

	if (sscanf(line, "stack %u", &stack) == 1) {
		a->subprogs[a->nr_subprogs - 1].stack_depth = stack;
		return true;
	}
	if (sscanf(line, "exception %31s", a->exception) == 1)
		return true;
	if (n > 3 && !strcmp(line + n - 3, "():"))
		return add_label(a, line, n - 3) && add_subprog(a);
	if (n > 1 && line[n - 1] == ':')
		return add_label(a, line, n - 1);
	return insn_line(a, line, syms, e);
}

static const struct asm_label *find_label(const struct asm_prog *a, const char *name)
{
	for (u32 i = 0; i < a->nr_labels; i++)
		if (!strcmp(a->labels[i].name, name))
			return &a->labels[i];
	return NULL;
}

bool asm_finish(struct asm_prog *a, struct err_msg *e)
{
	for (u32 i = 0; i < a->nr_fixups; i++) {
		const struct asm_fixup *f = &a->fixups[i];
		const struct asm_label *l = find_label(a, f->name);
		s32 rel;

		if (!l) {
			err_set(e, 0, "no label %s", f->name);
			return false;
		}
		rel = (s32)l->at - (s32)f->at - 1;
		if (f->in_imm)
			a->insns[f->at].imm = rel;
		else
			a->insns[f->at].off = (s16)rel;
	}
	for (u32 i = 0; i < a->nr_subprogs; i++) {
		struct prog_subprog *s = &a->subprogs[i];
		const struct asm_label *l = find_label(a, a->exception);

		s->len = (i + 1 < a->nr_subprogs ? s[1].start : a->len) - s->start;
		if (a->exception[0] && l && l->at == s->start)
			a->exception_cb = (s32)i;
	}
	return true;
}
