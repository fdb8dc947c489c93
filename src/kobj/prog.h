/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A BPF program. It is born from PROG_LOAD with the fields under "as loaded";
 * the verifier fills "verified" and nothing changes after that: exec runs an
 * immutable value, any number of times, re-entrantly.
 */
#ifndef KOBJ_PROG_H
#define KOBJ_PROG_H

#include "btf/btf.h"
#include "calls/calls.h"
#include "isa/isa.h"
#include "kobj/kobj.h"
#include "kobj/map.h"

/* .BTF.ext records as bpf(2) takes them (struct bpf_func_info, bpf_line_info). */
struct prog_func_info {
	u32 insn_off;
	u32 type_id;
};

struct prog_line_info {
	u32 insn_off;
	u32 file_name_off;
	u32 line_off;
	u32 line_col; /* line << 10 | column */
};

struct prog_subprog {
	u32 start, len; /* in prog->insns */
	u32 stack_depth; /* bytes of this frame, without callees */
	u32 func_type_id; /* BTF FUNC; 0: no func_info */
	const char *name; /* lives in prog->btf; "" if unknown */
	bool is_cb, is_async_cb, is_exception_cb, is_global;
	/* A function whose calls mean different things has several copies: this is @copy of @copies. */
	u32 copy, copies;
	u8 place; /* enum call_place: one that leads here */
};

/* The jited or interpreted entry: @ctx becomes R1. */
typedef u64 (*prog_run_fn)(const struct bpf_prog *prog, void *ctx, struct run_ctx *rc);

struct bpf_prog {
	struct kobj obj;

	/* as loaded */
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type; /* STRUCT_OPS: the member's index */
	u32 attach_btf_id;
	u32 prog_flags;
	bool sleepable, gpl_compatible;
	char name[BPF_OBJ_NAME_LEN];
	u8 tag[BPF_TAG_SIZE];
	const struct st_ops_type *st_ops; /* by attach_btf_id; NULL unless STRUCT_OPS */
	struct bpf_insn *orig_insns;	  /* what user space passed */
	u32 orig_len;
	struct kbtf *btf; /* the program's; NULL: none */
	struct kobj *btf_obj; /* keeps the id of btf in use; NULL: none */
	struct prog_func_info *func_info;
	u32 nr_func_info;
	struct prog_line_info *line_info; /* insn_off kept in step with rewrites */
	u32 nr_line_info;
	u64 load_time_ns;

	/*
	 * verified. In insns: ld_imm64 of maps and BTF objects hold native
	 * addresses; imm of a helper or kfunc call indexes targets[]; imm of a
	 * BPF-to-BPF call is pc-relative, as always; BPF_PSEUDO_FUNC's imm is
	 * pc-relative in the first half; fault-safe loads have mode
	 * BPF_PROBE_MEM[SX].
	 */
	struct bpf_insn *insns;
	u32 len;
	u32 *orig_of; /* insns[i] stems from orig_insns[orig_of[i]] */
	struct prog_subprog *subprogs;
	u32 nr_subprogs;
	struct call_target *targets;
	u32 nr_targets;
	struct bpf_map **used_maps; /* references held */
	u32 nr_used_maps;
	struct btf_record **records; /* of the program's own structs: hidden arguments of kfuncs */
	u32 nr_records;
	u32 max_stack; /* bytes over the deepest call chain */
	u32 max_frames;
	s32 exception_cb; /* subprog index; -1: none */
	u32 verified_insns; /* insns_processed */

	/* exec */
	prog_run_fn run; /* NULL until exec has prepared it */
	void *exec;	 /* owned by exec */
	void (*exec_free)(struct bpf_prog *prog);
};

/* One reference, empty "as loaded" fields; -ENOMEM. Freed (with all that it owns) by the last put. */
int prog_create(struct kobj_ids *ids, struct bpf_prog **out);
static inline struct bpf_prog *prog_get(struct bpf_prog *p)
{
	kobj_get(&p->obj);
	return p;
}
static inline void prog_put(struct bpf_prog *p)
{
	if (p)
		kobj_put(&p->obj);
}
/*
 * The first of its calls that calls_check_value() has to decide, or NULL. It is asked
 * about the programs of a value, not about what these go on to by a tail call.
 */
const struct call_target *prog_call_by_value(const struct bpf_prog *p);
/* The line info record that covers insns[i], or NULL. */
const struct prog_line_info *prog_line(const struct bpf_prog *p, u32 insn);

#endif
