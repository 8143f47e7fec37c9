# One door to the project's work: `make` lists the targets, and each does the set-up that it needs, once.

# The first Python that works and is new enough; the locks are made with 3.11.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>&- && { echo "$$name"; break; }; done)
PORT ?= 8000
# Processes that run tests side by side, each whole files; 0: none but pytest's own, as a debugger wants it.
WORKERS ?= 2
# Where the benchmarks find their data and roads, and the seconds that each public instance gets.
RUFBUS_DATA ?= ../shared/data
SECONDS_EACH ?= 10
ROADS ?= $(RUFBUS_DATA)/osm/regions/addison-county-vt_2020-05-25.osm.gz
# More of pytest's options: make test PYTEST="-k roads -x"
PYTEST ?=

HERE := $(dir $(lastword $(MAKEFILE_LIST)))
ifneq ($(HERE),./)
# Called as `make -f somewhere/Makefile`: all that follows is relative to the checkout.
.DEFAULT_GOAL := help
%:
	@$(MAKE) --no-print-directory -C "$(HERE)" $@
Makefile: ;
else

BIN := .venv/bin
READY := .venv/.ready
MODULES := web/node_modules/.package-lock.json
PAGE := api/static/app/app.js
WEB := $(shell find web -name node_modules -prune -o -type f -print)
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web --no-progress --loglevel=error
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --allow-unsafe --generate-hashes \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras
# Without a screen there is no browser to open; the address is printed all the same.
SCREEN := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check test-browser docs openapi bench bench-setup bench-roads bench-kernel bench-public bench-day lock wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(READY) $(PAGE) ## make .venv with everything and build the page; the command is then .venv/bin/rufbus

demo: setup ## run a day on the embedded sample region: PORT=8000 HOME_FOLDER=… where it is kept
	@$(BIN)/rufbus demo --port $(PORT) $(if $(SCREEN),,--no-browser) $(if $(HOME_FOLDER),--home "$(HOME_FOLDER)")

test: check ## check, then run all tests, with the servers they want: PYTEST="-k roads" WORKERS=2
	@$(BIN)/python tools/with_servers.py $(BIN)/pytest -n $(WORKERS) --dist loadfile $(PYTEST)

check: setup ## lint, formatting, types, import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/mypy tools/*.py
	@$(BIN)/lint-imports --no-cache

test-browser: setup ## only the tests in a browser
	@$(BIN)/python tools/with_servers.py $(BIN)/pytest -m browser $(PYTEST)

docs: setup ## the tests of the documentation: every command, error, event and setting has its place
	@$(BIN)/pytest tests/test_docs.py tests/domain/test_dictionary_page.py $(PYTEST)

openapi: $(READY) ## write api/openapi.json anew, after a change to the doors
	@$(BIN)/python -m api.describe

bench: bench-setup bench-roads bench-kernel bench-public bench-day ## all benchmarks; takes hours

bench-setup: setup ## add what the benchmarks measure against to .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt

bench-roads: bench-setup ## matrix, addresses, import, beside peers: ROADS=extract.osm.pbf
	@$(BIN)/rufbus bench roads "$(ROADS)"

bench-kernel: bench-setup ## insertion, a day of wishes, improvement, policy, cost against size: ROADS=extract.osm.pbf
	@$(BIN)/rufbus bench insertion
	@$(BIN)/rufbus bench alternatives
	@$(BIN)/rufbus bench day-sim
	@$(BIN)/rufbus bench improve "$(ROADS)"
	@$(BIN)/rufbus bench policy --roads "$(ROADS)"
	@$(BIN)/rufbus bench scaling "$(ROADS)"

bench-public: bench-setup ## public instances beside other solvers; RUFBUS_DATA holds them: SECONDS_EACH=60
	@$(BIN)/rufbus bench peers
	@$(BIN)/rufbus bench darp "$(RUFBUS_DATA)/darp" --seconds $(SECONDS_EACH)
	@$(BIN)/rufbus bench ddarp "$(RUFBUS_DATA)/dynamic/ddarp"
	@$(BIN)/rufbus bench pdptw "$(RUFBUS_DATA)/pdptw" --seconds $(SECONDS_EACH) --peers pyvrp,vroom,or-tools

bench-day: setup ## a day on real roads over HTTP, with and without improvement: BENCH="--wishes 200"
	@$(BIN)/python bench/day.py $(BENCH)

lock: $(READY) ## write the lock files anew: UPGRADE=--upgrade takes the newest of everything
	@$(LOCK) $(UPGRADE) --extra=dev --output-file=requirements/dev.txt pyproject.toml
	@$(LOCK) $(UPGRADE) --constraint=requirements/dev.txt --output-file=requirements/run.txt pyproject.toml
	@$(LOCK) $(UPGRADE) --extra=bench --constraint=requirements/dev.txt --output-file=requirements/bench.txt pyproject.toml
	@$(NPM) $(if $(UPGRADE),update,install) --package-lock-only --silent
	@$(BIN)/python tools/strip_funding.py web/package-lock.json

wheel: setup ## build dist/rufbus-….whl
	@rm -rf build dist
	@$(BIN)/python -m build --no-isolation --wheel --outdir dist .

clean: ## remove what was made, the environment too
	@rm -rf .venv .work build dist *.egg-info api/static/app web/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements/dev.txt pyproject.toml tools/make_venv.py
	@test -n "$(PYTHON)" || { echo "There is no Python 3.11 or newer here: install one, or name one: make PYTHON=…" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Making .venv with everything; the first time this takes a few minutes …" && $(PYTHON) tools/make_venv.py .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(MODULES): web/package-lock.json | $(READY)
	@$(NPM) ci >/dev/null
	@touch $@

$(PAGE): $(WEB) $(MODULES)
	@echo "Building the page …"
	@$(NPM) run --silent build -- --logLevel warn

endif
