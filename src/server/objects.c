/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Descriptors of BPF objects: made, found, mapped, signalled, released. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kobj/ringbuf.h"
#include "server/internal.h"

static struct bpf_map *map_of(const struct object *o)
{
	return o->obj->kind == KOBJ_MAP ? container_of(o->obj, struct bpf_map, obj) : NULL;
}

static bool is_ring(const struct object *o)
{
	const struct bpf_map *map = map_of(o);

	return map && map->map_type == BPF_MAP_TYPE_RINGBUF;
}

static int make_pair(struct object *o, int *theirs)
{
	int pair[2];
	struct stat st;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return -errno;
	if (fstat(pair[1], &st)) {
		int err = -errno;

		close(pair[0]);
		close(pair[1]);
		return err;
	}
	o->fd = pair[0];
	o->ino = st.st_ino;
	*theirs = pair[1];
	return 0;
}

int object_install(void *priv, struct kobj *obj, u32 flags)
{
	struct server *s = ((struct conn *)priv)->s;
	struct object *o = calloc(1, sizeof(*o));
	struct epoll_event ev = { .events = 0, .data.ptr = o }; /* a hang-up comes anyway */
	int fd = -1, err;

	if (!o)
		return -ENOMEM;
	err = make_pair(o, &fd);
	if (err)
		goto out_free;
	if (epoll_ctl(s->objects_epoll, EPOLL_CTL_ADD, o->fd, &ev)) {
		err = -errno;
		goto out_close;
	}
	o->source.kind = SOURCE_OBJECT;
	o->obj = obj;
	o->flags = flags;
	kobj_get_user(obj);
	HASH_ADD(hh, s->objects, ino, sizeof(o->ino), o);
	INIT_LIST_HEAD(&o->ring_node);
	if (is_ring(o)) {
		o->wakeups = ringbuf_wakeups(map_of(o));
		list_add_tail(&o->ring_node, &s->rings);
	}
	if (s->pending_fd >= 0)
		close(s->pending_fd);
	s->pending_fd = fd;
	return 0;

out_close:
	close(o->fd);
	close(fd);
out_free:
	free(o);
	return err;
}

struct object *object_of_fd(struct conn *c, int fd, int *err)
{
	struct object *o = NULL;
	struct stat st;
	char name[16];

	snprintf(name, sizeof(name), "%d", fd);
	if (fd < 0 || fstatat(c->fds, name, &st, 0)) {
		*err = -EBADF;
		return NULL;
	}
	if (S_ISSOCK(st.st_mode))
		HASH_FIND(hh, c->s->objects, &st.st_ino, sizeof(st.st_ino), o);
	if (!o)
		*err = -EINVAL;
	return o;
}

struct kobj *object_get(void *priv, int fd, u32 *flags, int *err)
{
	struct object *o = object_of_fd(priv, fd, err);

	if (!o)
		return NULL;
	if (flags)
		*flags = o->flags;
	return o->obj;
}

static void object_release(struct server *s, struct object *o)
{
	HASH_DEL(s->objects, o);
	list_del_init(&o->ring_node);
	close(o->fd);
	kobj_put_user(o->obj);
	free(o);
}

void objects_reap(struct server *s)
{
	struct epoll_event ev[64];
	int n;

	do {
		n = epoll_wait(s->objects_epoll, ev, ARRAY_SIZE(ev), 0);
		for (int i = 0; i < n; i++)
			object_release(s, ev[i].data.ptr);
	} while (n == ARRAY_SIZE(ev));
}

/* Links first: what they detach may still want its maps and programs. */
void objects_fini(struct server *s)
{
	struct object *o, *tmp;

	for (int pass = 0; pass < 2; pass++)
		HASH_ITER(hh, s->objects, o, tmp)
			if (pass || o->obj->kind == KOBJ_LINK)
				object_release(s, o);
}

/* ---- memory ---- */

static int reopen(int fd, int flags)
{
	char path[32];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = open(path, flags | O_CLOEXEC);
	return ret < 0 ? -errno : ret;
}

/* Of a ring buffer, a client may write the first page only: its own position. */
static int check_ring(const struct bpf_map *map, u64 len, bool writes, u64 offset)
{
	u64 size = 2 * 4096 + 2 * (u64)map->max_entries;

	if (writes && (offset || len > 4096))
		return -EPERM;
	return offset > size || len > size - offset ? -EINVAL : 0;
}

int object_map(struct object *o, u64 len, int prot, u64 offset)
{
	struct bpf_map *map = map_of(o);
	bool writes = prot & PROT_WRITE;
	int err = 0;

	if (!map)
		return -ENODEV;
	if (map->memfd < 0)
		return -ENOTSUPP;
	if (writes && (map->frozen || (o->flags & BPF_F_RDONLY)))
		return -EPERM;
	if (writes && (map->map_flags & BPF_F_RDONLY_PROG) && map->frozen)
		return -EACCES;
	if (is_ring(o)) {
		err = check_ring(map, len, writes, offset);
		if (!err && writes)
			return ringbuf_consumer_fd(map);
	}
	return err ? err : reopen(map->memfd, writes ? O_RDWR : O_RDONLY);
}

/* ---- ring buffers: readable ---- */

static void signal_one(struct object *o)
{
	if (o->signalled)
		return;
	o->signalled = send(o->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

void objects_signal(struct server *s)
{
	struct object *o;

	list_for_each_entry(o, &s->rings, ring_node) {
		u64 wakeups = ringbuf_wakeups(map_of(o));

		if (wakeups == o->wakeups)
			continue;
		o->wakeups = wakeups;
		signal_one(o);
	}
}

bool object_poll(struct object *o)
{
	if (!is_ring(o))
		return false;
	o->signalled = false;
	if (!ringbuf_query(map_of(o), BPF_RB_AVAIL_DATA))
		return false;
	signal_one(o);
	return true;
}

const char *object_link_name(const struct object *o)
{
	switch (o->obj->kind) {
	case KOBJ_MAP:
		return "anon_inode:bpf-map";
	case KOBJ_PROG:
		return "anon_inode:bpf-prog";
	case KOBJ_LINK:
		return "anon_inode:bpf_link";
	default:
		return "anon_inode:btf";
	}
}
