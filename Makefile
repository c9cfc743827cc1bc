# The only list of verbs. `make` alone prints it.
# Needs Python 3.11 or later, make and git; everything else is set up in .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin

# The first that runs and is new enough; a name on the PATH may be a stub that does not run.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
PYTHON ?= $(shell for name in $(CANDIDATES); do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$name" && break; done)

# Scripts in .venv name its folder, so a copied or moved project sets up anew.
HOME_STAMP := $(VENV)/home
ifneq ($(shell cat $(HOME_STAMP) 2>/dev/null),$(CURDIR))
REBUILD := rebuild
endif

RUN := $(VENV)/.run
DEV := $(VENV)/.dev
# Reads the template for AWS; in a set of its own, because it pins other versions than ours.
CHECKOV := $(VENV)/checkov
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := uv pip compile --no-config --universal --generate-hashes --no-emit-index-url --no-header --no-strip-extras --quiet \
	--python-version 3.11 $(if $(UPGRADE),--upgrade)
PIN := $(COMPILE) pyproject.toml --extra build

# Percent that tests of the rules and the story must reach, branches included. The figure for the whole is fail_under in
# pyproject.toml.
INNER := 100

.PHONY: help serve test check format bench docs aws-local pins rebuild

help: ## print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(RUN) ## serve pages, API and worker on http://127.0.0.1:8080, with a sample practice
	@exec $(BIN)/kept serve --demo

test: check $(CHECKOV)/.done ## check, then run every test and print the branch coverage
	@.ci/tools || echo "Without them these tests fail, and say so." >&2
	@$(BIN)/pytest -q -n 2 --dist worksteal --cov --cov-report=
	@echo "Branch coverage, everything:"
	@$(BIN)/coverage report
	@echo "Branch coverage, the rules and the story:"
	@$(BIN)/coverage report --include='src/kept/core/*,src/kept/flow/*' --fail-under=$(INNER)

check: $(DEV) ## lint, format, types and the direction of imports, without running a test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

format: $(DEV) ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(DEV) ## run the benchmarks; figures stand beside the raw limit of this machine
	@$(BIN)/python -m bench

docs: $(DEV) ## run the examples in README.md and docs/, and follow their links
	@$(BIN)/pytest -q tests/docs

aws-local: $(DEV) ## deploy the template for AWS to an emulator on this machine, and live a day in it (ARGS=--keep leaves it on)
	@$(BIN)/kept aws emulate $(ARGS)

pins: ## make requirements/*.txt again from pyproject.toml (needs uv; UPGRADE=1 takes newer versions)
	@command -v uv >/dev/null || { echo "make pins needs uv on the PATH: pip install uv" >&2; exit 1; }
	@$(PIN) -o requirements/run.txt
	@$(PIN) --extra aws -c requirements/run.txt -o requirements/aws.txt
	@$(PIN) --extra dev -c requirements/run.txt -o requirements/dev.txt
	@$(COMPILE) requirements/checkov.in -o requirements/checkov.txt

$(HOME_STAMP): $(REBUILD)
	@test -n "$(PYTHON)" || { echo "Kept needs Python 3.11 or later; none of $(CANDIDATES) is. Install one," \
		"or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing python3-venv, which Debian keeps apart from Python."; \
			apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; \
		else \
			echo "$(PYTHON) cannot make virtual environments: install them (Debian and Ubuntu:" \
				"sudo apt-get install python3-venv), then run make again." >&2; exit 1; \
		fi; \
	fi
	@$(PYTHON) -m venv --clear $(VENV)
	@printf '%s' '$(CURDIR)' > $@

# The development set holds the running set too: whoever has the first needs not the second.
$(RUN): $(HOME_STAMP) requirements/run.txt pyproject.toml
	@echo "Setting up in $(VENV): about half a minute, once."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(HOME_STAMP) requirements/dev.txt pyproject.toml
	@echo "Setting up for development in $(VENV): a minute or two, once."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(RUN)

$(CHECKOV)/.done: $(HOME_STAMP) requirements/checkov.txt
	@echo "Setting up what reads the template for AWS in $(CHECKOV): about half a minute, once."
	@$(BIN)/python -m venv --clear $(CHECKOV)
	@$(CHECKOV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/checkov.txt
	@touch $@
