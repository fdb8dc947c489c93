/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"

#define NSEC_PER_SEC 1000000000ULL

void cli_verror(FILE *to, const char *fmt, va_list ap)
{
	if (!to) {
		fflush(stdout);
		fputs("scxlab: ", stderr);
	}
	vfprintf(to ?: stderr, fmt, ap);
	fputc('\n', to ?: stderr);
}

int cli_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cli_verror(NULL, fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

int cli_failed(const char *what, int err, const struct err_msg *e)
{
	if (e && e->text[0])
		return cli_error("%.*s", (int)strcspn(e->text, "\n"), e->text);
	return cli_error("%s: %s", what, strerror(-err));
}

int cli_finish(int code)
{
	if (fflush(stdout) || ferror(stdout)) {
		cli_error("cannot write to standard output: %m");
		return code == CLI_FINE ? CLI_FAILED : code;
	}
	return code;
}

static u64 unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		u64 ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", NSEC_PER_SEC },
		{ "", NSEC_PER_SEC },
		{ "m", 60 * NSEC_PER_SEC },
		{ "min", 60 * NSEC_PER_SEC },
		{ "h", 3600 * NSEC_PER_SEC },
	};

	while (*unit == ' ')
		unit++;
	for (u32 i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].name, unit))
			return units[i].ns;
	return 0;
}

int cli_parse_duration(const char *text, struct err_msg *e, u64 *ns)
{
	const char *p = text;
	u64 whole = 0, unit, part, scale;
	__uint128_t sum;

	if (!isdigit((unsigned char)*p))
		goto bad;
	for (; isdigit((unsigned char)*p); p++) {
		if (whole > UINT64_MAX / 20)
			goto bad;
		whole = whole * 10 + (*p - '0');
	}
	part = 0;
	scale = 1;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++) {
			if (scale < NSEC_PER_SEC) {
				part = part * 10 + (*p - '0');
				scale *= 10;
			}
		}
	unit = unit_ns(p);
	if (!unit)
		goto bad;
	sum = (__uint128_t)whole * unit + (__uint128_t)part * unit / scale;
	if (!sum || sum > INT64_MAX)
		goto bad;
	*ns = sum;
	return 0;
bad:
	return err_set(e, -EINVAL,
		       "\"%s\" is no duration: a positive number of seconds, or one of ns, us, ms, "
		       "s, m or h",
		       text);
}

int cli_parse_u64(const char *text, u64 min, u64 max, struct err_msg *e, u64 *out)
{
	char *end;
	u64 n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || errno || n < min || n > max)
		return err_set(e, -EINVAL, "\"%s\" is not a number in %llu..%llu", text,
			       (unsigned long long)min, (unsigned long long)max);
	*out = n;
	return 0;
}

int cli_read_file(const char *path, struct err_msg *e, char **data, size_t *len)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	size_t cap = 0, n = 0;
	char *buf = NULL;
	int err = 0;

	if (!f)
		return err_set(e, -errno, "%s: %m", path);
	for (;;) {
		if (n + 1 >= cap) {
			char *more = realloc(buf, cap = cap ? 2 * cap : 4096);

			if (!more) {
				err = err_set(e, -ENOMEM, "%s: out of memory", path);
				break;
			}
			buf = more;
		}
		n += fread(buf + n, 1, cap - n - 1, f);
		if (ferror(f)) {
			err = err_set(e, -errno, "%s: %m", path);
			break;
		}
		if (feof(f))
			break;
	}
	if (f != stdin)
		fclose(f);
	if (err) {
		free(buf);
		return err;
	}
	buf[n] = '\0';
	*data = buf;
	*len = n;
	return 0;
}

u64 cli_wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}
