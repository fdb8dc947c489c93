# Walks through kernel structs.

=== a member of a member
prog: struct_ops enqueue
expect: accept
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u64 *)(r1 + task_struct.scx.dsq_vtime)
	exit

=== stores where the struct_ops type allows them
prog: struct_ops running
expect: accept
	r1 = *(u64 *)(r1 + 0)
	r2 = 5
	*(u64 *)(r1 + task_struct.scx.dsq_vtime) = r2
	*(u64 *)(r1 + task_struct.scx.slice) = 0
	exit

=== stores elsewhere
prog: struct_ops running
expect: reject EACCES
msg: only read is supported
	r1 = *(u64 *)(r1 + 0)
	*(u32 *)(r1 + task_struct.pid) = 0
	exit

=== a store that reaches beyond the writable member
prog: struct_ops running
expect: reject EACCES
msg: only read is supported
	r1 = *(u64 *)(r1 + 0)
	*(u64 *)(r1 + task_struct.scx.disallow) = 0
	exit

=== beyond the struct
prog: struct_ops enqueue
expect: reject EACCES
msg: access beyond struct task_struct at off 30000 size 8
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u64 *)(r1 + 30000)
	exit

=== before the struct
prog: struct_ops enqueue
expect: reject EACCES
msg: R1 is ptr_task_struct invalid negative access: off=-8
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u64 *)(r1 - 8)
	exit

=== part of a pointer
prog: struct_ops enqueue
expect: reject EACCES
msg: cannot access ptr member cpus_ptr with moff
msg: in struct task_struct with off
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u32 *)(r1 + task_struct.cpus_ptr)
	exit

=== beyond the end of a member
prog: struct_ops enqueue
expect: reject EACCES
msg: access beyond the end of member comm (mend:
	r1 = *(u64 *)(r1 + 0)
	r1 += 12
	r0 = *(u64 *)(r1 + task_struct.comm)
	exit

=== an array of characters in words
prog: struct_ops enqueue
expect: accept
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u64 *)(r1 + task_struct.comm)
	exit

=== variable offset into a struct
prog: struct_ops enqueue
expect: reject EACCES
msg: R1 is ptr_task_struct invalid variable offset: off=0, var_off=
	r2 = *(u64 *)(r1 + 8)
	r1 = *(u64 *)(r1 + 0)
	r2 &= 8
	r1 += r2
	r0 = *(u64 *)(r1 + 0)
	exit

=== a pointer on the safe list stays usable
prog: struct_ops enqueue
expect: accept
	r6 = *(u64 *)(r1 + 0)
	r1 = *(u64 *)(r6 + task_struct.cpus_ptr)
	r2 = 0
	call scx_bpf_pick_idle_cpu
	exit

=== any other pointer does not
prog: struct_ops enqueue
expect: reject EINVAL
msg: R1 must be a rcu pointer
	r6 = *(u64 *)(r1 + 0)
	r1 = *(u64 *)(r6 + task_struct.parent)
	call scx_bpf_task_cpu
	exit

=== walking on through an untrusted pointer
prog: struct_ops enqueue
expect: accept
	r1 = *(u64 *)(r1 + 0)
	r1 = *(u64 *)(r1 + task_struct.parent)
	r1 = *(u64 *)(r1 + task_struct.parent)
	r0 = *(u32 *)(r1 + task_struct.pid)
	exit

=== an RCU pointer outside of an RCU section of a sleepable program
prog: struct_ops init_task sleepable
expect: reject EINVAL
msg: R1 must be a rcu pointer
	r1 = *(u64 *)(r1 + 0)
	r1 = *(u64 *)(r1 + task_struct.group_leader)
	call scx_bpf_task_cpu
	r0 = 0
	exit

=== an RCU pointer inside of it
prog: struct_ops init_task sleepable
expect: accept
	r6 = *(u64 *)(r1 + 0)
	call bpf_rcu_read_lock
	r1 = *(u64 *)(r6 + task_struct.group_leader)
	call scx_bpf_task_cpu
	call bpf_rcu_read_unlock
	r0 = 0
	exit

=== a kernel struct in a map
prog: struct_ops enqueue
map: h hash 4 8 16
expect: accept
	r1 = *(u64 *)(r1 + 0)
	*(u32 *)(r10 - 4) = 0
	*(u64 *)(r10 - 16) = r1
	r1 = map h
	r2 = r10
	r2 += -4
	r3 = r10
	r3 += -16
	r4 = 0
	call map_update_elem
	exit

=== a store through a pointer that comes out of a map
prog: struct_ops running
map: arr array 4 8 1
expect: reject EACCES
msg: R1 invalid mem access 'scalar'
	r1 = value arr
	r1 = *(u64 *)(r1 + 0)
	*(u64 *)(r1 + 0) = 1
	exit
