/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From C into jitted code, and the way back that a fault takes. Jitted code
 * keeps what C wants kept, except r12.
 */
#include <ucontext.h>

#include "exec/jit/internal.h"

#define ASM_FN(name, body)                                                                         \
	".globl " name "\n.hidden " name "\n.type " name ", @function\n" name ":\n"                   \
	".cfi_startproc\n"                                                                         \
	"pushq %r12\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %r12, 0\n"                          \
	"movq %rsi, %r12\n" body                                                                   \
	"popq %r12\n.cfi_adjust_cfa_offset -8\n.cfi_restore %r12\n"                                \
	"ret\n.cfi_endproc\n.size " name ", . - " name "\n"

__asm__(".text\n.p2align 4\n"
	ASM_FN("jit_enter_main", "callq *%rdx\n")
	".p2align 4\n"
	ASM_FN("jit_enter",
	       "movq %rdx, %rax\n"
	       "movq 32(%rdi), %r8\n"
	       "movq 24(%rdi), %rcx\n"
	       "movq 16(%rdi), %rdx\n"
	       "movq 8(%rdi), %rsi\n"
	       "movq (%rdi), %rdi\n"
	       "callq *%rax\n"));

static const int greg_of[] = {
	[RAX] = REG_RAX, [RCX] = REG_RCX, [RDX] = REG_RDX, [RBX] = REG_RBX,
	[RSP] = REG_RSP, [RBP] = REG_RBP, [RSI] = REG_RSI, [RDI] = REG_RDI,
	[R8] = REG_R8,	 [R9] = REG_R9,	  [R10] = REG_R10, [R11] = REG_R11,
	[R12] = REG_R12, [R13] = REG_R13, [R14] = REG_R14, [R15] = REG_R15,
};

static const struct jit_fault *find_fault(const struct jit_region *r, u32 at)
{
	const struct jit_fault *faults = (const void *)((const u8 *)r + r->faults_off);
	u32 low = 0, high = r->nr_faults;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (faults[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->nr_faults && faults[low].at == at ? &faults[low] : NULL;
}

bool jit_fix_fault(void *ucontext)
{
	greg_t *regs = ((ucontext_t *)ucontext)->uc_mcontext.gregs;
	const u8 *ip = (const u8 *)regs[REG_RIP];
	const struct jit_region *r = arena_find(ip);
	const struct jit_fault *f = r ? find_fault(r, (u32)(ip - r->code)) : NULL;

	if (!f)
		return false;
	regs[greg_of[f->reg]] = 0;
	regs[REG_RIP] += f->len;
	return true;
}
