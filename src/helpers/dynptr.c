/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Dynptrs, and ring buffers, which have a form with and a form without them. */
#include "helpers/body.h"
#include "helpers/kern.h"
#include "helpers/kfuncs.h"
#include "kobj/ringbuf.h"

static void dynptr_set(struct dynptr_kern *d, void *data, enum dynptr_type type, u32 size)
{
	*d = (struct dynptr_kern){ .data = data, .size = size | (u32)type << DYNPTR_TYPE_SHIFT };
}

static void dynptr_clear(struct dynptr_kern *d)
{
	memset(d, 0, sizeof(*d));
}

HELPER_BODY(dynptr_from_mem)
{
	struct dynptr_kern *d = (struct dynptr_kern *)r4;
	u32 size = (u32)r2;

	dynptr_clear(d);
	if (size > DYNPTR_SIZE_MAX)
		return ret_err(-E2BIG);
	if (r3)
		return ret_err(-EINVAL);
	dynptr_set(d, (void *)r1, DYNPTR_LOCAL, size);
	return 0;
}

HELPER_BODY(dynptr_read)
{
	const struct dynptr_kern *d = (const struct dynptr_kern *)r3;
	const u8 *at;

	if (!d->data || r5)
		return ret_err(-EINVAL);
	if (!dynptr_holds(d, (u32)r4, (u32)r2))
		return ret_err(-E2BIG);
	at = dynptr_at(d, (u32)r4, (u32)r2);
	if (!at)
		return ret_err(-EFAULT);
	memmove((void *)r1, at, (u32)r2);
	return 0;
}

HELPER_BODY(dynptr_write)
{
	const struct dynptr_kern *d = (const struct dynptr_kern *)r1;
	u8 *at;

	if (!d->data || dynptr_rdonly(d))
		return ret_err(-EINVAL);
	if (!dynptr_holds(d, (u32)r2, (u32)r4))
		return ret_err(-E2BIG);
	/* what flags a packet knows (BPF_F_RECOMPUTE_CSUM...) change nothing here */
	if (r5 & ~(dynptr_type(d) == DYNPTR_SKB ? 3ULL : 0))
		return ret_err(-EINVAL);
	at = dynptr_at(d, (u32)r2, (u32)r4);
	if (!at)
		return ret_err(-EFAULT);
	memmove(at, (const void *)r3, (u32)r4);
	return 0;
}

HELPER_BODY(dynptr_data)
{
	const struct dynptr_kern *d = (const struct dynptr_kern *)r1;

	/* packets are for bpf_dynptr_slice() */
	if (!d->data || dynptr_rdonly(d) || dynptr_packet(d) ||
	    !dynptr_holds(d, (u32)r2, (u32)r3))
		return 0;
	return (u64)dynptr_at(d, (u32)r2, (u32)r3);
}

/* ---- ring buffers ---- */

HELPER_BODY(ringbuf_output)
{
	return ret_err(ringbuf_output((struct bpf_map *)r1, (const void *)r2, r3, r4));
}

HELPER_BODY(ringbuf_reserve)
{
	return r3 ? 0 : (u64)ringbuf_reserve((struct bpf_map *)r1, r2);
}

HELPER_BODY(ringbuf_submit)
{
	ringbuf_commit((void *)r1, r2, false);
	return 0;
}

HELPER_BODY(ringbuf_discard)
{
	ringbuf_commit((void *)r1, r2, true);
	return 0;
}

HELPER_BODY(ringbuf_query)
{
	return ringbuf_query((const struct bpf_map *)r1, r2);
}

HELPER_BODY(ringbuf_reserve_dynptr)
{
	struct dynptr_kern *d = (struct dynptr_kern *)r4;
	u32 size = (u32)r2;
	void *sample;

	dynptr_clear(d);
	if (r3)
		return ret_err(-EINVAL);
	if (size > DYNPTR_SIZE_MAX)
		return ret_err(-E2BIG);
	sample = ringbuf_reserve((struct bpf_map *)r1, size);
	if (!sample)
		return ret_err(-EINVAL);
	dynptr_set(d, sample, DYNPTR_RINGBUF, size);
	return 0;
}

/* The program must end what it tried to reserve, even where that failed. */
static u64 end_dynptr(struct dynptr_kern *d, u64 flags, bool discard)
{
	if (d->data)
		ringbuf_commit(d->data, flags, discard);
	dynptr_clear(d);
	return 0;
}

HELPER_BODY(ringbuf_submit_dynptr)
{
	return end_dynptr((struct dynptr_kern *)r1, r2, false);
}

HELPER_BODY(ringbuf_discard_dynptr)
{
	return end_dynptr((struct dynptr_kern *)r1, r2, true);
}

/* ---- kfuncs ---- */

void *kf_dynptr_slice(const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk,
		      struct run_ctx *rc)
{
	const struct dynptr_kern *d = (const struct dynptr_kern *)p;

	if (!d->data || !dynptr_holds(d, offset, buffer__szk))
		return NULL;
	return dynptr_at(d, offset, buffer__szk);
}

void *kf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u32 offset, void *buffer__opt,
			   u32 buffer__szk, struct run_ctx *rc)
{
	if (dynptr_rdonly((const struct dynptr_kern *)p))
		return NULL;
	return kf_dynptr_slice(p, offset, buffer__opt, buffer__szk, rc);
}

int kf_dynptr_adjust(const struct bpf_dynptr *p, u32 start, u32 end, struct run_ctx *rc)
{
	struct dynptr_kern *d = (struct dynptr_kern *)p;

	if (!d->data || start > end)
		return -EINVAL;
	if (end > dynptr_size(d))
		return -ERANGE;
	d->offset += start;
	d->size = (d->size & ~DYNPTR_SIZE_MAX) | (end - start);
	return 0;
}

bool kf_dynptr_is_null(const struct bpf_dynptr *p, struct run_ctx *rc)
{
	return !((const struct dynptr_kern *)p)->data;
}

bool kf_dynptr_is_rdonly(const struct bpf_dynptr *p, struct run_ctx *rc)
{
	const struct dynptr_kern *d = (const struct dynptr_kern *)p;

	return d->data && dynptr_rdonly(d);
}

u32 kf_dynptr_size(const struct bpf_dynptr *p, struct run_ctx *rc)
{
	const struct dynptr_kern *d = (const struct dynptr_kern *)p;

	return d->data ? dynptr_size(d) : (u32)-EINVAL;
}

int kf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit,
		    struct run_ctx *rc)
{
	const struct dynptr_kern *d = (const struct dynptr_kern *)p;

	*(struct dynptr_kern *)clone__uninit = *d;
	if (d->data)
		return 0;
	dynptr_clear((struct dynptr_kern *)clone__uninit);
	return -EINVAL;
}

/* ---- packets ---- */

static int dynptr_from_packet(void *ctx, const struct packet_ptrs *p, enum dynptr_type type,
			      u64 flags, struct bpf_dynptr *ptr)
{
	struct dynptr_kern *d = (struct dynptr_kern *)ptr;

	dynptr_clear(d);
	if (flags)
		return -EINVAL;
	dynptr_set(d, ctx, type, p->data_end - p->data);
	return 0;
}

int kf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit,
		       struct run_ctx *rc)
{
	struct skb_ctx *skb = container_of(s, struct skb_ctx, uapi);

	return dynptr_from_packet(skb, &skb->ptrs, DYNPTR_SKB, flags, ptr__uninit);
}

int kf_dynptr_from_skb_rdonly(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit,
			      struct run_ctx *rc)
{
	int err = kf_dynptr_from_skb(s, flags, ptr__uninit, rc);

	if (!err)
		((struct dynptr_kern *)ptr__uninit)->size |= DYNPTR_RDONLY;
	return err;
}

int kf_dynptr_from_xdp(struct xdp_md *x, u64 flags, struct bpf_dynptr *ptr__uninit,
		       struct run_ctx *rc)
{
	struct xdp_ctx *xdp = container_of(x, struct xdp_ctx, uapi);

	return dynptr_from_packet(xdp, &xdp->ptrs, DYNPTR_XDP, flags, ptr__uninit);
}

/* ---- ring buffers that user space fills ---- */

#define USER_SAMPLES_MAX (128 * 1024)

HELPER_BODY(user_ringbuf_drain)
{
	struct bpf_map *map = (struct bpf_map *)r1;
	s64 samples, discarded = 0, ret = 0;

	if (r4 & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return ret_err(-EINVAL);
	if (!user_ringbuf_enter(map))
		return ret_err(-EBUSY);
	for (samples = 0; samples < USER_SAMPLES_MAX && !ret; samples++) {
		struct dynptr_kern d;
		void *sample;
		u32 size;
		int err = user_ringbuf_peek(map, &sample, &size);

		if (err == -ENODATA)
			break;
		if (err == -EAGAIN) {
			discarded++;
			continue;
		}
		if (err) {
			ret = err;
			goto out_leave;
		}
		dynptr_set(&d, sample, DYNPTR_LOCAL, size);
		ret = (s64)run_callback(rc->prog, r2, rc, (u64)&d, r3, 0, 0, 0);
		user_ringbuf_release(map, size);
	}
	ret = samples - discarded;
out_leave:
	user_ringbuf_leave(map, (r4 & BPF_RB_FORCE_WAKEUP) ||
				(!(r4 & BPF_RB_NO_WAKEUP) && samples > 0));
	return (u64)ret;
}
