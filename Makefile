# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The front door; the build itself is meson's.

B = build
ASAN = build-asan

.PHONY: all
all: $(B)/build.ninja
	@ninja -C $(B)

.PHONY: help
help:
	@echo 'make             build $(B)/scxlab'
	@echo 'make demo        install what is missing, build, run scx_simple'
	@echo 'make check       install what is missing, build, run all tests'
	@echo 'make schedulers  build the kernel'\''s own schedulers, $(B)/schedulers/*.bpf.o'
	@echo 'make examples    build ours, $(B)/examples/*.bpf.o'
	@echo 'make bench       run the benchmarks'
	@echo 'make checked     what the verifier says of random programs, held against what they do'
	@echo 'make fidelity    compare with what a real kernel did: a table'
	@echo 'make differential  compare with the running kernel'\''s verifier'
	@echo 'make random      10,000 random scenarios of sched_ext'
	@echo 'make upstream    Linux'\''s own verifier tests, case by case'
	@echo 'make oracle      compare with a real 6.12 kernel under qemu'
	@echo 'make deps        install what is missing'
	@echo 'make install     install $(B)/scxlab (DESTDIR= is heeded)'
	@echo 'make clean       remove the build directories'

.PHONY: deps
deps:
	@scripts/deps

$(B)/build.ninja:
	@scripts/setup $(B)

.PHONY: schedulers examples
schedulers examples: $(B)/build.ninja
	@ninja -C $(B) $@

.PHONY: demo
demo: deps
	@scripts/demo $(B)

.PHONY: check
check: deps
	@scripts/check $(B) $(ASAN)

.PHONY: bench
bench: all
	@scripts/bench $(B)

.PHONY: fidelity
fidelity: all schedulers
	@$(B)/tests/scenario/fidelity $(B)/scxlab $(B)/schedulers tests/scenario/fidelity

.PHONY: checked differential upstream
checked differential upstream: $(B)/build.ninja
	@ninja -C $(B) $@

.PHONY: random
random: $(B)/build.ninja
	@ninja -C $(B) tests/unit/test-scx-random
	@nice $(B)/tests/unit/test-scx-random 10000

# `make oracle SCENARIOS='simple-hogs-2cpu fair-nice-2cpu'` for some only.
.PHONY: oracle
oracle: all schedulers
	@tests/oracle/oracle $(B) . "$$(scripts/find-linux-source)" $(SCENARIOS)

.PHONY: install
install: all
	@meson install -C $(B)

.PHONY: clean
clean:
	rm -rf $(B) $(ASAN)
