# The doors for a newcomer; what each does is in scripts/.

.PHONY: help setup demo test bench

help:
	@echo 'make setup   install what is missing (Debian)'
	@echo 'make demo    build, make fictional sample material, show what Vidimus does with it'
	@echo 'make test    setup, then every test'
	@echo 'make bench   time it beside its peers (long; needs ../shared)'

setup:
	@scripts/setup.sh

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh

bench:
	@scripts/bench.sh
