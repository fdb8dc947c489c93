# kfuncs: where they may be called from, what they mean there, what they take.

=== one name, two meanings: direct
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_dispatch scx_kf_dispatch_direct
	r6 = *(u64 *)(r1 + 8)
	r1 = *(u64 *)(r1 + 0)
	r2 = 0
	r3 = 20000000
	r4 = r6
	call scx_bpf_dispatch
	exit

=== one name, two meanings: buffered
prog: struct_ops dispatch
expect: accept
calls: scx_bpf_dispatch scx_kf_dispatch_buffered
	r1 = *(u64 *)(r1 + 8)
	if r1 == 0 goto out
	r2 = 0
	r3 = 20000000
	r4 = 0
	call scx_bpf_dispatch
out:
	exit

=== one name, no meaning
prog: struct_ops running
expect: reject EACCES
msg: calling kernel function scx_bpf_dispatch is not allowed
msg: scx_bpf_dispatch() may not be called from
msg: only from: ops.select_cpu, ops.enqueue, ops.dispatch
	r1 = *(u64 *)(r1 + 0)
	r2 = 0
	r3 = 20000000
	r4 = 0
	call scx_bpf_dispatch
	exit

=== a call that is never reached is not asked about
prog: struct_ops running
expect: accept
	r1 = 0
	if r1 == 0 goto out
	call scx_bpf_dispatch_nr_slots
out:
	exit

=== a subprogram inherits its caller's context
prog: struct_ops enqueue
expect: accept
calls: scx_bpf_dispatch scx_kf_dispatch_direct
	r1 = *(u64 *)(r1 + 0)
	call put
	exit
fn put 1
	r2 = 0
	r3 = 20000000
	r4 = 0
	call scx_bpf_dispatch
	r0 = 0
	exit

=== sched_ext's kfuncs are none of a socket filter's
prog: socket
expect: reject EACCES
msg: calling kernel function scx_bpf_kick_cpu is not allowed
	r1 = 0
	r2 = 0
	call scx_bpf_kick_cpu
	r0 = 0
	exit

=== only under the GPL
prog: raw_tp no-gpl
expect: reject EINVAL
msg: cannot call kernel function from non-GPL compatible program
	call bpf_cpumask_create
	r0 = 0
	exit

=== no kfunc at all
prog: raw_tp
expect: reject EINVAL
msg: kernel btf_id 1 is not a function
	raw 0x85 0 2 0 1
	r0 = 0
	exit

=== sleepable kfuncs need a sleepable program
prog: struct_ops init
expect: reject EACCES
msg: program must be sleepable to call sleepable kfunc scx_bpf_create_dsq
	r1 = 0
	r2 = -1
	call scx_bpf_create_dsq
	r0 = 0
	exit

=== sleepable kfuncs in a sleepable program
prog: struct_ops init sleepable
expect: accept
calls: scx_bpf_create_dsq scx_kf_create_dsq
	r1 = 0
	r2 = -1
	call scx_bpf_create_dsq
	exit

=== sleepable kfuncs in an RCU section
prog: struct_ops init sleepable
expect: reject EACCES
msg: kernel func scx_bpf_create_dsq is sleepable within rcu_read_lock region
	call bpf_rcu_read_lock
	r1 = 0
	r2 = -1
	call scx_bpf_create_dsq
	call bpf_rcu_read_unlock
	r0 = 0
	exit

=== sleepable kfuncs of a global function in an RCU section: 6.12 does not look (since.t)
prog: struct_ops init sleepable
expect: accept
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

=== sleepable kfuncs with preemption disabled
prog: struct_ops init sleepable
expect: reject EACCES
msg: kernel func scx_bpf_create_dsq is sleepable within non-preemptible region
	call bpf_preempt_disable
	r1 = 0
	r2 = -1
	call scx_bpf_create_dsq
	call bpf_preempt_enable
	r0 = 0
	exit

=== an RCU section that is kept
prog: struct_ops init sleepable
expect: reject EINVAL
msg: bpf_rcu_read_unlock is missing
	call bpf_rcu_read_lock
	r0 = 0
	exit

=== an RCU section in an RCU section
prog: struct_ops init sleepable
expect: reject EINVAL
msg: nested rcu read lock (kernel function bpf_rcu_read_lock)
	call bpf_rcu_read_lock
	call bpf_rcu_read_lock
	r0 = 0
	exit

=== an RCU section that was never entered
prog: struct_ops init sleepable
expect: reject EINVAL
msg: unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)
	call bpf_rcu_read_unlock
	r0 = 0
	exit

=== preemption that is kept disabled
prog: raw_tp
expect: reject EINVAL
msg: 1 bpf_preempt_enable is missing
	call bpf_preempt_disable
	r0 = 0
	exit

=== preemption that was never disabled
prog: raw_tp
expect: reject EINVAL
msg: unmatched attempt to enable preemption (kernel function bpf_preempt_enable)
	call bpf_preempt_enable
	r0 = 0
	exit

=== NULL where a task is wanted
prog: struct_ops enqueue
expect: reject EACCES
msg: Possibly NULL pointer passed to trusted arg0
	r1 = 0
	call scx_bpf_task_cpu
	exit

=== a number where a task is wanted
prog: struct_ops enqueue
expect: reject EINVAL
msg: arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar
	r1 = 5
	call scx_bpf_task_cpu
	exit

=== another struct where a task is wanted
prog: struct_ops enqueue
expect: reject EINVAL
msg: kernel function scx_bpf_task_cpu args#0 expected pointer to STRUCT task_struct but R1 has a pointer to STRUCT cpumask
	r1 = *(u64 *)(r1 + 0)
	r1 = *(u64 *)(r1 + task_struct.cpus_ptr)
	call scx_bpf_task_cpu
	exit

=== a pointer where a number is wanted
prog: struct_ops enqueue
expect: reject EINVAL
msg: R1 is not a scalar
	r1 = r10
	r2 = 0
	call scx_bpf_kick_cpu
	exit

=== a bpf_cpumask is a cpumask
prog: struct_ops enqueue
expect: accept
	call bpf_cpumask_create
	if r0 == 0 goto out
	r6 = r0
	r1 = r6
	r2 = 0
	call scx_bpf_pick_idle_cpu
	r1 = r6
	call bpf_cpumask_release
out:
	exit

=== memory for a result
prog: struct_ops select_cpu
expect: accept
	*(u64 *)(r10 - 8) = 0
	r2 = *(u32 *)(r1 + 8)
	r3 = *(u64 *)(r1 + 16)
	r1 = *(u64 *)(r1 + 0)
	r4 = r10
	r4 += -8
	call scx_bpf_select_cpu_dfl
	exit

=== no memory for a result
prog: struct_ops select_cpu
expect: reject EACCES
msg: Possibly NULL pointer passed to trusted arg3
	r2 = *(u32 *)(r1 + 8)
	r3 = *(u64 *)(r1 + 16)
	r1 = *(u64 *)(r1 + 0)
	r4 = 0
	call scx_bpf_select_cpu_dfl
	exit

=== a buffer and its size
prog: struct_ops enqueue
expect: accept
	*(u64 *)(r10 - 16) = 0
	*(u64 *)(r10 - 8) = 0
	r1 = r10
	r1 += -8
	r2 = r10
	r2 += -16
	r3 = 8
	call scx_bpf_error_bstr
	exit

=== a buffer and too large a size
prog: struct_ops enqueue
expect: reject EINVAL
msg: invalid indirect access to stack R2 off=-8 size=16
msg: arg#1 arg#2 memory, len pair leads to invalid memory access
	*(u64 *)(r10 - 16) = 0
	*(u64 *)(r10 - 8) = 0
	r1 = r10
	r1 += -16
	r2 = r10
	r2 += -8
	r3 = 16
	call scx_bpf_error_bstr
	exit

=== a kfunc returns an acquired cpumask
prog: struct_ops enqueue
expect: accept
	call scx_bpf_get_idle_cpumask
	r1 = r0
	call scx_bpf_put_idle_cpumask
	exit

=== and wants it back
prog: struct_ops enqueue
expect: reject EINVAL
msg: Unreleased reference id=1 alloc_insn=0
	call scx_bpf_get_idle_cpumask
	exit

=== does the kfunc exist
prog: struct_ops enqueue
expect: accept
	r1 = ksym scx_bpf_kick_cpu
	if r1 == 0 goto out
	r1 = 0
	r2 = 0
	call scx_bpf_kick_cpu
out:
	exit

=== a timer callback is a context of its own
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: reject EACCES
msg: calling kernel function scx_bpf_consume is not allowed
msg: scx_bpf_consume() may not be called from timer callback, only from: ops.dispatch
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	r1 = 0
	call scx_bpf_consume
	exit
fn tick 3
	r1 = 0
	call scx_bpf_consume
	r0 = 0
	exit

=== a timer callback that may
prog: struct_ops init sleepable
map: t array 4 val_timer 1
expect: accept
calls: scx_bpf_kick_cpu scx_kf_kick_cpu
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

=== a timer callback returns 0
prog: struct_ops init sleepable
map: t array 4 val_timer 1
expect: reject EINVAL
msg: At async callback return the register R0 has smin=1 smax=1 should have been in [0, 0]
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	r0 = 0
	exit
fn tick 3
	r0 = 1
	exit

=== bpf_throw leaves no reference behind
prog: syscall
expect: reject EINVAL
msg: Unreleased reference id=2 alloc_insn=0
	call bpf_cpumask_create
	if r0 == 0 goto out
	r1 = 0
	call bpf_throw
out:
	r0 = 0
	exit

=== a subprogram that two contexts call, and that means two things
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: accept
calls: scx_bpf_dispatch_from_dsq scx_kf_from_dsq_in_balance
calls: scx_bpf_dispatch_from_dsq scx_kf_from_dsq_unlocked
copies: 1
msg: copied 1 subprograms for their contexts: 20 insns
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	call move
	exit
fn tick 3
	call move
	r0 = 0
	exit
fn move 0
	r1 = r10
	r1 += -48
	r2 = 7
	r3 = 0
	call bpf_iter_scx_dsq_new
	r1 = r10
	r1 += -48
	call bpf_iter_scx_dsq_next
	if r0 == 0 goto done
	r1 = r10
	r1 += -48
	r2 = r0
	r3 = 0
	r4 = 0
	call scx_bpf_dispatch_from_dsq
done:
	r1 = r10
	r1 += -48
	call bpf_iter_scx_dsq_destroy
	r0 = 0
	exit

=== a subprogram that two contexts call, and that means the same
prog: struct_ops dispatch
map: t array 4 val_timer 1
expect: accept
copies: 0
not: copied
calls: scx_bpf_kick_cpu scx_kf_kick_cpu
	r1 = value t 8
	r2 = func tick
	call timer_set_callback
	call kick
	exit
fn tick 3
	call kick
	r0 = 0
	exit
fn kick 0
	r1 = 0
	r2 = 0
	call scx_bpf_kick_cpu
	r0 = 0
	exit

=== a workqueue callback may sleep
prog: struct_ops dispatch
map: w array 4 val_wq 1
expect: accept
calls: scx_bpf_create_dsq scx_kf_create_dsq
	r1 = value w
	r2 = func work
	r3 = 0
	r4 = 0
	call bpf_wq_set_callback_impl
	exit
fn work 3
	r1 = 5
	r2 = -1
	call scx_bpf_create_dsq
	r0 = 0
	exit

=== its program may not
prog: struct_ops dispatch
map: w array 4 val_wq 1
expect: reject EACCES
msg: program must be sleepable to call sleepable kfunc scx_bpf_create_dsq
	r1 = value w
	r2 = func work
	r3 = 0
	r4 = 0
	call bpf_wq_set_callback_impl
	r1 = 5
	r2 = -1
	call scx_bpf_create_dsq
	exit
fn work 3
	r0 = 0
	exit
