# `make up` and `make test` are all that a fresh machine with git, make and Python >= 3.11 needs.
.DEFAULT_GOAL := help
.PHONY: help install up down test soak bench lint lock reference screenshots clean
MAKEFLAGS += --no-print-directory

ARGS ?=

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

install: .venv/.installed ## install into .venv, and nothing else
	@:

up: install ## install, then bring the stack up (ARGS="NAME..." for a part of it)
	@./vrooli up $(ARGS)

down: ## stop the stack
	@./vrooli down $(ARGS)

test: .venv/.installed-test ## install what the tests need, and run them all (ARGS="-k name" for some)
	@scripts/install-test-parts
	@scripts/lint
	@scripts/test $(ARGS)

soak: .venv/.installed-test ## the long campaigns in full
	@scripts/install-test-parts
	@VROOLI_SOAK=full scripts/test -m "soak or hypothesis" --timeout=7200 $(ARGS)

bench: .venv/.installed-test ## the headline numbers, each against its peers (ARGS="detect" for one)
	@scripts/install-test-parts --bench
	@scripts/bench $(ARGS)

lint: .venv/.installed-test ## style, types, layers
	@scripts/lint

lock: ## resolve the dependencies anew (ARGS="--upgrade" for the newest)
	@scripts/lock $(ARGS)

reference: .venv/.installed ## write docs/reference/ anew from the source
	@.venv/bin/python -m scripts.reference

screenshots: .venv/.installed-test ## write docs/screenshots/ anew from a stack in which something is broken
	@.venv/bin/python -m scripts.screenshots

clean: ## remove all that these targets made in this folder; a running stack's home is not touched
	@test -n "$(FORCE)" || scripts/may-clean
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* build dist htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps make a second run a no-op; they are older than a lock or pyproject.toml that has changed.
.venv/.installed: requirements.lock pyproject.toml scripts/install
	@scripts/install
	@touch $@

.venv/.installed-test: .venv/.installed requirements-test.lock
	@scripts/install --test
	@touch $@
