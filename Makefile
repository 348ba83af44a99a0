# Needs GNU make and Python 3.11 or later on Linux or macOS, nothing else.

VENV := .venv
RUN := $(VENV)/bin/python
# Installed once; a second run costs nothing until a lock changes.
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
# The locks name every package, so nothing needs resolving (and the demo's data set does not pull
# in pandas, which its files do not need). uv installs in a fraction of pip's time but knows nothing
# of pip's settings (mirrors, certificates), so pip takes over where uv fails.
PIP_OPTIONS := install --quiet --no-deps --no-compile --disable-pip-version-check --no-input
# The interpreter's own pip, where it has one, fetches uv: giving .venv a pip takes five seconds.
BASE_PIP := $$($(RUN) -c 'import sys; print(sys._base_executable)') -m pip --python $(RUN) $(PIP_OPTIONS)
OWN_PIP := { $(RUN) -m pip --version >/dev/null 2>&1 || $(RUN) -m ensurepip >/dev/null; } \
	&& $(RUN) -m pip $(PIP_OPTIONS)
UV_INSTALL := $(VENV)/bin/uv pip install --quiet --no-deps --python $(RUN)
UV_COMPILE := $(VENV)/bin/uv pip compile --universal --python-version 3.11 --no-header --no-annotate --quiet
# Where `check --deploy` is to find fault: an environment as a real deployment has it.
PRODUCTION = SECRET_KEY=$$($(RUN) -c "import secrets; print(secrets.token_urlsafe(64))") \
	HTTPS=1 LIVE_SAME_ORIGIN=1 ALLOWED_HOSTS=shop.example WEB_ORIGINS=https://shop.example \
	DATABASE_URL=postgresql://techmart@db.example/techmart \
	CACHE_URL=redis://cache.example:6379 BROKER_URL=redis://queue.example:6379

# Compiled modules are kept whatever the shell says: without them each process compiles two thousand
# modules at its start, two seconds of processor time five times over.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check bench fmt lock clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(INSTALLED) ## Make the environment in .venv

demo: $(INSTALLED) ## Start a whole shop: PORT, LIVE_PORT, TECHMART_DATA, DEMO_WEEKS, REPLAY_SPEED, ARGS=--empty
	@$(RUN) manage.py demo $(ARGS)

# Groups: the end-to-end tests share one stack, so one process runs them all.
test: ARGS ?= --numprocesses auto --dist loadgroup
test: $(INSTALLED_DEV) ## Run the tests; ARGS are pytest's
	$(RUN) -m pytest $(ARGS)

check: $(INSTALLED_DEV) ## Everything that is checked without running the application
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	DEBUG=1 $(VENV)/bin/mypy .
	DEBUG=1 $(VENV)/bin/lint-imports
	$(RUN) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING

bench: $(INSTALLED_DEV) ## Measure performance, each figure beside its limit
	$(RUN) -m benchmarks $(ARGS)

fmt: $(INSTALLED_DEV) ## Format, and repair what can be repaired
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

lock: $(INSTALLED_DEV) ## Compile requirements*.in; ARGS=--upgrade takes newer versions
	$(UV_COMPILE) $(ARGS) requirements.in -o requirements.txt
	$(UV_COMPILE) $(ARGS) --no-emit-package pandas requirements-demo.in -o requirements-demo.txt
	$(UV_COMPILE) $(ARGS) requirements-dev.in -o requirements-dev.txt
	$(UV_COMPILE) $(ARGS) requirements-bench.in -o requirements-bench.txt

clean: ## Remove caches and collected files; the environment and the data stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles build
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(INSTALLED): requirements.txt requirements-demo.txt | $(MADE)
	@echo "Installing packages into $(VENV): about 300 MB the first time, next to nothing later."
	@uv="$$(grep '^uv==' requirements-dev.txt)"; \
		$(BASE_PIP) "$$uv" >/dev/null 2>&1 || { $(OWN_PIP) "$$uv"; } || true
	@$(UV_INSTALL) -r requirements.txt -r requirements-demo.txt \
		|| { $(OWN_PIP) -r requirements.txt -r requirements-demo.txt; }
	@touch $@

$(INSTALLED_DEV): $(INSTALLED) requirements-dev.txt
	@$(UV_INSTALL) -r requirements-dev.txt || { $(OWN_PIP) -r requirements-dev.txt; }
	@touch $@

# A command of the right name may be a stub that runs no Python, so each is tried. Tests ran with
# 3.11 to 3.13; a later one is taken where there is none of these.
$(MADE):
	@for candidate in python3.13 python3.12 python3.11 python3 python python3.14; do \
		if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$candidate."; \
			$$candidate -m venv --without-pip $(VENV) && exec touch $@; \
			exit 1; \
		fi; \
	done; \
	echo "No Python 3.11 or later with venv was found. Install one (on Debian: apt install python3 python3-venv)." >&2; \
	exit 1
