# Helpers, and the program's own functions.

=== a helper that does not exist
prog: raw_tp
expect: reject EINVAL
msg: invalid func unknown#1234
	call helper#1234
	r0 = 0
	exit

=== a helper that this program may not call
prog: struct_ops enqueue
expect: reject EINVAL
msg: program of this type cannot use helper bpf_skb_load_bytes#26
	call helper#26
	exit

=== a helper of sched_ext
prog: struct_ops enqueue
map: ts task_storage 4 plain 0
expect: accept
	r6 = *(u64 *)(r1 + 0)
	r1 = map ts
	r2 = r6
	r3 = 0
	r4 = 0
	call task_storage_get
	if r0 == 0 goto out
	*(u64 *)(r0 + 0) = 1
out:
	exit

=== a helper of sched_ext that takes NULL
prog: struct_ops dispatch
map: ts task_storage 4 plain 0
expect: accept
	r6 = *(u64 *)(r1 + 8)
	r1 = map ts
	r2 = r6
	r3 = 0
	r4 = 0
	call task_storage_get
	exit

=== a GPL helper in another program
prog: kprobe no-gpl
expect: reject EINVAL
msg: cannot call GPL-restricted function from non-GPL compatible program
	r1 = r10
	r1 += -8
	r2 = 8
	r3 = 0
	call probe_read_kernel
	r0 = 0
	exit

=== R1 to R5 do not survive a call
prog: raw_tp
expect: reject EACCES
msg: R1 !read_ok
	call ktime_get_ns
	r0 = r1
	exit

=== R6 to R9 do
prog: raw_tp
expect: accept
	r6 = r1
	call ktime_get_ns
	r0 = *(u64 *)(r6 + 0)
	exit

=== a size that may be negative
prog: raw_tp
expect: reject EACCES
msg: R2 min value is negative, either use unsigned or 'var &= const'
	r2 = *(u64 *)(r1 + 0)
	r1 = r10
	r1 += -8
	r3 = 0
	call probe_read_kernel
	r0 = 0
	exit

=== a size without a bound
prog: raw_tp
expect: reject EACCES
msg: R2 unbounded memory access, use 'var &= const' or 'if (var < const)'
	r2 = *(u32 *)(r1 + 0)
	r1 = r10
	r1 += -8
	r3 = 0
	call probe_read_kernel
	r0 = 0
	exit

=== a size within the buffer
prog: raw_tp
expect: accept
	*(u64 *)(r10 - 8) = 0
	r2 = *(u64 *)(r1 + 0)
	r2 &= 7
	r1 = r10
	r1 += -8
	r3 = 0
	call probe_read_kernel
	r0 = 0
	exit

=== a function is called
prog: raw_tp
expect: accept
	r1 = 2
	call twice
	exit
fn twice 1
	r0 = r1
	r0 += r1
	exit

=== its result is known
prog: raw_tp
map: arr array 4 16 1
expect: accept
	r1 = 4
	call twice
	r1 = value arr
	r1 += r0
	r0 = *(u64 *)(r1 + 0)
	exit
fn twice 1
	r0 = r1
	r0 += r1
	exit

=== a pointer is passed
prog: raw_tp
map: arr array 4 16 1
expect: reject EACCES
msg: invalid access to map value, value_size=16 off=16 size=8
	r1 = value arr
	call get
	r0 = 0
	exit
fn get 1
	r0 = *(u64 *)(r1 + 16)
	exit

=== the caller's stack is passed
prog: raw_tp
expect: accept
	r1 = r10
	r1 += -8
	call set
	r0 = *(u64 *)(r10 - 8)
	exit
fn set 1
	*(u64 *)(r1 + 0) = 1
	r0 = 0
	exit

=== the callee's stack is not returned
prog: raw_tp
expect: reject EINVAL
msg: cannot return stack pointer to the caller
	call get
	r0 = 0
	exit
fn get 0
	r0 = r10
	r0 += -8
	exit

=== a function that calls itself
prog: raw_tp
expect: reject E2BIG
msg: the call stack of 9 frames is too deep
	call again
	r0 = 0
	exit
fn again 0
	call again
	r0 = 0
	exit

=== too deep
prog: raw_tp
expect: reject E2BIG
msg: the call stack of 9 frames is too deep
	call f1
	r0 = 0
	exit
fn f1 0
	call f2
	exit
fn f2 0
	call f3
	exit
fn f3 0
	call f4
	exit
fn f4 0
	call f5
	exit
fn f5 0
	call f6
	exit
fn f6 0
	call f7
	exit
fn f7 0
	call f8
	exit
fn f8 0
	r0 = 0
	exit

=== too much stack together
prog: raw_tp
expect: reject EACCES
msg: combined stack size of 2 calls is
	*(u64 *)(r10 - 400) = 0
	call f
	r0 = 0
	exit
fn f 0
	*(u64 *)(r10 - 200) = 0
	r0 = 0
	exit

=== a global function is checked on its own
prog: raw_tp
expect: accept
msg: Func#1 ('f') is global and assumed valid.
	r1 = 5
	call f
	r0 = 0
	exit
global fn f 1
	r0 = r1
	exit

=== a global function knows nothing of its caller
prog: raw_tp
map: arr array 4 16 1
expect: reject EACCES
msg: unbounded
	r1 = 8
	call f
	r0 = 0
	exit
global fn f 1
	r2 = value arr
	w1 = w1
	r2 += r1
	r0 = *(u64 *)(r2 + 0)
	r0 = 0
	exit

=== a function must set R0 that its caller reads
prog: raw_tp
expect: reject EACCES
msg: R0 !read_ok
	call f
	r0 += 1
	exit
fn f 0
	exit

=== a jump into another function
prog: raw_tp
expect: reject EINVAL
msg: jump out of range from insn
	if r1 == 0 goto inside
	call f
	exit
fn f 0
	r0 = 0
inside:
	r0 = 0
	exit

=== references go back to the caller
prog: struct_ops enqueue
expect: accept
	call make
	if r0 == 0 goto out
	r1 = r0
	call bpf_cpumask_release
out:
	exit
fn make 0
	call bpf_cpumask_create
	exit

=== references that a caller forgets
prog: struct_ops enqueue
expect: reject EINVAL
msg: Unreleased reference id=
	call make
	exit
fn make 0
	call bpf_cpumask_create
	exit

=== a callback must be a static function
prog: raw_tp
expect: reject EINVAL
msg: callback function not static
	r1 = 10
	r2 = func body
	r3 = 0
	r4 = 0
	call loop
	r0 = 0
	exit
global fn body 2
	r0 = 0
	exit

=== a tail call needs a program array
prog: raw_tp
map: arr array 4 4 4
expect: reject EINVAL
msg: kernel subsystem misconfigured verifier
	r2 = map arr
	r3 = 0
	call tail_call
	r0 = 0
	exit

=== bpf_get_smp_processor_id() is a CPU of this machine
prog: raw_tp
map: per_cpu array 4 32 1
expect: accept
	call get_smp_processor_id
	r0 <<= 3
	r1 = value per_cpu
	r1 += r0
	r0 = *(u64 *)(r1 + 0)
	exit

=== it has no more CPUs
prog: raw_tp
map: per_cpu array 4 24 1
expect: reject EACCES
msg: invalid access to map value, value_size=24 off=24 size=8
	call get_smp_processor_id
	r0 <<= 3
	r1 = value per_cpu
	r1 += r0
	r0 = *(u64 *)(r1 + 0)
	exit

=== the format of bpf_snprintf
prog: raw_tp
map: fmt array 4 16 1 rdonly frozen text=%d
expect: accept
	*(u64 *)(r10 - 8) = 1
	r1 = r10
	r1 += -24
	r2 = 16
	r3 = value fmt
	r4 = r10
	r4 += -8
	r5 = 8
	call snprintf
	r0 = 0
	exit

=== the format of bpf_snprintf: too few arguments
prog: raw_tp
map: fmt array 4 16 1 rdonly frozen text=%d:%d
expect: reject EINVAL
msg: Invalid format string
	*(u64 *)(r10 - 8) = 1
	r1 = r10
	r1 += -24
	r2 = 16
	r3 = value fmt
	r4 = r10
	r4 += -8
	r5 = 8
	call snprintf
	r0 = 0
	exit

=== the format of bpf_snprintf: an unknown conversion
prog: raw_tp
map: fmt array 4 16 1 rdonly frozen text=%y
expect: reject EINVAL
msg: Invalid format string
	*(u64 *)(r10 - 8) = 1
	r1 = r10
	r1 += -24
	r2 = 16
	r3 = value fmt
	r4 = r10
	r4 += -8
	r5 = 8
	call snprintf
	r0 = 0
	exit
