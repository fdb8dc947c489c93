/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What was asked for beside the report: virtual files (--show-sysfs) and maps of
 * the object (--dump-map), as they are when the run ends, before the scheduler is
 * detached.
 */
#ifndef CLI_EXTRAS_H
#define CLI_EXTRAS_H

#include <stdio.h>

#include "base/base.h"

struct jsonw;
struct session;

struct extra_file {
	char *path, *text;
};

struct extra_element {
	char *key, **values;
	u32 nr_values; /* one, or one per CPU */
};

struct extra_map {
	const char *name;
	struct extra_element *elements;
	u32 nr_elements;
};

struct extras {
	struct extra_file *files;
	u32 nr_files;
	struct extra_map *maps;
	u32 nr_maps;
	bool failed; /* out of memory on the way */
};

/* Once the object is loaded: can its maps be shown? An exit code. */
int extras_check(struct session *s);
/* Into s->extras. An exit code. */
int extras_collect(struct session *s);
void extras_text(const struct extras *x, FILE *to);
void extras_json(const struct extras *x, struct jsonw *j);
void extras_fini(struct extras *x);

#endif
