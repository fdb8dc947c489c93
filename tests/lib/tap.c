/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

bool tap_ok(struct tap *t, bool ok, const char *fmt, ...)
{
	va_list ap;

	printf("%s %d - ", ok ? "ok" : "not ok", ++t->nr);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	t->failed += !ok;
	return ok;
}

void tap_skip(struct tap *t, const char *why, const char *fmt, ...)
{
	va_list ap;

	printf("ok %d - ", ++t->nr);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" # SKIP %s\n", why);
}

void tap_note(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* what is not a line of TAP's would fail the test anew, and hide why */
	printf("#   ");
	for (const char *c = text; *c; c++)
		printf(*c == '\n' ? "\n#   " : "%c", *c);
	putchar('\n');
}

void tap_note_text(const char *text, int lines)
{
	while (*text && lines--) {
		int len = (int)strcspn(text, "\n");

		tap_note("%.*s", len, text);
		text += len + (text[len] == '\n');
	}
	if (*text)
		tap_note("...");
}

int tap_done(struct tap *t)
{
	printf("1..%d\n", t->nr);
	return t->failed || !t->nr;
}
