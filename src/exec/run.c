/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "exec/image.h"

/*
 * bpf_throw() leaves every frame between it and the outermost entry of its
 * run, helpers and callbacks included. What it leaves owns nothing: the
 * verifier saw to it that the program holds no reference where it throws.
 */
static u64 run_catching(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5])
{
	const struct exec_image *img = entry->image;
	struct exec_catch catch;

	rc->frame = &catch;
	if (!_setjmp(catch.env))
		return interp_run(entry, rc, args);
	rc->frame = NULL;
	if (img->exception_cb < 0)
		return rc->cookie;
	return interp_run(&img->entries[img->exception_cb], rc,
			  (const u64[5]){ rc->cookie });
}

void run_throw(struct run_ctx *rc, u64 cookie)
{
	struct exec_catch *catch = rc->frame;

	BUG_ON(!catch);
	rc->cookie = cookie;
	_longjmp(catch->env, 1);
}

static u64 run_interpreted(const struct bpf_prog *prog, void *ctx, struct run_ctx *rc)
{
	const struct exec_image *img = prog->exec;
	const u64 args[5] = { (u64)ctx };

	rc->prog = prog;
	rc->frame = NULL;
	rc->cookie = 0;
	rc->tail_calls = 0;
	if (img->throws)
		return run_catching(&img->entries[0], rc, args);
	return interp_run(&img->entries[0], rc, args);
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

static void free_image(struct bpf_prog *prog)
{
	image_destroy(prog->exec);
	prog->exec = NULL;
	prog->run = NULL;
}

int exec_prepare(struct bpf_prog *prog, enum exec_engine engine, struct err_msg *e)
{
	struct exec_image *img;
	int err;

	if (engine != EXEC_INTERPRETER)
		return err_set(e, -ENOTSUPP, "the JIT is not built yet");
	err = image_create(prog, e, &img);
	if (err)
		return err;
	prog->exec = img;
	prog->exec_free = free_image;
	prog->run = run_interpreted;
	return 0;
}
