/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A struct_ops of another subsystem, which has nothing to do with scheduling: its
 * programs are the callers "<other struct_ops>" of the matrices. Its types come to
 * the kernel BTF as an embedder's do, from the object file of foreign.c.
 */
#ifndef TESTS_SCX_FOREIGN_H
#define TESTS_SCX_FOREIGN_H

struct foreign_ops {
	void (*act)(void);
	void (*act_asleep)(void); /* may be sleepable */
};

#endif
