/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Policies for the tests' shop, one object per variant (-DVARIANT):
 *
 *	GOOD	accepted, and run
 *	ITEM	a kfunc called with a type that none of its cases is for
 *	NESTED	sell -> shop_restock() -> stocked -> shop_pay(), forbidden
 *	NEEDY	calls shop_ring(), which needs tick, and has none
 *	STALE	passes on a pointer that it kept
 *	CLOSED	implements what no program may
 *	ASKING	implements tick, which its syscall program needs
 *	UNHEARD	has that program, and no tick
 *	INSIDE	a kfunc called with what lies inside of a type that it has a case for
 *	DROWSY	sleeps in the callback of a timer, armed by a program that may
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "shop.h"

#define GOOD 1
#define ITEM 2
#define NESTED 3
#define NEEDY 4
#define CLOSED 5
#define STALE 6
#define ASKING 7
#define UNHEARD 8
#define DROWSY 9
#define INSIDE 10

char _license[] SEC("license") = "GPL";

int shop_insert(struct item *item, unsigned int owner) __ksym;
int shop_restock(struct item *item) __ksym;
int shop_pay(int n) __ksym;
int shop_ring(void) __ksym;
int shop_mark(int n) __ksym;
int shop_doze(void) __ksym;

struct alarm {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, struct alarm);
} alarms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} counts SEC(".maps");

#if VARIANT == STALE
struct kept {
	struct item __kptr_untrusted *item;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, struct kept);
} keep SEC(".maps");
#endif

static int rings(void *map, unsigned int *key, struct alarm *value)
{
	shop_mark(1);
	return 0;
}

/* What it inserts depends on the caller; so does, therefore, what it calls. */
static __attribute__((noinline, unused)) int insert(struct item *item)
{
	return shop_insert(item, 7);
}

#if VARIANT != NEEDY
SEC("struct_ops/sell")
int BPF_PROG(sell, struct book *book, struct fruit *fruit)
{
#if VARIANT == NESTED
	return shop_restock(&book->item);
#elif VARIANT == INSIDE
	return shop_insert(&fruit->box, 7);
#else
	return insert(&book->item) * 100 + insert(&fruit->item);
#endif
}
#endif

SEC("struct_ops/order")
long long BPF_PROG(order, struct item *item)
{
	unsigned int zero = 0;
	struct alarm *alarm = bpf_map_lookup_elem(&alarms, &zero);

#if VARIANT == ITEM
	return shop_insert(item, 7);
#elif VARIANT == NEEDY
	return shop_ring();
#elif VARIANT == STALE
	struct kept *kept = bpf_map_lookup_elem(&keep, &zero);
	struct item *old;

	if (!kept)
		return 0;
	old = kept->item;
	kept->item = item;
	return old ? old->id + shop_restock(old) : 0;
#endif
	if (!alarm)
		return -1;
	bpf_timer_init(&alarm->timer, &alarms, 1 /* CLOCK_MONOTONIC */);
	bpf_timer_set_callback(&alarm->timer, rings);
	bpf_timer_start(&alarm->timer, 1000, 0);
	return shop_mark(2) + shop_restock(item);
}

SEC("struct_ops/stocked")
unsigned char BPF_PROG(stocked, struct item *item)
{
	unsigned int one = 1;
	unsigned long long *count = bpf_map_lookup_elem(&counts, &one);

	if (count)
		*count += item->id;
	return shop_pay(300);
}

#if VARIANT == UNHEARD || VARIANT == ASKING
SEC("syscall")
int ask(unsigned int *ctx)
{
	return shop_ring() + (*ctx)++;
}
#endif

#if VARIANT == DROWSY
static int dozes(void *map, unsigned int *key, struct alarm *value)
{
	shop_doze();
	return 0;
}

SEC("syscall")
int doze(void *ctx)
{
	unsigned int zero = 0;
	struct alarm *alarm = bpf_map_lookup_elem(&alarms, &zero);

	shop_doze();
	return alarm ? bpf_timer_set_callback(&alarm->timer, dozes) : 0;
}
#endif

#if VARIANT == ASKING
SEC("struct_ops/tick")
void BPF_PROG(tick, int n)
{
}
#endif

#if VARIANT == CLOSED
SEC("struct_ops/closed")
void BPF_PROG(closed)
{
}
#endif

SEC(".struct_ops.link")
struct shop_ops shop = {
#if VARIANT != NEEDY
	.sell = (void *)sell,
#endif
	.order = (void *)order,
	.stocked = (void *)stocked,
#if VARIANT == ASKING
	.tick = (void *)tick,
#endif
#if VARIANT == CLOSED
	.closed = (void *)closed,
#endif
	.flags = VARIANT < ASKING ? VARIANT : GOOD,
	.name = "shop",
};
