/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel BTF: every type and every kfunc that a BPF program can name. This
 * file is compiled for its DWARF alone; nothing in it is linked or run.
 */
struct kbtf_struct {
	int x;
	struct kbtf_struct *next;
};

enum kbtf_enum {
	KBTF_SMALL = 1,
	KBTF_LARGE = 1ULL << 63,
};

typedef union {
	long l;
	enum kbtf_enum e;
} kbtf_typedef;

int kbtf_func(struct kbtf_struct *s, kbtf_typedef t);
int kbtf_func(struct kbtf_struct *s, kbtf_typedef t)
{
	return s->x;
}
