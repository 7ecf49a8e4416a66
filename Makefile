# Everything runs in .venv, which the first target makes: only Python 3.11 or newer is needed.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test quick check docs bench regenerate clean

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

demo: .venv/run.stamp ## Show the main job, without any network
	$(BIN)/pinner demo

test: .venv/dev.stamp ## Run the tests; ARGS="-k compose" passes options to pytest
	$(BIN)/python -m pytest $(ARGS)

quick: .venv/dev.stamp ## Run the tests that open no sockets and draw no samples, in under a minute
	$(BIN)/python -m pytest -m "not integration and not hypothesis" $(ARGS)

check: .venv/dev.stamp ## Lint, check the formatting and the types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: .venv/dev.stamp ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

regenerate: .venv/dev.stamp ## Write everything that is generated anew; read the difference
	$(BIN)/python -m tests.regenerate

bench: ## Measure pinner next to its peers, into bench/README.md; ARGS="hook pin" shows some of the figures only
	$(PYTHON) -m bench.run $(ARGS)

clean: ## Remove what the other targets made
	rm -rf .venv bench/.venv site .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' # knows --group

.venv/run.stamp: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/dev.stamp: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@
