# Every target works in a fresh clone: it first makes `.venv`, and makes it again when pyproject.toml or the pins change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
# `make test WORKERS=0` runs all in one process.
WORKERS ?= auto
PYTEST := pytest -n $(WORKERS) --maxprocesses 4
ARGS ?=
# What notes cannot come from: made-up values, and tests of which extractor it is, since noting puts others in their place.
UNNOTED := test_properties or told_by_their_keys or one_extractor_serves or matched_by_name
# What would call home, or fetch a list of prices, when it is imported.
QUIET := LITELLM_LOCAL_MODEL_COST_MAP=True CREWAI_DISABLE_TELEMETRY=true OTEL_SDK_DISABLED=true HF_HUB_DISABLE_TELEMETRY=1 RAY_USAGE_STATS_ENABLED=0

.DEFAULT_GOAL := help
.PHONY: help demo test family coverage browser screenshots support lint types docs examples bench pins clean

help:
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/runtime.stamp ## every shape and tier through the real SDKs, then the Monitoring table
	@$(BIN)/ldtrack demo $(ARGS)

test: $(VENV)/runtime.stamp ## the test suite
	$(BIN)/$(PYTEST) $(ARGS)

# The SDKs do not all fit into one environment; FAMILY names one of requirements/families.
family: ## the tests of one family, with its SDKs or engines: make family FAMILY=current
	@made=$$($(PYTHON) tools/families.py $(FAMILY)) && set -- $$made && python=$$1 && shift && \
	export LDTRACK_FAMILY=$(FAMILY) $(QUIET) && $$python -m $(PYTEST) "$$@" $(ARGS)

# Without the families: under measurement, some SDKs' own event loops fail their calls.
coverage: $(VENV)/runtime.stamp ## the test suite again, measured: lines and branches
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m $(PYTEST) -m "not cpython" $(ARGS)
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report

browser: $(VENV)/browser.stamp ## the monitor's page in Debian's Chromium
	$(BIN)/pytest tests/browser $(ARGS)

screenshots: $(VENV)/browser.stamp ## those of docs/verify.md anew
	LDTRACK_SCREENSHOTS=$(CURDIR)/docs/images $(BIN)/pytest tests/browser -k "light_and_dark or small" $(ARGS)

support: $(VENV)/runtime.stamp ## docs/support.md anew: the provider tests of every family, with notes of what they saw
	rm -rf build/support
	LDTRACK_SUPPORT=$(CURDIR)/build/support $(BIN)/$(PYTEST) tests/extractors -k "not ($(UNNOTED))" $(ARGS)
	for family in $$($(PYTHON) tools/families.py); do \
	    LDTRACK_SUPPORT=$(CURDIR)/build/support $(MAKE) family FAMILY=$$family || exit 1; done
	$(RUN) tools/support.py build/support

lint: $(VENV)/tools.stamp ## ruff, rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/tools.stamp ## mypy and pyright, both strict; the code of the quickstart, too
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(RUN)
	@mkdir -p build && $(RUN) tests/doc_pages.py > build/quickstart.py
	$(BIN)/mypy build/quickstart.py

docs: $(VENV)/tools.stamp ## the documentation, warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

examples: $(VENV)/runtime.stamp ## every example, offline
	@for example in examples/*.py; do echo "== $$example"; $(RUN) $$example || exit 1; done

bench: $(VENV)/runtime.stamp ## the ratios of docs/performance.md
	$(RUN) -m benchmarks $(ARGS)

pins: ## requirements/dev.txt and the families' pins anew, with the newest releases on every interpreter found
	$(PYTHON) tools/pins.py
	$(PYTHON) tools/families.py --pins $$($(PYTHON) tools/families.py)

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

$(VENV)/browser.stamp: $(VENV)/runtime.stamp
	@$(RUN) -m pip install -qq -c requirements/dev.txt -e '.[browser]'
	@touch $@

$(VENV)/tools.stamp: $(VENV)/runtime.stamp
	@$(RUN) -m pip install -qq -c requirements/dev.txt -e '.[test,lint,docs]'
	@touch $@
