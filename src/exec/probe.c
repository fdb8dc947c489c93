/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "exec/jit/jit.h"
#include "exec/probe.h"
#include "exec/run.h"

#ifdef __x86_64__

/*
 * Leaf functions: at a fault inside them the return address is on top of the
 * stack, so the fixups can return to the caller in their place.
 */
#define PROBE_FN(name, body)                                                                       \
	".globl " name "\n.hidden " name "\n.type " name ", @function\n" name ":\n.cfi_startproc\n" \
	body "ret\n.cfi_endproc\n.size " name ", . - " name "\n"
#define PROBE_LABEL(name) ".hidden " name "\n" name ":\n"

__asm__(".text\n.p2align 4\n"
	PROBE_LABEL("exec_probe_loads")
	PROBE_FN("probe_load_u8", "movzbl (%rdi), %eax\n")
	PROBE_FN("probe_load_u16", "movzwl (%rdi), %eax\n")
	PROBE_FN("probe_load_u32", "movl (%rdi), %eax\n")
	PROBE_FN("probe_load_u64", "movq (%rdi), %rax\n")
	PROBE_LABEL("exec_probe_loads_end")
	PROBE_FN("exec_probe_copy", "movq %rdx, %rcx\nrep movsb\nxorl %eax, %eax\n")
	PROBE_LABEL("exec_probe_copy_end")
	PROBE_FN("exec_probe_read_zero", "xorl %eax, %eax\n")
	PROBE_FN("exec_probe_copy_fault", "movl $-14, %eax\n"));

extern const char exec_probe_loads[], exec_probe_loads_end[], exec_probe_copy_end[];
int exec_probe_copy(void *dst, const void *src, size_t size);
u64 exec_probe_read_zero(void);
int exec_probe_copy_fault(void);

static struct sigaction old_segv, old_bus; /* written once, under probe_once */
static pthread_once_t probe_once = PTHREAD_ONCE_INIT;

static void chain(int sig, siginfo_t *info, void *context)
{
	const struct sigaction *old = sig == SIGSEGV ? &old_segv : &old_bus;

	if (old->sa_flags & SA_SIGINFO) {
		old->sa_sigaction(sig, info, context);
	} else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
		old->sa_handler(sig);
	} else {
		signal(sig, SIG_DFL); /* a fault repeats, and ends the process */
		if (info->si_code <= 0)
			raise(sig); /* sent by somebody: does not repeat */
	}
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *ip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	const char *at = (const char *)*ip;

	if (at >= exec_probe_loads && at < exec_probe_loads_end)
		*ip = (greg_t)exec_probe_read_zero;
	else if (at >= exec_probe_loads_end && at < exec_probe_copy_end)
		*ip = (greg_t)exec_probe_copy_fault;
	else if (!jit_fix_fault(context))
		chain(sig, info, context);
}

static void install(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGSEGV, &sa, &old_segv);
	sigaction(SIGBUS, &sa, &old_bus);
}

void probe_init(void)
{
	pthread_once(&probe_once, install);
}

static int copy(void *dst, const void *src, u32 size)
{
	probe_init();
	return exec_probe_copy(dst, src, size);
}

#else

void probe_init(void)
{
}

static int copy(void *dst, const void *src, u32 size)
{
	struct iovec to = { dst, size }, from = { (void *)src, size };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

#define PROBE_LOAD(type)                                                                           \
	type probe_load_##type(const void *p)                                                      \
	{                                                                                          \
		type v;                                                                            \
                                                                                                   \
		return copy(&v, p, sizeof(v)) ? 0 : v;                                              \
	}
PROBE_LOAD(u8)
PROBE_LOAD(u16)
PROBE_LOAD(u32)
PROBE_LOAD(u64)

#endif

int probe_read(void *dst, u32 size, const void *src)
{
	int err = size ? copy(dst, src, size) : 0;

	if (err)
		memset(dst, 0, size);
	return err;
}
