/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* BTF, through BPF_BTF_LOAD, as a program would bring it. */
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/kernel.h"

static void load(const uint8_t *data, size_t size, uint32_t log_level)
{
	static char log[4096];
	union bpf_attr attr = {};
	s64 fd;

	attr.btf = (uint64_t)data;
	attr.btf_size = size;
	attr.btf_log_level = log_level;
	if (log_level) {
		attr.btf_log_buf = (uint64_t)log;
		attr.btf_log_size = sizeof(log);
	}
	fd = kernel_bpf(fuzz_kernel(), BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return;
	kernel_fd_closed(fuzz_kernel(), (int)fd);
	close((int)fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Offsets rarely survive mutation: the second time, the header is put right. */
	uint32_t *header = (uint32_t *)data;

	load(data, size, 1);
	if (size >= 24 && header[1] == 24 && header[2] == 0 && header[3] % 4 == 0) {
		uint8_t copy[1 << 16];

		if (size > sizeof(copy))
			return 0;
		memcpy(copy, data, size);
		header = (uint32_t *)copy;
		if (header[3] > size - 24)
			header[3] = (size - 24) & ~3U;
		header[4] = header[3];
		header[5] = size - 24 - header[3];
		copy[size - 1] = 0;
		load(copy, size, 0);
	}
	return 0;
}
