# Two commands do everything on a fresh machine with Python and Node: make run, make test.

PORT ?= 8080
PYTHON ?= $(shell scripts/find-python 3.11 3.12 3.13 3.14)
PIP_FLAGS = --quiet --disable-pip-version-check
BIN = .venv/bin
UNIT = tests/protocols tests/legacy tests/gateway
CODE = gateway protocols legacy twisted/plugins/*.py examples tests benchmarks scripts
PROJECT = setup.cfg pyproject.toml

.DEFAULT_GOAL = help
.NOTPARALLEL:
.PHONY: help run test lint types unit conformance bench bench-quick test-313 test-oldest fuzz fuzz-websocket soak endurance clients python-clients system docs lock clean

help:
	@echo "make run          start the chat of all eras on http://localhost:$(PORT) (PORT=... for another port)"
	@echo "make test         everything: lint, types, the whole suite, other versions of Python and Twisted"
	@echo "make lint         ruff"
	@echo "make types        mypy"
	@echo "make unit         tests without a network (make unit ARGS='-k hixie')"
	@echo "make conformance  tests over real ports, with recorded traffic and the real clients"
	@echo "make test-313     unit tests on Python 3.13, where it is installed"
	@echo "make test-oldest  unit tests on the oldest supported Twisted"
	@echo "make bench        measure against the peers (bench-quick: a few minutes)"
	@echo "make fuzz         break the input of every parser and session (COUNT=10000000 for a release; ARGS='--only hixie --hours 2')"
	@echo "make fuzz-websocket  the Autobahn fuzzer, where Python 2.7 is installed (ARGS='12 13' for compression)"
	@echo "make soak         mixed eras come and go for MINUTES=1; nothing may be left of them"
	@echo "make endurance RUN=order  a million messages on each transport; RUN=churn 100000 clients; RUN=idle 10000 at once; RUN=stall; RUN=slow"
	@echo "make clients      the published clients, from npm"
	@echo "make python-clients  those written in Python, from PyPI"
	@echo "make docs         write docs/reference.md from the docstrings, and all pages as HTML into build/docs"
	@echo "make lock         write package-lock.json anew"
	@echo "make clean        remove what these commands have made"

# Environments. A stamp lies in each; it is older than setup.cfg when something has to be installed again.

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: $(PROJECT) | .venv/bin/python
	$(BIN)/pip install $(PIP_FLAGS) --editable '.[fast]'
	@touch $@

.venv/.dev: $(PROJECT) | .venv/bin/python
	$(BIN)/pip install $(PIP_FLAGS) --editable '.[dev]'
	@touch $@ .venv/.run

node_modules/.package-lock.json: package.json package-lock.json
	@if command -v npm >/dev/null 2>&1; then npm ci --silent --ignore-scripts && touch $@; else \
	echo "npm is missing, so the published clients (Socket.IO 0.6, 0.9, 2.5, 4.8 ...) are not there: install Node.js, then make clients."; fi

clients: node_modules/.package-lock.json

# Clients written in Python: each file of requirements is a set, installed into a folder of its own, since they conflict.

CLIENT_SETS = $(patsubst tests/conformance/clients/requirements/%.txt,%,$(wildcard tests/conformance/clients/requirements/*.txt))

python-clients: $(CLIENT_SETS:%=.venv-clients/sets/%/.installed)

.venv-clients/bin/python:
	$(PYTHON) -m venv .venv-clients

.venv-clients/sets/%/.installed: tests/conformance/clients/requirements/%.txt | .venv-clients/bin/python
	@rm -rf $(@D)
	.venv-clients/bin/pip install $(PIP_FLAGS) --target $(@D) --requirement $<
	@touch $@

system:
	@scripts/system-packages

# Running

run: .venv/.run clients
	@echo "The chat of all eras: http://localhost:$(PORT)"
	PYTHONPATH=. $(BIN)/twistd -n --pidfile= socketio --listen tcp:$(PORT) --app examples.chat:make

# Checking. The suite comes last: its closing lines are the last that is printed.

test: .venv/.dev clients python-clients system lint types test-313 test-oldest
	$(BIN)/python -m pytest $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: .venv/.dev
	$(BIN)/mypy

unit: .venv/.dev
	$(BIN)/python -m pytest $(UNIT) $(ARGS)

conformance: .venv/.dev clients python-clients system
	$(BIN)/python -m pytest tests/conformance $(ARGS)

.venv-3.13/.test: $(PROJECT)
	$$(scripts/find-python 3.13) -m venv .venv-3.13
	.venv-3.13/bin/pip install $(PIP_FLAGS) --editable '.[test]'
	@touch $@

test-313:
	@if scripts/find-python 3.13 >/dev/null; then $(MAKE) --no-print-directory .venv-3.13/.test && \
	.venv-3.13/bin/python -m pytest -q $(UNIT); else echo "Python 3.13 is not installed here: its run is left out."; fi

.venv-oldest/.test: $(PROJECT)
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/pip install $(PIP_FLAGS) --editable '.[test]' twisted==26.4.0 autobahn==26.7.1
	@touch $@

test-oldest: .venv-oldest/.test
	.venv-oldest/bin/python -m pytest -q $(UNIT)

# Breaking it. COUNT: inputs of each parser.

COUNT ?= 100000
MINUTES ?= 1
RUN ?= order

fuzz: .venv/.dev
	PYTHONPATH=. $(BIN)/python scripts/fuzz.py $(COUNT) $(ARGS)

fuzz-websocket: .venv/.dev
	@if scripts/find-python 2.7 >/dev/null; then $(BIN)/python scripts/fuzz_websocket.py $$(scripts/find-python 2.7) $(ARGS); \
	else echo "The Autobahn fuzzer needs Python 2.7, which is not installed here: it is left out."; fi

soak: .venv/.dev
	PYTHONPATH=. $(BIN)/python -m benchmarks.soak $(MINUTES)

endurance: .venv/.dev
	PYTHONPATH=. $(BIN)/python -m benchmarks.endurance $(RUN) $(ARGS)

# Measuring

bench: .venv/.dev
	$(BIN)/python benchmarks/prepare.py
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-quick: .venv/.dev
	$(BIN)/python benchmarks/prepare.py
	$(BIN)/python benchmarks/run.py --quick $(ARGS)

docs: .venv/.dev
	$(BIN)/python scripts/reference.py
	$(BIN)/mkdocs build --strict --quiet
	@echo "build/docs/index.html"

lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf .venv .venv-3.13 .venv-oldest .venv-autobahn .venv-clients node_modules build dist *.egg-info artefacts
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis _trial_temp twistd.pid twistd.log twisted/plugins/dropin.cache
	rm -rf benchmarks/build benchmarks/node_modules benchmarks/.venv-peers
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +
