/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Types that only tracing and LSM programs name: what the kernel's functions,
 * tracepoints and hooks (kernel/hooks.def) take. No object of them exists on
 * this machine; programs are checked against them, not run on them.
 */
#ifndef KTYPES_TRACING_H
#define KTYPES_TRACING_H

#include "ktypes/bpf.h"
#include "ktypes/sched.h"

#define __percpu_tag __attribute__((btf_type_tag("percpu")))

typedef long long loff_t;
typedef unsigned short umode_t;
typedef unsigned int fmode_t;

/* What the size of a page is, for programs. */
enum page_size_enum {
	__PAGE_SIZE = 4096,
};

struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *head);
};

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
	unsigned long cs, flags, sp, ss;
};

typedef struct pt_regs bpf_user_pt_regs_t;

struct bpf_perf_event_data {
	bpf_user_pt_regs_t regs;
	u64 sample_period;
	u64 addr;
};

struct kobject {
	const char *name;
	struct kobject *parent;
};

struct bin_attribute {
	unsigned long size;
	void *private;
};

/* ---- files ---- */

struct inode;
struct super_block;
struct vfsmount;

struct qstr {
	u32 hash;
	u32 len;
	const unsigned char *name;
};

struct dentry {
	unsigned int d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct inode {
	umode_t i_mode;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	loff_t i_size;
};

struct file {
	struct callback_head f_task_work;
	fmode_t f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
	struct path f_path;
	loff_t f_pos;
	void *private_data;
};

struct fs_struct {
	int users;
	int umask;
	struct path root, pwd;
};

struct cred {
	unsigned int uid, gid, euid, egid;
};

struct linux_binprm {
	struct file *file;
	struct cred *cred;
	int argc, envc;
	const char *filename;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end;
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

/* ---- BPF's own objects ---- */

/* The argument of bpf(2): of some of its commands. */
union bpf_attr {
	struct {
		u32 map_type, key_size, value_size, max_entries, map_flags;
	};
	struct {
		u32 prog_type, insn_cnt;
		u64 insns, license;
	};
	u64 __opaque[18];
};

struct bpf_map;

struct bpf_map_ops {
	int (*map_alloc_check)(void *attr);
	void *(*map_lookup_elem)(struct bpf_map *map, void *key);
};

struct bpf_map {
	const struct bpf_map_ops *ops;
	struct bpf_map *inner_map_meta;
	u32 map_type;
	u32 key_size;
	u32 value_size;
	u32 max_entries;
	u64 map_extra;
	u32 map_flags;
	u32 id;
	int numa_node;
	char name[16];
};

struct bpf_array {
	struct bpf_map map;
	u32 elem_size;
	u32 index_mask;
};

struct bpf_htab {
	struct bpf_map map;
	u32 n_buckets;
	u32 elem_size;
};

struct bpf_prog_aux {
	u32 id;
	u32 max_ctx_offset;
	u32 stack_depth;
	char name[16];
};

struct bpf_prog {
	u16 pages;
	u32 len;
	u32 jited_len;
	u8 tag[8];
	struct bpf_prog_aux *aux;
};

struct seq_file {
	char *buf;
	unsigned long size, from, count;
	loff_t index;
};

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__cgroup {
	struct bpf_iter_meta *meta;
	struct cgroup *cgroup;
};

#endif
