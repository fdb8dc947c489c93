# Dynptrs: memory whose size is known at run time.

=== reserved, written through a slice, submitted
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: accept
	r1 = map rb
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -16
	call ringbuf_reserve_dynptr
	r1 = r10
	r1 += -16
	r2 = 0
	r3 = 8
	call dynptr_data
	if r0 == 0 goto done
	*(u64 *)(r0 + 0) = 1
done:
	r1 = r10
	r1 += -16
	r2 = 0
	call ringbuf_submit_dynptr
	r0 = 0
	exit

=== a slice has its size
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EACCES
msg: invalid access to memory, mem_size=8 off=8 size=8
	r1 = map rb
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -16
	call ringbuf_reserve_dynptr
	r1 = r10
	r1 += -16
	r2 = 0
	r3 = 8
	call dynptr_data
	if r0 == 0 goto done
	*(u64 *)(r0 + 8) = 1
done:
	r1 = r10
	r1 += -16
	r2 = 0
	call ringbuf_submit_dynptr
	r0 = 0
	exit

=== a slice dies with its dynptr
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EACCES
msg: R6 invalid mem access 'scalar'
	r1 = map rb
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -16
	call ringbuf_reserve_dynptr
	r1 = r10
	r1 += -16
	r2 = 0
	r3 = 8
	call dynptr_data
	r6 = r0
	if r0 == 0 goto done
	r1 = r10
	r1 += -16
	r2 = 0
	call ringbuf_submit_dynptr
	*(u64 *)(r6 + 0) = 1
	r0 = 0
	exit
done:
	r1 = r10
	r1 += -16
	r2 = 0
	call ringbuf_discard_dynptr
	r0 = 0
	exit

=== never submitted
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EINVAL
msg: Unreleased reference id=
	r1 = map rb
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -16
	call ringbuf_reserve_dynptr
	r0 = 0
	exit

=== overwritten
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EINVAL
msg: cannot overwrite referenced dynptr
	r1 = map rb
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -16
	call ringbuf_reserve_dynptr
	*(u64 *)(r10 - 16) = 0
	r0 = 0
	exit

=== never made
prog: raw_tp
expect: reject EINVAL
msg: Expected an initialized dynptr as arg #0
	*(u64 *)(r10 - 16) = 0
	*(u64 *)(r10 - 8) = 0
	r1 = r10
	r1 += -16
	r2 = 0
	r3 = 8
	call dynptr_data
	r0 = 0
	exit

=== not at a slot
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EINVAL
msg: cannot pass in dynptr at an offset=-12
	r1 = map rb
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -12
	call ringbuf_reserve_dynptr
	r0 = 0
	exit

=== of a map value
prog: raw_tp
map: arr array 4 64 1
expect: accept
	r1 = value arr
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -16
	call dynptr_from_mem
	r1 = r10
	r1 += -16
	call bpf_dynptr_size
	r0 = 0
	exit

=== submitted, though it is local
prog: raw_tp
map: arr array 4 64 1
expect: reject EINVAL
msg: arg 1 is an unacquired reference
	r1 = value arr
	r2 = 64
	r3 = 0
	r4 = r10
	r4 += -16
	call dynptr_from_mem
	r1 = r10
	r1 += -16
	r2 = 0
	call ringbuf_submit_dynptr
	r0 = 0
	exit
