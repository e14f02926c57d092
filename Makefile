# Everything a newcomer types. `make setup` runs by itself where it is needed; the stamp's name holds
# the checksum of what was installed, so that a second run has nothing to do.
.DEFAULT_GOAL := help
.PHONY: help setup console demo test coverage check golden bench peers compare prove docs clean

PIP   := PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --no-deps
STAMP := .venv/installed-$(shell cat requirements-dev.txt pyproject.toml | cksum | cut -d' ' -f1)
# Without a network npm should say so soon, not after two minutes of trying.
NPM   := npm_config_fetch_retries=1 npm_config_fetch_retry_mintimeout=2000 npm_config_fetch_retry_maxtimeout=5000
# Files of tests side by side; a file's tests share what they start, so they stay together.
PARALLEL := --numprocesses auto --maxprocesses 8 --dist loadfile
# The newest Python from 3.11 on that can make a virtual environment.
PYTHON ?= $(firstword $(foreach p,python3.14 python3.13 python3.12 python3.11 python3 python,$(shell \
  $(p) -c 'import sys, venv, ensurepip; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))

help:     ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "%-9s %s\n", $$1, $$2}' Makefile
setup: $(STAMP)  ## fill .venv with the pinned, hash-checked packages
$(STAMP): | python
	@echo "[1/3] virtual environment .venv" && $(PYTHON) -m venv .venv
	@echo "[2/3] packages of requirements-dev.txt" && $(PIP) --require-hashes --only-binary :all: -r requirements-dev.txt
	@echo "[3/3] datong itself" && $(PIP) --quiet --no-build-isolation --editable .
	@rm -f .venv/installed-* && touch $@
.PHONY: python
python:
	@test -x .venv/bin/python || test -n "$(PYTHON)" || { echo "No Python >= 3.11 with the venv module found. \
	Install one (Debian: apt install python3-venv; macOS: brew install python3) or say make PYTHON=/path/to/python" >&2; exit 1; }
console: setup  ## fetch and build the pages (GraphiQL) from npm packages
	@$(NPM) .venv/bin/python -m federation.console.build || echo "The GraphQL page is not built; all else works. Repeat with: make console" >&2
demo: console  ## run everything; ONCE=1, OPA=server|URL, DB=postgresql://...
	.venv/bin/datong demo $(if $(ONCE),--once) $(if $(OPA),--opa '$(OPA)') $(if $(DB),--database '$(DB)')
test: console  ## all tests; ARGS='-k name' for some
	.venv/bin/python -m pytest $(PARALLEL) $(ARGS)
coverage: console  ## the same with branch coverage, which takes twice as long
	.venv/bin/python -m pytest $(PARALLEL) --cov --cov-report=term $(ARGS)
check: setup  ## what must be green before a commit
	.venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/mypy
	sh tools/check_policies.sh
	$(MAKE) test
golden: setup  ## rewrite the golden files; read the diff
	.venv/bin/python -m pytest tests --update-golden $(ARGS)
bench: setup  ## run every benchmark; ARGS='--only heavy,small --rounds 1' for some tables
	.venv/bin/python -m benchmarks.gateways.peers || echo "Some gateways of others are missing; all else is measured." >&2
	.venv/bin/python -m benchmarks.gateways $(ARGS)
	$(if $(ARGS),,for file in benchmarks/*.py; do name=$$(basename "$$file" .py); echo "== $$name"; .venv/bin/python -m "benchmarks.$$name" || echo "$$name ended with $$?"; done)
peers: setup  ## install the gateways of others from npm; ROUTERS=1 builds those of crates.io, too
	.venv/bin/python -m benchmarks.gateways.peers $(if $(ROUTERS),--routers)
compare: setup  ## fail if a request takes over a tenth more CPU than when it was last stored
	.venv/bin/python -m benchmarks.gateways.compare $(ARGS)
prove: setup  ## the long proofs: many times as many generated cases; ARGS='monolith rights' for some
	bash tools/prove.sh $(ARGS)
docs: setup  ## rewrite the reference pages that are printed from the code
	.venv/bin/python tools/write_reference.py
clean:  ## remove what these commands made here
	rm -rf .venv .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info build dist
