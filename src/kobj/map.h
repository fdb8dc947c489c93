/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * BPF maps. One file per type implements struct map_ops; kobj/map_types.def
 * lists them (type, ops), and every reader expands that list.
 *
 * Values returned by lookup stay valid while the caller is inside one BPF
 * program run (deleted elements are recycled only when the machine is between
 * callbacks, which stands for the RCU grace period).
 *
 * How to add a map type: write kobj/map_NAME.c with a `const struct map_ops
 * map_NAME_ops`, add its row to map_types.def and its file to meson.build, and
 * a data-driven test in tests/.
 */
#ifndef KOBJ_MAP_H
#define KOBJ_MAP_H

#include "btf/btf.h"
#include "isa/abi.h"
#include "kobj/kobj.h"

struct bpf_map;
struct bpf_prog;
struct btf_record; /* special fields of a value type: kobj/record.h */
struct run_ctx;

/* MAP_CREATE, checked and copied in by syscall/. */
struct map_create_args {
	enum bpf_map_type type;
	u32 key_size, value_size, max_entries, flags;
	u64 map_extra;
	char name[BPF_OBJ_NAME_LEN];
	struct kbtf *btf; /* of key and value; NULL: none. A reference is taken. */
	struct kobj *btf_obj; /* its handle, if it has one; likewise */
	u32 btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	struct bpf_map *inner; /* template of map-in-map; NULL otherwise */
	bool unpriv;	       /* the caller has no CAP_PERFMON */
	u32 nr_cpus;	       /* of the machine: per-CPU maps have that many copies */
	const void *st_ops;    /* const struct st_ops_type * of a STRUCT_OPS map */
	const void *st_ops_priv; /* whatever struct_ops/ wants with it */
	const struct map_ops *st_ops_ops; /* struct_ops/ hands its own, being above kobj */
	struct kobj_ids *ids;
	const struct kbtf *kernel; /* for kptrs in the value; NULL: none resolve */
	const struct record_dtors *dtors; /* copied */
	const struct map_owner_hooks *owners; /* of local storage; borrowed */
};

/* How bpf(2) names the owner of a local storage element: the key is a pidfd or the like. */
struct map_owner_hooks {
	void *priv;
	/* 0 and the owner's storage slot, -EBADF, -ENOENT. NULL: no key names an owner. */
	int (*slot_of_key)(void *priv, s32 key, void ***slot);	      /* TASK_STORAGE */
	int (*slot_of_cgroup_key)(void *priv, s32 key, void ***slot); /* CGRP_STORAGE */
};

/* Maps whose look-up is arithmetic: element i of CPU c is at base + c * per_cpu + i * stride. */
struct map_layout {
	void *base;
	size_t stride, per_cpu;
};

typedef void *(*map_lookup_fn)(struct bpf_map *map, const void *key, u32 cpu);

/*
 * All return 0 or a negative errno as Linux does; a NULL member means that the
 * operation is not supported on that type (-ENOTSUPP from bpf(2) where Linux
 * says so). @cpu is the CPU whose copy a per-CPU map gives.
 */
struct map_ops {
	size_t struct_size; /* of the type's own struct, which begins with struct bpf_map */
	int (*alloc_check)(const struct map_create_args *a);
	int (*init)(struct bpf_map *map, const struct map_create_args *a);
	void (*fini)(struct bpf_map *map);

	void *(*lookup)(struct bpf_map *map, const void *key, u32 cpu);
	int (*update)(struct bpf_map *map, const void *key, const void *value, u64 flags, u32 cpu);
	int (*delete)(struct bpf_map *map, const void *key);
	int (*get_next_key)(struct bpf_map *map, const void *key, void *next);
	/* Hashes, for batches: the number of buckets; the @i-th key of one, or NULL. */
	u32 (*nr_buckets)(const struct bpf_map *map);
	const void *(*bucket_key)(const struct bpf_map *map, u32 bucket, u32 i);
	int (*push)(struct bpf_map *map, const void *value, u64 flags);
	int (*pop)(struct bpf_map *map, void *value);
	int (*peek)(struct bpf_map *map, void *value);

	/* bpf(2)'s view where it differs: per-CPU values are nr_cpus * round_up(value_size, 8). */
	int (*sys_lookup)(struct bpf_map *map, const void *key, void *value, u64 flags);
	int (*sys_update)(struct bpf_map *map, const void *key, const void *value, u64 flags);
	int (*lookup_and_delete)(struct bpf_map *map, const void *key, void *value, u64 flags);

	/* Address of byte @off of an array's data, for BPF_PSEUDO_MAP_VALUE. */
	int (*direct_value_addr)(const struct bpf_map *map, u64 *addr, u32 off);
	/* For compilers: lookup() with this map's sizes built in. NULL: it has no other. */
	map_lookup_fn (*lookup_of)(const struct bpf_map *map);
	/* For compilers; does not change while the map lives. A CPU is below nr_cpus. */
	void (*layout)(const struct bpf_map *map, struct map_layout *out);
	/* Calls @cb for each element until it returns non-zero; -> elements seen. */
	s64 (*for_each)(struct bpf_map *map, u64 (*cb)(void *priv, void *key, void *value),
			void *priv, u32 cpu);
	/* Whether @inner may stand where @map's template stands; NULL: never an inner map. */
	bool (*meta_equal)(const struct bpf_map *tmpl, const struct bpf_map *inner);
	void (*release_uref)(struct bpf_map *map); /* the last fd is gone */
	/* Limits on the BTF of key and value beyond their sizes; key NULL: void. */
	int (*check_btf)(const struct bpf_map *map, const struct kbtf *btf,
			 const struct btf_type *key, const struct btf_type *value);

	/* Maps whose values are fds to user space: @obj is what the fd stands for. */
	enum kobj_kind holds; /* with update_obj */
	int (*update_obj)(struct bpf_map *map, const void *key, struct kobj *obj, u64 flags);
	/* Maps that programs tail-call through: whether @prog may. NULL: any program may use it. */
	int (*admit)(struct bpf_map *map, const struct bpf_prog *prog);
};

struct bpf_map {
	struct kobj obj;
	const struct map_ops *ops;
	enum bpf_map_type map_type;
	u32 key_size, value_size, max_entries, map_flags;
	bool unpriv; /* made without CAP_PERFMON: not bypass_spec_v1, as Linux says */
	u64 map_extra;
	char name[BPF_OBJ_NAME_LEN];
	struct kbtf *btf;
	struct kobj *btf_obj; /* keeps the id of btf in use; NULL: none */
	u32 btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	struct btf_record *record; /* of the value; NULL: no special fields */
	struct bpf_map *inner_map_meta;
	u32 nr_cpus;
	int memfd; /* backs mmap-able data; -1: none. What bpf(2) hands out is a dup of it */
	u32 usercnt; /* fds and other user-visible references */
	bool frozen;
	/* Readers check: a write-count of user mappings blocks FREEZE, as in Linux. */
	u32 writecnt;
};

/* Generic constructor: alloc_check, init. On success *out holds one reference. */
int map_create(const struct map_create_args *a, struct err_msg *e, struct bpf_map **out);
static inline struct bpf_map *map_get(struct bpf_map *m)
{
	kobj_get(&m->obj);
	return m;
}
static inline void map_put(struct bpf_map *m)
{
	if (m)
		kobj_put(&m->obj);
}
/*
 * TASK_STORAGE and CGRP_STORAGE: the element of @map that belongs to the object
 * whose storage slot is @slot. The owner's destructor calls storage_free(),
 * which takes everything out and clears the slot.
 */
void *storage_lookup(struct bpf_map *map, void **slot);
/* @value NULL: zeroes. The data's address, or NULL and *err. */
void *storage_update(struct bpf_map *map, void **slot, const void *value, u64 flags, int *err);
int storage_delete(struct bpf_map *map, void **slot);
void storage_free(void **slot);

/* For inner maps with the same shape (bpf_map_meta_equal). */
bool map_same_shape(const struct bpf_map *tmpl, const struct bpf_map *inner);
/* The last user-visible reference (fd, or map that holds it) may go with it. */
void map_get_uref(struct bpf_map *m);
void map_put_uref(struct bpf_map *m);
/* A descriptor's reference: for maps a user-visible one. */
void kobj_get_user(struct kobj *k);
void kobj_put_user(struct kobj *k);
/* Size of a value as bpf(2) copies it. */
u32 map_sys_value_size(const struct bpf_map *map);
bool map_is_percpu(const struct bpf_map *map);

#endif
