# `make help` prints the text after ## of each target.
SHELL := bash
.DEFAULT_GOAL := help
RELEASE := $${CARGO_TARGET_DIR:-target}/release
.PHONY: help setup demo test deploy-test lint bench drills fuzz miri package image

help: ## Print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

setup: ## Install what is missing: PostgreSQL, Python, a C compiler (Debian), the emulators
	@scripts/setup.sh

demo: setup ## Run an extraction on local PostgreSQL and LocalStack, then millions of rows; KEEP=1 leaves it up
	cargo build --release --workspace --exclude rds-data-extractor-fuzz --bins
	$(RELEASE)/devstack demo $(RELEASE)/rds-data-extractor $(if $(KEEP),--keep)

test: setup ## Run all tests
	cargo test --workspace --no-run
	@scripts/side-by-side.sh tests/deploy/run.sh cargo test --workspace

deploy-test: setup ## Run only the tests of the deployment, with two emulated accounts
	tests/deploy/run.sh

lint: ## Check the format, clippy, dependencies, shell scripts and Terraform
	@scripts/lint.sh

bench: setup ## Compare with psql, a bare read, more readers, DuckDB and ADBC, on the two tables of docs/architecture.md
	cargo bench --bench pipeline --no-run
	python3 -m venv target/tmp/duckdb && target/tmp/duckdb/bin/pip install -q duckdb==1.5.5 duckdb-extension-postgres-scanner==1.5.5 adbc-driver-postgresql==1.13.0 pyarrow==26.0.1 || true
	cargo bench --bench pipeline -- --duckdb target/tmp/duckdb/bin/python

drills: setup ## An overview of 300 databases; 200 values through a pooler beside pgbench; 300 exports beside ALTER; incremental exports for ten minutes beside writers and kills; files read by pandas, pyarrow, DuckDB, Polars, Spark and Hive; sets of 10,000 partitions, also at the deadline; all tests behind PgBouncer
	@scripts/setup.sh drills
	cargo test --workspace --test it three_hundred -- --nocapture
	MIXED_RUNS=250 cargo test --workspace --test it values_do_not_depend_on_who_else -- --nocapture
	DDL_EXPORTS=100 cargo test --workspace --test it readers::ddl -- --nocapture
	INCREMENTAL_SECONDS=600 cargo test --workspace --test it -- --nocapture incremental::stress incremental::chain
	cargo test --workspace --test it -- --nocapture --include-ignored pandas_and_duckdb pyarrow_and_duckdb load_the_files windows_are_applied strangers ten_thousand
	scripts/behind-pooler.sh

fuzz: export CARGO_PROFILE_RELEASE_LTO = off
fuzz: export CARGO_PROFILE_RELEASE_CODEGEN_UNITS = 16
fuzz: export CARGO_PROFILE_RELEASE_STRIP = none
fuzz: ## Run each fuzz target for two minutes (needs nightly Rust and cargo-fuzz)
	for target in $$(cd fuzz && cargo +nightly fuzz list); do \
	  cargo +nightly fuzz run $$target -- -max_total_time=120 -max_len=4096 || exit 1; done

miri: ## Run the encoder's tests under Miri (needs nightly Rust with the component miri)
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --package extractor-encode types::

package: ## Build the zips for Lambda, or one: make package ARCH=arm64|x86_64 PROGRAM=rds-data-extractor|nlb-target-updater
	@set -e; for program in $(or $(PROGRAM),rds-data-extractor nlb-target-updater); do package/package.sh $(or $(ARCH),arm64) $$program; done

image: ## Build the image for containers: make image ARCH=arm64|x86_64 IMAGE=rds-data-extractor; RUST_IMAGE and BASE_IMAGE name the bases
	docker build --platform linux/$(if $(filter x86_64,$(ARCH)),amd64,arm64) --file package/container/Dockerfile \
	  $(foreach name,RUST_IMAGE BASE_IMAGE PARTITION,$(if $($(name)),--build-arg $(name)=$($(name)))) \
	  --tag $(or $(IMAGE),rds-data-extractor) .
