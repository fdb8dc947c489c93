# Contexts: what R1 gives, by type of program.

=== struct_ops: the arguments of the callback
prog: struct_ops enqueue
expect: accept
msg: func 'enqueue' arg0 has btf_id
msg: type STRUCT 'task_struct'
	r6 = *(u64 *)(r1 + 8)
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u32 *)(r1 + task_struct.pid)
	exit

=== struct_ops: a scalar argument in its own width
prog: struct_ops dispatch
expect: accept
	r6 = *(u32 *)(r1 + 0)
	exit

=== struct_ops: a pointer argument must be read whole
prog: struct_ops enqueue
expect: reject EACCES
msg: func 'enqueue' size 4 must be 8
msg: invalid bpf_context access off=0 size=4
	r1 = *(u32 *)(r1 + 0)
	exit

=== struct_ops: an argument is not split
prog: struct_ops dispatch
expect: reject EACCES
msg: func 'dispatch' offset 4 is not multiple of 8
	r1 = *(u32 *)(r1 + 4)
	exit

=== struct_ops: the context is not written
prog: struct_ops enqueue
expect: reject EACCES
msg: invalid bpf_context access off=8 size=8
	*(u64 *)(r1 + 8) = 0
	exit

=== struct_ops: no negative offset
prog: struct_ops enqueue
expect: reject EACCES
msg: invalid bpf_context access off=-8 size=8
	r1 = *(u64 *)(r1 - 8)
	exit

=== struct_ops: no modified context pointer
prog: struct_ops enqueue
expect: reject EACCES
msg: dereference of modified ctx ptr R1 off=8 disallowed
	r1 += 8
	r1 = *(u64 *)(r1 + 0)
	exit

=== struct_ops: no variable offset into the context
prog: struct_ops dispatch
expect: reject EACCES
msg: variable ctx access var_off=
	r2 = *(u32 *)(r1 + 0)
	r2 &= 8
	r1 += r2
	r1 = *(u64 *)(r1 + 0)
	exit

=== struct_ops: an argument that may be NULL
prog: struct_ops dispatch
expect: reject EACCES
msg: R1 invalid mem access 'trusted_ptr_or_null_'
	r1 = *(u64 *)(r1 + 8)
	r0 = *(u32 *)(r1 + task_struct.pid)
	exit

=== struct_ops: an argument that may be NULL, checked
prog: struct_ops dispatch
expect: accept
	r1 = *(u64 *)(r1 + 8)
	if r1 == 0 goto out
	r0 = *(u32 *)(r1 + task_struct.pid)
out:
	exit

=== struct_ops: a callback that returns nothing need not set R0
prog: struct_ops enqueue
expect: accept
	exit

=== struct_ops: a callback that returns a value must set R0
prog: struct_ops select_cpu
expect: reject EACCES
msg: R0 !read_ok
	exit

=== struct_ops: a sleepable program where the callback may sleep
prog: struct_ops init sleepable
expect: accept
	r0 = 0
	exit

=== struct_ops: a sleepable program where it may not
prog: struct_ops enqueue sleepable
expect: reject EINVAL
msg: attach to unsupported member enqueue of struct sched_ext_ops
	exit

=== struct_ops: a member that is no function
prog: struct_ops flags
expect: reject EINVAL
msg: attach to invalid member flags(@idx
	exit

=== struct_ops: only under the GPL
prog: struct_ops enqueue no-gpl
expect: reject EINVAL
msg: struct ops programs must have a GPL compatible license
	exit

=== fentry: untrusted arguments
prog: fentry scx_bpf_task_running
expect: accept
	r1 = *(u64 *)(r1 + 0)
	r2 = *(u32 *)(r1 + task_struct.pid)
	r0 = 0
	exit

=== fentry: must return 0
prog: fentry scx_bpf_task_running
expect: reject EINVAL
msg: At program exit the register R0 has smin=1 smax=1 should have been in [0, 0]
	r0 = 1
	exit

=== syscall: plain memory, read and written
prog: syscall
expect: accept
	r2 = *(u32 *)(r1 + 4)
	*(u64 *)(r1 + 8) = r2
	r0 = 0
	exit

=== raw_tp: arguments are numbers
prog: raw_tp
expect: reject EACCES
msg: R1 invalid mem access 'scalar'
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u64 *)(r1 + 0)
	exit

=== tracepoint: the first eight bytes are the kernel's
prog: tp
expect: reject EACCES
msg: invalid bpf_context access off=0 size=8
	r0 = *(u64 *)(r1 + 0)
	exit

=== kprobe: registers
prog: kprobe
expect: accept
	r0 = *(u64 *)(r1 + 160)
	exit

=== kprobe: behind the registers
prog: kprobe
expect: reject EACCES
msg: invalid bpf_context access off=168 size=8
	r0 = *(u64 *)(r1 + 168)
	exit

=== socket filter: fields of its packet
prog: socket
expect: accept
	r0 = *(u32 *)(r1 + 0)
	r2 = *(u8 *)(r1 + 1)
	*(u32 *)(r1 + 48) = r2
	exit

=== socket filter: no access to the packet itself
prog: socket
expect: reject EACCES
msg: invalid bpf_context access off=76 size=4
	r0 = *(u32 *)(r1 + 76)
	exit

=== socket filter: may not mark
prog: socket
expect: reject EACCES
msg: invalid bpf_context access off=8 size=4
	*(u32 *)(r1 + 8) = r1
	exit

=== socket filter: half of two fields
prog: socket
expect: reject EACCES
msg: invalid bpf_context access off=0 size=8
	r0 = *(u64 *)(r1 + 0)
	exit
