/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef STRUCT_OPS_IMPL_H
#define STRUCT_OPS_IMPL_H

#include "struct_ops/struct_ops.h"

/* Values of enum bpf_struct_ops_state, which user space reads. */
enum st_ops_state { ST_OPS_INIT, ST_OPS_INUSE, ST_OPS_TOBEFREE, ST_OPS_READY };

/* The `common` of every value. */
struct common_value {
	s32 refcnt;
	u32 state;
};

struct st_ops_map {
	struct bpf_map map;
	const struct st_ops_env *env;
	enum st_ops_state state;
	bool attached; /* reg() succeeded, and neither side has ended it */
	u32 type_id;
	const struct btf_type *type, *value_type;
	u32 data_off; /* of the struct in the value */
	u8 *uvalue;   /* as written */
	struct st_ops_value value;
};

struct st_ops_map *st_ops_of(const struct bpf_map *map);
/* value.c: padding, the common part; then members, one by one, into m->value. */
int st_ops_check_value(const struct st_ops_map *m, const void *value);
int st_ops_fill(struct st_ops_map *m);
void st_ops_clear(struct st_ops_map *m);
int st_ops_reg(struct st_ops_map *m);
void st_ops_unreg(struct st_ops_map *m);

#endif
