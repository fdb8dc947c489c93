/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a loaded object's map holds, element by element, as text made from the BTF
 * types of its keys and values; as numbers or bytes where it has none.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "loader/internal.h"

#define TEXT_MAX (1u << 16) /* what is longer is cut */

struct text {
	char *buf;
	size_t len;
};

struct map_dump {
	struct loader *l;
	const struct bpf_map *map;
	int fd;
	u32 key_size, value_size, nr_values; /* value_size: of one; nr_values: CPUs, or 1 */
	void *key, *next, *values;
	struct text key_text, *texts;
	const char **list;
};

static void append(void *ctx, const char *fmt, va_list ap)
{
	struct text *t = ctx;
	size_t room = TEXT_MAX - t->len;
	int n = vsnprintf(t->buf + t->len, room, fmt, ap);

	if (n > 0)
		t->len += min((size_t)n, room - 1);
}

/* Without types: a number, if it has the size of one; else bytes. */
static void append_bytes(struct text *t, const u8 *data, u32 size)
{
	u64 number = 0;

	if (size <= 8 && !(size & (size - 1))) {
		memcpy(&number, data, size);
		t->len += sprintf(t->buf, "%llu", (unsigned long long)number);
		return;
	}
	for (u32 i = 0; i < size && t->len + 4 < TEXT_MAX; i++)
		t->len += sprintf(t->buf + t->len, "%s%02x", i ? " " : "", data[i]);
}

/* Numbers bare, structs with the names of their members. */
static int to_text(const struct map_dump *d, u32 type_id, const void *data, u32 size,
		   struct text *out)
{
	const struct btf *btf = bpf_object__btf(d->l->obj);
	const struct btf_type *t = type_id ? btf__type_by_id(btf, type_id) : NULL;
	LIBBPF_OPTS(btf_dump_type_data_opts, opts, .compact = true, .emit_zeroes = true);
	struct btf_dump *dump;
	int err;

	out->len = 0;
	out->buf[0] = '\0';
	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	if (!t) {
		append_bytes(out, data, size);
		return 0;
	}
	opts.skip_names = !btf_is_composite(t) && !btf_is_datasec(t);
	dump = btf_dump__new(btf, append, out, NULL);
	if (!dump)
		return -errno;
	err = btf_dump__dump_type_data(dump, type_id, data, size, &opts);
	btf_dump__free(dump);
	if (err < 0) { /* a type that libbpf cannot print */
		out->len = 0;
		append_bytes(out, data, size);
	}
	return 0;
}

static bool is_percpu(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return false;
	}
}

static int one_element(struct map_dump *d, loader_map_element_fn fn, void *priv)
{
	u32 stride = ALIGN_UP(d->value_size, 8u);
	int err;

	err = bpf_map_lookup_elem(d->fd, d->key, d->values);
	if (err)
		return err == -ENOENT ? 0 : err; /* gone since it was listed */
	err = to_text(d, bpf_map__btf_key_type_id(d->map), d->key, d->key_size, &d->key_text);
	for (u32 i = 0; i < d->nr_values && !err; i++)
		err = to_text(d, bpf_map__btf_value_type_id(d->map),
			      (const u8 *)d->values + i * stride, d->value_size, &d->texts[i]);
	if (!err)
		fn(priv, d->key_text.buf, d->list, d->nr_values);
	return err;
}

static int all_elements(struct map_dump *d, loader_map_element_fn fn, void *priv)
{
	int err = bpf_map_get_next_key(d->fd, NULL, d->key);

	while (!err) {
		int next = bpf_map_get_next_key(d->fd, d->key, d->next);

		err = one_element(d, fn, priv);
		if (err)
			return err;
		memcpy(d->key, d->next, d->key_size);
		err = next;
	}
	return err == -ENOENT ? 0 : err;
}

static void free_buffers(struct map_dump *d)
{
	for (u32 i = 0; d->texts && i < d->nr_values; i++)
		free(d->texts[i].buf);
	free(d->key_text.buf);
	free(d->texts);
	free(d->list);
	free(d->key);
	free(d->next);
	free(d->values);
}

static int alloc_buffers(struct map_dump *d)
{
	d->key = calloc(1, d->key_size);
	d->next = calloc(1, d->key_size);
	d->values = calloc(d->nr_values, ALIGN_UP(d->value_size, 8u));
	d->texts = calloc(d->nr_values, sizeof(*d->texts));
	d->list = calloc(d->nr_values, sizeof(*d->list));
	d->key_text.buf = malloc(TEXT_MAX);
	if (!d->key || !d->next || !d->values || !d->texts || !d->list || !d->key_text.buf)
		return -ENOMEM;
	for (u32 i = 0; i < d->nr_values; i++) {
		d->list[i] = d->texts[i].buf = malloc(TEXT_MAX);
		if (!d->list[i])
			return -ENOMEM;
	}
	return 0;
}

/* "a, b": the maps of the object that somebody may want to see. */
static void list_maps(struct bpf_object *obj, char *buf, size_t size)
{
	const struct bpf_map *map;
	size_t len = 0;

	buf[0] = '\0';
	bpf_object__for_each_map(map, obj) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS || len >= size)
			continue;
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", bpf_map__name(map));
	}
}

int loader_dump_map(struct loader *l, const char *name, loader_map_element_fn fn, void *priv,
		    struct err_msg *e)
{
	struct map_dump d = { .l = l, .map = bpf_object__find_map_by_name(l->obj, name) };
	struct loader_scope s;
	char names[256];
	int err;

	if (!d.map) {
		list_maps(l->obj, names, sizeof(names));
		return err_set(e, -ENOENT, "the object has no map \"%s\"%s%s", name,
			       names[0] ? ", but " : "", names);
	}
	d.fd = bpf_map__fd(d.map);
	d.key_size = bpf_map__key_size(d.map);
	d.value_size = bpf_map__value_size(d.map);
	d.nr_values = is_percpu(d.map) ? kernel_nr_cpus(l->k) : 1;
	if (!d.key_size || bpf_map__type(d.map) == BPF_MAP_TYPE_STRUCT_OPS)
		return err_set(e, -EOPNOTSUPP, "map %s cannot be listed: it is no map of keys",
			       bpf_map__name(d.map));
	err = alloc_buffers(&d);
	if (!err) {
		loader_enter(&s, l->k);
		err = all_elements(&d, fn, priv);
		loader_leave(&s);
	}
	free_buffers(&d);
	if (err == -EOPNOTSUPP || err == -ENOTSUPP)
		return err_set(e, err, "map %s cannot be listed: its kind has no order of keys",
			       bpf_map__name(d.map));
	return err ? err_set(e, err, "map %s: %s", bpf_map__name(d.map), strerror(-err)) : 0;
}
