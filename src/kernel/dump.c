/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A verified program as text: what exec runs, with the source lines it stems
 * from. Calls are shown as what they are bound to; addresses are not shown, so
 * that the text of a program is always the same.
 */
#include <stdio.h>

#include "isa/disasm.h"
#include "kernel/dump.h"
#include "kernel/internal.h"

static bool name_imm64(void *priv, const struct bpf_insn *insn, u64 imm, char *buf, size_t size)
{
	const struct bpf_prog *prog = ((const struct dump *)priv)->prog;

	for (u32 i = 0; i < prog->nr_used_maps; i++)
		if (imm == (uintptr_t)prog->used_maps[i]) {
			snprintf(buf, size, "map[%s]", prog->used_maps[i]->name);
			return true;
		}
	for (u32 i = 0; i < prog->nr_used_maps; i++) {
		const struct bpf_map *map = prog->used_maps[i];
		u64 start;

		if (!map->ops->direct_value_addr || map->ops->direct_value_addr(map, &start, 0) ||
		    imm < start || imm - start >= map->value_size)
			continue;
		snprintf(buf, size, "map[%s] value+%llu", map->name,
			 (unsigned long long)(imm - start));
		return true;
	}
	return false;
}

const struct prog_subprog *dump_subprog_at(const struct bpf_prog *prog, u32 insn)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		if (prog->subprogs[i].start == insn)
			return &prog->subprogs[i];
	return NULL;
}

void dump_name_subprog(const struct bpf_prog *prog, const struct prog_subprog *s, char *buf,
		       size_t size)
{
	const char *name = s->name && s->name[0] ? s->name : "subprog";

	if (s->copies > 1)
		snprintf(buf, size, "%s#%u", name, s->copy + 1);
	else
		snprintf(buf, size, "%s", name);
}

static void text_of_call(const struct dump *d, u32 i, char *buf, size_t size)
{
	const struct bpf_insn *insn = &d->prog->insns[i];
	const struct call_target *t = NULL;
	const struct prog_subprog *s;
	char callee[128] = "?";

	if (insn->src_reg == BPF_PSEUDO_CALL) {
		s = dump_subprog_at(d->prog, i + 1 + insn->imm);
		if (s)
			dump_name_subprog(d->prog, s, callee, sizeof(callee));
		snprintf(buf, size, "(85) call pc%+d <%s>", insn->imm, callee);
		return;
	}
	if ((u32)insn->imm < d->prog->nr_targets)
		t = &d->prog->targets[insn->imm];
	if (!t)
		snprintf(buf, size, "(85) call ?");
	else if (t->is_helper)
		snprintf(buf, size, "(85) call bpf_%s#%u", t->name, t->id);
	else
		snprintf(buf, size, "(85) call %s -> %s", t->name, t->fn_name);
}

static void text_of(struct dump *d, u32 i, char *buf, size_t size)
{
	const struct disasm_names names = { .imm64 = name_imm64, .priv = d };
	const struct disasm_names hidden = { .hide_pointers = true };
	const struct bpf_insn *insn = &d->prog->insns[i];
	char target[128];

	if (insn->code == (BPF_JMP | BPF_CALL)) {
		text_of_call(d, i, buf, size);
		return;
	}
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC) {
		const struct prog_subprog *s = dump_subprog_at(d->prog, i + 1 + insn->imm);

		if (s) {
			dump_name_subprog(d->prog, s, target, sizeof(target));
			snprintf(buf, size, "(18) r%d = <%s>", insn->dst_reg, target);
			return;
		}
	}
	isa_disasm(buf, size, insn, &names);
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg && !strstr(buf, "map["))
		isa_disasm(buf, size, insn, &hidden);
}

/* Columns apart. */
static bool is_same_line(const struct prog_line_info *a, const struct prog_line_info *b)
{
	return a->file_name_off == b->file_name_off && a->line_off == b->line_off &&
	       a->line_col >> 10 == b->line_col >> 10;
}

void dump_source(struct dump *d, u32 i)
{
	const struct prog_line_info *line = prog_line(d->prog, i);
	const char *file, *text;
	char buf[512];

	if (!line || !d->prog->btf || (d->line && is_same_line(line, d->line)))
		return;
	d->line = line;
	file = kbtf_name(d->prog->btf, line->file_name_off) ?: "";
	text = kbtf_name(d->prog->btf, line->line_off) ?: "";
	text += strspn(text, " \t");
	file = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	snprintf(buf, sizeof(buf), "; %s @ %s:%u\n", text, file, line->line_col >> 10);
	d->write(d->priv, buf);
}

void dump_label(struct dump *d, const struct prog_subprog *s)
{
	char name[128], buf[192];

	dump_name_subprog(d->prog, s, name, sizeof(name));
	snprintf(buf, sizeof(buf), "%s%s:\n", s->start ? "\n" : "", name);
	d->write(d->priv, buf);
	d->line = NULL;
}

int kernel_dump_xlated(const struct kernel_verdict *v, void (*write)(void *priv, const char *text),
		       void *priv)
{
	struct dump d = { .prog = v->xlated, .write = write, .priv = priv };
	const struct prog_subprog *s;
	char text[256], line[300];

	if (!d.prog)
		return -ENOENT;
	for (u32 i = 0; i < d.prog->len; i++) {
		s = dump_subprog_at(d.prog, i);
		if (s)
			dump_label(&d, s);
		dump_source(&d, i);
		text_of(&d, i, text, sizeof(text));
		snprintf(line, sizeof(line), "%4u: %s\n", i, text);
		write(priv, line);
		/* the second half of a 64-bit immediate is not an instruction */
		if (d.prog->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
	return 0;
}
