/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the map types share: for the files of kobj/ only. */
#ifndef KOBJ_IMPL_H
#define KOBJ_IMPL_H

#include "kobj/map.h"
#include "kobj/record.h"

#define MAP_ROW(name, ops) extern const struct map_ops ops;
#define MAP_ROW_ABOVE(name)
#define MAP_ROW_ABSENT(name)
#include "kobj/map_types.def"
#undef MAP_ROW
#undef MAP_ROW_ABOVE
#undef MAP_ROW_ABSENT

#define PAGE_BYTES 4096u
#define VALUE_MAX (4u << 20)	     /* what Linux can allocate in one piece */
#define PERCPU_VALUE_MAX (32u << 10) /* and per CPU */

#define MAP_F_ACCESS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/* One of a pair may be given, not both. */
static inline bool map_access_ok(u32 flags)
{
	return (flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !=
	       (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

static inline u32 value_stride(const struct bpf_map *map)
{
	return ALIGN_UP(map->value_size, 8u);
}

/* BPF_F_LOCK needs a lock in the value; no other bit above BPF_EXIST exists. */
static inline int check_update_flags(const struct bpf_map *map, u64 flags)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if ((flags & BPF_F_LOCK) && !(map->record && map->record->spin_lock_off >= 0))
		return -EINVAL;
	return 0;
}

/* A whole value in: special fields keep what they hold, then are emptied as Linux does. */
static inline void value_write(const struct bpf_map *map, void *dst, const void *src)
{
	record_copy(map->record, dst, src, map->value_size);
	if (map->record)
		record_free_fields(map->record, dst);
}

/* And out to user space, who sees zeroes in place of special fields. */
static inline void value_read(const struct bpf_map *map, void *dst, const void *src)
{
	if (map->record) {
		memset(dst, 0, map->value_size);
		record_copy(map->record, dst, src, map->value_size);
	} else {
		memcpy(dst, src, map->value_size);
	}
}

/* A memfd of @size, mapped shared: for maps that user space maps, too. */
int map_memfd(struct bpf_map *map, const char *name, size_t size, void **mem);

/* Sets map->record from its value's BTF; -ENOMEM at most. */
int map_find_record(struct bpf_map *map, u32 value_id, const struct kbtf *kernel,
		    const struct record_dtors *dtors);
/* A copy of what describes @inner, without data, for map-in-map; released by map_put(). */
int map_meta_create(const struct bpf_map *inner, const struct map_create_args *outer,
		    struct bpf_map **out);
/* Whether @obj may be put into the map-in-map @map. */
int map_meta_accepts(const struct bpf_map *map, struct kobj *obj);

/* ---- obj_array.c: ARRAY_OF_MAPS and PROG_ARRAY ---- */
int obj_array_alloc_check(const struct map_create_args *a);

#endif
