# `make train` and `make test` do everything on a fresh machine; the other targets are listed by `make help`.
PYTHON ?= python3
BIN    := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup train page test check bench pretrained presets docs figures dist clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/product.stamp  ## make .venv and install the runtime dependencies

train: .venv/product.stamp  ## train with the default preset (ARGS="--preset ..."), then evaluate
	$(BIN)/python training/train.py $(ARGS)
	$(BIN)/python testing/test.py

page: .venv/web.stamp  ## serve a page to draw digits on (ARGS="--port 0 --open")
	$(BIN)/python web/serve.py $(ARGS)

test: .venv/dev.stamp  ## run the whole suite (ARGS="-k name" for a part of it, in one process)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest $(or $(ARGS),$(PARALLEL))

check: .venv/dev.stamp  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

dist: .venv/dev.stamp  ## build the wheel and the source archive in dist/, and run the suite against the wheel
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python tests/check_wheel.py dist/*.whl $(PARALLEL)

bench: .venv/bench.stamp  ## compare the speed with the installed libraries (ARGS="--quick" for a short run)
	$(BIN)/python benchmarks/speed.py $(ARGS)

pretrained: .venv/product.stamp  ## train the pretrained model again, and write its card (ARGS="--handwriting FOLDER")
	$(BIN)/python training/pretrained.py $(ARGS)

presets: .venv/product.stamp  ## train the short presets over three seeds (ARGS="--docs" puts the table into docs/accuracy.md)
	$(BIN)/python benchmarks/presets.py $(ARGS)

docs: .venv/docs.stamp  ## build the documentation as a site: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

figures: .venv/product.stamp  ## draw the figures of the gallery and of the tutorial again
	$(BIN)/python docs/figures.py
	$(BIN)/python docs/site/tutorial_pictures.py

clean:  ## remove .venv and every cache; data/ and model/ stay
	rm -rf .venv dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, found: $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/product.stamp: requirements.txt constraints.txt | .venv/pyvenv.cfg
	$(PIP) -r requirements.txt
	@touch $@

.venv/web.stamp: requirements-web.txt .venv/product.stamp
	$(PIP) -r requirements-web.txt
	@touch $@

.venv/docs.stamp: requirements-docs.txt constraints.txt .venv/product.stamp
	$(PIP) -r requirements-docs.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements-web.txt requirements-docs.txt requirements-export.txt requirements-mpi.txt requirements-search.txt .venv/product.stamp
	$(PIP) -r requirements-dev.txt
	@touch $@

.venv/bench.stamp: requirements-bench.txt constraints-bench.txt .venv/product.stamp
	$(PIP) -c constraints-bench.txt -r requirements-bench.txt
	@touch $@
