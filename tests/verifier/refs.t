# References: acquired, passed on, released.

=== acquired, checked, released
prog: struct_ops enqueue
expect: accept
	call bpf_cpumask_create
	if r0 == 0 goto out
	r1 = r0
	call bpf_cpumask_release
out:
	exit

=== released on one path only
prog: struct_ops enqueue
expect: reject EINVAL
msg: Unreleased reference id=2 alloc_insn=1
	r6 = *(u64 *)(r1 + 8)
	call bpf_cpumask_create
	if r0 == 0 goto out
	if r6 == 0 goto out
	r1 = r0
	call bpf_cpumask_release
out:
	exit

=== released without a check
prog: struct_ops enqueue
expect: reject EACCES
msg: Possibly NULL pointer passed to trusted arg0
	call bpf_cpumask_create
	r1 = r0
	call bpf_cpumask_release
	exit

=== released twice
prog: struct_ops enqueue
expect: reject EACCES
msg: R1 type=scalar expected=fp
	call bpf_cpumask_create
	if r0 == 0 goto out
	r6 = r0
	r1 = r0
	call bpf_cpumask_release
	r1 = r6
	call bpf_cpumask_release
out:
	exit

=== used after release
prog: struct_ops enqueue
expect: reject EACCES
msg: R6 invalid mem access 'scalar'
	call bpf_cpumask_create
	if r0 == 0 goto out
	r6 = r0
	r1 = r0
	call bpf_cpumask_release
	r1 = *(u64 *)(r6 + 0)
out:
	exit

=== what was never acquired is not released
prog: struct_ops enqueue
expect: reject EINVAL
msg: release kernel function bpf_task_release expects refcounted PTR_TO_BTF_ID
	r1 = *(u64 *)(r1 + 0)
	call bpf_task_release
	exit

=== released at an offset
prog: struct_ops enqueue
expect: reject EINVAL
msg: R1 must have zero offset when passed to release func or trusted arg to kfunc
	call bpf_cpumask_create
	if r0 == 0 goto out
	r1 = r0
	r1 += 8
	call bpf_cpumask_release
out:
	exit

=== passed to a kfunc in between
prog: struct_ops enqueue
expect: accept
	call bpf_cpumask_create
	if r0 == 0 goto out
	r6 = r0
	r1 = 3
	r2 = r6
	call bpf_cpumask_set_cpu
	r1 = r6
	call bpf_cpumask_release
out:
	exit

=== given to a map
prog: struct_ops init sleepable
map: k array 4 val_kptr 1
expect: accept
	call bpf_cpumask_create
	if r0 == 0 goto out
	r1 = value k 16
	r2 = r0
	call kptr_xchg
	if r0 == 0 goto out
	r1 = r0
	call bpf_cpumask_release
out:
	r0 = 0
	exit

=== what comes back from a map is owned again
prog: struct_ops init sleepable
map: k array 4 val_kptr 1
expect: reject EINVAL
msg: Unreleased reference id=
	r1 = value k 16
	r2 = 0
	call kptr_xchg
	r0 = 0
	exit

=== a wrong type given to a map
prog: struct_ops init sleepable
map: k array 4 val_kptr 1
expect: reject EACCES
msg: invalid kptr access, R2 type=ptr_bpf_cpumask expected=ptr_task_struct
	call bpf_cpumask_create
	if r0 == 0 goto out
	r1 = value k 8
	r2 = r0
	call kptr_xchg
out:
	r0 = 0
	exit

=== a referenced kptr is not stored to
prog: struct_ops enqueue
map: k array 4 val_kptr 1
expect: reject EACCES
msg: store to referenced kptr disallowed
	r2 = *(u64 *)(r1 + 0)
	r1 = value k
	*(u64 *)(r1 + 8) = r2
	exit

=== an unreferenced one is
prog: struct_ops enqueue
map: k array 4 val_kptr 1
expect: accept
	r2 = *(u64 *)(r1 + 0)
	r1 = value k
	*(u64 *)(r1 + 24) = r2
	exit

=== a kptr is read whole
prog: struct_ops enqueue
map: k array 4 val_kptr 1
expect: reject EACCES
msg: kptr access size must be BPF_DW
	r1 = value k
	r0 = *(u32 *)(r1 + 8)
	exit

=== a kptr that is read may be NULL
prog: struct_ops enqueue
map: k array 4 val_kptr 1
expect: reject EACCES
msg: R2 invalid mem access 'rcu_ptr_or_null_'
	r1 = value k
	r2 = *(u64 *)(r1 + 8)
	r0 = *(u32 *)(r2 + 0)
	exit

=== objects of the program's own
prog: struct_ops enqueue
expect: accept
	r1 = type plain
	r2 = 0
	call bpf_obj_new_impl
	if r0 == 0 goto out
	*(u64 *)(r0 + 0) = 5
	r1 = r0
	r2 = 0
	call bpf_obj_drop_impl
out:
	exit

=== objects of the program's own: beyond the end
prog: struct_ops enqueue
expect: reject EACCES
msg: access beyond struct plain at off 24 size 8
	r1 = type plain
	r2 = 0
	call bpf_obj_new_impl
	if r0 == 0 goto out
	*(u64 *)(r0 + 24) = 5
	r1 = r0
	r2 = 0
	call bpf_obj_drop_impl
out:
	exit

=== a list
prog: struct_ops enqueue
map: l array 4 val_list 1
expect: accept
	r1 = type lnode
	r2 = 0
	call bpf_obj_new_impl
	if r0 == 0 goto out
	r6 = r0
	r7 = value l
	r1 = r7
	call spin_lock
	r1 = r7
	r1 += 8
	r2 = r6
	r2 += 8
	r3 = 0
	r4 = 0
	call bpf_list_push_back_impl
	r1 = r7
	call spin_unlock
out:
	exit

=== a list without its lock
prog: struct_ops enqueue
map: l array 4 val_list 1
expect: reject EINVAL
msg: bpf_spin_lock at off=0 must be held for bpf_list_head
	r1 = type lnode
	r2 = 0
	call bpf_obj_new_impl
	if r0 == 0 goto out
	r2 = r0
	r2 += 8
	r1 = value l
	r1 += 8
	r3 = 0
	r4 = 0
	call bpf_list_push_back_impl
out:
	exit

=== a tree
prog: struct_ops enqueue
map: t array 4 val_tree 1
expect: accept
	r1 = type tnode
	r2 = 0
	call bpf_obj_new_impl
	if r0 == 0 goto out
	r6 = r0
	r7 = value t
	r1 = r7
	call spin_lock
	r1 = r7
	r1 += 8
	r2 = r6
	r2 += 8
	r3 = func less
	r4 = 0
	r5 = 0
	call bpf_rbtree_add_impl
	r1 = r7
	call spin_unlock
out:
	exit
fn less 2
	r1 = *(u64 *)(r1 - 8)
	r2 = *(u64 *)(r2 - 8)
	r0 = 0
	if r1 >= r2 goto done
	r0 = 1
done:
	exit

=== one call that makes objects of two types
prog: struct_ops dispatch
expect: reject EINVAL
msg: same insn cannot be used with objects of different types
	call get_prandom_u32
	r1 = type plain
	r2 = 0
	if r0 == 0 goto new
	r1 = type lnode
new:
	call bpf_obj_new_impl
	if r0 == 0 goto out
	r1 = r0
	r2 = 0
	call bpf_obj_drop_impl
out:
	exit
