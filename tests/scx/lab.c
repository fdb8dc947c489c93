/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "foreign.h"
#include "lab.h"
#include "loader/loader.h"
#include "scxlab/scxlab.h"

void lab_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("Bail out! ");
	vprintf(fmt, args);
	printf("\n");
	exit(1);
}

s64 lab_bpf(struct lab *l, int cmd, union bpf_attr *a)
{
	return kernel_bpf(l->k, cmd, a, sizeof(*a));
}

void lab_close(struct lab *l, int fd)
{
	if (fd < 0)
		return;
	kernel_fd_closed(l->k, fd);
	close(fd);
}

int lab_member(const struct lab *l, const char *name)
{
	for (u32 i = 0; i < kbtf_vlen(l->ops); i++)
		if (!strcmp(kbtf_name(l->btf, kbtf_members(l->ops)[i].name_off), name))
			return i;
	return -1;
}

static int load_btf(struct lab *l)
{
	struct {
		struct btf_header h;
		struct btf_type t;
		u32 encoding;
		char strings[5];
	} raw = {
		.h = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(raw.h),
		       .type_len = 16, .str_off = 16, .str_len = 5 },
		.t = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
		.encoding = 32,
		.strings = "\0int",
	};
	union bpf_attr a = { .btf = (u64)(uintptr_t)&raw, .btf_size = sizeof(raw.h) + 16 + 5 };

	return lab_bpf(l, BPF_BTF_LOAD, &a);
}

static int create_map(struct lab *l)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16,
			     .max_entries = 1 };

	return lab_bpf(l, BPF_MAP_CREATE, &a);
}

static void create(struct lab *l, struct kernel_config cfg)
{
	const void *raw;
	struct err_msg e = {};
	u32 size;

	if (topology_create("2", &e, &l->topo))
		lab_fail("topology: %s", e.text);
	cfg.topology = l->topo;
	if (kernel_create(&cfg, &e, &l->k))
		lab_fail("kernel: %s", e.text);
	l->scx = l->k->scx;
	l->m = kernel_machine(l->k);
	raw = kernel_btf_data(l->k, &size);
	if (kbtf_parse(raw, size, true, NULL, &l->btf))
		lab_fail("the kernel BTF");
	l->ops = kbtf_type(l->btf, kbtf_find(l->btf, "sched_ext_ops", BTF_KIND_STRUCT));
	l->map_fd = create_map(l);
	l->btf_fd = load_btf(l);
	if (l->map_fd < 0 || l->btf_fd < 0)
		lab_fail("map %d, BTF %d: %s", l->map_fd, l->btf_fd, kernel_bpf_error(l->k));
}

void lab_create(struct lab *l, enum kernel_profile p, enum kfunc_resolution r)
{
	*l = (struct lab){ .map_fd = -1, .btf_fd = -1, .pid = 1 };
	create(l, (struct kernel_config){ .seed = 1, .hz = 1000, .profile = p,
					  .kfunc_resolution = r });
}

/* ---- the other subsystem ---- */

static int foreign_init_member(void *priv, const struct btf_type *t, const struct btf_member *m,
			       void *kdata, const void *udata)
{
	return 0;
}

static int foreign_reg(void *priv, struct st_ops_value *v, struct err_msg *e)
{
	struct foreign *f = priv;

	f->value = v;
	return 0;
}

static void foreign_unreg(void *priv, struct st_ops_value *v)
{
	struct foreign *f = priv;

	f->value = NULL;
}

static const struct st_ops_member foreign_members[] = {
	{ .name = "act" },
	{ .name = "act_asleep", .flags = ST_OPS_SLEEPABLE },
};

static int register_foreign(void *priv, struct calls *calls, struct err_msg *e)
{
	struct foreign *f = priv;

	return calls_register_st_ops(calls, &f->type, e);
}

void lab_create_foreign(struct lab *l, enum kernel_profile p, enum kfunc_resolution r,
			const char *types)
{
	const struct scxlab_type decl = { .name = "foreign_ops" };
	const struct scxlab_type *decls[] = { &decl };
	const struct scxlab_config embedder = { .types = decls, .nr_types = 1, .btf = types };
	struct kernel_config cfg = { .seed = 1, .hz = 1000, .profile = p, .kfunc_resolution = r };
	struct err_msg e = {};
	void *btf = NULL;

	*l = (struct lab){ .map_fd = -1, .btf_fd = -1, .pid = 1 };
	l->foreign = calloc(1, sizeof(*l->foreign));
	if (!l->foreign)
		lab_fail("out of memory");
	l->foreign->type = (struct st_ops_type){
		.name = "foreign_ops",
		.members = foreign_members,
		.nr_members = ARRAY_SIZE(foreign_members),
		.priv = l->foreign,
		.init_member = foreign_init_member,
		.reg = foreign_reg,
		.unreg = foreign_unreg,
	};
	if (loader_embedder_btf(&embedder, p, &e, &btf, &cfg.btf_size))
		lab_fail("the BTF of %s: %s", types, e.text);
	cfg.btf = btf;
	cfg.register_calls = register_foreign;
	cfg.register_priv = l->foreign;
	create(l, cfg);
	free(btf);
}

static int foreign_member(const struct cell *c)
{
	return c->sleepable;
}

void lab_call_foreign(struct lab *l, const struct cell *c, int fd)
{
	s32 id = kbtf_find(l->btf, "bpf_struct_ops_foreign_ops", BTF_KIND_STRUCT);
	u64 value[16] __attribute__((aligned(64))) = { 0 };
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_STRUCT_OPS,
		.key_size = 4,
		.value_size = kbtf_type(l->btf, id)->size,
		.max_entries = 1,
		.btf_fd = l->btf_fd,
		.btf_vmlinux_value_type_id = id,
	};
	int map = lab_bpf(l, BPF_MAP_CREATE, &a);
	u32 key = 0;

	if (map < 0 || kbtf_type(l->btf, id)->size > sizeof(value))
		lab_fail("no map for struct foreign_ops: %s", kernel_bpf_error(l->k));
	value[8 + foreign_member(c)] = fd; /* after the 64 bytes that all values begin with */
	a = (union bpf_attr){ .map_fd = map, .key = (u64)(uintptr_t)&key,
			      .value = (u64)(uintptr_t)value };
	if (lab_bpf(l, BPF_MAP_UPDATE_ELEM, &a) || !l->foreign->value)
		lab_fail("struct foreign_ops is refused: %s", kernel_bpf_error(l->k));
	kernel_run(l->k, l->foreign->value->progs[foreign_member(c)], NULL);
	a = (union bpf_attr){ .map_fd = map, .key = (u64)(uintptr_t)&key };
	if (lab_bpf(l, BPF_MAP_DELETE_ELEM, &a) || l->foreign->value)
		lab_fail("struct foreign_ops stays: %s", kernel_bpf_error(l->k));
	lab_close(l, map);
}

void lab_destroy(struct lab *l)
{
	lab_close(l, l->map_fd);
	lab_close(l, l->btf_fd);
	kbtf_put(l->btf);
	kernel_destroy(l->k);
	topology_destroy(l->topo);
	free(l->foreign);
}

u64 lab_count(struct lab *l, u32 which)
{
	u64 value[2] = { 0 };
	u32 key = 0;
	union bpf_attr a = { .map_fd = l->map_fd, .key = (u64)(uintptr_t)&key,
			     .value = (u64)(uintptr_t)value };

	if (lab_bpf(l, BPF_MAP_LOOKUP_ELEM, &a))
		lab_fail("cannot read the counts");
	return value[which];
}

/* ---- programs ---- */

struct code {
	struct lab *l;
	const struct cell *cell;
	struct bpf_insn insns[256];
	u32 len;
};

static void emit(struct code *c, u8 op, u8 dst, u8 src, s16 off, s32 imm)
{
	c->insns[c->len++] = (struct bpf_insn){ .code = op, .dst_reg = dst, .src_reg = src,
						.off = off, .imm = imm };
}

static void mov(struct code *c, u8 dst, u8 src)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void set(struct code *c, u8 dst, s32 imm)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void stack_addr(struct code *c, u8 dst, s32 off)
{
	mov(c, dst, BPF_REG_10);
	emit(c, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, off);
}

static void stack_store(struct code *c, s16 off, s32 imm)
{
	emit(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, off, imm);
}

static void call(struct code *c, const char *kfunc)
{
	s32 id = kbtf_find(c->l->btf, kfunc, BTF_KIND_FUNC);

	if (id < 0)
		lab_fail("the kernel has no %s", kfunc);
	emit(c, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id);
}

static void count(struct code *c, s32 which)
{
	emit(c, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, c->l->map_fd);
	emit(c, 0, 0, 0, 0, which * 8);
	emit(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_2, BPF_REG_1, 0, 0);
	emit(c, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, 1);
	emit(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_2, 0, 0);
}

#define GET_CURRENT_TASK_BTF 158 /* helper */

/* The index of the callback's argument that is a task for certain, or -1. */
static int task_arg(const char *member)
{
	static const char *const first[] = {
		"select_cpu", "enqueue", "dequeue", "tick", "runnable", "running", "stopping",
		"quiescent", "yield", "core_sched_before", "set_weight", "set_cpumask",
		"init_task", "exit_task", "enable", "disable", "cgroup_prep_move", "cgroup_move",
		"cgroup_cancel_move",
	};

	for (u32 i = 0; member && i < ARRAY_SIZE(first); i++)
		if (!strcmp(member, first[i]))
			return 0;
	return member && !strcmp(member, "dump_task") ? 1 : -1;
}

/*
 * What the arguments of each kfunc are made of. r7 is the task, r8 a mask; the
 * stack from -64 on holds an iterator, below it structs and texts.
 */
enum { NOTHING = 0, TASK = 1, MASK = 2, ITER = 4, CGROUP_RESULT = 8, MASK_RESULT = 16 };

struct arg {
	char kind; /* t task, m mask, i iterator, c constant, u CPU, s pointer to the stack */
	s64 value;
};

static const struct recipe {
	const char *kfunc;
	u32 needs;
	struct arg args[5];
} recipes[] = {
	{ "scx_bpf_select_cpu_dfl", TASK, { { 't', 0 }, { 'c', 0 }, { 'c', 0 }, { 's', -72 } } },
	{ "scx_bpf_select_cpu_and", TASK | MASK,
	  { { 't', 0 }, { 'c', 0 }, { 'c', 0 }, { 'm', 0 }, { 'c', 0 } } },
	{ "__scx_bpf_select_cpu_and", TASK | MASK, { { 't', 0 }, { 'm', 0 }, { 's', -104 } } },
#define INSERT(name) { name, TASK, { { 't', 0 }, { 'c', LAB_DSQ }, { 'c', 0 }, { 'c', 0 } } }
	INSERT("scx_bpf_dispatch"),
	INSERT("scx_bpf_dsq_insert"),
	INSERT("scx_bpf_dsq_insert___v2"),
#define INSERT_VTIME(name) \
	{ name, TASK, { { 't', 0 }, { 'c', LAB_DSQ }, { 'c', 0 }, { 'c', 0 }, { 'c', 0 } } }
	INSERT_VTIME("scx_bpf_dispatch_vtime"),
	INSERT_VTIME("scx_bpf_dsq_insert_vtime"),
	{ "__scx_bpf_dsq_insert_vtime", TASK, { { 't', 0 }, { 's', -104 } } },
	{ "scx_bpf_dispatch_nr_slots", 0, {} },
	{ "scx_bpf_dispatch_cancel", 0, {} },
	{ "scx_bpf_consume", 0, { { 'c', LAB_DSQ } } },
	{ "scx_bpf_dsq_move_to_local", 0, { { 'c', LAB_DSQ } } },
	{ "scx_bpf_dsq_move_to_local___v2", 0, { { 'c', LAB_DSQ }, { 'c', 0 } } },
	{ "scx_bpf_sub_dispatch", 0, { { 'c', 1 } } },
#define MOVE_SET(name) { name, ITER, { { 'i', 0 }, { 'c', 5 } } }
	MOVE_SET("scx_bpf_dispatch_from_dsq_set_slice"),
	MOVE_SET("scx_bpf_dispatch_from_dsq_set_vtime"),
	MOVE_SET("scx_bpf_dsq_move_set_slice"),
	MOVE_SET("scx_bpf_dsq_move_set_vtime"),
#define MOVE(name) { name, ITER | TASK, { { 'i', 0 }, { 't', 0 }, { 'c', LAB_DSQ }, { 'c', 0 } } }
	MOVE("scx_bpf_dispatch_from_dsq"),
	MOVE("scx_bpf_dispatch_vtime_from_dsq"),
	MOVE("scx_bpf_dsq_move"),
	MOVE("scx_bpf_dsq_move_vtime"),
	{ "scx_bpf_reenqueue_local", 0, {} },
	{ "scx_bpf_reenqueue_local___v2", 0, {} },
	{ "scx_bpf_dsq_reenq", 0, { { 'c', LAB_DSQ }, { 'c', 0 } } },
	{ "scx_bpf_create_dsq", 0, { { 'c', 9 }, { 'c', -1 } } },
	{ "scx_bpf_kick_cpu", 0, { { 'u', 0 }, { 'c', 0 } } },
	{ "scx_bpf_dsq_nr_queued", 0, { { 'c', LAB_DSQ } } },
	{ "scx_bpf_destroy_dsq", 0, { { 'c', 8 } } },
	{ "bpf_iter_scx_dsq_new", ITER, {} },
	{ "bpf_iter_scx_dsq_next", ITER, {} },
	{ "bpf_iter_scx_dsq_destroy", ITER, {} },
	{ "scx_bpf_exit_bstr", 0, { { 'c', 5 }, { 's', -80 }, { 's', -88 }, { 'c', 8 } } },
	{ "scx_bpf_error_bstr", 0, { { 's', -80 }, { 's', -88 }, { 'c', 8 } } },
	{ "scx_bpf_dump_bstr", 0, { { 's', -80 }, { 's', -88 }, { 'c', 8 } } },
	{ "scx_bpf_cpuperf_cap", 0, { { 'u', 0 } } },
	{ "scx_bpf_cpuperf_cur", 0, { { 'u', 0 } } },
	{ "scx_bpf_cpuperf_set", 0, { { 'u', 0 }, { 'c', 512 } } },
	{ "scx_bpf_nr_cpu_ids", 0, {} },
	{ "scx_bpf_nr_node_ids", 0, {} },
	{ "scx_bpf_now", 0, {} },
	{ "scx_bpf_events", 0, { { 's', -104 }, { 'c', 40 } } },
	{ "scx_bpf_get_possible_cpumask", MASK_RESULT, {} },
	{ "scx_bpf_get_online_cpumask", MASK_RESULT, {} },
	{ "scx_bpf_put_cpumask", MASK, {} },
	{ "scx_bpf_get_idle_cpumask", MASK_RESULT, {} },
	{ "scx_bpf_get_idle_smtmask", MASK_RESULT, {} },
	{ "scx_bpf_get_idle_cpumask_node", MASK_RESULT, { { 'c', 0 } } },
	{ "scx_bpf_get_idle_smtmask_node", MASK_RESULT, { { 'c', 0 } } },
	{ "scx_bpf_put_idle_cpumask", MASK, {} },
	{ "scx_bpf_test_and_clear_cpu_idle", 0, { { 'u', 0 } } },
	{ "scx_bpf_pick_idle_cpu", MASK, { { 'm', 0 }, { 'c', 0 } } },
	{ "scx_bpf_pick_any_cpu", MASK, { { 'm', 0 }, { 'c', 0 } } },
	{ "scx_bpf_pick_idle_cpu_node", MASK, { { 'm', 0 }, { 'c', 0 }, { 'c', 0 } } },
	{ "scx_bpf_pick_any_cpu_node", MASK, { { 'm', 0 }, { 'c', 0 }, { 'c', 0 } } },
	{ "scx_bpf_cpu_node", 0, { { 'u', 0 } } },
	{ "scx_bpf_task_running", TASK, { { 't', 0 } } },
	{ "scx_bpf_task_cpu", TASK, { { 't', 0 } } },
	{ "scx_bpf_cpu_rq", 0, { { 'u', 0 } } },
	{ "scx_bpf_locked_rq", 0, {} },
	{ "scx_bpf_cpu_curr", 0, { { 'u', 0 } } },
	{ "scx_bpf_dsq_peek", 0, { { 'c', LAB_DSQ } } },
	{ "scx_bpf_task_set_slice", TASK, { { 't', 0 }, { 'c', 1000000 } } },
	{ "scx_bpf_task_set_dsq_vtime", TASK, { { 't', 0 }, { 'c', 5 } } },
	{ "scx_bpf_task_cgroup", TASK | CGROUP_RESULT, { { 't', 0 } } },
};

static const struct recipe *find_recipe(const char *kfunc)
{
	for (u32 i = 0; i < ARRAY_SIZE(recipes); i++)
		if (!strcmp(recipes[i].kfunc, kfunc))
			return &recipes[i];
	lab_fail("no recipe for %s", kfunc);
}

bool lab_takes_task(const char *kfunc)
{
	return find_recipe(kfunc)->needs & TASK;
}

bool lab_takes_cpu(const char *kfunc)
{
	return find_recipe(kfunc)->args[0].kind == 'u';
}

static void emit_args(struct code *c, const struct recipe *r)
{
	for (u32 i = 0; i < 5; i++) {
		switch (r->args[i].kind) {
		case 't':
			mov(c, BPF_REG_1 + i, BPF_REG_7);
			break;
		case 'm':
			mov(c, BPF_REG_1 + i, BPF_REG_8);
			break;
		case 'i':
			stack_addr(c, BPF_REG_1 + i, -64);
			break;
		case 's':
			stack_addr(c, BPF_REG_1 + i, r->args[i].value);
			break;
		case 'u':
			set(c, BPF_REG_1 + i, c->cell->cpu);
			break;
		case 'c':
			set(c, BPF_REG_1 + i, r->args[i].value);
			break;
		}
	}
}

static void iter_new(struct code *c)
{
	stack_addr(c, BPF_REG_1, -64);
	set(c, BPF_REG_2, LAB_DSQ);
	set(c, BPF_REG_3, 0);
	call(c, "bpf_iter_scx_dsq_new");
}

static void iter_call(struct code *c, const char *kfunc)
{
	stack_addr(c, BPF_REG_1, -64);
	call(c, kfunc);
}

/* The call, with what its result obliges to. */
static void emit_call(struct code *c, const struct recipe *r)
{
	if (!strcmp(r->kfunc, "bpf_iter_scx_dsq_next"))
		iter_call(c, r->kfunc);
	if (r->needs & ITER && !r->args[0].kind)
		return; /* the frame around it does it */
	if (strstr(r->kfunc, "_put_")) {
		mov(c, BPF_REG_1, BPF_REG_8);
		call(c, r->kfunc);
		return;
	}
	emit_args(c, r);
	call(c, r->kfunc);
	if (r->needs & (MASK_RESULT | CGROUP_RESULT)) {
		mov(c, BPF_REG_1, BPF_REG_0);
		if (r->needs & CGROUP_RESULT) {
			emit(c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 1, 0);
			call(c, "bpf_cgroup_release");
		} else {
			call(c, strstr(r->kfunc, "idle") ? "scx_bpf_put_idle_cpumask" :
							   "scx_bpf_put_cpumask");
		}
	}
}

static void prepare(struct code *c, const struct recipe *r)
{
	for (s16 off = -104; off < -64; off += 8)
		stack_store(c, off, off == -80 ? 'x' : 0);
	if (!strcmp(r->kfunc, "__scx_bpf_dsq_insert_vtime"))
		stack_store(c, -104, LAB_DSQ);
	if (r->needs & MASK) {
		call(c, "scx_bpf_get_possible_cpumask");
		mov(c, BPF_REG_8, BPF_REG_0);
	}
	count(c, 0);
	if (r->needs & ITER)
		iter_new(c);
}

static void clean_up(struct code *c, const struct recipe *r)
{
	if (r->needs & ITER)
		iter_call(c, "bpf_iter_scx_dsq_destroy");
	if (r->needs & MASK && !strstr(r->kfunc, "_put_")) {
		mov(c, BPF_REG_1, BPF_REG_8);
		call(c, "scx_bpf_put_cpumask");
	}
	count(c, 1);
}

static int load(struct lab *l, const struct cell *cell, const struct code *c)
{
	union bpf_attr a = {
		.prog_type = cell->type,
		.insns = (u64)(uintptr_t)c->insns,
		.insn_cnt = c->len,
		.license = (u64)(uintptr_t)"GPL",
		.log_buf = (u64)(uintptr_t)l->log,
		.log_size = sizeof(l->log),
		.log_level = 1,
		.prog_name = "cell",
	};

	l->log[0] = '\0';
	if (cell->foreign) {
		a.attach_btf_id = kbtf_find(l->btf, "foreign_ops", BTF_KIND_STRUCT);
		a.expected_attach_type = foreign_member(cell);
	} else if (cell->type == BPF_PROG_TYPE_STRUCT_OPS) {
		a.attach_btf_id = kbtf_find(l->btf, "sched_ext_ops", BTF_KIND_STRUCT);
		a.expected_attach_type = lab_member(l, cell->member);
	}
	if (cell->sleepable || cell->type == BPF_PROG_TYPE_SYSCALL)
		a.prog_flags = BPF_F_SLEEPABLE;
	return lab_bpf(l, BPF_PROG_LOAD, &a);
}

static void load64(struct code *c, u8 dst, u64 value)
{
	emit(c, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (s32)value);
	emit(c, 0, 0, 0, 0, value >> 32);
}

/* Tasks that come for the first time go to the local DSQ, and the rest is for the others. */
static void skip_first_time(struct code *c)
{
	u32 jump;

	emit(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_6, 8, 0);
	load64(c, BPF_REG_2, SCX_ENQ_REENQ);
	emit(c, BPF_ALU64 | BPF_AND | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
	jump = c->len;
	emit(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_1, 0, 0, 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_6, 0, 0);
	load64(c, BPF_REG_2, SCX_DSQ_LOCAL);
	set(c, BPF_REG_3, 0);
	set(c, BPF_REG_4, 0);
	call(c, "scx_bpf_dispatch");
	set(c, BPF_REG_0, 0);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	c->insns[jump].off = c->len - jump - 1;
}

int lab_load(struct lab *l, const struct cell *cell)
{
	const struct recipe *r = find_recipe(cell->kfunc);
	bool own = task_arg(cell->member) >= 0 && !cell->other_task, select = false, rcu;
	struct code c = { .l = l, .cell = cell };
	u32 skip = 0;

	/* What is RCU-protected needs the lock where the program may sleep. */
	rcu = cell->type == BPF_PROG_TYPE_SYSCALL &&
	      ((r->needs & ITER) || strstr(cell->kfunc, "_curr") || strstr(cell->kfunc, "_peek"));
	if (cell->bare) {
		call(&c, cell->kfunc);
		set(&c, BPF_REG_0, 0);
		emit(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		return load(l, cell, &c);
	}
	mov(&c, BPF_REG_6, BPF_REG_1);
	if (cell->reenq)
		skip_first_time(&c);
	if ((r->needs & TASK) || cell->before) {
		if (own) {
			emit(&c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_7, BPF_REG_6,
			     8 * task_arg(cell->member), 0);
		} else if (cell->type == BPF_PROG_TYPE_TRACEPOINT) {
			emit(&c, BPF_JMP | BPF_CALL, 0, 0, 0, GET_CURRENT_TASK_BTF);
			mov(&c, BPF_REG_7, BPF_REG_0);
		} else {
			set(&c, BPF_REG_1, l->pid);
			call(&c, "bpf_task_from_pid");
			mov(&c, BPF_REG_7, BPF_REG_0);
			skip = c.len;
			emit(&c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_7, 0, 0, 0);
		}
	}
	if (rcu)
		call(&c, "bpf_rcu_read_lock");
	if (cell->before) {
		const struct recipe *b = find_recipe(cell->before);

		emit_args(&c, b);
		call(&c, cell->before);
	}
	prepare(&c, r);
	emit_call(&c, r);
	clean_up(&c, r);
	if (rcu)
		call(&c, "bpf_rcu_read_unlock");
	if (skip) {
		mov(&c, BPF_REG_1, BPF_REG_7);
		call(&c, "bpf_task_release");
		c.insns[skip].off = c.len - skip - 1;
	}
	select = cell->member && !strcmp(cell->member, "select_cpu");
	set(&c, BPF_REG_0, 0);
	if (select)
		emit(&c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_6, 8, 0);
	emit(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return load(l, cell, &c);
}

int lab_load_empty(struct lab *l, const char *member)
{
	struct code c = { .l = l };
	struct cell cell = { .member = member, .type = BPF_PROG_TYPE_STRUCT_OPS };

	set(&c, BPF_REG_0, 0);
	emit(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return load(l, &cell, &c);
}
