/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The syntax is that of the log, with names instead of numbers:
 *
 *	r1 = 5, w1 += r2, r1 s>>= 3, r1 = -r1, r1 = (s8)r2, r1 = be16 r1, r1 = 0x10 ll
 *	r1 = *(u32 *)(r2 + 4), r1 = *(s32 *)(r2 + task_struct.pid), r1 = *(s8 *)(r2 - 1), *(u64 *)(r10 - 8) = r1 | 7
 *	lock *(u64 *)(r1 + 0) += r2, r2 = fetch *(u64 *)(r1 + 0) += r2
 *	r2 = xchg *(u64 *)(r1 + 0) r2, r0 = cmpxchg *(u64 *)(r1 + 0) r0 r2
 *	r1 = map NAME, r1 = value NAME [OFF], r1 = func NAME, r1 = ksym NAME, r1 = type NAME
 *	goto L, gotol L, may_goto L, if r1 s> 5 goto L, if w1 & r2 goto L, L:
 *	call NAME (a function of the program, a helper, a kfunc), call helper#N, exit
 *	raw CODE DST SRC OFF IMM
 *	fn NAME [ARGS], global fn NAME [ARGS]	a function of that many int arguments starts
 *	exception fn NAME 1	the same, global: the exception callback
 */
#include "asm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct ctx {
	const struct asm_names *names;
	struct asm_out *out;
	struct {
		char name[64];
		u32 pos;
	} labels[256];
	int nr_labels;
	struct fix {
		char name[64];
		u32 insn;
		enum { FIX_OFF, FIX_IMM, FIX_CALL } kind;
	} fixes[512];
	int nr_fixes;
};

#define FAIL(c, ...) (snprintf((c)->out->error, sizeof((c)->out->error), __VA_ARGS__), -1)

static void emit(struct ctx *c, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	struct asm_out *o = c->out;

	o->line_of[o->len] = o->nr_lines - 1;
	o->insns[o->len++] = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src,
						.off = off, .imm = imm };
}

static void want(struct ctx *c, const char *name, int kind)
{
	struct fix *f = &c->fixes[c->nr_fixes++];

	snprintf(f->name, sizeof(f->name), "%s", name);
	f->insn = c->out->len;
	f->kind = kind;
}

static char *skip(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* "rN" or "wN"; the rest in *end. */
static bool parse_reg(char *s, int *reg, bool *w, char **end)
{
	if ((*s != 'r' && *s != 'w') || !isdigit((unsigned char)s[1]))
		return false;
	*w = *s == 'w';
	*reg = strtol(s + 1, end, 10);
	return *reg <= 15;
}

static bool parse_num(char *s, s64 *v, char **end)
{
	if (!isdigit((unsigned char)*s) && !(*s == '-' && isdigit((unsigned char)s[1])))
		return false;
	*v = *s == '-' ? strtoll(s, end, 0) : (s64)strtoull(s, end, 0);
	return true;
}

struct mem {
	u8 size;
	bool sx;
	int reg;
	s16 off;
};

/* A number, or "task_struct.scx.slice": where that member is. */
static bool parse_off(const struct ctx *c, char *s, s64 *v, char **end)
{
	char path[128];
	size_t n = 0;
	s32 off;

	if (parse_num(s, v, end))
		return true;
	while (n < sizeof(path) - 1 && (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '.'))
		n++;
	snprintf(path, sizeof(path), "%.*s", (int)n, s);
	off = c->names->member(c->names->priv, path);
	*v = off;
	*end = s + n;
	return off >= 0;
}

/* "*(u32 *)(r1 + 4)" */
static bool parse_mem(const struct ctx *c, char *s, struct mem *m, char **end)
{
	static const struct {
		const char *name;
		u8 size;
		bool sx;
	} sizes[] = {
		{ "*(u8 *)(", BPF_B, false },  { "*(u16 *)(", BPF_H, false },
		{ "*(u32 *)(", BPF_W, false }, { "*(u64 *)(", BPF_DW, false },
		{ "*(s8 *)(", BPF_B, true },   { "*(s16 *)(", BPF_H, true },
		{ "*(s32 *)(", BPF_W, true },
	};
	s64 off = 0;
	bool w, neg;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t n = strlen(sizes[i].name);

		if (strncmp(s, sizes[i].name, n))
			continue;
		m->size = sizes[i].size;
		m->sx = sizes[i].sx;
		if (!parse_reg(s + n, &m->reg, &w, &s))
			return false;
		s = skip(s);
		if (*s == '+' || *s == '-') {
			neg = *s == '-';
			if (!parse_off(c, skip(s + 1), &off, &s))
				return false;
			off = neg ? -off : off;
			s = skip(s);
		}
		m->off = off;
		*end = s + 1;
		return *s == ')';
	}
	return false;
}

static const struct {
	const char *text;
	u8 op;
	s16 off;
} alu_ops[] = {
	{ "+=", BPF_ADD, 0 },  { "-=", BPF_SUB, 0 },  { "*=", BPF_MUL, 0 },   { "/=", BPF_DIV, 0 },
	{ "s/=", BPF_DIV, 1 }, { "%=", BPF_MOD, 0 },  { "s%=", BPF_MOD, 1 },  { "|=", BPF_OR, 0 },
	{ "&=", BPF_AND, 0 },  { "^=", BPF_XOR, 0 },  { "<<=", BPF_LSH, 0 },  { ">>=", BPF_RSH, 0 },
	{ "s>>=", BPF_ARSH, 0 }, { "=", BPF_MOV, 0 },
};

static const struct {
	const char *text;
	u8 op;
} jmp_ops[] = {
	{ "==", BPF_JEQ },  { "!=", BPF_JNE },	 { ">", BPF_JGT },   { ">=", BPF_JGE },
	{ "<", BPF_JLT },   { "<=", BPF_JLE },	 { "s>", BPF_JSGT }, { "s>=", BPF_JSGE },
	{ "s<", BPF_JSLT }, { "s<=", BPF_JSLE }, { "&", BPF_JSET },
};

static int do_if(struct ctx *c, char *s)
{
	char *label = strstr(s, " goto "), *end, op[8];
	int dst, src;
	u8 class, code = 0;
	bool w, w2;
	s64 imm;

	if (!label || !parse_reg(s, &dst, &w, &s))
		return FAIL(c, "if: bad operand");
	s = skip(s);
	end = strchr(s, ' ');
	snprintf(op, sizeof(op), "%.*s", (int)(end - s), s);
	for (size_t i = 0; i < ARRAY_SIZE(jmp_ops); i++)
		if (!strcmp(op, jmp_ops[i].text))
			code = jmp_ops[i].op;
	if (!code)
		return FAIL(c, "if: no such comparison: %s", op);
	class = w ? BPF_JMP32 : BPF_JMP;
	s = skip(end);
	want(c, skip(label + 6), FIX_OFF);
	if (parse_reg(s, &src, &w2, &end))
		emit(c, class | code | BPF_X, dst, src, 0, 0);
	else if (parse_num(s, &imm, &end))
		emit(c, class | code | BPF_K, dst, 0, 0, imm);
	else
		return FAIL(c, "if: bad operand: %s", s);
	return 0;
}

static void emit_ld64(struct ctx *c, int dst, int src, s64 lo, s64 hi)
{
	emit(c, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, lo);
	emit(c, 0, 0, 0, 0, hi);
}

/* "rD = map NAME" and the like. 1: none of these. */
static int do_name(struct ctx *c, int dst, char *s)
{
	char *kind = s, *name = strchr(s, ' '), *off;
	s32 id;

	if (!name)
		return 1;
	name = skip(name);
	off = strchr(name, ' ');
	if (off)
		*off++ = '\0';
	if (!strncmp(kind, "map ", 4) || !strncmp(kind, "value ", 6)) {
		bool value = *kind == 'v';

		id = c->names->map(c->names->priv, name);
		if (id < 0)
			return FAIL(c, "no map %s", name);
		emit_ld64(c, dst, value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD, id,
			  value && off ? strtol(off, NULL, 0) : 0);
	} else if (!strncmp(kind, "func ", 5)) {
		want(c, name, FIX_CALL);
		emit_ld64(c, dst, BPF_PSEUDO_FUNC, 0, 0);
	} else if (!strncmp(kind, "ksym ", 5)) {
		id = c->names->kfunc(c->names->priv, name);
		emit_ld64(c, dst, BPF_PSEUDO_BTF_ID, id, 0);
	} else if (!strncmp(kind, "type ", 5)) {
		id = c->names->type(c->names->priv, name);
		if (id < 0)
			return FAIL(c, "no struct %s", name);
		emit(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, id);
	} else {
		return 1;
	}
	return 0;
}

static int atomic_op(const char *op)
{
	return !strcmp(op, "+=") ? BPF_ADD : !strcmp(op, "|=") ? BPF_OR :
	       !strcmp(op, "&=") ? BPF_AND : !strcmp(op, "^=") ? BPF_XOR : -1;
}

/* "*(u64 *)(r1 + 0) += r2" after "lock", or after "rN = fetch". */
static int do_atomic(struct ctx *c, char *s, int flags)
{
	char op[4] = {};
	struct mem m;
	int src, code;
	bool w;

	if (!parse_mem(c, s, &m, &s))
		return FAIL(c, "bad memory operand");
	s = skip(s);
	memcpy(op, s, 2);
	code = atomic_op(op);
	if (code < 0 || !parse_reg(skip(s + 2), &src, &w, &s))
		return FAIL(c, "bad atomic");
	emit(c, BPF_STX | BPF_ATOMIC | m.size, m.reg, src, m.off, code | flags);
	return 0;
}

static int do_xchg(struct ctx *c, char *s, bool cmp)
{
	struct mem m;
	int src;
	bool w;

	if (!parse_mem(c, s, &m, &s))
		return FAIL(c, "bad memory operand");
	s = strrchr(s, ' ');
	if (!s || !parse_reg(s + 1, &src, &w, &s))
		return FAIL(c, "bad exchange");
	emit(c, BPF_STX | BPF_ATOMIC | m.size, m.reg, src, m.off, cmp ? BPF_CMPXCHG : BPF_XCHG);
	return 0;
}

/* The right side of "rD = ...". */
static int do_mov(struct ctx *c, int dst, bool w, char *s)
{
	u8 class = w ? BPF_ALU : BPF_ALU64;
	int src, bits;
	struct mem m;
	char *end;
	bool w2;
	s64 imm;

	if (!strncmp(s, "fetch ", 6))
		return do_atomic(c, s + 6, BPF_FETCH);
	if (!strncmp(s, "xchg ", 5))
		return do_xchg(c, s + 5, false);
	if (!strncmp(s, "cmpxchg ", 8))
		return do_xchg(c, s + 8, true);
	if (*s == '*') {
		if (!parse_mem(c, s, &m, &end))
			return FAIL(c, "bad memory operand: %s", s);
		emit(c, BPF_LDX | (m.sx ? BPF_MEMSX : BPF_MEM) | m.size, dst, m.reg, m.off, 0);
		return 0;
	}
	if (sscanf(s, "(s%d)", &bits) == 1 && parse_reg(strchr(s, ')') + 1, &src, &w2, &end)) {
		emit(c, class | BPF_MOV | BPF_X, dst, src, bits, 0);
		return 0;
	}
	if (*s == '-' && parse_reg(s + 1, &src, &w2, &end)) {
		emit(c, class | BPF_NEG, dst, 0, 0, 0);
		return 0;
	}
	if ((!strncmp(s, "be", 2) || !strncmp(s, "le", 2)) && isdigit((unsigned char)s[2])) {
		emit(c, BPF_ALU | BPF_END | (*s == 'b' ? BPF_TO_BE : BPF_TO_LE), dst, 0, 0,
		     atoi(s + 2));
		return 0;
	}
	if (parse_reg(s, &src, &w2, &end)) {
		emit(c, class | BPF_MOV | BPF_X, dst, src, 0, 0);
		return 0;
	}
	if (parse_num(s, &imm, &end)) {
		if (!strcmp(skip(end), "ll"))
			emit_ld64(c, dst, 0, (s32)imm, imm >> 32);
		else
			emit(c, class | BPF_MOV | BPF_K, dst, 0, 0, imm);
		return 0;
	}
	return do_name(c, dst, s);
}

static int do_alu(struct ctx *c, char *s)
{
	int dst, src;
	char op[8], *end;
	bool w, w2;
	s64 imm;

	if (!parse_reg(s, &dst, &w, &s))
		return 1;
	s = skip(s);
	end = strchr(s, ' ');
	if (!end || end - s > 4)
		return 1;
	snprintf(op, sizeof(op), "%.*s", (int)(end - s), s);
	s = skip(end);
	for (size_t i = 0; i < ARRAY_SIZE(alu_ops); i++) {
		u8 code = (w ? BPF_ALU : BPF_ALU64) | alu_ops[i].op;

		if (strcmp(op, alu_ops[i].text))
			continue;
		if (alu_ops[i].op == BPF_MOV)
			return do_mov(c, dst, w, s);
		if (parse_reg(s, &src, &w2, &end))
			emit(c, code | BPF_X, dst, src, alu_ops[i].off, 0);
		else if (parse_num(s, &imm, &end))
			emit(c, code | BPF_K, dst, 0, alu_ops[i].off, imm);
		else
			return 1;
		return 0;
	}
	return 1;
}

static int do_store(struct ctx *c, char *s)
{
	struct mem m;
	char *end;
	int src;
	bool w;
	s64 imm;

	if (!parse_mem(c, s, &m, &s))
		return 1;
	s = skip(s);
	if (*s != '=')
		return 1;
	s = skip(s + 1);
	if (parse_reg(s, &src, &w, &end))
		emit(c, BPF_STX | BPF_MEM | m.size, m.reg, src, m.off, 0);
	else if (parse_num(s, &imm, &end))
		emit(c, BPF_ST | BPF_MEM | m.size, m.reg, 0, m.off, imm);
	else
		return 1;
	return 0;
}

static bool is_func(const struct asm_out *o, const char *name)
{
	for (int i = 0; i < o->nr_funcs; i++)
		if (!strcmp(o->funcs[i].name, name))
			return true;
	return false;
}

static int do_call(struct ctx *c, char *name)
{
	s32 id;

	if (is_func(c->out, name)) {
		want(c, name, FIX_CALL);
		emit(c, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
		return 0;
	}
	if (!strncmp(name, "helper#", 7)) {
		emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, atoi(name + 7));
		return 0;
	}
	id = c->names->helper(c->names->priv, name);
	if (id >= 0) {
		emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, id);
		return 0;
	}
	id = c->names->kfunc(c->names->priv, name);
	if (id < 0)
		return FAIL(c, "nothing is called %s", name);
	emit(c, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id);
	return 0;
}

static int do_raw(struct ctx *c, char *s)
{
	int code, dst, src, off, imm;

	if (sscanf(s, "%i %i %i %i %i", &code, &dst, &src, &off, &imm) != 5)
		return FAIL(c, "raw CODE DST SRC OFF IMM");
	emit(c, code, dst, src, off, imm);
	return 0;
}

static int do_insn(struct ctx *c, char *s)
{
	int ret = 1;

	if (!strcmp(s, "exit")) {
		emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		return 0;
	}
	if (!strncmp(s, "if ", 3))
		return do_if(c, skip(s + 3));
	if (!strncmp(s, "goto ", 5)) {
		want(c, skip(s + 5), FIX_OFF);
		emit(c, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		return 0;
	}
	if (!strncmp(s, "gotol ", 6)) {
		want(c, skip(s + 6), FIX_IMM);
		emit(c, BPF_JMP32 | BPF_JA, 0, 0, 0, 0);
		return 0;
	}
	if (!strncmp(s, "may_goto ", 9)) {
		want(c, skip(s + 9), FIX_OFF);
		emit(c, BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, 0, 0);
		return 0;
	}
	if (!strncmp(s, "call ", 5))
		return do_call(c, skip(s + 5));
	if (!strncmp(s, "raw ", 4))
		return do_raw(c, skip(s + 4));
	if (!strncmp(s, "lock ", 5))
		return do_atomic(c, skip(s + 5), 0);
	if (*s == '*')
		ret = do_store(c, s);
	else
		ret = do_alu(c, s);
	return ret == 1 ? FAIL(c, "can't be assembled: %s", s) : ret;
}

/* "fn NAME [N]", "global fn NAME [N]". */
static bool parse_func(const char *s, struct asm_func *f)
{
	*f = (struct asm_func){};
	if (!strncmp(s, "global ", 7)) {
		f->global = true;
		s += 7;
	}
	if (!strncmp(s, "exception ", 10)) {
		f->global = f->exception = true;
		s += 10;
	}
	return !strncmp(s, "fn ", 3) && sscanf(s + 3, "%63s %d", f->name, &f->nr_args) >= 1;
}

void asm_scan(const struct tcase *c, struct asm_out *out)
{
	struct asm_func f;

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < c->nr_code; i++) {
		if (*c->code[i] == ';')
			out->lines[out->nr_lines++] = skip(c->code[i] + 1);
		else if (parse_func(c->code[i], &f))
			out->funcs[out->nr_funcs++] = f;
	}
}

static int apply_fixes(struct ctx *c)
{
	for (int i = 0; i < c->nr_fixes; i++) {
		struct fix *f = &c->fixes[i];
		struct bpf_insn *insn = &c->out->insns[f->insn];
		s32 rel = 0;
		int j;

		for (j = 0; j < c->nr_labels; j++)
			if (!strcmp(c->labels[j].name, f->name))
				break;
		if (j == c->nr_labels)
			return FAIL(c, "no label %s", f->name);
		rel = (s32)c->labels[j].pos - (s32)f->insn - 1;
		if (f->kind == FIX_OFF)
			insn->off = rel;
		else
			insn->imm = rel;
	}
	return 0;
}

int asm_program(const struct tcase *tc, const struct asm_names *names, struct asm_out *out)
{
	struct ctx *c = calloc(1, sizeof(*c));
	int err = 0, func = 0;
	struct asm_func f;

	if (!c)
		return -1;
	c->names = names;
	c->out = out;
	asm_scan(tc, out);
	out->nr_lines = 0;
	for (int i = 0; !err && i < tc->nr_code; i++) {
		char *s = strdup(tc->code[i]);
		size_t n = strlen(s);

		if (*s == ';') {
			out->nr_lines++;
		} else if (parse_func(s, &f) || s[n - 1] == ':') {
			if (s[n - 1] == ':')
				s[n - 1] = '\0';
			else
				out->funcs[func++].start = out->len;
			snprintf(c->labels[c->nr_labels].name, 64, "%s",
				 s[n - 1] ? f.name : s);
			c->labels[c->nr_labels++].pos = out->len;
		} else {
			err = do_insn(c, s);
		}
		free(s);
	}
	if (!err)
		err = apply_fixes(c);
	free(c);
	return err;
}
