/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A target is libFuzzer's entry point, LLVMFuzzerTestOneInput(): any bytes, no
 * crash, no leak, no report of a sanitizer. With clang's -fsanitize=fuzzer it is
 * a fuzzer; with main.c it is a test that replays a corpus, and mutants of it
 * that are the same every time:
 *
 *	TARGET [-runs=N] [-seed=N] [-len=N] [FILE]...
 *
 * Without a file, mutants are made of random bytes.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A kernel of two CPUs that all inputs of a process share; never NULL. It interprets programs. */
struct kernel *fuzz_kernel(void);
/* Its twin, which compiles them; the same one where the host has no JIT. */
struct kernel *fuzz_kernel_jit(void);

/*
 * An input as a stream of choices: what is beyond its end reads 0. So bytes
 * become well-formed calls, and a changed byte changes one choice.
 */
struct choices {
	const uint8_t *at, *end;
};

uint64_t choose_u64(struct choices *c);
uint32_t choose(struct choices *c, uint32_t n); /* below n, n <= 65536 */
/* A number such as bugs like: small, a power of two or one beside it, -1, or any. */
uint64_t choose_number(struct choices *c);
uint8_t choose_opcode(struct choices *c); /* one that there is */

#endif
