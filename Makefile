# `make` lists the verbs. Each of them sets up first what it needs, which takes a moment when nothing has changed.
PYTHON ?= python3
BIN := .venv/bin
# Test runs at once, each on a broker and a cluster of its own; 0 runs all in one, for a debugger.
WORKERS ?= 3
.DEFAULT_GOAL := help
# A house is six programs and a run of the tests some hundred: compiled anew, each takes seconds longer to start.
unexport PYTHONDONTWRITEBYTECODE
# Verbs follow one another; only types are checked beside the tests, where alone they would leave a core idle.
ifndef BESIDE
.NOTPARALLEL:
endif
.PHONY: help setup run status stop reset test tests test-long bench fmt lint types imports schemas lock clean

help: ## list these verbs
	@awk -F ': .*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' Makefile

setup: ## environment, locked packages, Java, Kafka's jars, PostgreSQL: whatever is missing
	@$(PYTHON) -I deploy/local/wangge_local/setup.py

run: setup ## start the whole house, tell it three stories, show the ledger; Ctrl-C stops it
	@$(BIN)/wangge up --stories

status: setup ## is the house ready, and if not, why
	@$(BIN)/wangge status

stop: setup ## stop a house that runs elsewhere
	@$(BIN)/wangge stop

reset: setup ## forget everything that the house has kept under var/ (asks first)
	@$(BIN)/wangge reset

test: lint imports ## the whole gate: lint, format, types, import rules, and every test that is not long
	@$(MAKE) --no-print-directory -j2 BESIDE=yes types tests

tests: setup
	@$(BIN)/pytest -m "not long" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-long: setup ## tests that take minutes (chaos at length); their output is kept in tests/evidence/
	@$(BIN)/python -m tests.evidence

bench: setup ## measure throughput and latency: one JSON line and one table (ARGS=router: only that)
	@$(BIN)/python -m tests.bench $(ARGS)

fmt: setup ## bring the code into its form
	@$(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format .

lint: setup ## what ruff finds, and whether the code is in its form
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup ## strict types, everywhere
	@$(BIN)/mypy

imports: setup ## who may import whom
	@$(BIN)/lint-imports --no-logo

schemas: setup ## write the generated files anew: the contracts', and the router's tables in its README
	@$(BIN)/python -m wangge_contracts.schemas
	@$(BIN)/python -m wangge_router.readme

lock: setup ## choose versions anew where a member's wishes have changed (ARGS=--upgrade: everywhere)
	@$(BIN)/python -m wangge_local.setup_lock $(ARGS)

clean: ## remove the environment and the tools' caches; what the house has kept stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
