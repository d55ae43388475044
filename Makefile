# `make demo` and `make test` need nothing but Python 3.11 or newer; both make their own environment in .venv.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
OUT ?= out/demo

# Processes share the cores; threads of linear algebra within them only get in each other's way.
export OMP_NUM_THREADS ?= 1

.PHONY: demo test slow lint notebooks check bench pictures clean

demo: .venv/.runs  ## Run the sample sites and print where the reports are
	$(BIN)/sitedelta demo --out $(OUT)

test: .venv/.tests  ## The tests that take seconds
	$(BIN)/python -m pytest --numprocesses auto

slow: .venv/.tests  ## The tests that take longer, but for the notebooks
	$(BIN)/python -m pytest -m slow --numprocesses auto --ignore tests/sitedelta/test_notebooks.py

lint: .venv/.tests  ## Style, types, import contracts, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell kernels pipeline configs docs sample_tiles *.md  # tests misspell on purpose
	$(BIN)/nbstripout --verify notebooks/*.ipynb

notebooks: .venv/.tests  ## Execute the notebooks
	$(BIN)/python -m pytest -m slow tests/sitedelta/test_notebooks.py

check: test lint notebooks slow  ## Everything

bench: .venv/.tests  ## Measure change detection and write docs/benchmarks.md; wants a quiet machine
	$(BIN)/python -m tests.benchmarks.bench_change --write docs/benchmarks.md

pictures: .venv/.tests  ## Make the pictures of the README; wants Chromium
	$(BIN)/python docs/pictures.py

clean:
	rm -rf .venv out

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "sitedelta needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runs: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

.venv/.tests: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable ".[dev]"
	@touch $@ .venv/.runs
