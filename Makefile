# Three doors for a newcomer; what each does is in scripts/.

.PHONY: help setup demo test

help:
	@echo 'make setup   install what is missing (Debian)'
	@echo 'make demo    build, make fictional sample material, show what Vidimus does with it'
	@echo 'make test    setup, then every test'

setup:
	@scripts/setup.sh

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh
