/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A kernel that is nothing but bpf(2): a hand-made kernel BTF with one struct_ops
 * type, `struct toy_ops { int (*init)(int); void (*stop)(void); u32 flags; }`,
 * whose subsystem counts what happens to it.
 */
#ifndef TESTS_SYSCALL_LAB_H
#define TESTS_SYSCALL_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../btf_bytes.h"
#include "isa/isa.h"
#include "syscall/attr.h"
#include "syscall/syscall.h"

enum { TOY_OPS = 5, TOY_VALUE = 7 };

struct toy_ops {
	u64 init, stop;
	u32 flags, pad;
};

struct toy_value {
	s32 refcnt;
	u32 state;
	struct toy_ops data;
};

struct lab {
	struct kbtf *btf;
	struct calls *calls;
	struct syscall_ctx c;
	struct fdtable *fds;
	struct st_ops_type toy;
	struct st_ops_value *attached;
	u32 regs, unregs, updates;
	u32 flags; /* of the attached struct */
};

static struct kbtf *lab_btf(void)
{
	struct btf_bytes b = { 0 };
	struct kbtf *btf;
	u32 i, p;

	i = bb_int(&b, "int", 4, true); /* 1 */
	p = bb_proto(&b, i, 1);		/* 2 */
	bb_arg(&b, "x", i);
	bb_ptr(&b, p);			      /* 3 */
	bb_int(&b, "unsigned int", 4, false); /* 4 */
	bb_struct(&b, "toy_ops", 24, 3);      /* 5 */
	bb_member(&b, "init", 3, 0);
	bb_member(&b, "stop", 3, 8);
	bb_member(&b, "flags", 4, 16);
	bb_struct(&b, "bpf_struct_ops_common_value", 8, 2); /* 6 */
	bb_member(&b, "refcnt", i, 0);
	bb_member(&b, "state", i, 4);
	bb_struct(&b, "bpf_struct_ops_toy_ops", 32, 2); /* 7 */
	bb_member(&b, "common", 6, 0);
	bb_member(&b, "data", 5, 8);
	assert_int_equal(kbtf_parse(b.out, bb_end(&b), true, NULL, &btf), 0);
	return btf;
}

static int toy_init_member(void *priv, const struct btf_type *t, const struct btf_member *m,
			   void *kdata, const void *udata)
{
	const struct toy_ops *u = udata;
	struct toy_ops *k = kdata;

	if (kbtf_member_bit_offset(t, m) != 16 * 8)
		return 0;
	if (u->flags > 7)
		return -EINVAL;
	k->flags = u->flags;
	return 1;
}

static int toy_reg(void *priv, struct st_ops_value *v, struct err_msg *e)
{
	struct lab *l = priv;

	if (l->attached)
		return err_set(e, -EBUSY, "toy: there is one already");
	l->attached = v;
	l->flags = ((struct toy_ops *)v->kdata)->flags;
	l->regs++;
	return 0;
}

static void toy_unreg(void *priv, struct st_ops_value *v)
{
	struct lab *l = priv;

	assert_ptr_equal(l->attached, v);
	l->attached = NULL;
	l->unregs++;
}

static int toy_validate(void *priv, const struct st_ops_view *v, struct err_msg *e)
{
	return st_ops_has(v, "init") ? 0 : err_set(e, -EINVAL, "toy: init is missing");
}

static int toy_update(void *priv, struct st_ops_value *new, struct st_ops_value *old)
{
	struct lab *l = priv;

	assert_ptr_equal(l->attached, old);
	l->attached = new;
	l->updates++;
	return 0;
}

static const struct st_ops_member toy_members[] = {
	{ "init", ST_OPS_SLEEPABLE, 0 },
	{ "stop", 0, 0 },
};

static int lab_setup(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct err_msg e = { "" };

	l->btf = lab_btf();
	l->toy = (struct st_ops_type){
		.name = "toy_ops", .members = toy_members, .nr_members = 2, .priv = l,
		.init_member = toy_init_member, .validate = toy_validate,
		.reg = toy_reg, .unreg = toy_unreg, .update = toy_update,
	};
	assert_int_equal(calls_create(l->btf, &l->calls), 0);
	assert_int_equal(calls_register_st_ops(l->calls, &l->toy, &e), 0);
	l->c = (struct syscall_ctx){ .calls = l->calls, .mem = &user_mem_self, .nr_cpus = 2,
				     .cap_bpf = true, .cap_perfmon = true, .cap_net_admin = true,
				     .cap_sys_admin = true };
	assert_int_equal(kobj_ids_create(&l->c.ids), 0);
	assert_int_equal(fdtable_create(&l->fds), 0);
	l->c.fds = fdtable_user(l->fds);
	assert_int_equal(syscall_init(&l->c), 0);
	*state = l;
	return 0;
}

static int lab_teardown(void **state)
{
	struct lab *l = *state;

	fdtable_destroy(l->fds);
	syscall_fini(&l->c);
	kobj_ids_destroy(l->c.ids); /* aborts if anything is left */
	calls_destroy(l->calls);
	kbtf_put(l->btf);
	free(l);
	return 0;
}

static s64 bpf(struct lab *l, int cmd, union bpf_attr *a)
{
	return syscall_bpf(&l->c, cmd, a, sizeof(*a));
}

/* close(2), and the news of it */
static void lab_close(struct lab *l, int fd)
{
	fdtable_closed(l->fds, fd);
	close(fd);
}

static inline int lab_map(struct lab *l, u32 type, u32 key, u32 value, u32 max, u32 flags)
{
	union bpf_attr a = { .map_type = type, .key_size = key, .value_size = value,
			     .max_entries = max, .map_flags = flags };

	return bpf(l, BPF_MAP_CREATE, &a);
}

static inline s64 lab_elem(struct lab *l, int cmd, int fd, const void *key, void *value, u64 flags)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_fd = fd;
	a.key = (u64)(uintptr_t)key;
	a.value = (u64)(uintptr_t)value;
	a.flags = flags;
	return bpf(l, cmd, &a);
}

/* A program for member @idx of toy_ops that returns 0. */
static inline int lab_prog(struct lab *l, u32 idx, u32 flags)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_STRUCT_OPS;
	a.insns = (u64)(uintptr_t)insns;
	a.insn_cnt = 2;
	a.license = (u64)(uintptr_t)"GPL";
	a.attach_btf_id = TOY_OPS;
	a.expected_attach_type = idx;
	a.prog_flags = flags;
	return bpf(l, BPF_PROG_LOAD, &a);
}

/* The BTF that a program's object would bring. */
static inline int lab_btf_load(struct lab *l)
{
	struct btf_bytes b = { 0 };
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	bb_int(&b, "int", 4, true);
	a.btf_size = bb_end(&b);
	a.btf = (u64)(uintptr_t)b.out;
	return bpf(l, BPF_BTF_LOAD, &a);
}

static inline int lab_st_ops_map(struct lab *l, u32 flags)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_STRUCT_OPS, .key_size = 4,
			     .value_size = sizeof(struct toy_value), .max_entries = 1,
			     .map_flags = flags, .btf_vmlinux_value_type_id = TOY_VALUE };
	int btf = lab_btf_load(l), fd;

	a.btf_fd = btf;
	fd = bpf(l, BPF_MAP_CREATE, &a);
	lab_close(l, btf);
	return fd;
}

static inline int lab_link(struct lab *l, int map)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.link_create.map_fd = map;
	a.link_create.attach_type = BPF_STRUCT_OPS;
	return bpf(l, BPF_LINK_CREATE, &a);
}

#endif
