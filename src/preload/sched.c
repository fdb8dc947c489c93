/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The thread as a task of the machine: policy, affinity, nice, name; sleeping; CPUs. */
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "preload/preload.h"

/* ---- policy, affinity, nice ---- */

EXPORT int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	struct call c = { .op = WIRE_SETSCHEDULER, .arg = { pid, policy } };

	if (!preload_server())
		return LIBC(sched_setscheduler)(pid, policy, param);
	if (!param)
		return preload_result(-EINVAL);
	c.arg[2] = param->sched_priority;
	return preload_result(preload_call(&c));
}

EXPORT int sched_getscheduler(pid_t pid)
{
	struct call c = { .op = WIRE_GETSCHEDULER, .arg = { pid } };

	if (!preload_server())
		return LIBC(sched_getscheduler)(pid);
	return preload_result(preload_call(&c));
}

EXPORT int sched_getparam(pid_t pid, struct sched_param *param)
{
	struct call c = { .op = WIRE_GETSCHEDULER, .arg = { pid } };
	uint32_t prio = 0;
	int64_t ret;

	if (!preload_server())
		return LIBC(sched_getparam)(pid, param);
	if (!param)
		return preload_result(-EINVAL);
	c.out = &prio;
	c.out_size = sizeof(prio);
	ret = preload_call(&c);
	if (ret >= 0)
		param->sched_priority = prio;
	return preload_result(ret < 0 ? ret : 0);
}

EXPORT int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *mask)
{
	struct call c = { .op = WIRE_SETAFFINITY, .arg = { pid }, .data = mask,
			  .len = size < WIRE_DATA_MAX ? size : WIRE_DATA_MAX };

	if (!preload_server())
		return LIBC(sched_setaffinity)(pid, size, mask);
	return preload_result(preload_call(&c));
}

EXPORT int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *mask)
{
	struct call c = { .op = WIRE_GETAFFINITY, .arg = { pid, size }, .out = mask,
			  .out_size = size };
	int64_t ret;

	if (!preload_server())
		return LIBC(sched_getaffinity)(pid, size, mask);
	ret = preload_call(&c);
	if (ret >= 0)
		memset((char *)mask + c.out_len, 0, size - c.out_len);
	return preload_result(ret);
}

EXPORT int setpriority(__priority_which_t which, id_t who, int nice)
{
	struct call c = { .op = WIRE_SETPRIORITY, .arg = { which, who, nice } };

	if (!preload_server())
		return LIBC(setpriority)(which, who, nice);
	return preload_result(preload_call(&c));
}

EXPORT int getpriority(__priority_which_t which, id_t who)
{
	struct call c = { .op = WIRE_GETPRIORITY, .arg = { which, who } };
	int64_t ret;

	if (!preload_server())
		return LIBC(getpriority)(which, who);
	ret = preload_call(&c);
	return ret < 0 ? preload_result(ret) : 20 - (int)ret;
}

EXPORT int prctl(int option, ...)
{
	unsigned long a[4];
	va_list ap;
	int ret;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	ret = LIBC(prctl)(option, a[0], a[1], a[2], a[3]);
	if (!ret && option == PR_SET_NAME && preload_server())
		preload_tell(WIRE_COMM, 0);
	return ret;
}

/* ---- the machine's CPUs ---- */

static int nr_cpus(enum wire_count what)
{
	struct call c = { .op = WIRE_CPUS, .arg = { what } };
	int64_t ret = preload_call(&c);

	return ret < 1 ? 1 : (int)ret;
}

EXPORT long sysconf(int name)
{
	if (preload_server() && name == _SC_NPROCESSORS_CONF)
		return nr_cpus(WIRE_CPUS_POSSIBLE);
	if (preload_server() && name == _SC_NPROCESSORS_ONLN)
		return nr_cpus(WIRE_CPUS_ONLINE);
	return LIBC(sysconf)(name);
}

EXPORT int get_nprocs(void)
{
	return preload_server() ? nr_cpus(WIRE_CPUS_ONLINE) : LIBC(get_nprocs)();
}

EXPORT int get_nprocs_conf(void)
{
	return preload_server() ? nr_cpus(WIRE_CPUS_POSSIBLE) : LIBC(get_nprocs_conf)();
}

/* ---- sleeping ---- */

static uint64_t to_ns(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * 1000000000 + ts->tv_nsec;
}

static bool valid(const struct timespec *ts)
{
	return ts && ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < 1000000000;
}

/* What @clock shows: the machine's time is its difference to another reading. */
static uint64_t read_clock(clockid_t clock)
{
	uint64_t ns = 0;
	struct call c = { .op = WIRE_NOW, .arg = { clock }, .out = &ns, .out_size = sizeof(ns) };

	preload_call(&c);
	return ns;
}

static bool is_machine_clock(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
	       clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
	       clock == CLOCK_MONOTONIC_COARSE;
}

/* 0, or EINTR with what is left. */
static int sleep_paced(uint64_t ns, struct timespec *left)
{
	uint64_t end = read_clock(CLOCK_MONOTONIC) + ns, now;
	int conn = preload_sleep_begin(ns), err = errno;
	struct pollfd pfd = { .fd = conn, .events = POLLIN };
	bool woken;

	if (conn < 0)
		return EIO;
	woken = LIBC(poll)(&pfd, 1, -1) > 0;
	preload_sleep_end(!woken);
	errno = err;
	if (woken)
		return 0;
	now = read_clock(CLOCK_MONOTONIC);
	if (left) {
		left->tv_sec = now < end ? (end - now) / 1000000000 : 0;
		left->tv_nsec = now < end ? (end - now) % 1000000000 : 0;
	}
	return EINTR;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *req,
			   struct timespec *left)
{
	uint64_t ns, now;
	int ret;

	if (!preload_server() || !valid(req))
		return LIBC(clock_nanosleep)(clock, flags, req, left);
	if (!preload_paced() || !is_machine_clock(clock)) {
		preload_block();
		ret = LIBC(clock_nanosleep)(clock, flags, req, left);
		preload_unblock(false);
		return ret;
	}
	ns = to_ns(req);
	if (!(flags & TIMER_ABSTIME))
		return sleep_paced(ns, left);
	now = read_clock(clock);
	return ns > now ? sleep_paced(ns - now, NULL) : 0;
}

EXPORT int nanosleep(const struct timespec *req, struct timespec *left)
{
	return (int)preload_result(-clock_nanosleep(CLOCK_MONOTONIC, 0, req, left));
}

EXPORT unsigned int sleep(unsigned int seconds)
{
	struct timespec ts = { .tv_sec = seconds }, left = {};

	if (!clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &left))
		return 0;
	return (unsigned int)left.tv_sec + (left.tv_nsec >= 500000000);
}

EXPORT int usleep(useconds_t us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	return nanosleep(&ts, NULL);
}

EXPORT int sched_yield(void)
{
	struct call c = { .op = WIRE_YIELD };

	if (!preload_server())
		return LIBC(sched_yield)();
	preload_call(&c);
	return 0;
}

EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	bool waits = preload_server() && !(options & WNOHANG);
	pid_t ret;

	if (waits)
		preload_block();
	ret = LIBC(wait4)(pid, status, options, usage);
	if (waits)
		preload_unblock(true); /* who has been waited for is gone */
	return ret;
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

EXPORT pid_t wait(int *status)
{
	return wait4(-1, status, 0, NULL);
}

/* ---- clocks, when they are the machine's ---- */

EXPORT int clock_gettime(clockid_t clock, struct timespec *ts)
{
	uint64_t ns;

	if (!preload_paced() || !is_machine_clock(clock))
		return LIBC(clock_gettime)(clock, ts);
	ns = read_clock(clock);
	ts->tv_sec = ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	return 0;
}

EXPORT int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;

	if (!preload_paced())
		return LIBC(gettimeofday)(tv, tz);
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

EXPORT time_t time(time_t *out)
{
	struct timespec ts;

	if (!preload_paced())
		return LIBC(time)(out);
	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

/* ---- randomness, the kernel's name ---- */

EXPORT ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	if (!preload_server())
		return LIBC(getrandom)(buf, len, flags);
	preload_random(buf, len);
	return len;
}

EXPORT int getentropy(void *buf, size_t len)
{
	if (!preload_server())
		return LIBC(getentropy)(buf, len);
	if (len > 256)
		return (int)preload_result(-EIO);
	preload_random(buf, len);
	return 0;
}

EXPORT int uname(struct utsname *u)
{
	struct call c = { .op = WIRE_RELEASE, .out = u->release, .out_size = sizeof(u->release) };
	int ret = LIBC(uname)(u);

	if (!ret && preload_server())
		preload_call(&c);
	return ret;
}
