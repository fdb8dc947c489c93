/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The phases that only verifier.c calls. */
#ifndef VERIFIER_MAIN_H
#define VERIFIER_MAIN_H

#include "verifier/internal.h"

/* explain.c: fills result->refusal for the path that has just failed. */
int vrf_note_refusal(struct bpf_verifier_env *env);

int vrf_do_check_main(struct bpf_verifier_env *env);
int vrf_do_check_subprogs(struct bpf_verifier_env *env);

/* fastcall.c, before and after the walk */
int vrf_mark_fastcall_patterns(struct bpf_verifier_env *env);
void vrf_shrink_fastcall_stack(struct bpf_verifier_env *env);

/*
 * The verified program. In: env->insns and what the aux data say of them.
 * Out: env->insns rewritten for exec, with orig_of, line info and subprogram
 * starts in step. Nothing of env->prog changes before vrf_commit().
 */
int vrf_fixup(struct bpf_verifier_env *env);
/* Fills the verified fields of env->prog; -ENOMEM leaves it as it was. */
int vrf_commit(struct bpf_verifier_env *env);

#endif
