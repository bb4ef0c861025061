# Run `make help` for the list. Everything happens in .venv, which `make install` creates.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install run test test-slow test-rare test-fuzz lint types docs picture verify bench clean

help:
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml constraints/py311.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints/py311.txt -e '.[dev,docs]'
	touch $@

install: $(VENV)/.installed ## make .venv and install kubenines into it

run: install ## compare replica strategies for a small shop (the README's example)
	$(BIN)/kubenines run experiments/configs/replica-strategies.yaml

test: install ## the test suite
	$(BIN)/python -m pytest -q -n auto

test-slow: install ## the longer checks
	$(BIN)/python -m pytest -q -n auto -m slow

test-rare: install ## rare outages against exact laws and plain replications
	$(BIN)/python -m pytest -q -n auto -m rare

test-fuzz: install ## a million mutated inputs: none may do more than be refused
	$(BIN)/python -m pytest -q -s -m fuzz

lint: install ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## mypy --strict
	$(BIN)/mypy

docs: install ## the documentation, in docs/_build; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build

picture: install ## pictures and table of README and docs, from the results of `make run` and of the tutorial
	$(BIN)/kubenines plot results/replica-strategies --kind replicas -o docs/_static/replica-strategies.svg
	$(BIN)/python -m tests.readme_table results/replica-strategies
	$(BIN)/python -m tests.documented docs/tutorial.md

verify: install ## simulate systems whose exact answers are known
	$(BIN)/kubenines verify

bench: install ## how fast the simulator is
	$(BIN)/kubenines bench cluster --nodes 6 --pods 30 --years 1
	$(BIN)/kubenines bench cluster --nodes 1000 --pods 20000 --years 1

clean: ## remove what the commands above made
	rm -rf $(VENV) results docs/_build .pytest_cache .mypy_cache .ruff_cache
