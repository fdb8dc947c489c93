/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fuzz.h"

static uint8_t choose_byte(struct choices *c)
{
	return c->at < c->end ? *c->at++ : 0;
}

uint64_t choose_u64(struct choices *c)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | choose_byte(c);
	return v;
}

uint32_t choose(struct choices *c, uint32_t n)
{
	uint32_t v = choose_byte(c);

	if (n > 256)
		v = v << 8 | choose_byte(c);
	return v % n;
}

uint64_t choose_number(struct choices *c)
{
	switch (choose(c, 8)) {
	case 0:
		return 0;
	case 1:
	case 2:
		return choose(c, 16);
	case 3:
		return choose(c, 65536);
	case 4:
		return (1ULL << choose(c, 64)) - 1;
	case 5:
		return 1ULL << choose(c, 64);
	case 6:
		return -1ULL - choose(c, 4);
	default:
		return choose_u64(c);
	}
}
