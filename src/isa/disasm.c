/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>

#include "isa/disasm.h"
#include "isa/opcodes.h"

struct out {
	char *buf;
	size_t size, len;
};

static void __printf(2, 3) put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->buf + o->len, o->size - o->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->len = min(o->len + (size_t)n, o->size - 1);
}

static void put_char(struct out *o, char c)
{
	if (o->len + 1 < o->size) {
		o->buf[o->len++] = c;
		o->buf[o->len] = '\0';
	}
}

static void put_call(struct out *o, const struct bpf_insn *insn, const struct disasm_names *names)
{
	const char *name = names && names->call ? names->call(names->priv, insn) : NULL;

	if (name)
		put(o, "%s", name);
	else if (insn->src_reg == BPF_PSEUDO_CALL)
		put(o, "%+d", insn->imm);
	else if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		put(o, "kernel-function");
	else
		put(o, "unknown");
}

static bool is_pointer_load(const struct bpf_insn *insn)
{
	return insn->src_reg && insn->src_reg != BPF_PSEUDO_FUNC;
}

static void put_imm64(struct out *o, const struct bpf_insn *insn, const struct disasm_names *names)
{
	u64 imm = (u64)(u32)insn[1].imm << 32 | (u32)insn[0].imm;
	char text[128];

	if (names && names->hide_pointers && is_pointer_load(insn))
		imm = 0;
	if (names && names->imm64 && names->imm64(names->priv, insn, imm, text, sizeof(text)))
		put(o, "%s", text);
	else
		put(o, "0x%llx", (unsigned long long)imm);
}

static void put_field(struct out *o, char field, const struct bpf_insn *insn,
		      const struct disasm_names *names)
{
	switch (field) {
	case 'd':
		return put(o, "%d", insn->dst_reg);
	case 's':
		return put(o, "%d", insn->src_reg);
	case 'o':
		return put(o, "%+d", insn->off);
	case 'i':
		return put(o, "%d", insn->imm);
	case 'j':
		return put(o, "%+d", insn->imm);
	case 'x':
		return put(o, "0x%x", (u32)insn->imm);
	case 'h':
		return put(o, "%u", (u32)insn->imm >> 16);
	case 'l':
		return put(o, "%u", (u16)insn->imm);
	case 'c':
		return put_call(o, insn, names);
	case 'I':
		return put_imm64(o, insn, names);
	}
	BUG_ON(true);
}

static void put_unknown(struct out *o, const struct bpf_insn *insn)
{
	static const char *const class[8] = { "ld", "ldx", "st", "", "alu", "jmp", "jmp32", "alu64" };
	const char *name = class[BPF_CLASS(insn->code)];

	put(o, "BUG_%s%s%02x", name, name[0] ? "_" : "", insn->code);
}

/* The refused variants of a known code are written like the plain one: the log shows them first. */
static const struct isa_op *find_to_print(const struct bpf_insn *insn)
{
	const struct isa_op *op = isa_find(insn);

	for (u32 i = 0; !op && i < NR_ISA_OPCODES; i++)
		if (isa_ops[i].code == insn->code && BPF_CLASS(insn->code) != BPF_STX)
			op = &isa_ops[i];
	return op;
}

size_t isa_disasm(char *buf, size_t size, const struct bpf_insn *insn,
		  const struct disasm_names *names)
{
	const struct isa_op *op = find_to_print(insn);
	struct out o = { buf, size, 0 };

	if (!size)
		return 0;
	buf[0] = '\0';
	if (!op) {
		put_unknown(&o, insn);
		return o.len;
	}
	put(&o, "(%02x) ", insn->code);
	for (const char *t = op->text; *t; t++) {
		if (*t == '$')
			put_field(&o, *++t, insn, names);
		else
			put_char(&o, *t);
	}
	return o.len;
}
