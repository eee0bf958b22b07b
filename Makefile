# make demo      a synthetic world, a corpus built from it, and how to look at it
# make test      the whole test suite
# make docs      the documentation as a site, site/index.html; nothing is fetched to build or to read it
# make test-versions   the fast tests on every other Python of pyproject.toml that is found
# make schemas   the JSON Schemas in schemas/, from the models
# make faults    builds that are killed, run out of disk or lose their inputs: minutes, and a table at the end
# make fuzz      coverage-guided fuzzing of every reader and decoder, about an hour; SECONDS_EACH=10 for a look
# make lint      formatting, lint and types
# make system-deps   as root: the browser that the tests of the report use
# Every target makes the environment first if need be.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-versions docs faults fuzz lint format schemas lock system-deps clean

demo: $(STAMP)
	$(BIN)/t4s demo demo

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal

faults: $(STAMP)
	$(BIN)/python benchmarks/faults.py

docs: $(STAMP)
	$(BIN)/python -m docs.generate .docs
	$(BIN)/zensical build --strict --clean
	@echo "site/index.html"

# `make test` covers Python 3.11. Other versions are run wherever `python3.X` is on the path; TESTS narrows them down.
test-versions:
	./.ci/versions $(TESTS)

SECONDS_EACH ?= 200
fuzz: $(STAMP)
	$(BIN)/python -m fuzz --seconds $(SECONDS_EACH)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pip check

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(STAMP)
	$(BIN)/t4s schemas --out schemas

# Debian's Chromium, which the tests of the report open it with; without it they are skipped.
system-deps:
	command -v chromium chromedriver >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null; }

# Versions are pinned in constraints.txt, and with their hashes, for users, in requirements.lock; `make lock` resolves
# both anew from pyproject.toml.
lock: $(STAMP)
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --extra dev --extra docs --strip-extras --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --upgrade --output-file constraints.txt pyproject.toml
	$(BIN)/pip-compile --quiet --extra sign --strip-extras --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --generate-hashes --constraint constraints.txt --output-file requirements.lock pyproject.toml

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,docs]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) .docs site demo .pytest_cache .ruff_cache .mypy_cache .hypothesis
