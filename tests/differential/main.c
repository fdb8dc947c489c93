/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * differential [FIRST [COUNT]]: loads random programs into our kernel and into
 * the one that runs here, and compares the verdicts. Skipped where bpf(2) may
 * not be used, or the kernel is older than the one that we follow.
 *
 * What Linux refuses and we accept is a failure. What we refuse and Linux accepts
 * must be below one in a hundred; it is listed by the message of our refusal.
 * Kernels after 6.12 know more of some instructions (the range of a negated or
 * byte-swapped number; a comparison of a register with itself) and so accept
 * programs that 6.12 refuses: programs with these are a list of their own.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gen.h"
#include "kernel/kernel.h"
#include "machine/topology.h"

#define SKIPPED 77
#define LOG_SIZE (1 << 20)
#define MAX_CLASSES 32

/* One of the two; @k NULL: the kernel that runs here. */
struct side {
	struct kernel *k;
	int map_fd;
	char *log;
};

/* Of disagreements, told apart by the message of the one that refused. */
struct class {
	char what[160];
	u32 nr;
	u64 first;
};

struct tally {
	u32 both_accept, both_refuse, not_compared;
	u32 unsafe, strict, newer; /* we accept; we refuse; we refuse, as 6.12 does */
	struct class classes[MAX_CLASSES];
	u32 nr_classes;
};

static s64 side_bpf(struct side *s, int cmd, union bpf_attr *attr)
{
	long ret;

	if (s->k)
		return kernel_bpf(s->k, cmd, attr, sizeof(*attr));
	ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));
	return ret < 0 ? -errno : ret;
}

static void side_close(struct side *s, int fd)
{
	if (s->k)
		kernel_fd_closed(s->k, fd);
	close(fd);
}

static int side_load(struct side *s, const struct bpf_insn *insns, u32 nr, u32 log_level)
{
	union bpf_attr attr = {};
	s64 ret;

	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (u64)insns;
	attr.insn_cnt = nr;
	attr.license = (u64) "GPL";
	s->log[0] = '\0';
	if (log_level) {
		attr.log_level = log_level;
		attr.log_buf = (u64)s->log;
		attr.log_size = LOG_SIZE;
	}
	ret = side_bpf(s, BPF_PROG_LOAD, &attr);
	if (ret < 0)
		return (int)ret;
	side_close(s, (int)ret);
	return 0;
}

static int side_init(struct side *s, struct kernel *k)
{
	union bpf_attr attr = {};
	s64 fd;

	*s = (struct side){ .k = k, .map_fd = -1, .log = malloc(LOG_SIZE) };
	if (!s->log)
		return -ENOMEM;
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = GEN_MAP_VALUE;
	attr.max_entries = 2;
	fd = side_bpf(s, BPF_MAP_CREATE, &attr);
	s->map_fd = (int)fd;
	return fd < 0 ? (int)fd : 0;
}

static void side_fini(struct side *s)
{
	if (s->map_fd >= 0)
		side_close(s, s->map_fd);
	free(s->log);
}

static int side_verdict(struct side *s, const struct gen *g, u32 log_level)
{
	struct bpf_insn insns[GEN_MAX_INSNS];

	memcpy(insns, g->insns, g->nr * sizeof(*insns));
	for (u32 i = 0; i < g->nr; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			insns[i].imm = s->map_fd;
	return side_load(s, insns, g->nr, log_level);
}

/* ---- disagreements ---- */

/* The last line before the statistics, numbers as N: what was refused, if not where. */
static void reason_of(const char *log, char *out, size_t size)
{
	const char *last = strstr(log, "processed "), *begin, *next;
	size_t n = 0;

	while (last && (next = strstr(last + 1, "processed ")))
		last = next;
	if (!last || last == log) {
		snprintf(out, size, "(no message)");
		return;
	}
	for (begin = last - 1; begin > log && begin[-1] != '\n';)
		begin--;
	for (; begin < last - 1 && n + 1 < size; begin++) {
		if (!isdigit((unsigned char)*begin))
			out[n++] = *begin;
		else if (!n || out[n - 1] != 'N')
			out[n++] = 'N';
	}
	out[n] = '\0';
}

static void count(struct tally *t, const char *kind, const char *log, u64 number)
{
	char reason[100], what[160];
	struct class *c;
	u32 i;

	reason_of(log, reason, sizeof(reason));
	snprintf(what, sizeof(what), "%s: %s", kind, reason);
	for (i = 0; i < t->nr_classes; i++)
		if (!strcmp(t->classes[i].what, what))
			break;
	c = &t->classes[i < MAX_CLASSES ? i : MAX_CLASSES - 1];
	if (i == t->nr_classes && i < MAX_CLASSES) {
		t->nr_classes++;
		c->first = number;
		strcpy(c->what, what);
	}
	c->nr++;
}

/* Not an opinion on the program. */
static bool is_trouble(int err)
{
	return err == -ENOMEM || err == -EAGAIN || err == -EINTR || err == -EPERM;
}

static void compare(struct tally *t, struct side *ours, struct side *host, u64 number)
{
	struct gen g;
	int a, b;

	gen_program(&g, number);
	a = side_verdict(ours, &g, 0);
	b = side_verdict(host, &g, 0);
	if (is_trouble(a) || is_trouble(b)) {
		t->not_compared++;
	} else if (!a && !b) {
		t->both_accept++;
	} else if (a && b) {
		t->both_refuse++;
	} else if (!a) {
		t->unsafe++;
		side_verdict(host, &g, 1);
		count(t, "accepted, Linux refuses", host->log, number);
	} else {
		side_verdict(ours, &g, 1);
		t->newer += g.newer;
		t->strict += !g.newer;
		count(t, g.newer ? "refused, newer Linux accepts" : "refused, Linux accepts",
		      ours->log, number);
	}
}

static int report(const struct tally *t, u32 nr)
{
	u32 compared = nr - t->not_compared, refused = t->strict + t->newer;
	bool ok;

	printf("%u programs: both accept %u, both refuse %u, not compared %u\n", nr,
	       t->both_accept, t->both_refuse, t->not_compared);
	printf("accepted, Linux refuses: %u; refused, Linux accepts: %u, "
	       "and %u with what newer kernels know\n",
	       t->unsafe, t->strict, t->newer);
	for (u32 i = 0; i < t->nr_classes; i++)
		printf("%6u  %s (first: %llu)\n", t->classes[i].nr, t->classes[i].what,
		       (unsigned long long)t->classes[i].first);
	/* A tenth of each verdict at least, or nothing was compared to speak of. */
	ok = !t->unsafe && refused * 100 < compared && t->not_compared * 100 <= nr &&
	     t->both_accept * 10 >= compared && t->both_refuse * 10 >= compared;
	puts(ok ? "ok" : "FAILED");
	return ok ? 0 : 1;
}

/* ---- may we, and is it worth it? ---- */

static bool host_usable(struct side *host, int err)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct utsname u;
	int major = 0, minor = 0;

	if (uname(&u) || sscanf(u.release, "%d.%d", &major, &minor) != 2 ||
	    major * 1000 + minor < 6012) {
		printf("skipped: the running kernel is older than 6.12\n");
		return false;
	}
	if (!err)
		err = side_load(host, nothing, 2, 0);
	if (err)
		printf("skipped: bpf(2) may not be used here: %s\n", strerror(-err));
	return !err;
}

int main(int argc, char **argv)
{
	u64 first = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	u32 nr = argc > 2 ? (u32)strtoul(argv[2], NULL, 0) : 1000;
	struct kernel_config cfg = { .seed = 1 };
	struct topology *topology = NULL;
	struct side ours = { .map_fd = -1 }, host = { .map_fd = -1 };
	struct kernel *k = NULL;
	struct tally t = {};
	struct err_msg e = {};
	int ret = 1, err;

	err = side_init(&host, NULL);
	if (!host_usable(&host, err)) {
		ret = SKIPPED;
		goto out;
	}
	if (topology_create("2", &e, &topology))
		goto out_failed;
	cfg.topology = topology;
	if (kernel_create(&cfg, &e, &k) || side_init(&ours, k))
		goto out_failed;
	for (u32 i = 0; i < nr; i++)
		compare(&t, &ours, &host, first + i);
	ret = report(&t, nr);
	goto out;
out_failed:
	fprintf(stderr, "no kernel: %s\n", e.text);
out:
	side_fini(&ours);
	side_fini(&host);
	kernel_destroy(k);
	topology_destroy(topology);
	return ret;
}
