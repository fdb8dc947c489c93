/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What TAP drivers share: numbered results on stdout, the plan at the end. A
 * line of tap_note() belongs to the result that follows it.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>

struct tap {
	int nr, failed;
};

/* Prints "ok"/"not ok"; returns @ok. */
bool tap_ok(struct tap *t, bool ok, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void tap_skip(struct tap *t, const char *why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* @text with each line as a note; at most @lines of them. */
void tap_note_text(const char *text, int lines);
/* The plan; the program's exit status. */
int tap_done(struct tap *t);

#endif
