# Two commands are enough: `make run` and `make test`. Everything else is for the long runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Debian keeps venv in a package of its own: as root it is installed, else the message says so.
SYSTEM_VENV = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv

.PHONY: run test install install-test lint compile format soak bench clean

# Without a C compiler the relay runs interpreted, and `compile` says so; nothing else differs.
run: install
	@$(BIN)/tipmeet compile || true
	@exec $(BIN)/tipmeet serve

test: install-test
	@$(BIN)/python -m tests.prepare
	$(MAKE) --no-print-directory -j 2 lint compile
	$(BIN)/pytest -n 3 --dist loadgroup -m 'not browser'
	MEDIASRV_COMPILED=no $(BIN)/pytest -n 3 --dist loadgroup -m 'not browser' tests/mediasrv
	$(BIN)/pytest -m browser
	$(BIN)/python -m tests.network pytest tests/mediasrv/test_firefox_call.py \
	  tests/e2e/test_firefox_in_the_product.py

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

compile: install-test
	@$(BIN)/tipmeet compile

format: install-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(VENV)/.installed
install-test: $(VENV)/.installed-test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "TipMeet needs Python 3.11 or newer; $(PYTHON) is older. Give another: make PYTHON=python3.12"; exit 1; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); $(SYSTEM_VENV) && $(PYTHON) -m venv $(VENV); } || \
	  { rm -rf $(VENV); echo "python3-venv is missing: sudo apt-get install python3-venv, then try again."; exit 1; }

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing TipMeet into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[compiled]'
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	@echo "Installing TipMeet and what its tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@ $(VENV)/.installed

# Long runs; SEEDS=100000 and the like are passed on.
soak: install-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[soak]' || \
	  echo 'No atheris for this Python: the fuzzing corpus is replayed, not grown.'
	$(BIN)/python -m tests.soak

bench: install-test compile
	$(BIN)/pytest bench/pieces.py --benchmark-columns=median,iqr,ops,rounds
	$(BIN)/python -m bench.meter
	$(BIN)/python -m bench.relay

clean:
	rm -rf $(VENV) *.egg-info build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache mediasrv/__compiled__
