/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Life of struct vrf_log: between verifier.c and log.c. */
#ifndef VERIFIER_LOG_H
#define VERIFIER_LOG_H

#include "verifier/internal.h"

void vrf_log_begin(struct vrf_log *log, const struct verifier_log *out);
/* What is kept of the text: *len bytes, which a fixed log may have cut. */
const char *vrf_log_kept(const struct vrf_log *log, size_t *len);
/* Gives the text to @out. -ENOMEM: the log could not be kept. */
int vrf_log_finish(struct vrf_log *log, struct verifier_log *out);
void vrf_log_abandon(struct vrf_log *log);

#endif
