/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "exec/probe.h"
#include "exec/run.h"

#define PAGE 4096

static u8 *two_pages(void)
{
	u8 *mem = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(mem != MAP_FAILED);
	memset(mem, 0x5a, PAGE);
	assert_int_equal(munmap(mem + PAGE, PAGE), 0);
	return mem;
}

/* Part of the same test: cmocka replaces the handlers of faults before each. */
static void check_sigbus(void)
{
	/* a mapping behind the end of its file */
	int fd = memfd_create("short", 0);
	u8 *mem = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	u8 out[8];

	assert_true(mem != MAP_FAILED);
	assert_int_equal(probe_read(out, 8, mem), -EFAULT);
	assert_int_equal(probe_load_u8(mem), 0);
	munmap(mem, PAGE);
	close(fd);
}

static void test_edges(void **state)
{
	u8 *mem = two_pages(), out[16];

	memset(out, 1, sizeof(out));
	assert_int_equal(probe_read(out, 16, mem + PAGE - 16), 0);
	assert_int_equal(out[15], 0x5a);
	assert_int_equal(probe_read(out, 16, mem + PAGE - 15), -EFAULT);
	for (u32 i = 0; i < 16; i++)
		assert_int_equal(out[i], 0);
	assert_int_equal(probe_read(out, 0, NULL), 0);
	assert_int_equal(probe_read(out, 1, NULL), -EFAULT);
	assert_int_equal(probe_read(out, 8, (void *)0xdead000000000000), -EFAULT);
	assert_int_equal(probe_load_u64(mem), 0x5a5a5a5a5a5a5a5aULL);
	assert_int_equal(probe_load_u64(mem + PAGE - 4), 0);
	assert_int_equal(probe_load_u32(mem + PAGE - 4), 0x5a5a5a5a);
	munmap(mem, PAGE);
	check_sigbus();
}

static int in_child(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void on_segv(int sig)
{
	_exit(33);
}

/* A fault that is not ours reaches the handler that was there before ... */
static void fault_with_handler(void)
{
	signal(SIGSEGV, on_segv);
	probe_init();
	raise(SIGSEGV);
}

/* ... or ends the process. */
static void fault_without_handler(void)
{
	signal(SIGSEGV, SIG_DFL);
	probe_init();
	raise(SIGSEGV);
}

static void test_others_faults(void **state)
{
	int status = in_child(fault_with_handler);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 33);
	status = in_child(fault_without_handler);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: the handler must not be installed yet */
		cmocka_unit_test(test_others_faults),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
