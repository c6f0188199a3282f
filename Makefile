# `make run` starts the shop's back office; `make test` checks all of it. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests run side by side, one process per core.
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test lint messages migrate bench clean

help:  ## List what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Houtai needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.run-ready: requirements.txt | $(BIN)/python
	@echo "Installing what the shop needs …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.work-ready: requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run-ready

setup: $(VENV)/.work-ready  ## Install everything for working on it

run: $(VENV)/.run-ready  ## Migrate, load the demo shop on the first start, and serve
	@exec $(BIN)/python run.py

test: $(VENV)/.work-ready  ## Run all tests, real browser and PostgreSQL included
	@$(BIN)/python -m tests.support.system
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

lint: $(VENV)/.work-ready  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/mypy

messages: $(VENV)/.work-ready  ## Extract texts, update the catalogues, compile them
	@$(BIN)/python -m app.core.messages

migrate: $(VENV)/.run-ready  ## Bring the database up to date
	@$(BIN)/flask --app app database upgrade

bench: $(VENV)/.work-ready  ## Measure speed and memory; prints ratios, asserts nothing
	@$(BIN)/python -m bench $(ARGS)

clean:  ## Remove what can be made again; the shop's data in var/ stays
	@rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache var/test-shots
	@find . -name __pycache__ -prune -exec rm -rf {} + ; find translations -name '*.mo' -delete
