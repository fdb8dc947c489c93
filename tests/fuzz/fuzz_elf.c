/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Object files: opened, loaded and attached as far as they come. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/kernel.h"
#include "loader/loader.h"

static void load(const char *path)
{
	struct loader *l = NULL;
	struct err_msg e = {};

	if (loader_open(fuzz_kernel(), path, &e, &l)) {
		if (e.text[0])
			return;
		fprintf(stderr, "refused without a word\n");
		abort();
	}
	loader_set_global(l, "slice_ns=1", &e);
	if (!loader_load(l, &e))
		loader_attach(l, &e);
	loader_close(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz.bpf.o", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		goto out;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	load(path);
out:
	close(fd);
	return 0;
}
