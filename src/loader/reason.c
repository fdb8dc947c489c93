/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Why libbpf did not open or load an object, in words that say what to change.
 * libbpf returns an errno and prints the reason; so what it printed is looked
 * through for the faults that people make.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loader/internal.h"

#define NAME_MAX_LEN 128

/* Names of one and the same kfunc in different versions of Linux. */
static const struct {
	const char *old, *new;
} renamed[] = {
	{ "scx_bpf_dispatch", "scx_bpf_dsq_insert" },
	{ "scx_bpf_dispatch_vtime", "scx_bpf_dsq_insert_vtime" },
	{ "scx_bpf_consume", "scx_bpf_dsq_move_to_local" },
	{ "scx_bpf_dispatch_from_dsq", "scx_bpf_dsq_move" },
	{ "scx_bpf_dispatch_vtime_from_dsq", "scx_bpf_dsq_move_vtime" },
	{ "scx_bpf_dispatch_from_dsq_set_slice", "scx_bpf_dsq_move_set_slice" },
	{ "scx_bpf_dispatch_from_dsq_set_vtime", "scx_bpf_dsq_move_set_vtime" },
};

static u32 distance(const char *a, const char *b)
{
	u32 row[NAME_MAX_LEN + 1], nb = strlen(b);

	if (nb > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (u32 j = 0; j <= nb; j++)
		row[j] = j;
	for (u32 i = 0; a[i]; i++) {
		u32 diagonal = row[0];

		row[0] = i + 1;
		for (u32 j = 0; j < nb; j++) {
			u32 change = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = min(change, min(row[j], diagonal) + 1);
		}
	}
	return row[nb];
}

void loader_nearer(const char *name, const char *candidate, struct loader_near *best)
{
	u32 d = distance(name, candidate);

	if (d > strlen(name) / 4 + 1 || (best->name && d >= best->distance))
		return;
	*best = (struct loader_near){ candidate, d };
}

static const char *other_name(const struct btf *btf, const char *name)
{
	struct loader_near best = {};

	for (u32 i = 0; i < ARRAY_SIZE(renamed); i++) {
		const char *other = !strcmp(name, renamed[i].old) ? renamed[i].new :
				    !strcmp(name, renamed[i].new) ? renamed[i].old : NULL;

		if (other && btf__find_by_name_kind(btf, other, BTF_KIND_FUNC) > 0)
			return other;
	}
	for (u32 i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);

		if (btf_is_func(t))
			loader_nearer(name, btf__name_by_offset(btf, t->name_off), &best);
	}
	return best.name;
}

static int no_kfunc(struct kernel *k, const char *path, const char *name, struct err_msg *e)
{
	const char *profile = kernel_profile_name(kernel_profile(k)), *other;
	struct btf *btf;
	const void *data;
	u32 size;

	data = kernel_btf_data(k, &size);
	btf = btf__new(data, size);
	other = btf ? other_name(btf, name) : NULL;
	err_set(e, -ESRCH, "%s: %s%s has no kfunc %s()%s%s%s", path,
		kernel_is_check_only(k) ? "the kernel of that BTF" : "kernel profile ",
		kernel_is_check_only(k) ? "" : profile, name,
		other ? ", but " : "", other ?: "", other ? "()" : "");
	btf__free(btf);
	return -ESRCH;
}

static int no_struct_ops(struct kernel *k, const char *path, const char *name, struct err_msg *e)
{
	if (!strcmp(name, "sched_ext_ops_cid"))
		return err_set(e, -EOPNOTSUPP,
			       "%s: struct sched_ext_ops_cid, the form of sched_ext that numbers CPUs "
			       "by topology (cids), is in none of the kernels here: use struct "
			       "sched_ext_ops", path);
	return err_set(e, -EOPNOTSUPP, "%s: kernel profile %s has no struct_ops type %s", path,
		       kernel_profile_name(kernel_profile(k)), name);
}

/* What stands in @text between @before and the first of @end. */
static bool cut_out(const char *text, const char *before, const char *end,
		    char name[NAME_MAX_LEN])
{
	const char *at = strstr(text, before);

	if (!at)
		return false;
	at += strlen(before);
	snprintf(name, NAME_MAX_LEN, "%.*s", (int)strcspn(at, end), at);
	return name[0];
}

int loader_explain(struct loader_scope *s, struct kernel *k, const char *path, int err,
		   struct err_msg *e)
{
	const char *text = s->warnings;
	char name[NAME_MAX_LEN];

	if (strstr(text, "BTF is required"))
		return err_set(e, err, "%s: has no BTF, which holds its types: compile it with -g",
			       path);
	if (cut_out(text, "extern (func ksym) '", "'", name) && strstr(text, "not found in kernel"))
		return no_kfunc(k, path, name, e);
	if (cut_out(text, "extern (func ksym) '", "'", name) && strstr(text, "incompatible"))
		return err_set(e, -ESRCH,
			       "%s: it declares kfunc %s() otherwise than the kernel does: see "
			       "scxlab kfuncs %s", path, name, name);
	if (cut_out(text, "extern (var ksym) '", "'", name))
		return err_set(e, -ESRCH, "%s: the kernel has no variable %s (__ksym)", path, name);
	if (strstr(text, "isn't referenced anywhere") && cut_out(text, "prog '", "'", name))
		return err_set(e, err, "%s: program %s is a callback of no struct_ops value", path,
			       name);
	if (strstr(text, "is not struct_ops BPF program") && cut_out(text, ": prog ", " ", name))
		return err_set(e, err, "%s: program %s is a callback, but not in "
			       "SEC(\"struct_ops/...\")", path, name);
	if (strstr(text, "is not found in kernel BTF") &&
	    (cut_out(text, "init_kern: struct bpf_struct_ops_", " ", name) ||
	     cut_out(text, "init_kern: struct ", " ", name)))
		return no_struct_ops(k, path, name, e);
	if (cut_out(text, "failed to find kernel BTF type ID of '", "'", name))
		return err_set(e, err, "%s: the kernel has nothing called %s to attach to", path,
			       name);
	return loader_error(s, e, err, path);
}
