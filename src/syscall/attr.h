/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The argument block of bpf(2) as of 6.12, and the blocks that it points at: a
 * binary format between user space and the kernel. Nothing outside syscall/
 * includes this.
 */
#ifndef SYSCALL_ATTR_H
#define SYSCALL_ATTR_H

#include "base/base.h"
#include "isa/abi.h"

union bpf_attr {
	struct { /* MAP_CREATE */
		u32 map_type, key_size, value_size, max_entries, map_flags;
		u32 inner_map_fd;
		u32 numa_node;
		char map_name[BPF_OBJ_NAME_LEN];
		u32 map_ifindex;
		u32 btf_fd, btf_key_type_id, btf_value_type_id;
		u32 btf_vmlinux_value_type_id;
		u64 map_extra;
		s32 value_type_btf_obj_fd;
		s32 map_token_fd;
	};
	struct { /* MAP_*_ELEM, MAP_GET_NEXT_KEY, MAP_FREEZE */
		u32 map_fd;
		u64 key __attribute__((aligned(8)));
		union {
			u64 value;
			u64 next_key;
		};
		u64 flags;
	};
	struct { /* MAP_*_BATCH */
		u64 in_batch, out_batch, keys, values;
		u32 count, map_fd;
		u64 elem_flags, flags;
	} batch;
	struct { /* PROG_LOAD */
		u32 prog_type, insn_cnt;
		u64 insns, license;
		u32 log_level, log_size;
		u64 log_buf;
		u32 kern_version, prog_flags;
		char prog_name[BPF_OBJ_NAME_LEN];
		u32 prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
		u64 func_info;
		u32 func_info_cnt, line_info_rec_size;
		u64 line_info;
		u32 line_info_cnt, attach_btf_id;
		union {
			u32 attach_prog_fd;
			u32 attach_btf_obj_fd;
		};
		u32 core_relo_cnt;
		u64 fd_array, core_relos;
		u32 core_relo_rec_size;
		u32 log_true_size; /* out */
		s32 prog_token_fd;
	};
	struct { /* OBJ_PIN, OBJ_GET */
		u64 pathname;
		u32 bpf_fd, file_flags;
		s32 path_fd;
	};
	struct { /* PROG_ATTACH, PROG_DETACH */
		u32 target_fd, attach_bpf_fd, attach_type, attach_flags, replace_bpf_fd;
		u32 relative_fd;
		u64 expected_revision;
	};
	struct { /* PROG_TEST_RUN */
		u32 prog_fd, retval;
		u32 data_size_in, data_size_out;
		u64 data_in, data_out;
		u32 repeat, duration;
		u32 ctx_size_in, ctx_size_out;
		u64 ctx_in, ctx_out;
		u32 flags, cpu, batch_size;
	} test;
	struct { /* *_GET_NEXT_ID, *_GET_FD_BY_ID */
		union {
			u32 start_id;
			u32 prog_id;
			u32 map_id;
			u32 btf_id;
			u32 link_id;
		};
		u32 next_id, open_flags;
	};
	struct { /* OBJ_GET_INFO_BY_FD */
		u32 bpf_fd, info_len;
		u64 info;
	} info;
	struct { /* PROG_QUERY */
		u32 target_fd, attach_type, query_flags, attach_flags;
		u64 prog_ids;
		u32 prog_cnt, pad;
		u64 prog_attach_flags, link_ids, link_attach_flags, revision;
	} query;
	struct { /* RAW_TRACEPOINT_OPEN */
		u64 name;
		u32 prog_fd, pad;
		u64 cookie;
	} raw_tracepoint;
	struct { /* BTF_LOAD */
		u64 btf, btf_log_buf;
		u32 btf_size, btf_log_size, btf_log_level;
		u32 btf_log_true_size; /* out */
		u32 btf_flags;
		s32 btf_token_fd;
	};
	struct { /* TASK_FD_QUERY */
		u32 pid, fd, flags, buf_len;
		u64 buf;
		u32 prog_id, fd_type;
		u64 probe_offset, probe_addr;
	} task_fd_query;
	struct { /* LINK_CREATE */
		union {
			u32 prog_fd;
			u32 map_fd; /* STRUCT_OPS */
		};
		u32 target_fd, attach_type, flags;
		u64 more[4];
		u32 cnt, more_flags, last;
	} link_create;
	struct { /* LINK_UPDATE */
		u32 link_fd;
		union {
			u32 new_prog_fd;
			u32 new_map_fd;
		};
		u32 flags;
		union {
			u32 old_prog_fd;
			u32 old_map_fd;
		};
	} link_update;
	struct {
		u32 link_fd;
	} link_detach;
	struct {
		u32 type;
	} enable_stats;
	struct {
		u32 link_fd, flags;
	} iter_create;
	struct {
		u32 prog_fd, map_fd, flags;
	} prog_bind_map;
	struct {
		u32 flags, bpffs_fd;
	} token_create;
} __attribute__((aligned(8)));

_Static_assert(offsetof(union bpf_attr, prog_token_fd) == 144, "PROG_LOAD's layout");
_Static_assert(offsetof(union bpf_attr, map_token_fd) == 76, "MAP_CREATE's layout");
_Static_assert(sizeof(union bpf_attr) == 152, "size of the whole");

_Static_assert(offsetof(union bpf_attr, link_create.last) == 56, "LINK_CREATE's layout");

#define BPF_F_REPLACE (1U << 2) /* LINK_UPDATE */

struct bpf_prog_info {
	u32 type, id;
	u8 tag[BPF_TAG_SIZE];
	u32 jited_prog_len, xlated_prog_len;
	u64 jited_prog_insns, xlated_prog_insns;
	u64 load_time;
	u32 created_by_uid, nr_map_ids;
	u64 map_ids;
	char name[BPF_OBJ_NAME_LEN];
	u32 ifindex;
	u32 gpl_compatible : 1;
	u64 netns_dev, netns_ino;
	u32 nr_jited_ksyms, nr_jited_func_lens;
	u64 jited_ksyms, jited_func_lens;
	u32 btf_id, func_info_rec_size;
	u64 func_info;
	u32 nr_func_info, nr_line_info;
	u64 line_info, jited_line_info;
	u32 nr_jited_line_info, line_info_rec_size, jited_line_info_rec_size, nr_prog_tags;
	u64 prog_tags;
	u64 run_time_ns, run_cnt, recursion_misses;
	u32 verified_insns, attach_btf_obj_id, attach_btf_id;
} __attribute__((aligned(8)));

struct bpf_map_info {
	u32 type, id, key_size, value_size, max_entries, map_flags;
	char name[BPF_OBJ_NAME_LEN];
	u32 ifindex, btf_vmlinux_value_type_id;
	u64 netns_dev, netns_ino;
	u32 btf_id, btf_key_type_id, btf_value_type_id, btf_vmlinux_id;
	u64 map_extra;
} __attribute__((aligned(8)));

struct bpf_btf_info {
	u64 btf;
	u32 btf_size, id;
	u64 name;
	u32 name_len, kernel_btf;
} __attribute__((aligned(8)));

struct bpf_link_info {
	u32 type, id, prog_id;
	struct {
		u32 map_id;
	} struct_ops __attribute__((aligned(8)));
	u8 more[40]; /* other types' */
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct bpf_prog_info) == 232, "bpf_prog_info");
_Static_assert(sizeof(struct bpf_map_info) == 88, "bpf_map_info");
_Static_assert(sizeof(struct bpf_btf_info) == 32, "bpf_btf_info");
_Static_assert(sizeof(struct bpf_link_info) == 64, "bpf_link_info");

#endif
