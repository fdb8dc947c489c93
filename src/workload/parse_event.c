/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From events to operations. */
#include <stdlib.h>

#include "workload/parse.h"

#define NSEC_PER_USEC 1000ULL
/* The model of "mem" and "iorun": see events.def. */
#define BYTES_PER_NS 10
#define WRITE_CALL_NS 500

static int emit(struct wl_phase *ph, const struct wl_op *op)
{
	if (ph->nr_ops == ph->cap_ops) {
		u32 cap = ph->cap_ops ? 2 * ph->cap_ops : 8;
		struct wl_op *ops = realloc(ph->ops, cap * sizeof(*ops));

		if (!ops)
			return -ENOMEM;
		ph->ops = ops;
		ph->cap_ops = cap;
	}
	ph->ops[ph->nr_ops++] = *op;
	return 0;
}

/* An event under translation: its operations come out in order, the first one marked. */
struct emitter {
	struct wl_phase *ph;
	struct wl_op op;
	int err;
};

static void emit_op(struct emitter *em, enum wl_opcode code, u32 a, u32 b, u64 ns)
{
	if (em->err)
		return;
	em->op.code = code;
	em->op.a = a;
	em->op.b = b;
	em->op.ns = ns;
	em->err = emit(em->ph, &em->op);
	em->op.first = false;
}

static int resource(struct parse *p, enum wl_res_kind kind, const char *name, u32 line)
{
	return wl_res_index(&p->w->res[kind], name, line);
}

static int event_usec(struct parse *p, const struct json_val *v, int kind, struct emitter *em)
{
	static const enum wl_opcode codes[NR_WL_EVENTS] = {
		[WL_EVENT_run] = OP_RUN,
		[WL_EVENT_runtime] = OP_RUNTIME,
		[WL_EVENT_sleep] = OP_SLEEP,
	};
	s64 usec;
	int err = json_get_int(v, 0, INT32_MAX, p->e, &usec);

	if (!err)
		emit_op(em, codes[kind], 0, 0, usec * NSEC_PER_USEC);
	return err;
}

static int event_bytes(struct parse *p, const struct json_val *v, int kind, struct emitter *em)
{
	s64 bytes;
	u64 ns;
	int err = json_get_int(v, 0, INT32_MAX, p->e, &bytes);

	if (err)
		return err;
	ns = DIV_ROUND_UP((u64)bytes, BYTES_PER_NS);
	if (kind == WL_EVENT_iorun) {
		if (p->w->io_is_null)
			ns = 0;
		ns += DIV_ROUND_UP((u64)bytes, p->w->mem_buffer_size) * WRITE_CALL_NS;
	}
	emit_op(em, OP_RUN, 0, 0, ns);
	return 0;
}

/* workgen fills the empty name of a suspend or resume with the task's. */
static int event_suspend_resume(struct parse *p, const struct json_val *v, int kind,
				struct emitter *em, const char *name)
{
	int cond, mutex;

	if (!name[0])
		name = p->task->name;
	cond = resource(p, WL_COND, name, v->line);
	mutex = resource(p, WL_MUTEX, name, v->line);
	if (cond < 0 || mutex < 0)
		return min(cond, mutex);
	emit_op(em, OP_LOCK, mutex, 0, 0);
	if (kind == WL_EVENT_suspend) {
		emit_op(em, OP_COND_WAIT, cond, mutex, 0);
		emit_op(em, OP_LOCK, mutex, 0, 0);
	} else {
		emit_op(em, OP_BROADCAST, cond, 0, 0);
	}
	emit_op(em, OP_UNLOCK, mutex, 0, 0);
	return 0;
}

static int event_barrier(struct parse *p, const struct json_val *v, struct emitter *em,
			 const char *name)
{
	int i = resource(p, WL_BARRIER, name, v->line);

	if (i < 0)
		return i;
	p->w->res[WL_BARRIER].res[i].users += p->task->instances;
	p->task->has_barrier = true;
	emit_op(em, OP_BARRIER, i, 0, 0);
	emit_op(em, OP_BARRIER_LEAVE, i, 0, 0);
	return 0;
}

static int event_name(struct parse *p, const struct json_val *v, int kind, struct emitter *em)
{
	static const struct {
		enum wl_res_kind res;
		enum wl_opcode code;
	} plain[NR_WL_EVENTS] = {
		[WL_EVENT_lock] = { WL_MUTEX, OP_LOCK },
		[WL_EVENT_unlock] = { WL_MUTEX, OP_UNLOCK },
		[WL_EVENT_signal] = { WL_COND, OP_SIGNAL },
		[WL_EVENT_broad] = { WL_COND, OP_BROADCAST },
		[WL_EVENT_fork] = { WL_FORK, OP_FORK },
	};
	const char *name;
	int i, err = json_get_string(v, p->e, &name);

	if (err)
		return err;
	if (kind == WL_EVENT_suspend || kind == WL_EVENT_resume)
		return event_suspend_resume(p, v, kind, em, name);
	if (!name[0])
		return json_err(v, p->e, "an empty name");
	if (kind == WL_EVENT_barrier)
		return event_barrier(p, v, em, name);
	i = resource(p, plain[kind].res, name, v->line);
	if (i < 0)
		return i;
	emit_op(em, plain[kind].code, i, 0, 0);
	return 0;
}

/* rt-app takes "unknown" where a name is missing; that is more likely a slip. */
static int member_name(struct parse *p, const struct json_val *v, const char *key,
		       const char **name)
{
	struct json_val m;
	int found = json_find(v, key, p->e, &m);

	if (found < 0)
		return found;
	if (!found)
		return json_err(v, p->e, "lacks \"%s\"", key);
	return json_get_string(&m, p->e, name);
}

static int only_members(struct parse *p, const struct json_val *v, const char *const *names)
{
	if (json_expect_object(v, p->e))
		return -EINVAL;
	for (struct json_iter it = json_members(v); json_next(&it);) {
		u32 i;

		for (i = 0; names[i] && strcmp(names[i], it.val.key); i++)
			;
		if (!names[i])
			return json_err(&it.val, p->e, "unknown in \"%.64s\"", v->key);
	}
	return 0;
}

static int event_cond(struct parse *p, const struct json_val *v, int kind, struct emitter *em)
{
	static const char *const members[] = { "ref", "mutex", NULL };
	const char *ref, *mutex;
	int c, m;

	if (only_members(p, v, members) || member_name(p, v, "ref", &ref) ||
	    member_name(p, v, "mutex", &mutex))
		return -EINVAL;
	c = resource(p, WL_COND, ref, v->line);
	m = resource(p, WL_MUTEX, mutex, v->line);
	if (c < 0 || m < 0)
		return min(c, m);
	if (kind == WL_EVENT_sync)
		emit_op(em, OP_SIGNAL, c, 0, 0);
	emit_op(em, OP_COND_WAIT, c, m, 0);
	emit_op(em, OP_LOCK, m, 0, 0);
	return 0;
}

static int timer_mode(struct parse *p, const struct json_val *v, bool *absolute)
{
	struct json_val m;
	const char *mode;
	int found = json_find(v, "mode", p->e, &m);

	*absolute = false;
	if (found <= 0)
		return found;
	if (json_get_string(&m, p->e, &mode))
		return -EINVAL;
	*absolute = !strcmp(mode, "absolute");
	if (!*absolute && strcmp(mode, "relative"))
		return json_err(&m, p->e, "neither \"relative\" nor \"absolute\"");
	return 0;
}

static int event_timer(struct parse *p, const struct json_val *v, struct emitter *em)
{
	static const char *const members[] = { "ref", "period", "mode", NULL };
	struct wl_res_table *table = &p->w->res[WL_TIMER];
	struct json_val m;
	const char *ref;
	bool own, absolute;
	s64 usec;
	int i;

	if (only_members(p, v, members) || member_name(p, v, "ref", &ref) ||
	    timer_mode(p, v, &absolute))
		return -EINVAL;
	i = json_find(v, "period", p->e, &m);
	if (i <= 0)
		return i < 0 ? i : json_err(v, p->e, "lacks \"period\"");
	if (json_get_int(&m, 0, INT32_MAX, p->e, &usec))
		return -EINVAL;

	own = !strncmp(ref, "unique", strlen("unique"));
	if (own)
		table = &p->task->own_timers;
	i = wl_res_index(table, ref, v->line);
	if (i < 0)
		return i;
	table->res[i].absolute |= absolute;
	emit_op(em, OP_TIMER, i, own, usec * NSEC_PER_USEC);
	return 0;
}

enum value_kind { USEC, BYTES, NAME, COND, TIMER, ANY };

int parse_event(struct parse *p, const struct json_val *v, int kind, struct wl_phase *ph)
{
	static const enum value_kind values[NR_WL_EVENTS] = {
#define EVENT(name, value, meaning) value,
#include "workload/events.def"
#undef EVENT
	};
	struct emitter em = {
		.ph = ph,
		.op = { .first = true, .event = kind, .line = v->line },
	};
	int err = 0;

	switch (values[kind]) {
	case USEC:
		err = event_usec(p, v, kind, &em);
		break;
	case BYTES:
		err = event_bytes(p, v, kind, &em);
		break;
	case NAME:
		err = event_name(p, v, kind, &em);
		break;
	case COND:
		err = event_cond(p, v, kind, &em);
		break;
	case TIMER:
		err = event_timer(p, v, &em);
		break;
	case ANY:
		emit_op(&em, OP_YIELD, 0, 0, 0);
		break;
	}
	return err ? err : em.err;
}
