# Maps: look-ups, values, special fields, read-only data.

=== look up, check, use
prog: raw_tp
map: h hash 4 8 16
expect: accept
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	if r0 == 0 goto out
	r1 = 1
	lock *(u64 *)(r0 + 0) += r1
out:
	r0 = 0
	exit

=== the check counts on its own path only
prog: raw_tp
map: h hash 4 8 16
expect: reject EACCES
msg: R0 invalid mem access 'scalar'
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	if r0 != 0 goto out
	r1 = *(u64 *)(r0 + 0)
out:
	r0 = 0
	exit

=== a copy of the pointer is checked with it
prog: raw_tp
map: h hash 4 8 16
expect: accept
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	r6 = r0
	if r0 == 0 goto out
	r1 = *(u64 *)(r6 + 0)
out:
	r0 = 0
	exit

=== two look-ups are two checks
prog: raw_tp
map: h hash 4 8 16
expect: reject EACCES
msg: R6 invalid mem access 'map_value_or_null'
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	r6 = r0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	if r0 == 0 goto out
	r1 = *(u64 *)(r6 + 0)
out:
	r0 = 0
	exit

=== before the value
prog: raw_tp
map: arr array 4 8 1
expect: reject EACCES
msg: R1 min value is outside of the allowed memory range
	r1 = value arr
	r0 = *(u64 *)(r1 - 8)
	exit

=== across the end of the value
prog: raw_tp
map: arr array 4 12 1
expect: reject EACCES
msg: invalid access to map value, value_size=12 off=8 size=8
	r1 = value arr
	r0 = *(u64 *)(r1 + 8)
	exit

=== direct access beyond the value
prog: raw_tp
map: arr array 4 8 1
expect: reject EINVAL
msg: invalid access to map value pointer, value_size=8 off=16
	r1 = value arr 16
	r0 = 0
	exit

=== direct access to a hash
prog: raw_tp
map: h hash 4 8 16
expect: reject EINVAL
msg: no direct value access support for this map type
	r1 = value h
	r0 = 0
	exit

=== a bad file descriptor
prog: raw_tp
expect: reject EBADF
msg: fd 99 is not pointing to valid bpf_map
	raw 0x18 1 1 0 99
	raw 0 0 0 0 0
	r0 = 0
	exit

=== a map is no memory
prog: raw_tp
map: h hash 4 8 16
expect: reject ENOTSUPP
msg: map_ptr access not supported for map type 1
	r1 = map h
	r0 = *(u64 *)(r1 + 0)
	exit

=== a number for a map
prog: raw_tp
map: h hash 4 8 16
expect: reject EACCES
msg: R1 type=scalar expected=map_ptr
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = 0
	call map_lookup_elem
	r0 = 0
	exit

=== a number for a key
prog: raw_tp
map: h hash 4 8 16
expect: reject EACCES
msg: R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_
	r2 = 0
	r1 = map h
	call map_lookup_elem
	r0 = 0
	exit

=== read-only data: constants
prog: raw_tp
map: ro array 4 16 1 rdonly frozen fill=01
expect: accept
msg: R2_w=257
	r1 = value ro
	r2 = *(u16 *)(r1 + 4)
	if r2 == 257 goto out
	r0 = *(u64 *)(r9 + 0)
out:
	r0 = 0
	exit

=== read-only data that user space may still change
prog: raw_tp
map: ro array 4 16 1 rdonly fill=01
expect: reject EACCES
msg: R9 !read_ok
	r1 = value ro
	r2 = *(u16 *)(r1 + 4)
	if r2 == 257 goto out
	r0 = *(u64 *)(r9 + 0)
out:
	r0 = 0
	exit

=== read-only data is not written
prog: raw_tp
map: ro array 4 16 1 rdonly frozen
expect: reject EACCES
msg: write into map forbidden, value_size=16 off=0 size=8
	r1 = value ro
	*(u64 *)(r1 + 0) = 1
	r0 = 0
	exit

=== nor by a helper
prog: raw_tp
map: ro array 4 8 1 rdonly frozen
expect: reject EACCES
msg: write into map forbidden
	*(u32 *)(r10 - 4) = 0
	*(u64 *)(r10 - 16) = 0
	r1 = map ro
	r2 = r10
	r2 += -4
	r3 = r10
	r3 += -16
	r4 = 0
	call map_update_elem
	r0 = 0
	exit

=== task storage has helpers of its own
prog: raw_tp
map: q task_storage 4 plain 0
expect: reject EINVAL
msg: cannot pass map_type 29 into func bpf_map_lookup_elem#1
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map q
	call map_lookup_elem
	r0 = 0
	exit

=== pop fills its buffer
prog: raw_tp
map: q queue 0 8 16
expect: accept
	r1 = map q
	r2 = r10
	r2 += -8
	call map_pop_elem
	r0 = *(u64 *)(r10 - 8)
	exit

=== a helper for queues on a hash
prog: raw_tp
map: h hash 4 8 16
expect: reject EINVAL
msg: cannot pass map_type 1 into func bpf_map_pop_elem#88
	r1 = map h
	r2 = r10
	r2 += -8
	call map_pop_elem
	r0 = 0
	exit

=== an inner map is looked up like any other
prog: raw_tp
map: in array 4 8 4
map: out array_of_maps 4 4 4 inner=in
expect: accept
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map out
	call map_lookup_elem
	if r0 == 0 goto out
	r1 = r0
	r2 = r10
	r2 += -4
	call map_lookup_elem
	if r0 == 0 goto out
	r0 = *(u64 *)(r0 + 0)
out:
	r0 = 0
	exit

=== an inner map must be checked
prog: raw_tp
map: in array 4 8 4
map: out array_of_maps 4 4 4 inner=in
expect: reject EACCES
msg: R1 type=map_value_or_null expected=map_ptr
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map out
	call map_lookup_elem
	r1 = r0
	r2 = r10
	r2 += -4
	call map_lookup_elem
	r0 = 0
	exit

=== a spin lock is not read
prog: syscall
map: l array 4 val_lock 1
expect: reject EACCES
msg: bpf_spin_lock cannot be accessed directly by load/store
	r1 = value l
	r0 = *(u32 *)(r1 + 0)
	exit

=== locked, used, unlocked
prog: syscall
map: l array 4 val_lock 1
expect: accept
	r6 = value l
	r1 = r6
	call spin_lock
	*(u32 *)(r6 + 4) = 1
	r1 = r6
	call spin_unlock
	r0 = 0
	exit

=== a lock that is kept
prog: syscall
map: l array 4 val_lock 1
expect: reject EINVAL
msg: bpf_spin_unlock is missing
	r1 = value l
	call spin_lock
	r0 = 0
	exit

=== two locks
prog: syscall
map: l array 4 val_lock 1
map: m array 4 val_lock 1
expect: reject EINVAL
msg: function calls are not allowed while holding a lock
	r1 = value l
	call spin_lock
	r1 = value m
	call spin_lock
	r0 = 0
	exit

=== the other lock
prog: syscall
map: l array 4 val_lock 1
map: m array 4 val_lock 1
expect: reject EINVAL
msg: bpf_spin_unlock of different lock
	r1 = value l
	call spin_lock
	r1 = value m
	call spin_unlock
	r0 = 0
	exit

=== unlocked without a lock
prog: syscall
map: l array 4 val_lock 1
expect: reject EINVAL
msg: bpf_spin_unlock without taking a lock
	r1 = value l
	call spin_unlock
	r0 = 0
	exit

=== no calls under a lock
prog: syscall
map: l array 4 val_lock 1
expect: reject EINVAL
msg: function calls are not allowed while holding a lock
	r1 = value l
	call spin_lock
	call ktime_get_ns
	r1 = value l
	call spin_unlock
	r0 = 0
	exit

=== a place that is no lock
prog: syscall
map: l array 4 val_lock 1
expect: reject EINVAL
msg: off 4 doesn't point to 'struct bpf_spin_lock' that is at 0
	r1 = value l
	r1 += 4
	call spin_lock
	r0 = 0
	exit

=== ring buffer: reserve, check, fill, submit
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: accept
	r1 = map rb
	r2 = 16
	r3 = 0
	call ringbuf_reserve
	if r0 == 0 goto out
	*(u64 *)(r0 + 8) = 1
	r1 = r0
	r2 = 0
	call ringbuf_submit
out:
	r0 = 0
	exit

=== ring buffer: beyond the record
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EACCES
msg: invalid access to memory, mem_size=16 off=16 size=8
	r1 = map rb
	r2 = 16
	r3 = 0
	call ringbuf_reserve
	if r0 == 0 goto out
	*(u64 *)(r0 + 16) = 1
	r1 = r0
	r2 = 0
	call ringbuf_submit
out:
	r0 = 0
	exit

=== ring buffer: the record is forgotten
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EINVAL
msg: Unreleased reference id=
	r1 = map rb
	r2 = 16
	r3 = 0
	call ringbuf_reserve
	r0 = 0
	exit

=== ring buffer: used after submit
prog: raw_tp
map: rb ringbuf 0 0 4096
expect: reject EACCES
msg: R6 invalid mem access 'scalar'
	r1 = map rb
	r2 = 16
	r3 = 0
	call ringbuf_reserve
	if r0 == 0 goto out
	r6 = r0
	r1 = r0
	r2 = 0
	call ringbuf_submit
	*(u64 *)(r6 + 0) = 1
out:
	r0 = 0
	exit
