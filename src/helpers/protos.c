/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "calls/proto.h"
#include "helpers/body.h"
#include "helpers/helpers.h"

#define ARGS(...) { __VA_ARGS__ }
#define HELPER(n, helper, t, returns, args, body, ...)                                             \
	{                                                                                          \
		.name = #helper, .id = n, .fn = helper_##body, .tier = HELPER_##t,                  \
		.ret = returns, .arg = args, __VA_ARGS__                                           \
	},
#define HELPER_ABSENT(n, helper) { .name = #helper, .id = n },

static const struct helper_proto protos[] = {
#include "helpers/helpers.def"
};

const struct helper_proto *helpers_base_protos(size_t *nr)
{
	*nr = ARRAY_SIZE(protos);
	return protos;
}
