# What a person or a machine does with a checkout. Needs nothing but Python 3.11; `make` alone lists it.
PYTHON ?= python3
VENV := .venv
IN := $(VENV)/bin
# Three processes, each with a database of its own, as a third of the time tests wait for clocks and programs; a file's
# tests stay together, for they share what they set up (tests/sharing_out.py says what else does, and what begins first).
TEST_PROCESSES ?= 3
# For example: make test ARGS="tests/orders -k start"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench check

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/installed ## start everything at http://localhost:8000 (another port: PORT=8001 make run); Ctrl-C ends it
	@$(IN)/python manage.py run --end-with-parent

test: $(VENV)/installed-dev ## the whole suite, on our own PostgreSQL or on DATABASE_URL's server
	$(IN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile $(ARGS)

lint: $(VENV)/installed-dev ## style, format, types, and who may import whom
	$(IN)/ruff check .
	$(IN)/ruff format --check .
	$(IN)/mypy
	$(IN)/lint-imports --no-logo

format: $(VENV)/installed-dev ## put the style right where a tool can
	$(IN)/ruff check --fix .
	$(IN)/ruff format .

bench: $(VENV)/installed-dev ## measure the APIs against bare Django and bare SQL
	$(IN)/python -m tests.bench $(ARGS)

check: lint test ## what must pass before a change is shown to others
	$(IN)/python manage.py check
	$(IN)/python manage.py makemigrations --check --dry-run

# Made anew only when there is none; the interpreter's own age does not matter.
$(IN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'FactoryOS needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo 'No virtual environment. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

# The stamps are younger than the lists they were installed from; a failed installation leaves none.
$(VENV)/installed: requirements.txt | $(IN)/python
	@echo 'Installing requirements.txt …'
	@$(IN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements.txt | $(IN)/python
	@echo 'Installing requirements-dev.txt …'
	@$(IN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/installed
