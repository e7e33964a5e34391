# One line of help a target: `make help`.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench package fuzz miri clean

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

setup: ## Install what is missing: PostgreSQL, Python, a C compiler (Debian), the emulators
	@scripts/setup.sh

demo: setup ## One extraction on local PostgreSQL and LocalStack, then millions of rows; KEEP=1 leaves it up
	cargo build --release
	cargo run -p devstack -- demo $${CARGO_TARGET_DIR:-target}/release/rds-data-extractor $(if $(KEEP),--keep)

test: setup ## Everything that passes or fails
	cargo test --workspace

lint: ## Format, clippy, dependencies, shell scripts, terraform
	@scripts/lint.sh

bench: setup ## Ours against psql COPY and a drain, on the two tables of docs/architecture.md
	cargo bench --bench pipeline

package: ## The zip for Lambda: make package ARCH=arm64|x86_64
	@package/package.sh $(ARCH)
