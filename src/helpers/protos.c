/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "calls/proto.h"
#include "helpers/body.h"
#include "helpers/helpers.h"

#define ARGS(...) { __VA_ARGS__ }
#define TYPE(x) BIT_ULL(BPF_PROG_TYPE_##x)
#define TYPES_TC (TYPE(SCHED_CLS) | TYPE(SCHED_ACT))
#define TYPES_LWT (TYPE(LWT_IN) | TYPE(LWT_OUT) | TYPE(LWT_XMIT) | TYPE(LWT_SEG6LOCAL))
#define TYPES_SKB (TYPES_TC | TYPES_LWT | TYPE(SOCKET_FILTER) | TYPE(CGROUP_SKB))
#define TYPES_SK_LOOKUP                                                                            \
	(TYPES_TC | TYPE(CGROUP_SKB) | TYPE(XDP) | TYPE(CGROUP_SOCK_ADDR) | TYPE(SK_SKB))
#define TYPES_CGROUP                                                                               \
	(TYPE(CGROUP_SKB) | TYPE(CGROUP_SOCK) | TYPE(CGROUP_SOCK_ADDR) | TYPE(CGROUP_DEVICE) |     \
	 TYPE(CGROUP_SYSCTL) | TYPE(CGROUP_SOCKOPT) | TYPE(SOCK_OPS))
#define TYPES_SK_STORAGE                                                                           \
	(TYPES_TC | TYPE(CGROUP_SKB) | TYPE(CGROUP_SOCK_ADDR) | TYPE(CGROUP_SOCKOPT) |             \
	 TYPE(SOCK_OPS) | TYPE(SK_MSG))
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
