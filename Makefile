# Every target sets up what it needs in .venv, and does so once. PYTHON=python3.12 make test picks another Python.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

SOURCES := $(wildcard src/*.pyx src/*.pxd src/*.pxi fastcors/*.pxd fastcors/include/*) setup.py pyproject.toml fastcors/_version.py

.DEFAULT_GOAL := help
.PHONY: help demo playground docs screenshots newcomer docs-serve test test-long test-all wheels test-sanitize test-embedding fuzz test-peers test-frameworks lint bench bench-e2e bench-gateway bench-quick bench-peers bench-check bench-lines clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/pip.done:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "fastcors needs Python 3.10 or newer, this is " + sys.version)'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade "pip>=25.1"
	@touch $@

# The library itself, editable, with what the demo needs.
$(VENV)/library.done: $(VENV)/pip.done $(SOURCES)
	@echo "Building fastcors and getting what it needs into $(VENV). This takes about a minute, once."
	@PYTHONWARNINGS=ignore $(PIP) --editable ".[demo]"
	@touch $@

# What the other targets need beside it: the dependency groups of pyproject.toml.
$(VENV)/%.done: pyproject.toml $(VENV)/library.done
	@$(PIP) --group $*
	@touch $@

demo: $(VENV)/library.done ## a gateway, its page and a table of real exchanges (ONCE=1: the table alone)
	@$(BIN)/python -m fastcors demo $(if $(ONCE),--once)

playground: $(VENV)/library.done ## a page where you write a policy and a request, and your browser sends it
	@$(BIN)/python -m fastcors playground

test: $(VENV)/test.done ## the tests
	$(BIN)/python -m pytest -n auto --dist loadfile -p no:benchmark

test-long: $(VENV)/test.done ## the tests that take long and are not in make test
	$(BIN)/python -m pytest -n auto --dist loadfile -p no:benchmark -m long --ignore tests/frameworks

test-all: $(VENV)/pip.done ## the tests (or TESTS=tests/unit) on each Python of this machine (3.10 to 3.14, 3.13t, 3.14t), and a wheel
	$(BIN)/python tools/test_all.py $(TESTS)
	@$(PIP) "build>=1.2"
	$(BIN)/python tools/test_package.py

wheels: $(VENV)/wheels.done ## a wheel for each CPython of this machine, with the profile, repaired and tested (Linux, gcc)
	$(BIN)/python tools/build_wheels.py

test-sanitize: $(VENV)/test.done ## the tests with AddressSanitizer and UBSan in the extension (gcc; QUICK=1: the most hostile)
	$(BIN)/python tools/test_sanitize.py $(if $(QUICK),--quick)

test-embedding: $(VENV)/pip.done ## the examples in C, Cython and Rust, built against a wheel in an empty environment
	@$(PIP) "build>=1.2"
	$(BIN)/python tools/test_embedding.py

fuzz: $(VENV)/test.done $(VENV)/fuzz.done ## every reader and writer, guided by coverage, with AddressSanitizer and UBSan (MINUTES=60)
	$(BIN)/python tools/fuzz.py $(if $(MINUTES),--minutes $(MINUTES)) $(if $(TARGETS),--only $(TARGETS))

test-peers: $(VENV)/pip.done ## the public test-suites of the libraries that fastcors.compat stands in for
	$(BIN)/python tools/test_peers.py

test-frameworks: $(VENV)/test.done ## the frameworks on every server (WRITE=1: writes docs/frameworks.md)
	FASTCORS_LONG=1 FASTCORS_WRITE=$(WRITE) $(BIN)/python -m pytest -m "long or not long" tests/frameworks
	@$(if $(WRITE),$(BIN)/python tools/documents.py frameworks.md README.md)

docs: $(VENV)/docs.done $(VENV)/test.done ## the generated parts of the documents, and the site in build/site
	$(BIN)/python tools/documents.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --clean
	@echo "The site is in build/site: open build/site/index.html"

screenshots: docs ## pictures of the README, the site and the playground, into docs/assets (needs Chromium)
	$(BIN)/python tools/screenshots.py

newcomer: $(VENV)/test.done $(VENV)/bench.done ## what the README says, in an empty folder, timed (CACHE=1: pip's cache; WRITE=1: kept)
	$(BIN)/python tools/newcomer.py $(if $(CACHE),--pip-cache) $(if $(WRITE),--write)

docs-serve: $(VENV)/docs.done ## the site on http://127.0.0.1:8000/, built again after each change
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

lint: $(VENV)/lint.done ## ruff, mypy, pyright, cython-lint, a compile without warnings, calls into Python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python tools/check_pages.py
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/zizmor --quiet --offline --no-progress .github
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint src
	@rm -rf build/lint && mkdir -p build/lint
	FASTCORS_WERROR=1 $(BIN)/python setup.py --quiet build_ext --force --build-temp build/lint --build-lib build/lint
	$(BIN)/python tools/check_annotation.py

bench: $(VENV)/bench.done ## every benchmark, beside the other libraries; writes bench/results/latest.json and the plots
	$(BIN)/python -m bench $(if $(OUTPUT),--output $(OUTPUT))

bench-e2e: $(VENV)/bench.done ## servers under load, with fastcors and without (needs wrk; four minutes)
	$(BIN)/python -m bench --e2e $(if $(OUTPUT),--output $(OUTPUT))

bench-gateway: $(VENV)/bench.done $(VENV)/test.done ## examples/gateway under load: right answers while it reloads, what CORS costs (wrk)
	$(BIN)/python -m bench.load.gateway $(if $(ANSWERS),--answers) $(if $(ADDED),--added) $(if $(SPEED),--speed)

bench-peers: $(VENV)/bench.done ## fastcors against libraries for Go, Rust and Node, those that are installed
	$(BIN)/python -m bench.languages.compare

bench-check: $(VENV)/bench.done ## instruction counts of the engine's paths against bench/counting/budgets.json (valgrind)
	$(BIN)/python -m bench.counting.check

bench-lines: $(VENV)/bench.done ## cache lines that a cold request touches, against bench/counting/lines.json (valgrind)
	$(BIN)/python -m bench.counting.lines

bench-quick: $(VENV)/bench.done ## the same in under a minute, with wider spreads
	$(BIN)/python -m bench --quick

clean: ## remove everything that was built
	rm -rf $(VENV) .venv-* build dist *.egg-info fastcors/*.so fastcors/_pure.py bench/micro/*.so bench/micro/*.c src/*.c src/*.html
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
