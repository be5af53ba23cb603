# make demo   check the sample files that ship with the project and show what is found
# make test   everything that must hold: lint, types, layers, rules, tests
# Both make .venv first and install what requirements.lock names. PYTHON=python3.12 picks another interpreter.

PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2

.PHONY: demo test bench reference serve clean

.venv/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "Storewarden needs Python 3.11 to 3.14; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: .venv/.installed
	@# The samples have faults, and one of them a row that cannot be read: 1 and 2 are what these calls must answer.
	$(BIN)/storewarden check samples/draft.json samples/open-platform-product.json; [ $$? -eq 1 ]
	$(BIN)/storewarden check samples/dianxiaomi-export.xlsx --lang zh --min-severity warning; [ $$? -eq 2 ]

# The official JavaScript library of Standard Webhooks; without npm its test says that it was skipped.
tests/webhooks/js/node_modules: tests/webhooks/js/package-lock.json
	@if command -v npm >/dev/null; then cd tests/webhooks/js && npm ci --silent --no-audit --no-fund && touch node_modules; fi

test: .venv/.installed tests/webhooks/js/node_modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/storewarden rules lint
	$(BIN)/python -m pytest -n $(JOBS)

bench: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .[bench]
	$(BIN)/python -m tests.benchmarks

reference: .venv/.installed
	$(BIN)/storewarden rules reference

serve: .venv/.installed
	$(BIN)/storewarden serve

clean:
	rm -rf .venv
