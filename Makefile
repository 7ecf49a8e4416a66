# Everything runs in .venv, which the first target makes: only Python 3.11 or newer is needed.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test quick check docs lock bench regenerate clean

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

demo: .venv/run.stamp ## Show the main job, without any network
	$(BIN)/pinner demo

test: .venv/dev.stamp ## Run the tests; ARGS="-k compose" passes options to pytest
	@echo 'All tests take about twelve minutes on two cores; "make quick" leaves out those with sockets, other programs and samples.'
	$(BIN)/python -m pytest $(ARGS)

quick: .venv/dev.stamp ## Run the tests of pinner's own functions, in under a minute
	$(BIN)/python -m pytest -n auto -m "not integration and not hypothesis and not slow" $(ARGS)

check: .venv/dev.stamp ## Lint, check the formatting and the types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: .venv/dev.stamp ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

regenerate: lock ## Write everything that is generated anew; read the difference
	$(BIN)/python -m tests.regenerate

# Releases of the last week are left out, as they are for Dependabot.
LOCK = $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --generate-hashes --python-version 3.11 \
	--exclude-newer "7 days" --custom-compile-command "make lock"
lock: .venv/dev.stamp ## Lock what the action installs, by hash; UPGRADE=--upgrade takes newer releases
	$(LOCK) --output-file action/requirements.txt pyproject.toml
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(LOCK) --output-file action/build-requirements.txt -

bench: ## Measure pinner next to its peers, into bench/README.md; ARGS="hook pin" shows some of the figures only
	$(PYTHON) -m bench.run $(ARGS)

clean: ## Remove what the other targets made
	rm -rf .venv bench/.venv site .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/run.stamp: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/dev.stamp: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' # knows --group
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@
