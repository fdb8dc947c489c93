# Where a call stands decides what it means: places, copies, provenance.

=== a shared subprogram in ops.enqueue
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_dispatch scx_kf_dispatch_direct
	r6 = *(u64 *)(r1 + 0)
	r1 = r6
	call put
	exit
fn put 1
	r2 = 0
	r3 = 20000000
	r4 = 0
	call scx_bpf_dispatch
	r0 = 0
	exit

=== the same subprogram in ops.dispatch
prog: struct_ops dispatch
expect: accept
calls: scx_bpf_dispatch scx_kf_dispatch_buffered
	r1 = *(u64 *)(r1 + 8)
	if r1 == 0 goto out
	call put
out:
	exit
fn put 1
	r2 = 0
	r3 = 20000000
	r4 = 0
	call scx_bpf_dispatch
	r0 = 0
	exit

=== a callback of bpf_loop has its caller's context
prog: struct_ops dispatch
expect: accept
calls: scx_bpf_dispatch_nr_slots scx_kf_dispatch_nr_slots
copies: 0
	r1 = 3
	r2 = func each
	r3 = 0
	r4 = 0
	call loop
	exit
fn each 2
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== and none of its own
prog: struct_ops enqueue
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
msg: only from: ops.dispatch
	r1 = 3
	r2 = func each
	r3 = 0
	r4 = 0
	call loop
	exit
fn each 2
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== a timer's callback has not
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	exit
fn tick 3
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== nor that of a syscall program, which may sleep
prog: syscall
map: t array 4 val_timer 1
expect: reject EACCES
msg: scx_bpf_create_dsq() may not be called from timer callback
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	r0 = 0
	exit
fn tick 3
	r1 = 1
	r2 = -1
	call scx_bpf_create_dsq
	r0 = 0
	exit

=== a callback's callback: bpf_loop in a timer's
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	exit
fn tick 3
	r1 = 3
	r2 = func each
	r3 = 0
	r4 = 0
	call loop
	r0 = 0
	exit
fn each 2
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== a callback's callback: a timer that bpf_loop's arms
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r1 = 3
	r2 = func each
	r3 = 0
	r4 = 0
	call loop
	exit
fn each 2
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	r0 = 0
	exit
fn tick 3
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== a callback's callback: a timer that a timer's arms
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	exit
fn tick 3
	r1 = value t 8
	r2 = func tock
	call timer_set_callback
	r0 = 0
	exit
fn tock 3
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== a tail that the main body may call and the timer's callback may not
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	call slots
	exit
fn tick 3
	call slots
	r0 = 0
	exit
fn slots 0
	call tail
	exit
fn tail 0
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== the same, in a global function
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	call slots
	exit
fn tick 3
	call slots
	r0 = 0
	exit
global fn slots 0
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== one function is armed and called: its own callback twice
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r7 = func each
	r1 = 3
	r2 = r7
	r3 = 0
	r4 = 0
	call loop
	r1 = value t 8
	r2 = r7
	call timer_set_callback
	exit
fn each 3
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== a call that is not allowed, in code that is never reached
prog: struct_ops running
expect: accept
not: scx_bpf_consume
	r1 = 0
	if r1 == 0 goto out
	r1 = 5
	call scx_bpf_consume
out:
	exit

=== a subprogram that only such code calls
prog: struct_ops running
expect: accept
not: scx_bpf_consume
	r1 = 0
	if r1 == 0 goto out
	call take
out:
	exit
fn take 0
	r1 = 5
	call scx_bpf_consume
	r0 = 0
	exit

=== a global function that only such code calls
prog: struct_ops running
expect: accept
not: Validating
	r1 = 0
	if r1 == 0 goto out
	call take
out:
	exit
global fn take 0
	r1 = 5
	call scx_bpf_consume
	r0 = 0
	exit

=== a subprogram that no code calls
prog: struct_ops running
expect: reject EINVAL
msg: number of funcs in func_info doesn't match number of subprogs
	r0 = 0
	exit
fn take 0
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== a callback that runs zero times
prog: struct_ops running
expect: accept
	r1 = 0
	r2 = func each
	r3 = 0
	r4 = 0
	call loop
	exit
fn each 2
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== reached in one context only, because of an argument
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: accept
calls: scx_bpf_dispatch_nr_slots scx_kf_dispatch_nr_slots
copies: 1
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	r1 = 1
	call maybe
	exit
fn tick 3
	r1 = 0
	call maybe
	r0 = 0
	exit
fn maybe 1
	if r1 == 0 goto out
	call scx_bpf_dispatch_nr_slots
out:
	r0 = 0
	exit

=== a callback that is armed twice has one copy
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: accept
copies: 0
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	call arm
	exit
fn arm 0
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	r0 = 0
	exit
fn tick 3
	r1 = 0
	r2 = 0
	call scx_bpf_kick_cpu
	r0 = 0
	exit

=== the exception callback still runs in its op
prog: struct_ops dispatch
expect: accept
calls: scx_bpf_dispatch_nr_slots scx_kf_dispatch_nr_slots
	r0 = 0
	exit
exception fn handler 1
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== and in no other
prog: struct_ops enqueue
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch_nr_slots is not allowed
	r0 = 0
	exit
exception fn handler 1
	call scx_bpf_dispatch_nr_slots
	r0 = 0
	exit

=== the callback's own task: moved, spilled, passed on
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_task_cgroup scx_kf_task_cgroup
not: checked
copies: 0
	r6 = *(u64 *)(r1 + 0)
	*(u64 *)(r10 - 8) = r6
	r7 = *(u64 *)(r10 - 8)
	r1 = r7
	call outer
	exit
fn outer 1
	*(u64 *)(r10 - 16) = r1
	r1 = *(u64 *)(r10 - 16)
	call cg
	exit
fn cg 1
	call scx_bpf_task_cgroup
	r1 = r0
	call bpf_cgroup_release
	r0 = 0
	exit

=== the callback's own task and another, in one subprogram
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_task_cgroup scx_kf_task_cgroup
calls: scx_bpf_task_cgroup scx_kf_task_cgroup_checked
copies: 1
	r6 = *(u64 *)(r1 + 0)
	r1 = r6
	call cg
	r1 = 1
	call bpf_task_from_pid
	if r0 == 0 goto out
	r7 = r0
	r1 = r7
	call cg
	r1 = r7
	call bpf_task_release
out:
	exit
fn cg 1
	call scx_bpf_task_cgroup
	r1 = r0
	call bpf_cgroup_release
	r0 = 0
	exit

=== another task that was found to be the callback's own
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_task_cgroup scx_kf_task_cgroup
not: checked
	r6 = *(u64 *)(r1 + 0)
	r1 = 1
	call bpf_task_from_pid
	if r0 == 0 goto out
	r7 = r0
	if r7 != r6 goto put
	r1 = r7
	call scx_bpf_task_cgroup
	r1 = r0
	call bpf_cgroup_release
put:
	r1 = r7
	call bpf_task_release
out:
	exit

=== found not to be
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_task_cgroup scx_kf_task_cgroup_checked
	r6 = *(u64 *)(r1 + 0)
	r1 = 1
	call bpf_task_from_pid
	if r0 == 0 goto out
	r7 = r0
	if r7 == r6 goto put
	r1 = r7
	call scx_bpf_task_cgroup
	r1 = r0
	call bpf_cgroup_release
put:
	r1 = r7
	call bpf_task_release
out:
	exit

=== one call, two tasks: what holds of both
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_task_cgroup scx_kf_task_cgroup_checked
copies: 0
	r6 = *(u64 *)(r1 + 0)
	r1 = 1
	call bpf_task_from_pid
	if r0 == 0 goto out
	r7 = r0
	r8 = r6
	call get_prandom_u32
	if r0 == 0 goto go
	r8 = r7
go:
	r1 = r8
	call scx_bpf_task_cgroup
	r1 = r0
	call bpf_cgroup_release
	r1 = r7
	call bpf_task_release
out:
	exit

=== a pointer beside the callback's own task is not it
prog: struct_ops enqueue
expect: reject EINVAL
	r6 = *(u64 *)(r1 + 0)
	r6 += 8
	r1 = r6
	call scx_bpf_task_cgroup
	r1 = r0
	call bpf_cgroup_release
	exit

=== a weak kfunc that the kernel lacks, never reached
prog: struct_ops running
expect: accept
	r1 = 0
	if r1 == 0 goto out
	raw 0x85 0 2 0 0
out:
	exit

=== a weak kfunc that the kernel lacks, reached
prog: struct_ops running
expect: reject EINVAL
msg: invalid kernel function call not eliminated in verifier pass
	raw 0x85 0 2 0 0
	exit
