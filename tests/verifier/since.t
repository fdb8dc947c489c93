# What later versions of Linux refuse and 6.12 lets in; by which it is said at each.

=== a global function that sleeps, by what it calls, in an RCU section (6.15)
prog: struct_ops init sleepable
expect: reject EINVAL
msg: global functions that may sleep are not allowed in non-sleepable context,
	call bpf_rcu_read_lock
	call sleeps
	call bpf_rcu_read_unlock
	r0 = 0
	exit
global fn sleeps
	call create
	r0 = 0
	exit
fn create
	r1 = 0
	r2 = -1
	call scx_bpf_create_dsq
	exit

=== the same with preemption disabled is refused as any global function
prog: struct_ops init sleepable
expect: reject EINVAL
msg: global function calls are not allowed with preemption disabled,
	call bpf_preempt_disable
	call sleeps
	call bpf_preempt_enable
	r0 = 0
	exit
global fn sleeps
	r1 = 0
	r2 = -1
	call scx_bpf_create_dsq
	r0 = 0
	exit

=== a global function that sleeps, where that is fine
prog: struct_ops init sleepable
expect: accept
	call sleeps
	r0 = 0
	exit
global fn sleeps
	r1 = 0
	r2 = -1
	call scx_bpf_create_dsq
	r0 = 0
	exit

=== one that does not, in an RCU section
prog: struct_ops init sleepable
expect: accept
	call bpf_rcu_read_lock
	call counts
	call bpf_rcu_read_unlock
	r0 = 0
	exit
global fn counts
	r0 = 1
	exit
