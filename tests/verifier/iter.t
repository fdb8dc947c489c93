# Open-coded iterators.

=== numbers
prog: raw_tp
expect: accept
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
again:
	r1 = r10
	r1 += -8
	call bpf_iter_num_next
	if r0 == 0 goto out
	r1 = *(s32 *)(r0 + 0)
	goto again
out:
	r1 = r10
	r1 += -8
	call bpf_iter_num_destroy
	r0 = 0
	exit

=== a count that grows with the loop
prog: raw_tp
expect: accept
	r6 = 0
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 1000000
	call bpf_iter_num_new
again:
	r1 = r10
	r1 += -8
	call bpf_iter_num_next
	if r0 == 0 goto out
	r6 += 1
	goto again
out:
	r1 = r10
	r1 += -8
	call bpf_iter_num_destroy
	r0 = r6
	exit

=== the element may be missing
prog: raw_tp
expect: reject EACCES
msg: R0 invalid mem access 'scalar'
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
	r1 = r10
	r1 += -8
	call bpf_iter_num_next
	r1 = *(s32 *)(r0 + 0)
	r1 = r10
	r1 += -8
	call bpf_iter_num_destroy
	r0 = 0
	exit

=== never destroyed
prog: raw_tp
expect: reject EINVAL
msg: Unreleased reference id=
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
	r0 = 0
	exit

=== never made
prog: raw_tp
expect: reject EINVAL
msg: expected an initialized iter_num as arg #0
	*(u64 *)(r10 - 8) = 0
	r1 = r10
	r1 += -8
	call bpf_iter_num_next
	r0 = 0
	exit

=== made twice
prog: raw_tp
expect: reject EINVAL
msg: expected uninitialized iter_num as arg #0
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
	r0 = 0
	exit

=== used after destroy
prog: raw_tp
expect: reject EINVAL
msg: expected an initialized iter_num as arg #0
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
	r1 = r10
	r1 += -8
	call bpf_iter_num_destroy
	r1 = r10
	r1 += -8
	call bpf_iter_num_next
	r0 = 0
	exit

=== not on the stack
prog: raw_tp
map: arr array 4 64 1
expect: reject EINVAL
msg: arg#0 expected pointer to an iterator on stack
	r1 = value arr
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
	r0 = 0
	exit

=== its bytes are not the program's
prog: raw_tp
expect: reject EACCES
msg: invalid read from stack off -8+0 size 8
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 10
	call bpf_iter_num_new
	r6 = *(u64 *)(r10 - 8)
	r1 = r10
	r1 += -8
	call bpf_iter_num_destroy
	r0 = 0
	exit

=== the tasks of a queue
prog: struct_ops dispatch
expect: accept
calls: bpf_iter_scx_dsq_next scx_kf_iter_dsq_next
calls: scx_bpf_dispatch_from_dsq scx_kf_from_dsq_in_balance
	r1 = r10
	r1 += -48
	r2 = 7
	r3 = 0
	call bpf_iter_scx_dsq_new
again:
	r1 = r10
	r1 += -48
	call bpf_iter_scx_dsq_next
	if r0 == 0 goto out
	r1 = r10
	r1 += -48
	r2 = r0
	r3 = 0
	r4 = 0
	call scx_bpf_dispatch_from_dsq
	goto again
out:
	r1 = r10
	r1 += -48
	call bpf_iter_scx_dsq_destroy
	exit

=== the tasks of a queue need an RCU section
prog: struct_ops init sleepable
expect: reject EPROTO
msg: expected an RCU CS when using bpf_iter_scx_dsq_next
	r1 = r10
	r1 += -48
	r2 = 7
	r3 = 0
	call bpf_iter_scx_dsq_new
	r1 = r10
	r1 += -48
	call bpf_iter_scx_dsq_next
	r1 = r10
	r1 += -48
	call bpf_iter_scx_dsq_destroy
	r0 = 0
	exit
