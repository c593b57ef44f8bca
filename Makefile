# Every target works in a fresh clone: it first makes `.venv`, and makes it again when pyproject.toml or the pins change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
# `make test WORKERS=0` runs all in one process.
WORKERS ?= auto
PYTEST := pytest -n $(WORKERS) --maxprocesses 4
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test coverage lint types docs examples bench pins clean

help:
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/runtime.stamp ## every shape and tier through the real SDKs, then the Monitoring table
	@$(BIN)/ldtrack demo $(ARGS)

test: $(VENV)/runtime.stamp ## the test suite
	$(BIN)/$(PYTEST) $(ARGS)

coverage: $(VENV)/runtime.stamp ## the test suite again, measured: 100 % of lines and branches
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m $(PYTEST) -m "not cpython" $(ARGS)
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report

lint: $(VENV)/tools.stamp ## ruff, rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/tools.stamp ## mypy and pyright, both strict
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(RUN)

docs: $(VENV)/tools.stamp ## the documentation, warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

examples: $(VENV)/runtime.stamp ## every example, offline
	@for example in examples/*.py; do echo "== $$example"; $(RUN) $$example || exit 1; done

bench: $(VENV)/runtime.stamp ## the ratios of docs/performance.md
	$(RUN) -m benchmarks $(ARGS)

pins: ## requirements/dev.txt anew, with the newest releases on every interpreter found
	$(PYTHON) tools/pins.py

clean: ## remove what the other targets made
	rm -rf $(VENV) .venvs build dist site htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/python.stamp: pyproject.toml requirements/dev.txt
	@$(PYTHON) tools/check_python.py
	@echo "Making $(VENV), once; about a minute."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/runtime.stamp: $(VENV)/python.stamp
	@$(RUN) -m pip install -qq -c requirements/dev.txt -e '.[test]'
	@touch $@

$(VENV)/tools.stamp: $(VENV)/runtime.stamp
	@$(RUN) -m pip install -qq -c requirements/dev.txt -e '.[test,lint,docs]'
	@touch $@
