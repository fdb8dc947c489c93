# Arithmetic, ranges, and what branches tell about them.

=== constants are known
prog: raw_tp
expect: accept
msg: R0_w=42
	r0 = 40
	r0 += 2
	exit

=== division by an unknown number is fine
prog: raw_tp
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r0 = 10
	r0 /= r2
	exit

=== division by zero as an immediate
prog: raw_tp
expect: reject EINVAL
msg: div by zero
	r0 = 10
	r0 /= 0
	exit

=== a shift by more than the width
prog: raw_tp
expect: reject EINVAL
msg: invalid shift 64
	r0 = 1
	r0 <<= 64
	exit

=== an unknown opcode
prog: raw_tp
expect: reject EINVAL
msg: unknown opcode ff
	raw 0xff 0 0 0 0
	exit

=== a register that was never written
prog: raw_tp
expect: reject EACCES
msg: R2 !read_ok
	r0 = r2
	exit

=== the frame pointer is read only
prog: raw_tp
expect: reject EACCES
msg: frame pointer is read only
	r10 = 5
	r0 = 0
	exit

=== no register beyond R10
prog: raw_tp
expect: reject EINVAL
msg: R11 is invalid
	raw 0xb7 11 0 0 0
	exit

=== a number is no pointer
prog: raw_tp
expect: reject EACCES
msg: R1 invalid mem access 'scalar'
	r1 = 4096
	r0 = *(u64 *)(r1 + 0)
	exit

=== pointers are not multiplied
prog: raw_tp
expect: reject EACCES
msg: R1 pointer arithmetic with *= operator prohibited
	r1 *= 2
	r0 = 0
	exit

=== 32-bit arithmetic on a pointer
prog: raw_tp
expect: reject EACCES
msg: R1 32-bit pointer arithmetic prohibited
	w1 += 4
	r0 = 0
	exit

=== no arithmetic on a pointer that may be NULL
prog: raw_tp
map: h hash 4 8 16
expect: reject EACCES
msg: R0 pointer arithmetic on map_value_or_null prohibited, null-check it first
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	r0 += 4
	r0 = 0
	exit

=== unsigned bounds make an index
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	if r2 > 8 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== one too many
prog: raw_tp
map: arr array 4 16 1
expect: reject EACCES
msg: invalid access to map value, value_size=16 off=9 size=8
msg: R1 max value is outside of the allowed memory range
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	if r2 > 9 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== a signed check alone leaves negative indexes
prog: raw_tp
map: arr array 4 16 1
expect: reject EINVAL
msg: math between map_value pointer and register with unbounded min value is not allowed
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	if r2 s> 8 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== signed checks on both sides
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	if r2 s> 8 goto out
	if r2 s< 0 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== no bound at all
prog: raw_tp
map: arr array 4 16 1
expect: reject EINVAL
msg: math between map_value pointer and register with unbounded min value is not allowed
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
	r0 = 0
	exit

=== an unsigned number without an upper bound
prog: raw_tp
map: arr array 4 16 1
expect: reject EACCES
msg: R1 unbounded memory access, make sure to bounds check any such access
	r2 = *(u32 *)(r1 + 0)
	r1 = value arr
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
	r0 = 0
	exit

=== a mask bounds
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	r2 &= 8
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
	exit

=== a remainder is not tracked
prog: raw_tp
map: arr array 4 16 1
expect: reject EINVAL
msg: unbounded
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	r2 %= 8
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
	exit

=== a right shift bounds
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	r2 >>= 61
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
	exit

=== a 32-bit comparison bounds a 32-bit number
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u32 *)(r1 + 0)
	r1 = value arr
	if w2 > 8 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== a copy shares what is learnt
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r3 = r2
	r1 = value arr
	if r3 > 8 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== a copy that has changed does not
prog: raw_tp
map: arr array 4 16 1
expect: reject EINVAL
msg: unbounded
	r2 = *(u64 *)(r1 + 0)
	r3 = r2
	r3 >>= 1
	r1 = value arr
	if r3 > 8 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== a byte load is a byte
prog: raw_tp
map: arr array 4 256 1
expect: accept
	r1 = value arr
	r2 = *(u8 *)(r1 + 0)
	r1 += r2
	r0 = *(u8 *)(r1 + 0)
	exit

=== a sign-extending byte load is not
prog: raw_tp
map: arr array 4 256 1
expect: reject EACCES
msg: R1 min value is negative
	r1 = value arr
	r2 = *(s8 *)(r1 + 0)
	r1 += r2
	r0 = *(u8 *)(r1 + 0)
	exit

=== a sign-extending move
prog: raw_tp
expect: accept
msg: R0_w=-1
	r1 = 255
	r0 = (s8)r1
	exit

=== a branch that is never taken is not checked
prog: raw_tp
expect: accept
	r0 = 5
	if r0 == 5 goto out
	r0 = *(u64 *)(r9 + 0)
out:
	r0 = 0
	exit

=== equal to a constant
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r1 = value arr
	if r2 != 8 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== JSET tells which bits are clear
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r2 = *(u8 *)(r1 + 0)
	r1 = value arr
	if r2 & 248 goto out
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
out:
	r0 = 0
	exit

=== subtracting pointers gives a number
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r1 = value arr
	r2 = value arr 8
	r2 -= r1
	r0 = r2
	exit

=== adding pointers
prog: raw_tp
map: arr array 4 16 1
expect: reject EACCES
msg: R1 pointer += pointer prohibited
	r1 = value arr
	r2 = value arr
	r1 += r2
	r0 = 0
	exit

=== byte swaps lose the range
prog: raw_tp
map: arr array 4 16 1
expect: reject EINVAL
msg: math between map_value pointer and register with unbounded min value is not allowed
	r1 = value arr
	r2 = *(u8 *)(r1 + 0)
	r2 = be16 r2
	r1 += r2
	r0 = *(u8 *)(r1 + 0)
	exit
