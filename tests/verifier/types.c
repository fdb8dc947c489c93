/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the cases' map values and objects are made of; compiled for its BTF only. */
typedef unsigned int u32;
typedef unsigned long long u64;

#define __kptr __attribute__((btf_type_tag("kptr")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))

struct bpf_spin_lock { u32 val; };
struct bpf_timer { u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_wq { u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_list_head { u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_list_node { u64 __opaque[3]; } __attribute__((aligned(8)));
struct bpf_rb_root { u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_rb_node { u64 __opaque[4]; } __attribute__((aligned(8)));
struct bpf_refcount { u32 __opaque[1]; } __attribute__((aligned(4)));

/* found in the kernel's BTF by name */
struct task_struct { int pid; };
struct bpf_cpumask { u32 usage; };

struct val_lock {
	struct bpf_spin_lock lock;
	int x;
};

struct val_timer {
	u64 data;
	struct bpf_timer timer;
};

struct val_wq {
	struct bpf_wq wq;
};

struct val_kptr {
	u64 data;
	struct task_struct __kptr *task;
	struct bpf_cpumask __kptr *mask;
	struct task_struct __kptr_untrusted *un;
};

struct plain {
	u64 a;
	u32 b[4];
};

struct tnode {
	u64 key;
	struct bpf_rb_node rb;
};

struct lnode {
	u64 key;
	struct bpf_list_node list;
};

struct val_tree {
	struct bpf_spin_lock lock;
	struct bpf_rb_root root __contains(tnode, rb);
};

struct val_list {
	struct bpf_spin_lock lock;
	struct bpf_list_head head __contains(lnode, list);
};

int uses_all(struct val_lock *a, struct val_timer *b, struct val_wq *c, struct val_kptr *d,
	     struct plain *e)
{
	return 0;
}

int uses_more(struct tnode *a, struct lnode *b, struct val_tree *c, struct val_list *d)
{
	return 0;
}

int uses_kernel(struct task_struct *a, struct bpf_cpumask *b)
{
	return 0;
}
