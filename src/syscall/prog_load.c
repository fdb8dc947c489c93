/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* PROG_LOAD: from the attr to a struct bpf_prog, through the verifier, to a descriptor. */
#include <stdlib.h>

#include "syscall/impl.h"

#define PROG_FLAGS                                                                                 \
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE |  \
	 BPF_F_TEST_RND_HI32 | BPF_F_XDP_HAS_FRAGS | BPF_F_XDP_DEV_BOUND_ONLY |                    \
	 BPF_F_TEST_REG_INVARIANTS | BPF_F_TOKEN_FD)
#define INFO_REC_MAX 252
#define FD_ARRAY_MAX 65536

/* ---- who may load what ---- */

static bool is_net_admin(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_SK_MSG:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_SOCK_OPS:
	case BPF_PROG_TYPE_EXT:
	case BPF_PROG_TYPE_NETFILTER:
		return true;
	default:
		return false;
	}
}

static bool is_perfmon(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_EXT:
		return true;
	default:
		return false;
	}
}

static int check_rights(const struct syscall_ctx *c, const union bpf_attr *a)
{
	u32 type = a->prog_type;
	int err = sys_check_unprivileged(c);

	if (err)
		return err;
	if (!a->insn_cnt || a->insn_cnt > (c->cap_bpf ? BPF_COMPLEXITY_LIMIT_INSNS : BPF_MAXINSNS))
		return -E2BIG;
	if (!c->cap_bpf && type != BPF_PROG_TYPE_SOCKET_FILTER && type != BPF_PROG_TYPE_CGROUP_SKB)
		return -EPERM;
	if ((is_net_admin(type) && !c->cap_net_admin) || (is_perfmon(type) && !c->cap_perfmon))
		return -EPERM;
	return 0;
}

/* ---- what it is to be attached to ---- */

/* Where a type of program insists on an attach type at load time: [from, to] or a list. */
static const struct {
	u8 prog;
	u8 attach;
} attach_types[] = {
#define A(p, a) { BPF_PROG_TYPE_##p, BPF_##a }
	A(CGROUP_SOCK, CGROUP_INET_SOCK_CREATE),
	A(CGROUP_SOCK, CGROUP_INET_SOCK_RELEASE),
	A(CGROUP_SOCK, CGROUP_INET4_POST_BIND),
	A(CGROUP_SOCK, CGROUP_INET6_POST_BIND),
	A(CGROUP_SOCK_ADDR, CGROUP_INET4_BIND),
	A(CGROUP_SOCK_ADDR, CGROUP_INET6_BIND),
	A(CGROUP_SOCK_ADDR, CGROUP_INET4_CONNECT),
	A(CGROUP_SOCK_ADDR, CGROUP_INET6_CONNECT),
	A(CGROUP_SOCK_ADDR, CGROUP_UNIX_CONNECT),
	A(CGROUP_SOCK_ADDR, CGROUP_INET4_GETPEERNAME),
	A(CGROUP_SOCK_ADDR, CGROUP_INET6_GETPEERNAME),
	A(CGROUP_SOCK_ADDR, CGROUP_UNIX_GETPEERNAME),
	A(CGROUP_SOCK_ADDR, CGROUP_INET4_GETSOCKNAME),
	A(CGROUP_SOCK_ADDR, CGROUP_INET6_GETSOCKNAME),
	A(CGROUP_SOCK_ADDR, CGROUP_UNIX_GETSOCKNAME),
	A(CGROUP_SOCK_ADDR, CGROUP_UDP4_SENDMSG),
	A(CGROUP_SOCK_ADDR, CGROUP_UDP6_SENDMSG),
	A(CGROUP_SOCK_ADDR, CGROUP_UNIX_SENDMSG),
	A(CGROUP_SOCK_ADDR, CGROUP_UDP4_RECVMSG),
	A(CGROUP_SOCK_ADDR, CGROUP_UDP6_RECVMSG),
	A(CGROUP_SOCK_ADDR, CGROUP_UNIX_RECVMSG),
	A(CGROUP_SKB, CGROUP_INET_INGRESS),
	A(CGROUP_SKB, CGROUP_INET_EGRESS),
	A(CGROUP_SOCKOPT, CGROUP_SETSOCKOPT),
	A(CGROUP_SOCKOPT, CGROUP_GETSOCKOPT),
	A(SK_LOOKUP, SK_LOOKUP),
	A(SK_REUSEPORT, SK_REUSEPORT_SELECT),
	A(SK_REUSEPORT, SK_REUSEPORT_SELECT_OR_MIGRATE),
	A(NETFILTER, NETFILTER),
#undef A
};

static bool attach_type_ok(u32 type, u32 attach)
{
	bool listed = false;

	if (type == BPF_PROG_TYPE_SYSCALL || type == BPF_PROG_TYPE_EXT)
		return !attach;
	for (size_t i = 0; i < ARRAY_SIZE(attach_types); i++) {
		if (attach_types[i].prog != type)
			continue;
		listed = true;
		if (attach_types[i].attach == attach)
			return true;
	}
	return !listed;
}

static void default_attach_type(union bpf_attr *a)
{
	if (a->expected_attach_type)
		return;
	if (a->prog_type == BPF_PROG_TYPE_CGROUP_SOCK)
		a->expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
	else if (a->prog_type == BPF_PROG_TYPE_SK_REUSEPORT)
		a->expected_attach_type = BPF_SK_REUSEPORT_SELECT;
}

/* The descriptor may be the kernel's BTF; a program as the target is not built. */
static int check_target_fd(struct sys_call *s)
{
	int err;
	struct kobj *k = sys_obj(s, s->attr->attach_prog_fd, &err);

	if (!k || (k->kind != KOBJ_PROG && k->kind != KOBJ_BTF))
		return -EINVAL;
	if (k->kind == KOBJ_PROG)
		return err_set(&s->c->err, -ENOTSUPP, "attaching to a program is not built yet");
	return kbtf_is_kernel(container_of(k, struct btf_obj, obj)->btf) ? 0 : -ENOTSUPP;
}

static int check_attach(struct sys_call *s)
{
	const union bpf_attr *a = s->attr;
	u32 type = a->prog_type;
	int err = a->attach_prog_fd ? check_target_fd(s) : 0;

	if (err)
		return err;
	if (a->attach_btf_id) {
		if (a->attach_btf_id > BTF_MAX_TYPE ||
		    (type != BPF_PROG_TYPE_TRACING && type != BPF_PROG_TYPE_LSM &&
		     type != BPF_PROG_TYPE_STRUCT_OPS && type != BPF_PROG_TYPE_EXT))
			return -EINVAL;
	} else if (a->attach_prog_fd) {
		return -EINVAL;
	}
	return attach_type_ok(type, a->expected_attach_type) ? 0 : -EINVAL;
}

/* ---- copying in ---- */

static bool is_gpl_compatible(const char *license)
{
	static const char *const ok[] = {
		"GPL", "GPL v2", "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ok); i++)
		if (!strcmp(license, ok[i]))
			return true;
	return false;
}

/*
 * @cnt records of @rec_size bytes, of which we know the first @known: what is
 * beyond must be zero (-E2BIG, and our size at @size_field).
 */
static int read_records(struct sys_call *s, u64 src, u32 cnt, u32 rec_size, u32 known,
			size_t size_field, void **out)
{
	u8 *recs;
	int err = 0;

	if (rec_size < known || rec_size > INFO_REC_MAX || rec_size % 4 ||
	    cnt > INT32_MAX / known)
		return -EINVAL;
	recs = calloc(cnt, known);
	if (!recs)
		return -ENOMEM;
	for (u32 i = 0; i < cnt && !err; i++) {
		err = sys_check_tail(s, src + (u64)i * rec_size, known, rec_size);
		if (err == -E2BIG && sys_write_back(s, size_field, known))
			err = -EFAULT;
		if (!err)
			err = sys_read(s, recs + (size_t)i * known, src + (u64)i * rec_size, known);
	}
	if (err) {
		free(recs);
		return err;
	}
	*out = recs;
	return 0;
}

static int read_debug_info(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;
	struct btf_obj *b;
	int err = 0;

	if (!a->func_info_cnt && !a->line_info_cnt)
		return 0;
	b = sys_btf(s, a->prog_btf_fd, &err);
	if (!b)
		return err;
	p->btf = kbtf_get(b->btf);
	p->btf_obj = kobj_get(&b->obj);
	if (kbtf_is_kernel(p->btf))
		return -EACCES;
	if (a->func_info_cnt)
		err = read_records(s, a->func_info, a->func_info_cnt, a->func_info_rec_size,
				   sizeof(*p->func_info),
				   offsetof(union bpf_attr, func_info_rec_size),
				   (void **)&p->func_info);
	if (err)
		return err;
	p->nr_func_info = a->func_info_cnt;
	if (a->line_info_cnt)
		err = read_records(s, a->line_info, a->line_info_cnt, a->line_info_rec_size,
				   sizeof(*p->line_info),
				   offsetof(union bpf_attr, line_info_rec_size),
				   (void **)&p->line_info);
	if (!err)
		p->nr_line_info = a->line_info_cnt;
	return err;
}

/* The fds that instructions name by index; nobody says how many there are, so: as many as named. */
static int read_fd_array(struct sys_call *s, const struct bpf_prog *p, s32 **fds, u32 *nr)
{
	u32 n = 0;

	*fds = NULL;
	*nr = 0;
	if (!s->attr->fd_array)
		return 0;
	for (u32 i = 0; i < p->orig_len; i++) {
		const struct bpf_insn *in = &p->orig_insns[i];

		if (insn_is_ldimm64(in) && (in->src_reg == BPF_PSEUDO_MAP_IDX ||
					    in->src_reg == BPF_PSEUDO_MAP_IDX_VALUE))
			n = max(n, (u32)in->imm + 1);
		else if (insn_is_kfunc_call(in) && in->off > 0)
			n = max(n, (u32)in->off + 1);
	}
	if (n > FD_ARRAY_MAX)
		return -EINVAL;
	*nr = n;
	return n ? sys_dup(s, s->attr->fd_array, n * sizeof(**fds), (void **)fds) : 0;
}

static int fill_prog(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;
	char license[128];
	int err;

	p->type = a->prog_type;
	p->expected_attach_type = a->expected_attach_type;
	p->attach_btf_id = a->attach_btf_id;
	p->prog_flags = a->prog_flags;
	p->sleepable = a->prog_flags & BPF_F_SLEEPABLE;
	err = sys_dup(s, a->insns, (size_t)a->insn_cnt * sizeof(*p->orig_insns),
		      (void **)&p->orig_insns);
	if (err)
		return err;
	p->orig_len = a->insn_cnt;
	err = sys_read_string(s, license, a->license, sizeof(license));
	if (err)
		return err;
	p->gpl_compatible = is_gpl_compatible(license);
	if (p->type == BPF_PROG_TYPE_UNSPEC || p->type >= __MAX_BPF_PROG_TYPE)
		return -EINVAL;
	if (p->type == BPF_PROG_TYPE_STRUCT_OPS)
		p->st_ops = calls_find_st_ops(s->c->calls, p->attach_btf_id);
	if (s->c->boot_ns)
		p->load_time_ns = s->c->boot_ns(s->c->priv);
	err = sys_copy_name(p->name, a->prog_name);
	if (err)
		return err;
	sys_prog_tag(p);
	return read_debug_info(s, p);
}

/* ---- verification ---- */

static struct bpf_map *map_from_fd(void *priv, s32 fd)
{
	int err;

	return sys_map(priv, fd, NULL, &err);
}

static struct kbtf *btf_from_fd(void *priv, s32 fd)
{
	struct btf_obj *b;
	int err;

	b = sys_btf(priv, fd, &err);
	return b ? b->btf : NULL;
}

static void report(struct sys_call *s, const struct bpf_prog *p, int err,
		   const struct verifier_result *r, const struct verifier_log *log)
{
	struct syscall_verdict v = { .prog = p, .err = err, .result = r, .log = log };

	if (s->c->on_verdict)
		s->c->on_verdict(s->c->priv, &v);
}

static int verify(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;
	const struct syscall_ctx *c = s->c;
	struct verifier_result result = { .fail_insn = -1 };
	struct verifier_opts opts = {
		.calls = c->calls,
		.map_from_fd = map_from_fd,
		.btf_from_fd = btf_from_fd,
		.priv = s,
		.cap_bpf = c->cap_bpf,
		.cap_perfmon = c->cap_perfmon,
		.cap_net_admin = c->cap_net_admin,
		.check_only = c->check_only,
		.insn_limit = c->insn_limit,
		.nr_cpus = c->nr_cpus,
		.check_format = c->check_format,
		.observer = c->observer,
		.result = &result,
	};
	struct verifier_log log;
	s32 *fds;
	int err, log_err = 0;

	err = sys_check_log(a->log_level, a->log_buf, a->log_size);
	if (err)
		return err;
	err = verifier_log_init(&log, a->log_level, a->log_size);
	if (err)
		return err;
	err = read_fd_array(s, p, &fds, &opts.nr_fd_array);
	if (err)
		goto out_log;
	opts.fd_array = fds;
	err = verifier_check(p, &opts, &log);
	report(s, p, err, &result, &log);
	if (log.level && log.buf)
		log_err = sys_copy_log(s, a->log_level, a->log_buf, a->log_size, log.buf, log.len);
	if (log.level && log.truncated && a->log_buf && !log_err)
		log_err = -ENOSPC;
	if (sys_put(s, log_true_size, log.level ? log.true_size : 0))
		log_err = -EFAULT;
	if (log_err)
		err = log_err;
	verifier_result_fini(&result);
	free(fds);
out_log:
	verifier_log_fini(&log);
	return err;
}

/* Linux asks at BTF_LOAD, of every struct. */
static int bind_dtors(struct sys_call *s, struct bpf_prog *p)
{
	for (u32 i = 0; i < p->nr_records; i++) {
		int err = record_bind_dtors(p->records[i], s->c->dtors);

		if (err)
			return err_set(&s->c->err, err, "%s: a kptr to what has no destructor",
				       p->name);
	}
	return 0;
}

s64 sys_prog_load(struct sys_call *s)
{
	union bpf_attr *a = s->attr;
	struct bpf_prog *p;
	s64 err;

	if (a->prog_flags & ~PROG_FLAGS)
		return -EINVAL;
	if (a->prog_flags & BPF_F_TOKEN_FD)
		return -EBADF; /* no tokens, so none has that fd */
	default_attach_type(a);
	err = check_rights(s->c, a);
	if (!err)
		err = check_attach(s);
	if (err)
		return err;
	if (a->prog_ifindex)
		return -EINVAL; /* no devices */
	if (a->core_relo_cnt)
		return err_set(&s->c->err, -ENOTSUPP, "CO-RE by the kernel is not built yet");
	err = prog_create(NULL, &p);
	if (err)
		return err;
	err = fill_prog(s, p);
	if (!err)
		err = verify(s, p);
	if (!err)
		err = bind_dtors(s, p);
	if (!err && s->c->prepare)
		err = s->c->prepare(s->c->priv, p, &s->c->err);
	if (!err)
		err = kobj_publish(&p->obj, s->c->ids);
	if (!err)
		err = sys_install(s, &p->obj, 0);
	prog_put(p);
	return err;
}
