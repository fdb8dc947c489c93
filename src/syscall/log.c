/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "syscall/impl.h"

int sys_check_log(u32 level, u64 buf, u32 size)
{
	if (!!buf != !!size || (buf && !level) || (level & ~(u32)BPF_LOG_MASK) ||
	    size > UINT32_MAX >> 2)
		return -EINVAL;
	return 0;
}

int sys_copy_log(struct sys_call *s, u32 level, u64 buf, u32 size, const char *text, u64 len)
{
	bool fits = len < size;
	u64 n = fits ? len : size - 1;
	int err;

	if (!buf)
		return 0;
	if (!fits && !(level & BPF_LOG_FIXED))
		text += len - n;
	err = sys_write(s, buf, text, n);
	if (!err)
		err = sys_write(s, buf + n, "", 1);
	if (err)
		return -EFAULT;
	return fits ? 0 : -ENOSPC;
}
