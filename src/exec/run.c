/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "exec/code.h"
#include "exec/image.h"
#include "exec/jit/jit.h"

#define MAX_TAIL_CALLS 33

/*
 * bpf_throw() leaves every frame between it and the outermost entry of its
 * run, helpers and callbacks included. What it leaves owns nothing: the
 * verifier saw to it that the program holds no reference where it throws.
 */
static u64 run_catching(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5])
{
	const struct exec_image *img = entry->image;
	struct interp_level *level = rc->env ? rc->env->level : NULL;
	const struct exec_entry *handler;
	struct exec_catch catch;

	rc->frame = &catch;
	if (!_setjmp(catch.env))
		return entry->call(entry, rc, args);
	rc->frame = NULL;
	interp_set_level(rc, level);
	if (img->exception_cb < 0)
		return rc->cookie;
	handler = &img->entries[img->exception_cb];
	return handler->call(handler, rc, (const u64[5]){ rc->cookie });
}

void run_throw(struct run_ctx *rc, u64 cookie)
{
	struct exec_catch *catch = rc->frame;

	BUG_ON(!catch);
	rc->cookie = cookie;
	_longjmp(catch->env, 1);
}

/* Empty slots do not count towards the limit, as on x86. */
static const struct bpf_prog *tail_target(struct bpf_map *map, u32 index, struct run_ctx *rc)
{
	const struct bpf_prog *target;

	if (index >= map->max_entries || rc->tail_calls >= MAX_TAIL_CALLS)
		return NULL;
	target = map->ops->lookup(map, &index, rc->cpu);
	rc->tail_calls += !!target;
	return target;
}

bool run_tail_call(struct bpf_map *map, u32 index, struct run_ctx *rc, u64 ctx, u64 *result)
{
	const struct bpf_prog *caller = rc->prog, *target = tail_target(map, index, rc);
	const u64 args[5] = { ctx };
	const struct exec_image *img;
	void *catch = rc->frame;

	if (!target)
		return false;
	img = target->exec;
	rc->prog = target;
	*result = img->throws ? run_catching(&img->entries[0], rc, args) :
				img->entries[0].call(&img->entries[0], rc, args);
	rc->prog = caller;
	rc->frame = catch;
	return true;
}

static u64 run_image(const struct bpf_prog *prog, void *ctx, struct run_ctx *rc)
{
	const struct exec_image *img = prog->exec;
	const u64 args[5] = { (u64)ctx };

	rc->prog = prog;
	rc->frame = NULL;
	rc->cookie = 0;
	rc->tail_calls = 0;
	if (img->throws)
		return run_catching(&img->entries[0], rc, args);
	return img->entries[0].call(&img->entries[0], rc, args);
}

/* The usual case of run_image(). */
static u64 run_jited(const struct bpf_prog *prog, void *ctx, struct run_ctx *rc)
{
	rc->prog = prog;
	rc->frame = NULL;
	rc->cookie = 0;
	rc->tail_calls = 0;
	return jit_run(prog->exec, ctx, rc);
}

u64 run_callback(const struct bpf_prog *prog, u64 cb, struct run_ctx *rc, u64 a1, u64 a2, u64 a3,
		 u64 a4, u64 a5)
{
	const struct exec_entry *entry = (const struct exec_entry *)cb;
	const u64 args[5] = { a1, a2, a3, a4, a5 };

	if (rc->prog)
		return entry->call(entry, rc, args);
	rc->prog = prog;
	return entry->image->throws ? run_catching(entry, rc, args) : entry->call(entry, rc, args);
}

static u32 interp_backtrace(const struct interp_level *l, struct run_pos *pos, u32 max)
{
	u32 nr = 0;

	for (; l; l = l->up) {
		const struct xinsn *pc = l->pc;

		for (u32 d = l->depth; nr < max; pc = l->frames[--d].ret - 1) {
			pos[nr++] = (struct run_pos){ l->prog, (u32)(pc - l->insns) };
			if (!d)
				break;
		}
	}
	return nr;
}

/* One engine runs all programs of an environment. */
u32 run_backtrace(const struct run_env *env, struct run_pos *pos, u32 max)
{
	return env->level ? interp_backtrace(env->level, pos, max) : jit_backtrace(pos, max);
}

static void free_image(struct bpf_prog *prog)
{
	image_destroy(prog->exec);
	prog->exec = NULL;
	prog->run = NULL;
}

/* What tail calls may reach must be of the kind of @prog. */
static int check_tail_calls(const struct bpf_prog *prog, struct err_msg *e)
{
	for (u32 i = 0; i < prog->nr_used_maps; i++) {
		struct bpf_map *map = prog->used_maps[i];

		if (map->ops->admit && map->ops->admit(map, prog))
			return err_set(e, -EINVAL,
				       "%s: map %s holds programs of another callback",
				       prog->name, map->name);
	}
	return 0;
}

int exec_prepare(struct bpf_prog *prog, enum exec_engine engine, struct err_msg *e)
{
	struct exec_image *img;
	int err;

	err = check_tail_calls(prog, e);
	if (err)
		return err;
	err = image_create(prog, engine == EXEC_WATCHED, e, &img);
	if (err)
		return err;
	if (engine == EXEC_JIT || engine == EXEC_JIT_BARRIERS || engine == EXEC_JIT_PLAIN) {
		err = jit_compile(prog, img, engine, e);
		if (err) {
			image_destroy(img);
			return err;
		}
	}
	prog->exec = img;
	prog->exec_free = free_image;
	prog->run = img->jit && !img->throws ? run_jited : run_image;
	return 0;
}

/* ---- code.h ---- */

static const struct exec_image *image_of(const struct bpf_prog *prog)
{
	return prog->exec;
}

const void *exec_code(const struct bpf_prog *prog, u32 *size)
{
	return jit_code_bytes(image_of(prog)->jit, size);
}

u32 exec_code_of_insn(const struct bpf_prog *prog, u32 insn)
{
	return jit_code_offset(image_of(prog)->jit, insn);
}

u32 exec_code_of_subprog(const struct bpf_prog *prog, u32 i)
{
	u32 size;
	const u8 *code = exec_code(prog, &size);

	return (u32)((const u8 *)image_of(prog)->entries[i].native - code);
}
