# SPDX-License-Identifier: MIT
# The two commands of a newcomer, and those of a developer. meson does the building.

BUILD ?= build
PREFIX ?= /usr/local

.PHONY: help run check build bench fuzz install clean schema

help:
	@echo 'make run      install what the build needs, build, and audit this machine'
	@echo 'make check    install what the tests need, build, and pass every test'
	@echo 'make build    build into $(BUILD)/'
	@echo 'make bench    measure against the bare system calls and the usual tools'
	@echo 'make fuzz     fuzz every parser, FUZZ_SECONDS each (60)'
	@echo 'make schema   write docs/schema/ anew from the program'
	@echo 'make install  install to PREFIX ($(PREFIX))'
	@echo 'make clean    remove what was built'

run:
	@tools/setup build
	@tools/build $(BUILD)-run -Dtests=false -Dbench=false -Dman=false
	@$(BUILD)-run/cmd/shmguard audit --fail-on never

check:
	@tools/setup build test
	@tools/check

build:
	@tools/setup build test
	@tools/build $(BUILD)

bench:
	@tools/setup build test bench
	@tools/build $(BUILD)
	@bench/compare.sh $(BUILD)

fuzz:
	@tools/setup build test
	@tools/fuzz

schema: build
	@for kind in $$($(BUILD)/cmd/shmguard schema); do \
		$(BUILD)/cmd/shmguard schema "$$kind" > docs/schema/"$$kind".json || exit 1; done

install:
	@tools/build $(BUILD) --prefix $(PREFIX)
	@ninja -C $(BUILD) install

clean:
	rm -rf build build-*
