/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The life of a struct_ops: value, programs, attachment, with and without a link. */
#include "lab.h"

static s64 write_value(struct lab *l, int map, struct toy_value *v, u64 flags)
{
	u32 key = 0;

	return lab_elem(l, BPF_MAP_UPDATE_ELEM, map, &key, v, flags);
}

static s64 detach(struct lab *l, int link)
{
	union bpf_attr a = { 0 };

	a.link_detach.link_fd = link;
	return bpf(l, BPF_LINK_DETACH, &a);
}

static void creates(void **state)
{
	struct lab *l = *state;
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_STRUCT_OPS, .key_size = 4,
			     .value_size = sizeof(struct toy_value), .max_entries = 1,
			     .btf_vmlinux_value_type_id = TOY_VALUE, .btf_fd = (u32)-1 };

	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EBADF); /* insists on the object's BTF */
	a.btf_fd = lab_btf_load(l);
	a.value_size++;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	a.value_size--;
	a.btf_vmlinux_value_type_id = TOY_OPS;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -ENOTSUPP);
	a.btf_vmlinux_value_type_id = TOY_VALUE;
	a.map_flags = BPF_F_NO_PREALLOC;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	a.map_flags = 0;
	a.btf_value_type_id = 1;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	a.btf_value_type_id = 0;
	assert_true(bpf(l, BPF_MAP_CREATE, &a) >= 3);
}

static void loads_by_member(void **state)
{
	struct lab *l = *state;
	int init = lab_prog(l, 0, 0), sleepable = lab_prog(l, 0, BPF_F_SLEEPABLE);

	assert_true(init >= 3);
	assert_true(sleepable >= 3);
	assert_true(lab_prog(l, 1, 0) >= 3);
	assert_int_equal(lab_prog(l, 1, BPF_F_SLEEPABLE), -EINVAL);
	assert_int_equal(lab_prog(l, 2, 0), -EINVAL); /* not a callback */
	assert_int_equal(lab_prog(l, 3, 0), -EINVAL);
}

static void checks_values(void **state)
{
	struct lab *l = *state;
	int map = lab_st_ops_map(l, BPF_F_LINK), init = lab_prog(l, 0, 0), other = lab_btf_load(l);
	struct toy_value v = { .data = { .init = init } };
	u32 key = 1;

	assert_int_equal(write_value(l, map, &v, BPF_EXIST), -EINVAL);
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, map, &key, &v, 0), -E2BIG);
	v.data.pad = 1;
	assert_int_equal(write_value(l, map, &v, 0), -EINVAL);
	v.data.pad = 0;
	v.state = 1;
	assert_int_equal(write_value(l, map, &v, 0), -EINVAL);
	v.state = 0;
	v.data.flags = 8;
	assert_int_equal(write_value(l, map, &v, 0), -EINVAL);
	v.data.flags = 3;
	v.data.stop = init; /* loaded for another member */
	assert_int_equal(write_value(l, map, &v, 0), -EINVAL);
	v.data.stop = 12345;
	assert_int_equal(write_value(l, map, &v, 0), -EBADF);
	v.data.stop = other;
	assert_int_equal(write_value(l, map, &v, 0), -EBADF);
	v.data.stop = v.data.init = 0;
	assert_int_equal(write_value(l, map, &v, 0), -EINVAL); /* validate() */
	assert_string_equal(l->c.err.text, "toy: init is missing");
	assert_int_equal(lab_link(l, map), -EINVAL); /* still INIT */
	v.data.init = init;
	assert_int_equal(write_value(l, map, &v, 0), 0);
	assert_int_equal(write_value(l, map, &v, 0), -EBUSY);
	assert_int_equal(l->regs, 0);
	lab_close(l, map);
	lab_close(l, init);
	assert_int_equal(kobj_next_id(l->c.ids, KOBJ_PROG, 0), 0);
}

static void lives_by_link(void **state)
{
	struct lab *l = *state;
	int map = lab_st_ops_map(l, BPF_F_LINK), init = lab_prog(l, 0, 0), link;
	struct toy_value v = { .data = { .init = init, .flags = 5 } };
	u32 key = 0, id = kobj_next_id(l->c.ids, KOBJ_PROG, 0);

	assert_int_equal(write_value(l, map, &v, 0), 0);
	lab_close(l, init); /* the map holds it */
	link = lab_link(l, map);
	assert_true(link >= 3);
	assert_int_equal(l->regs, 1);
	assert_int_equal(l->flags, 5);
	assert_non_null(l->attached->progs[0]);
	assert_null(l->attached->progs[1]);
	assert_int_equal(lab_link(l, map), -EBUSY); /* once is enough */
	assert_int_equal(lab_elem(l, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0), -EOPNOTSUPP);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, map, &key, &v, 0), 0);
	assert_int_equal(v.state, 3);
	assert_int_equal(v.data.init, id);
	lab_close(l, map); /* the link holds it */
	assert_non_null(l->attached);
	lab_close(l, link);
	assert_null(l->attached);
	assert_int_equal(l->unregs, 1);
	assert_int_equal(kobj_next_id(l->c.ids, KOBJ_MAP, 0), 0);
	assert_int_equal(kobj_next_id(l->c.ids, KOBJ_PROG, 0), 0);
}

static void detaches_and_attaches_again(void **state)
{
	struct lab *l = *state;
	int map = lab_st_ops_map(l, BPF_F_LINK), init = lab_prog(l, 0, 0), link;
	struct toy_value v = { .data = { .init = init } };
	struct bpf_link_info info = { 0 };
	union bpf_attr a = { 0 };

	write_value(l, map, &v, 0);
	link = lab_link(l, map);
	a.info.bpf_fd = link;
	a.info.info = (u64)(uintptr_t)&info;
	a.info.info_len = sizeof(info);
	assert_int_equal(bpf(l, BPF_OBJ_GET_INFO_BY_FD, &a), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_STRUCT_OPS);
	assert_int_equal(info.struct_ops.map_id, kobj_next_id(l->c.ids, KOBJ_MAP, 0));
	assert_int_equal(detach(l, link), 0);
	assert_int_equal(detach(l, link), 0);
	assert_int_equal(detach(l, map), -EINVAL);
	assert_int_equal(l->unregs, 1);
	lab_close(l, link);
	assert_int_equal(l->unregs, 1);
	link = lab_link(l, map);
	assert_true(link >= 3);
	assert_int_equal(l->regs, 2);
}

static void two_maps_contend(void **state)
{
	struct lab *l = *state;
	int m1 = lab_st_ops_map(l, BPF_F_LINK), m2 = lab_st_ops_map(l, BPF_F_LINK);
	int init = lab_prog(l, 0, 0), l1;
	struct toy_value v = { .data = { .init = init } };
	union bpf_attr a = { 0 };

	write_value(l, m1, &v, 0);
	write_value(l, m2, &v, 0);
	l1 = lab_link(l, m1);
	assert_int_equal(lab_link(l, m2), -EBUSY);
	assert_string_equal(l->c.err.text, "toy: there is one already");
	assert_int_equal(kobj_next_id(l->c.ids, KOBJ_LINK, 1), 0);
	a.link_update.link_fd = l1;
	a.link_update.new_map_fd = m2;
	a.link_update.flags = BPF_F_REPLACE;
	a.link_update.old_map_fd = m2;
	assert_int_equal(bpf(l, BPF_LINK_UPDATE, &a), -EPERM);
	a.link_update.old_map_fd = m1;
	assert_int_equal(bpf(l, BPF_LINK_UPDATE, &a), 0);
	assert_int_equal(l->updates, 1);
	lab_close(l, l1);
	assert_int_equal(l->unregs, 1);
	l1 = lab_link(l, m1); /* m1 was let go */
	assert_true(l1 >= 3);
	detach(l, l1);
	a.link_update.link_fd = l1;
	assert_int_equal(bpf(l, BPF_LINK_UPDATE, &a), -ENOLINK);
	l->toy.update = NULL;
	assert_int_equal(bpf(l, BPF_LINK_UPDATE, &a), -EOPNOTSUPP);
}

static void lives_by_update(void **state)
{
	struct lab *l = *state;
	int map = lab_st_ops_map(l, 0), init = lab_prog(l, 0, 0), two;
	struct toy_value v = { .data = { .init = init } };
	u32 key = 0;

	assert_int_equal(lab_elem(l, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0), -ENOENT);
	assert_int_equal(write_value(l, map, &v, 0), 0);
	assert_int_equal(l->regs, 1);
	assert_int_equal(lab_link(l, map), -EINVAL);
	two = lab_st_ops_map(l, 0);
	assert_int_equal(write_value(l, two, &v, 0), -EBUSY);
	assert_int_equal(lab_elem(l, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0), 0);
	assert_int_equal(l->unregs, 1);
	assert_int_equal(lab_elem(l, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0), -EINPROGRESS);
	assert_int_equal(write_value(l, map, &v, 0), -EBUSY);
	assert_int_equal(write_value(l, two, &v, 0), 0); /* its value was given back */
	lab_close(l, two); /* stays attached until the kernel ends */
	assert_non_null(l->attached);
}

static void subsystem_ends_it(void **state)
{
	struct lab *l = *state;
	int map = lab_st_ops_map(l, BPF_F_LINK), init = lab_prog(l, 0, 0), link;
	struct toy_value v = { .data = { .init = init } };
	struct st_ops_value *att;

	write_value(l, map, &v, 0);
	link = lab_link(l, map);
	att = l->attached;
	l->attached = NULL;
	att->detached(att);
	assert_non_null(att->progs[0]); /* as it was, for who still looks */
	lab_close(l, link);
	assert_int_equal(l->unregs, 0);
	link = lab_link(l, map);
	assert_true(link >= 3);
	lab_close(l, link);
	assert_int_equal(l->unregs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
		T(creates), T(loads_by_member), T(checks_values), T(lives_by_link),
		T(detaches_and_attaches_again), T(two_maps_contend), T(lives_by_update),
		T(subsystem_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
