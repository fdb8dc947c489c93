/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "loader/internal.h"

/*
 * libbpf has one print callback per process and passes it no context, so what
 * belongs to a call is found through the thread.
 */
static _Thread_local struct loader_scope *scope;
static _Thread_local struct loader_messages messages;

void loader_set_messages(const struct loader_messages *msgs)
{
	messages = msgs ? *msgs : (struct loader_messages){};
}

/* Keeps the newest text: old warnings are cut off at a line's end. */
static void remember(struct loader_scope *s, const char *text)
{
	size_t have = strlen(s->warnings), add = strlen(text);

	if (add >= sizeof(s->warnings)) {
		text += add - sizeof(s->warnings) + 1;
		add = sizeof(s->warnings) - 1;
	}
	if (have + add >= sizeof(s->warnings)) {
		size_t drop = have + add - sizeof(s->warnings) + 1;
		char *line_end = strchr(s->warnings + drop - 1, '\n');

		drop = line_end ? (size_t)(line_end + 1 - s->warnings) : have;
		memmove(s->warnings, s->warnings + drop, have - drop + 1);
		have -= drop;
	}
	memcpy(s->warnings + have, text, add + 1);
}

/* "R0 invalid mem access 'scalar' (x.bpf.c:12)", of a log in libbpf's frame. */
static void remember_refusal(struct loader_scope *s, const char *log)
{
	const char *line = log, *reason = NULL, *source = NULL;
	int len = 0, source_len = 0;

	for (const char *next; *line && strncmp(line, "processed ", 10); line = next) {
		int n = strcspn(line, "\n");
		const char *at = line[0] == ';' ? strstr(line, " @ ") : NULL;

		next = line + n + !!line[n];
		if (at && at < line + n) {
			source = at + 3;
			source_len = line + n - source;
		} else if (n && line[n - 1] != '-') {
			reason = line;
			len = n;
		}
	}
	if (!reason)
		return;
	snprintf(s->refusal, sizeof(s->refusal), "%.*s%s%.*s%s", min(len, 220), reason,
		 source ? " (" : "", min(source_len, 70), source ?: "", source ? ")" : "");
}

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text;

	/* The verifier's log comes in one piece, of any length. */
	if (!scope || vasprintf(&text, fmt, ap) < 0)
		return 0;
	if (level == LIBBPF_WARN && !strstr(text, "PROG LOAD LOG"))
		remember(scope, text);
	if (strstr(text, "BEGIN PROG LOAD LOG"))
		remember_refusal(scope, text);
	if (messages.print && !scope->quiet)
		messages.print(messages.priv, level, text);
	free(text);
	return 0;
}

void loader_enter(struct loader_scope *s, struct kernel *k)
{
	s->warnings[0] = s->refusal[0] = '\0';
	s->quiet = false;
	s->prev = shim_bind(k);
	s->outer = scope;
	scope = s;
	libbpf_set_print(on_print);
}

void loader_leave(struct loader_scope *s)
{
	scope = s->outer;
	shim_bind(s->prev);
}

int loader_error(struct loader_scope *s, struct err_msg *e, int err, const char *what)
{
	size_t len = strlen(s->warnings);
	char why[80];

	libbpf_strerror(err, why, sizeof(why)); /* knows libbpf's own errors too */
	if (len && s->warnings[len - 1] == '\n')
		s->warnings[len - 1] = '\0';
	return err_set(e, err, "%s: %s%s%s", what, why, s->warnings[0] ? "\n" : "",
		       s->warnings);
}
