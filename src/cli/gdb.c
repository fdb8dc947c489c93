/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/gdb.h"

/* ---- what gdb reads: names and layouts are its own ---- */

struct jit_code_entry {
	struct jit_code_entry *next_entry, *prev_entry;
	const char *symfile_addr;
	u64 symfile_size;
};

struct jit_descriptor {
	u32 version, action_flag;
	struct jit_code_entry *relevant_entry, *first_entry;
};

enum { JIT_NOACTION, JIT_REGISTER, JIT_UNREGISTER };

/* Looked up by name in the process, so it can't be anybody's instance. */
extern struct jit_descriptor __jit_debug_descriptor;
struct jit_descriptor __jit_debug_descriptor = { .version = 1 };

void __jit_debug_register_code(void);
__attribute__((noinline, used)) void __jit_debug_register_code(void)
{
	__asm__ volatile("" ::: "memory");
}

struct gdb_code {
	struct jit_code_entry entry;
	struct gdb_code *next; /* in the session's list */
	char *image;
};

/* ---- the image ---- */

enum { SEC_NULL, SEC_TEXT, SEC_SYMTAB, SEC_STRTAB, SEC_ABBREV, SEC_INFO, SEC_LINE, SEC_NAMES,
       NR_SECS };

static const char *const section_names[NR_SECS] = {
	"", ".text", ".symtab", ".strtab", ".debug_abbrev", ".debug_info", ".debug_line",
	".shstrtab",
};

struct image {
	FILE *f;
	Elf64_Shdr secs[NR_SECS];
};

static void put(struct image *im, const void *data, size_t len)
{
	fwrite(data, 1, len, im->f);
}

static void put_u8(struct image *im, u8 v)
{
	put(im, &v, sizeof(v));
}

static void put_u16(struct image *im, u16 v)
{
	put(im, &v, sizeof(v));
}

static void put_u32(struct image *im, u32 v)
{
	put(im, &v, sizeof(v));
}

static void put_u64(struct image *im, u64 v)
{
	put(im, &v, sizeof(v));
}

static void put_text(struct image *im, const char *text)
{
	put(im, text, strlen(text) + 1);
}

static void put_uleb(struct image *im, u64 v)
{
	for (; v >= 0x80; v >>= 7)
		put_u8(im, (u8)(v | 0x80));
	put_u8(im, (u8)v);
}

static void put_sleb(struct image *im, s64 v)
{
	for (; v < -64 || v > 63; v >>= 7)
		put_u8(im, (u8)(v | 0x80));
	put_u8(im, (u8)(v & 0x7f));
}

static void begin(struct image *im, u32 sec, u32 type)
{
	im->secs[sec].sh_type = type;
	im->secs[sec].sh_addralign = 1;
	im->secs[sec].sh_offset = (u64)ftell(im->f);
}

static void end(struct image *im, u32 sec)
{
	im->secs[sec].sh_size = (u64)ftell(im->f) - im->secs[sec].sh_offset;
}

/* A length that is known only later, in front of what it counts. */
static long begin_counted(struct image *im)
{
	put_u32(im, 0);
	return ftell(im->f);
}

static void end_counted(struct image *im, long start)
{
	long at = ftell(im->f);
	u32 len = (u32)(at - start);

	fseek(im->f, start - (long)sizeof(len), SEEK_SET);
	put_u32(im, len);
	fseek(im->f, at, SEEK_SET);
}

static void put_symbols(struct image *im, const struct kernel_code *c)
{
	const Elf64_Sym none = {}, func = {
		.st_name = 1,
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_shndx = SEC_TEXT,
		.st_size = c->size,
	};

	begin(im, SEC_SYMTAB, SHT_SYMTAB);
	put(im, &none, sizeof(none));
	put(im, &func, sizeof(func));
	end(im, SEC_SYMTAB);
	im->secs[SEC_SYMTAB].sh_link = SEC_STRTAB;
	im->secs[SEC_SYMTAB].sh_info = 1;
	im->secs[SEC_SYMTAB].sh_entsize = sizeof(func);
	begin(im, SEC_STRTAB, SHT_STRTAB);
	fprintf(im->f, "%cbpf_prog_%s%c", 0, c->func, 0);
	end(im, SEC_STRTAB);
}

/* DWARF 4: numbers and their meaning are the standard's. */
enum {
	DW_TAG_compile_unit = 0x11, DW_TAG_subprogram = 0x2e,
	DW_AT_name = 0x03, DW_AT_stmt_list = 0x10, DW_AT_low_pc = 0x11, DW_AT_high_pc = 0x12,
	DW_FORM_addr = 0x01, DW_FORM_data8 = 0x07, DW_FORM_string = 0x08, DW_FORM_sec_offset = 0x17,
	DW_LNS_copy = 1, DW_LNS_advance_line = 3, DW_LNS_set_file = 4,
	DW_LNE_end_sequence = 1, DW_LNE_set_address = 2,
};

static void put_abbrevs(struct image *im)
{
	static const u8 abbrevs[] = {
		1, DW_TAG_compile_unit, 1 /* has children */,
		DW_AT_name, DW_FORM_string, DW_AT_stmt_list, DW_FORM_sec_offset,
		DW_AT_low_pc, DW_FORM_addr, DW_AT_high_pc, DW_FORM_data8, 0, 0,
		2, DW_TAG_subprogram, 0,
		DW_AT_name, DW_FORM_string,
		DW_AT_low_pc, DW_FORM_addr, DW_AT_high_pc, DW_FORM_data8, 0, 0,
		0,
	};

	begin(im, SEC_ABBREV, SHT_PROGBITS);
	put(im, abbrevs, sizeof(abbrevs));
	end(im, SEC_ABBREV);
}

static void put_info(struct image *im, const struct kernel_code *c)
{
	long start;

	begin(im, SEC_INFO, SHT_PROGBITS);
	start = begin_counted(im);
	put_u16(im, 4);
	put_u32(im, 0); /* the abbreviations' offset */
	put_u8(im, sizeof(u64));
	put_uleb(im, 1);
	put_text(im, c->nr_lines ? c->lines[0].file : c->prog);
	put_u32(im, 0); /* the lines' offset */
	put_u64(im, (u64)c->addr);
	put_u64(im, c->size);
	put_uleb(im, 2);
	fprintf(im->f, "bpf_prog_%s%c", c->func, 0);
	put_u64(im, (u64)c->addr);
	put_u64(im, c->size);
	put_uleb(im, 0);
	end_counted(im, start);
	end(im, SEC_INFO);
}

/* The number of @lines[@i]'s file; files are numbered from 1, by their first line. */
static u32 file_number(const struct kernel_code *c, u32 i)
{
	u32 n = 0;

	for (u32 k = 0; k <= i; k++) {
		bool seen = false;

		for (u32 o = 0; o < k && !seen; o++)
			seen = !strcmp(c->lines[o].file, c->lines[k].file);
		n += !seen;
		if (!strcmp(c->lines[k].file, c->lines[i].file))
			return n;
	}
	return n;
}

static void put_files(struct image *im, const struct kernel_code *c)
{
	for (u32 i = 0, n = 0; i < c->nr_lines; i++) {
		if (file_number(c, i) <= n)
			continue;
		n++;
		put_text(im, c->lines[i].file);
		put_uleb(im, 0); /* directory, time, size: not known */
		put_uleb(im, 0);
		put_uleb(im, 0);
	}
	put_u8(im, 0);
}

static void put_address(struct image *im, u64 addr)
{
	put_u8(im, 0);
	put_uleb(im, 1 + sizeof(addr));
	put_u8(im, DW_LNE_set_address);
	put_u64(im, addr);
}

static void put_rows(struct image *im, const struct kernel_code *c)
{
	s64 line = 1;

	for (u32 i = 0; i < c->nr_lines; i++) {
		/* What stands before the first line is the way into the function. */
		put_address(im, (u64)c->addr + (i ? c->lines[i].offset : 0));
		put_u8(im, DW_LNS_set_file);
		put_uleb(im, file_number(c, i));
		put_u8(im, DW_LNS_advance_line);
		put_sleb(im, c->lines[i].line - line);
		put_u8(im, DW_LNS_copy);
		line = c->lines[i].line;
		if (i)
			continue;
		put_address(im, (u64)c->addr + c->lines[i].offset);
		put_u8(im, DW_LNS_copy);
	}
	put_address(im, (u64)c->addr + c->size);
	put_u8(im, 0);
	put_uleb(im, 1);
	put_u8(im, DW_LNE_end_sequence);
}

static void put_lines(struct image *im, const struct kernel_code *c)
{
	/* how many operands the standard's own opcodes have */
	static const u8 operands[] = { 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1 };
	long start, head;

	begin(im, SEC_LINE, SHT_PROGBITS);
	start = begin_counted(im);
	put_u16(im, 4);
	head = begin_counted(im);
	put_u8(im, 1); /* bytes of the smallest instruction, operations in one */
	put_u8(im, 1);
	put_u8(im, 1); /* lines are statements */
	put_u8(im, (u8)-1); /* special opcodes, which are not used: from -1, 4 lines */
	put_u8(im, 4);
	put_u8(im, sizeof(operands) + 1);
	put(im, operands, sizeof(operands));
	put_u8(im, 0); /* no directories */
	put_files(im, c);
	end_counted(im, head);
	put_rows(im, c);
	end_counted(im, start);
	end(im, SEC_LINE);
}

static void put_names(struct image *im)
{
	u32 at = 0;

	begin(im, SEC_NAMES, SHT_STRTAB);
	for (u32 i = 0; i < NR_SECS; i++) {
		im->secs[i].sh_name = at;
		put_text(im, section_names[i]);
		at += (u32)strlen(section_names[i]) + 1;
	}
	end(im, SEC_NAMES);
}

static void put_head(struct image *im, u64 sections)
{
	const Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = sections,
		.e_ehsize = sizeof(head),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = NR_SECS,
		.e_shstrndx = SEC_NAMES,
	};

	put(im, &head, sizeof(head));
}

static int make_image(const struct kernel_code *c, char **data, size_t *len)
{
	struct image im = { .f = open_memstream(data, len) };
	long sections, end;

	if (!im.f)
		return -ENOMEM;
	put_head(&im, 0);
	im.secs[SEC_TEXT] = (Elf64_Shdr){
		.sh_type = SHT_NOBITS,
		.sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		.sh_addr = (u64)c->addr,
		.sh_size = c->size,
		.sh_addralign = 1,
	};
	put_symbols(&im, c);
	if (c->nr_lines) {
		put_abbrevs(&im);
		put_info(&im, c);
		put_lines(&im, c);
	}
	put_names(&im);
	while (ftell(im.f) % sizeof(u64))
		put_u8(&im, 0);
	sections = ftell(im.f);
	put(&im, im.secs, sizeof(im.secs));
	end = ftell(im.f);
	fseek(im.f, 0, SEEK_SET);
	put_head(&im, (u64)sections);
	fseek(im.f, end, SEEK_SET);
	return fclose(im.f) ? -ENOMEM : 0;
}

/* ---- the list ---- */

static void tell(struct jit_code_entry *e, u32 action)
{
	__jit_debug_descriptor.relevant_entry = e;
	__jit_debug_descriptor.action_flag = action;
	__jit_debug_register_code();
}

int gdb_add(struct gdb_code **list, const struct kernel_code *c)
{
	struct gdb_code *g = calloc(1, sizeof(*g));
	struct jit_code_entry *first = __jit_debug_descriptor.first_entry;
	size_t len;

	if (!g)
		return -ENOMEM;
	if (make_image(c, &g->image, &len)) {
		free(g->image);
		free(g);
		return -ENOMEM;
	}
	g->entry = (struct jit_code_entry){
		.next_entry = first,
		.symfile_addr = g->image,
		.symfile_size = len,
	};
	if (first)
		first->prev_entry = &g->entry;
	__jit_debug_descriptor.first_entry = &g->entry;
	g->next = *list;
	*list = g;
	tell(&g->entry, JIT_REGISTER);
	return 0;
}

void gdb_remove_all(struct gdb_code **list)
{
	struct gdb_code *g;

	while ((g = *list)) {
		struct jit_code_entry *e = &g->entry;

		if (e->prev_entry)
			e->prev_entry->next_entry = e->next_entry;
		else
			__jit_debug_descriptor.first_entry = e->next_entry;
		if (e->next_entry)
			e->next_entry->prev_entry = e->prev_entry;
		tell(e, JIT_UNREGISTER);
		*list = g->next;
		free(g->image);
		free(g);
	}
}
