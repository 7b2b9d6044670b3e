# The doors for a newcomer; what each does is in scripts/.

.PHONY: help setup demo test bench fuzz crowd limits mutants rot insider fuzz-long crash nonsense hostile bench-burnt-in bench-copies

help:
	@echo 'make setup   install what is missing (Debian)'
	@echo 'make demo    build, make fictional sample material, show what Vidimus does with it'
	@echo 'make test    setup, then every test'
	@echo 'make bench   time it beside its peers (long; needs ../shared)'
	@echo 'make crowd   sixteen processes of each kind at work in one archive'
	@echo 'make limits  a million files, a million names in one folder, 30 GB in one file; says what each command took (long)'
	@echo 'make mutants each line of the proofs altered in turn, to see whether a test notices (hours; ARGS="--file …" some)'
	@echo 'make rot     every file of an archive flipped, cut, removed, swapped, made older (VIDIMUS_ROT_SEED=n)'
	@echo 'make crash   every command killed, and its disk made to fail, at every call that changes the disk (hours; goes on where it stopped)'
	@echo 'make insider every cell of the ledger changed in every way, keys and a second archive put in (VIDIMUS_INSIDER_SEED=n)'
	@echo 'make nonsense every nonsense typed at every option of every command'
	@echo 'make hostile  files made to break readers, each examined; then all of them received and examined without a network (needs ../shared)'
	@echo 'make bench-burnt-in  the share of made films whose burnt-in clock is read right (SEED=n; needs ../shared)'
	@echo 'make bench-copies  the share of copies of made films that is found, kind by kind, beside vpdq (SEEDS="n m"; hours)'
	@echo 'make fuzz    hostile bytes into every parser, a minute in all; make fuzz-long an hour'

setup:
	@scripts/setup.sh

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh

bench:
	@scripts/bench.sh

fuzz:
	@scripts/fuzz.sh

crowd:
	VIDIMUS_CROWD=16 cargo test --locked --workspace --test hostile crowd

limits:
	VIDIMUS_LIMITS=1 cargo test --release --locked -p vidimus-cli --test hostile limits -- --nocapture --test-threads=1
	VIDIMUS_LIMITS=1 cargo test --release --locked -p vidimus-verify --test memory -- --test-threads=1

mutants:
	@scripts/mutants.sh $(ARGS)

fuzz-long:
	@SECONDS_ALL=3600 scripts/fuzz.sh

rot:
	VIDIMUS_ROT=1 cargo test --locked --workspace --test rot -- --nocapture

crash:
	@scripts/crash.sh

nonsense:
	VIDIMUS_NONSENSE=1 cargo test --locked --workspace --test nonsense

hostile:
	cargo test --locked -p vidimus-examine --test breakers -- --include-ignored
	VIDIMUS_HOSTILE=1 cargo test --locked -p vidimus-cli --test hostile examined -- --nocapture --test-threads=1

insider:
	VIDIMUS_INSIDER=1 cargo test --locked --workspace --test insider_cells --test insider_folds --test insider_splice -- --nocapture

# How many films of a made archive have their burnt-in clock read right; SEED chooses the archive.
bench-burnt-in: SEED ?= 1
bench-burnt-in:
	@test -d target/burnt-in-$(SEED)/truth || { rm -rf target/burnt-in-$(SEED); "$${VIDIMUS_SHARED:-../shared}"/tools/make_archive.sh 400 $(SEED) target/burnt-in-$(SEED); }
	VIDIMUS_FILMS=$(CURDIR)/target/burnt-in-$(SEED) cargo test --locked -p vidimus-examine --test burnt_in -- --ignored --nocapture

bench-copies:
	@scripts/bench_copies.sh
