# The refusals that a scheduler's author meets first: Linux's message, and the source line.

=== a kfunc that this callback may not call
prog: struct_ops enqueue
expect: reject EACCES
msg: ; scx_bpf_consume(0); @ case.c:2
msg: calling kernel function scx_bpf_consume is not allowed
	; void enqueue(p, enq_flags) {
	r6 = r1
	; scx_bpf_consume(0);
	r1 = 0
	call scx_bpf_consume
	exit

=== a map value beyond its end
prog: struct_ops enqueue
map: arr array 4 8 1
expect: reject EACCES
msg: ; v[1] = 1; @ case.c:3
msg: invalid access to map value, value_size=8 off=8 size=8
msg: R0 min value is outside of the allowed memory range
	; key = 0;
	*(u32 *)(r10 - 4) = 0
	; v = bpf_map_lookup_elem(&arr, &key); if (!v) return;
	r2 = r10
	r2 += -4
	r1 = map arr
	call map_lookup_elem
	if r0 == 0 goto out
	; v[1] = 1;
	*(u64 *)(r0 + 8) = 1
out:
	exit

=== a look-up that may have found nothing
prog: struct_ops enqueue
map: h hash 4 8 16
expect: reject EACCES
msg: ; *v = 1; @ case.c:2
msg: R0 invalid mem access 'map_value_or_null'
	; v = bpf_map_lookup_elem(&h, &key);
	*(u32 *)(r10 - 4) = 0
	r2 = r10
	r2 += -4
	r1 = map h
	call map_lookup_elem
	; *v = 1;
	*(u64 *)(r0 + 0) = 1
	exit

=== a loop without an end
prog: struct_ops enqueue
expect: reject EINVAL
msg: ; while (1); @ case.c:1
msg: infinite loop detected
	; while (1);
	r6 = 0
again:
	goto again

=== a loop that takes too long
prog: struct_ops enqueue limit=20000
expect: reject E2BIG
msg: ; i++; @ case.c:2
msg: BPF program is too large. Processed 20001 insn
	; for (;;)
	r6 = 0
again:
	; i++;
	r6 += 1
	if r6 == 1000000 goto out
	goto again
out:
	exit

=== a reference that is never released
prog: struct_ops enqueue
expect: reject EINVAL
msg: ; mask = bpf_cpumask_create(); @ case.c:1
msg: Unreleased reference id=2 alloc_insn=0
	; mask = bpf_cpumask_create();
	call bpf_cpumask_create
	; }
	r0 = 0
	exit

=== an argument that the callback does not have
prog: struct_ops enqueue
expect: reject EACCES
msg: ; x = ctx[2]; @ case.c:1
msg: func 'enqueue' doesn't have 4-th argument
msg: invalid bpf_context access off=16 size=8
	; x = ctx[2];
	r1 = *(u64 *)(r1 + 16)
	exit

=== a register that there is not, and who reads the path afterwards
prog: raw_tp
expect: reject EINVAL
msg: R13 is invalid
	r0 = *(u64 *)(r13 + 0)
	exit
