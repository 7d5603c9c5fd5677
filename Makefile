# make demo    scan two sample clips              make check   everything that a change must pass
# make serve   the web app on this machine        make model   fit the model that ships
# make test    the tests                          make bench   how fast a scan is, against plain ways
#
# All of them make what they need in .venv first. Variables: PYTHON, JOBS, MODEL (NAME or DIR), DATA.

PYTHON ?= python3
JOBS   ?= auto
MODEL  ?=

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SCAN   := $(BIN)/unmask scan $(if $(MODEL),--model $(MODEL))
INPUTS := pyproject.toml constraints.txt
CLIPS  := examples/samples/untouched.mp4 examples/samples/manipulated.mp4

.DEFAULT_GOAL := help
.PHONY: help demo serve test slow lint types layers check base bench model docs picture samples clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -5

# The base install. What is installed beside it stays.
$(VENV)/.base: $(INPUTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Unmask needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) \
	  || { echo "venv is missing: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	@echo "Installing Unmask into $(VENV)"
	@$(PIP) -e .
	@touch $@

# What the tests, the linters and the type checker need, torch among it.
$(VENV)/.dev: $(INPUTS) $(VENV)/.base
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP) -e '.[dev]'
	@touch $@

demo: $(VENV)/.base $(CLIPS)
	@mkdir -p demo
	@$(SCAN) --no-history $(CLIPS) --json demo/scan.json --csv demo/scan.csv --evidence demo/evidence
	@echo
	@echo "demo/scan.json has every detail, demo/evidence the faces and what spoke for manipulation."

# The clips are in the repository; these two rules make them again.
$(CLIPS):
	@$(MAKE) --no-print-directory samples

samples: $(VENV)/.base
	@$(PIP) -e '.[demo]'
	@$(BIN)/python examples/make_samples.py

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m 'not slow'

slow: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -m slow

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

# Code of other systems is read only where the checker is told to take this one for them.
types: $(VENV)/.dev
	@for system in linux win32 darwin; do \
	  $(BIN)/mypy --platform $$system --cache-dir .mypy_cache/$$system || exit 1; done

layers: $(VENV)/.dev
	@$(BIN)/lint-imports

check: lint types layers test

# A wheel, installed with nothing but what it asks for, imports and scans. What an earlier wheel was
# made of goes first: setuptools would pack files again that have since been deleted.
base:
	@rm -rf build/lib build/bdist.*
	@$(PYTHON) -m venv --clear build/base
	@build/base/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt .
	@cd build && base/bin/python ../tools/import_base.py
	@cd build && UNMASK_DATA=history base/bin/unmask scan $(if $(MODEL),--model $(MODEL)) \
	  --fresh --quiet --csv - ../examples/samples && UNMASK_DATA=history base/bin/unmask history
	@rm -rf build/base

bench: $(VENV)/.dev
	@$(BIN)/python benchmarks/scan_speed.py $(if $(MODEL),--model $(MODEL))
	@$(BIN)/python benchmarks/check_speed.py $(if $(MODEL),--model $(MODEL))

# The web app, at http://127.0.0.1:5000.
$(VENV)/.web: $(INPUTS) $(VENV)/.base
	@echo "Installing the web app into $(VENV)"
	@$(PIP) -e '.[web]'
	@touch $@

serve: $(VENV)/.web
	@$(BIN)/unmask serve $(if $(MODEL),--model $(MODEL))

# A model by the recipe of the one that ships, in its place. DATA holds faces/, clips/ and weights/, as
# docs/training.md lays them out. Hours on two cores; stopped, it goes on from where it was.
DATA ?= ../shared/data
SHIPPED := src/unmask/assets/models/xception-lstm-14
# glibc keeps what a step lets go: faster on a CPU (docs/decisions.md).
KEEP := MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=536870912

model: $(VENV)/.dev
	@$(KEEP) $(BIN)/unmask train recipes/xception-lstm.toml --data $(DATA) --work runs --out $(SHIPPED)

# What is written by tools from the code: the command reference, the JSON schemas.
docs: $(VENV)/.base
	@$(BIN)/python tools/write_cli_docs.py
	@$(BIN)/python tools/write_schemas.py

# The picture in the README, from what this machine's scan prints.
picture: $(VENV)/.base
	@$(BIN)/python tools/draw_terminal.py
	@$(BIN)/python tools/draw_model.py

clean:
	@rm -rf $(VENV) build demo
