# The stack: slots, spills, what has been written.

=== written, then read
prog: raw_tp
expect: accept
	*(u64 *)(r10 - 8) = 7
	r0 = *(u64 *)(r10 - 8)
	exit

=== never written: an unprivileged program may not read it
prog: socket unpriv
expect: reject EACCES
msg: invalid read from stack
	r0 = *(u64 *)(r10 - 8)
	exit

=== never written: a privileged program may
prog: raw_tp
expect: accept
	r0 = *(u64 *)(r10 - 8)
	exit

=== below the stack
prog: raw_tp
expect: reject EACCES
msg: invalid write to stack R10 off=-520 size=8
	*(u64 *)(r10 - 520) = 0
	r0 = 0
	exit

=== above the stack
prog: raw_tp
expect: reject EACCES
msg: invalid read from stack R10 off=0 size=8
	r0 = *(u64 *)(r10 + 0)
	exit

=== across its end
prog: raw_tp strict
expect: reject EACCES
msg: misaligned stack access off 0+0+-4 size 8
	r0 = *(u64 *)(r10 - 4)
	exit

=== unaligned
prog: raw_tp
expect: reject EACCES
msg: misaligned stack access off 0+0+-9 size 8
	*(u64 *)(r10 - 9) = 0
	r0 = 0
	exit

=== a pointer survives the stack
prog: raw_tp
expect: accept
	*(u64 *)(r10 - 8) = r1
	r2 = *(u64 *)(r10 - 8)
	r0 = *(u64 *)(r2 + 0)
	exit

=== half a pointer does not
prog: raw_tp
expect: reject EACCES
msg: invalid size of register fill
	*(u64 *)(r10 - 8) = r1
	r0 = *(u32 *)(r10 - 8)
	exit

=== a pointer is not stored in part
prog: raw_tp
expect: reject EACCES
msg: invalid size of register spill
	*(u32 *)(r10 - 8) = r1
	r0 = 0
	exit

=== a byte over a spilled pointer makes it data
prog: raw_tp
expect: reject EACCES
msg: R2 invalid mem access 'scalar'
	*(u64 *)(r10 - 8) = r1
	*(u8 *)(r10 - 8) = 0
	r2 = *(u64 *)(r10 - 8)
	r0 = *(u64 *)(r2 + 0)
	exit

=== a spilled number keeps its range
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r2 &= 8
	*(u64 *)(r10 - 8) = r2
	r1 = value arr
	r3 = *(u64 *)(r10 - 8)
	r1 += r3
	r0 = *(u64 *)(r1 + 0)
	exit

=== its lower half does, too
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r2 &= 8
	*(u64 *)(r10 - 8) = r2
	r1 = value arr
	r3 = *(u32 *)(r10 - 8)
	r1 += r3
	r0 = *(u64 *)(r1 + 0)
	exit

=== what is learnt of the register holds for its spill
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	*(u64 *)(r10 - 8) = r2
	r1 = value arr
	if r2 > 8 goto out
	r3 = *(u64 *)(r10 - 8)
	r1 += r3
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== zeroes are known byte by byte
prog: raw_tp
expect: accept
msg: R0_w=0
	*(u32 *)(r10 - 4) = 0
	r0 = *(u16 *)(r10 - 4)
	exit

=== a variable offset that stays inside
prog: raw_tp
expect: accept
	*(u64 *)(r10 - 16) = 1
	*(u64 *)(r10 - 8) = 2
	r2 = *(u64 *)(r1 + 0)
	r2 &= 8
	r3 = r10
	r3 += -16
	r3 += r2
	r0 = *(u64 *)(r3 + 0)
	exit

=== a variable offset that may leave it
prog: raw_tp
expect: reject EINVAL
msg: invalid variable-offset read from stack R3 var_off=
	*(u64 *)(r10 - 8) = 2
	r2 = *(u64 *)(r1 + 0)
	r2 &= 8
	r3 = r10
	r3 += -8
	r3 += r2
	r0 = *(u64 *)(r3 + 0)
	exit

=== a store at a variable offset destroys spilled pointers
prog: raw_tp
expect: reject EACCES
msg: R4 invalid mem access 'scalar'
	*(u64 *)(r10 - 16) = r1
	*(u64 *)(r10 - 8) = 0
	r2 = *(u64 *)(r1 + 0)
	r2 &= 8
	r3 = r10
	r3 += -16
	r3 += r2
	*(u64 *)(r3 + 0) = 0
	r4 = *(u64 *)(r10 - 16)
	r0 = *(u64 *)(r4 + 0)
	exit

=== a helper's buffer that is only half initialized
prog: socket unpriv
map: h hash 8 8 16
expect: reject EACCES
msg: invalid indirect read from stack R2 off -8+4 size 8
	*(u32 *)(r10 - 8) = 0
	r2 = r10
	r2 += -8
	r1 = map h
	call map_lookup_elem
	r0 = 0
	exit

=== a helper's buffer beyond the stack
prog: raw_tp
map: h hash 8 8 16
expect: reject EINVAL
msg: invalid indirect access to stack R2 off=-4 size=8
	*(u64 *)(r10 - 8) = 0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	r0 = 0
	exit

=== a helper that fills memory makes it initialized
prog: raw_tp
expect: accept
	r1 = r10
	r1 += -16
	r2 = 16
	r3 = 0
	call probe_read_kernel
	r0 = *(u64 *)(r10 - 8)
	exit

=== atomics on the stack
prog: raw_tp
expect: accept
	*(u64 *)(r10 - 8) = 1
	r2 = 5
	lock *(u64 *)(r10 - 8) += r2
	r2 = fetch *(u64 *)(r10 - 8) |= r2
	r0 = 1
	r0 = cmpxchg *(u64 *)(r10 - 8) r0 r2
	r0 = 0
	exit

=== atomics on the context
prog: syscall
expect: reject EACCES
msg: BPF_ATOMIC stores into R1 ctx is not allowed
	r2 = 5
	lock *(u64 *)(r1 + 0) += r2
	r0 = 0
	exit

=== atomics of a byte
prog: raw_tp
expect: reject EINVAL
msg: unknown opcode d3
	*(u64 *)(r10 - 8) = 1
	r2 = 5
	raw 0xd3 10 2 -8 0
	r0 = 0
	exit

=== a fill that extends the sign is no copy of what was spilled
# r8 in [1 << 31, 1 << 32) says nothing of r7, whose upper half is ones then
prog: socket
map: a array 4 8 1
expect: reject EACCES
msg: R0 min value is negative
	*(u32 *)(r10 - 12) = 0
	call get_prandom_u32
	w8 = w0
	*(u32 *)(r10 - 8) = r8
	r7 = *(s32 *)(r10 - 8)
	r1 = map a
	r2 = r10
	r2 += -12
	call map_lookup_elem
	if r0 == 0 goto out
	r1 = 0x7fffffff ll
	if r8 <= r1 goto out
	r7 s>>= 32
	r0 += r7
	r0 = *(u8 *)(r0 + 0)
out:
	r0 = 0
	exit
