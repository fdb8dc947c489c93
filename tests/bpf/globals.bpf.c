/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Globals of every shape, for `--set`.
 *
 * EXPECT sum: accept
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

enum colour {
	RED,
	GREEN = 7,
	BLUE = -2,
};

enum huge {
	HUGE_ONE = 1ULL << 40,
};

struct inner {
	u8 bytes[4];
	u32 low : 3, high : 5;
	s32 below : 4;
};

struct globals {
	u8 u8;
	s8 s8;
	u16 u16;
	s32 s32;
	u64 u64;
	bool flag;
	enum colour colour;
	enum huge huge;
	struct inner inner[3];
	u32 grid[2][2];
	u64 *pointer;
};

const volatile struct globals g = { .u64 = 1 };
double real = 1.0;

SEC("syscall")
int sum(void *ctx)
{
	return g.u8 + g.inner[2].bytes[1] + g.grid[1][0];
}
