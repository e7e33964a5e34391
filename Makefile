# One line of help a target: `make help`.
SHELL := bash
.DEFAULT_GOAL := help
RELEASE := $${CARGO_TARGET_DIR:-target}/release
.PHONY: help setup demo test deploy-test lint bench drills fuzz miri package

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

setup: ## Install what is missing: PostgreSQL, Python, a C compiler (Debian), the emulators
	@scripts/setup.sh

demo: setup ## One extraction on local PostgreSQL and LocalStack, then millions of rows; KEEP=1 leaves it up
	cargo build --release --workspace --bins
	$(RELEASE)/devstack demo $(RELEASE)/rds-data-extractor $(if $(KEEP),--keep)

test: setup ## Everything that passes or fails
	cargo test --workspace --no-run
	@scripts/side-by-side.sh tests/deploy/run.sh cargo test --workspace

deploy-test: setup ## The checks of deploying alone, two emulated accounts included
	tests/deploy/run.sh

lint: ## Format, clippy, dependencies, shell scripts, terraform
	@scripts/lint.sh

bench: setup ## Ours against psql COPY and a drain, on the two tables of docs/architecture.md
	cargo bench --bench pipeline

drills: setup ## What is measured by hand: an overview of 300 databases in ten accounts
	cargo test --workspace --test it three_hundred -- --nocapture

fuzz: export CARGO_PROFILE_RELEASE_LTO = off
fuzz: export CARGO_PROFILE_RELEASE_CODEGEN_UNITS = 16
fuzz: export CARGO_PROFILE_RELEASE_STRIP = none
fuzz: ## A few minutes for each fuzz target (needs nightly Rust and cargo-fuzz)
	for target in $$(cd fuzz && cargo +nightly fuzz list); do \
	  cargo +nightly fuzz run $$target -- -max_total_time=120 -max_len=4096 || exit 1; done

miri: ## The encoder under Miri (needs nightly Rust with the component miri)
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --package extractor-encode csv::types

package: ## The zip for Lambda: make package ARCH=arm64|x86_64
	@package/package.sh $(ARCH)
