# Loops: bounded ones, may_goto, bpf_loop().

=== a counted loop
prog: raw_tp
expect: accept
	r6 = 0
again:
	r6 += 1
	if r6 < 100 goto again
	r0 = 0
	exit

=== the counter bounds an index
prog: raw_tp
map: arr array 4 80 1
expect: accept
	r1 = value arr
	r6 = 0
again:
	*(u64 *)(r1 + 0) = 0
	r1 += 8
	r6 += 1
	if r6 < 10 goto again
	r0 = 0
	exit

=== one round too many
prog: raw_tp
map: arr array 4 80 1
expect: reject EACCES
msg: invalid access to map value, value_size=80 off=80 size=8
	r1 = value arr
	r6 = 0
again:
	*(u64 *)(r1 + 0) = 0
	r1 += 8
	r6 += 1
	if r6 < 11 goto again
	r0 = 0
	exit

=== nothing changes
prog: raw_tp
expect: reject EINVAL
msg: infinite loop detected
	r6 = *(u64 *)(r1 + 0)
again:
	r7 = 1
	if r6 != 0 goto again
	r0 = 0
	exit

=== nested loops
prog: raw_tp
expect: accept
	r6 = 0
outer:
	r7 = 0
inner:
	r7 += 1
	if r7 < 10 goto inner
	r6 += 1
	if r6 < 10 goto outer
	r0 = 0
	exit

=== may_goto ends what would not
prog: raw_tp
expect: accept
	r6 = *(u64 *)(r1 + 0)
again:
	may_goto out
	if r6 != 0 goto again
out:
	r0 = 0
	exit

=== bpf_loop calls back
prog: raw_tp
expect: accept
	*(u64 *)(r10 - 8) = 0
	r1 = 100
	r2 = func body
	r3 = r10
	r3 += -8
	r4 = 0
	call loop
	r0 = 0
	exit
fn body 2
	r1 = *(u64 *)(r2 + 0)
	r1 += 1
	*(u64 *)(r2 + 0) = r1
	r0 = 0
	exit

=== bpf_loop: the callback returns 0 or 1
prog: raw_tp
expect: reject EINVAL
msg: At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]
	r1 = 100
	r2 = func body
	r3 = 0
	r4 = 0
	call loop
	r0 = 0
	exit
fn body 2
	r0 = 2
	exit

=== bpf_loop: the callback is checked for its second round
prog: raw_tp
map: arr array 4 80 1
expect: reject EACCES
msg: invalid access to map value
	r6 = value arr
	*(u64 *)(r10 - 8) = r6
	r1 = 100
	r2 = func body
	r3 = r10
	r3 += -8
	r4 = 0
	call loop
	r0 = 0
	exit
fn body 2
	r1 = *(u64 *)(r2 + 0)
	*(u64 *)(r1 + 0) = 1
	r1 += 8
	*(u64 *)(r2 + 0) = r1
	r0 = 0
	exit

=== a jump out of the program
prog: raw_tp
expect: reject EINVAL
msg: jump out of range from insn 0 to 101
	raw 0x05 0 0 100 0
	r0 = 0
	exit

=== code that is never reached
prog: raw_tp
expect: reject EINVAL
msg: unreachable insn 1
	goto out
	r1 = 1
out:
	r0 = 0
	exit

=== a program without an end
prog: raw_tp
expect: reject EINVAL
msg: last insn is not an exit or jmp
	r0 = 0
