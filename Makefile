# Two commands are enough: `make run` and `make test`. Everything else is for the long runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# The browser's scripts are checked by tools of Node's, which itself comes from the Python index.
NODE := $(BIN)/node
FRONTEND := tests/frontend
FRONTEND_TOOLS := $(FRONTEND)/node_modules/.package-lock.json
# Debian keeps venv in a package of its own: as root it is installed, else the message says so.
SYSTEM_VENV = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv

.PHONY: run test install install-test lock lint compile format soak bench clean

# Without a C compiler the relay runs interpreted, and `compile` says so; nothing else differs.
run: install
	@$(BIN)/tipmeet compile || true
	@exec $(BIN)/tipmeet serve

test: install-test
	@$(BIN)/python -m tests.prepare
	$(MAKE) --no-print-directory -j 2 lint compile
	$(NODE) --test --test-reporter=dot $(FRONTEND)/*.test.js
	$(BIN)/pytest -n 3 --dist loadgroup -m 'not browser'
	MEDIASRV_COMPILED=no $(BIN)/pytest -n 3 --dist loadgroup -m 'not browser' tests/mediasrv
	$(BIN)/pytest -m browser
	$(BIN)/python -m tests.network pytest tests/mediasrv/browsers/test_firefox_call.py \
	  tests/e2e/test_firefox_in_the_product.py

lint: install-test $(FRONTEND_TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NODE) $(FRONTEND)/node_modules/typescript/bin/tsc -p $(FRONTEND)
	$(NODE) $(FRONTEND)/node_modules/eslint/bin/eslint.js -c $(FRONTEND)/eslint.config.js admin_web tests
	$(BIN)/pytest tests/tidy/test_what_is_locked_fits.py

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

# What others have written comes in the versions, to the byte, that the lock files name.
INSTALL = $(PIP) install --require-hashes -r $(1) && \
  $(PIP) install --no-deps --no-build-isolation -e .

$(VENV)/.installed: pyproject.toml requirements/run.txt | $(VENV)/bin/python
	@echo "Installing TipMeet into $(VENV) ..."
	@$(call INSTALL,requirements/run.txt)
	@touch $@

$(VENV)/.installed-test: pyproject.toml requirements/test.txt | $(VENV)/bin/python
	@echo "Installing TipMeet and what its tests need into $(VENV) ..."
	@$(call INSTALL,requirements/test.txt)
	@touch $@ $(VENV)/.installed

# npm writes its target itself: what package-lock.json names, to the byte.
$(FRONTEND_TOOLS): $(FRONTEND)/package-lock.json $(VENV)/.installed-test
	@echo "Installing what checks the browser's scripts ..."
	@PATH=$(abspath $(BIN)):$$PATH npm ci --prefix $(FRONTEND) --no-audit --no-fund --silent
	@touch $@

# After a change of the dependencies in pyproject.toml. Versions that are locked stay as they are
# where they still fit; UPGRADE=--upgrade takes the newest, UPGRADE='--upgrade-package stripe' one.
LOCK = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
  --quiet --no-config $(UPGRADE)
lock: | $(VENV)/bin/python
	@$(PIP) install 'uv==0.13.9'
	$(LOCK) --extra compiled --extra test -o requirements/test.txt
	$(LOCK) --extra compiled -c requirements/test.txt -o requirements/run.txt

# Long runs; SEEDS=100000 and the like are passed on.
soak: install-test
	@$(PIP) install -e '.[soak]' || \
	  echo 'No atheris for this Python: the fuzzing corpus is replayed, not grown.'
	$(BIN)/python -m tests.soak

bench: install-test compile
	$(BIN)/pytest bench/pieces.py --benchmark-columns=median,iqr,ops,rounds
	$(BIN)/python -m bench.meter
	$(BIN)/python -m bench.relay

clean:
	rm -rf $(VENV) *.egg-info build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache mediasrv/__compiled__ \
	  $(FRONTEND)/node_modules
