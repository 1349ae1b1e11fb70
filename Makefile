# The commands of this project. Everything is installed into .venv from the pinned requirements.
#   make run     start it       make demo    look around, without a token
#   make test    check it all   make bench   measure it
PYTHON ?= python3
BIN := .venv/bin
OLD := .venv-duckdb-1.5
READ_BY_OLD := $(addprefix tests/data/test_,schema.py store.py views.py views_lists.py views_weekly.py) \
  tests/docs/test_schema_docs.py tests/docs/test_sql_docs.py

.PHONY: run demo test format bench clean setup setup-dev setup-old

run: setup
	$(BIN)/python -m collector init
	@$(BIN)/python -m collector schedule & timer=$$!; $(BIN)/streamlit run streamlit_app.py & app=$$!; \
	  trap 'kill $$timer $$app 2>/dev/null; wait' EXIT INT TERM; wait $$app

demo: setup
	$(BIN)/python -m tests.demo

test: setup-dev setup-old
	tests/browser.sh
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(OLD)/bin/python -m pytest $(READ_BY_OLD) -n 2 -p no:cacheprovider
	$(BIN)/python -m pytest -n 2

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-dev
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf .venv $(OLD) data/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

setup: .venv/run.installed
setup-dev: .venv/dev.installed
setup-old: $(OLD)/installed

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { echo "Python cannot make a virtual environment. On Debian: apt install python3-venv"; exit 1; }
	@touch $@

.venv/run.installed: requirements.txt .venv/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.installed: requirements-dev.txt .venv/run.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The store is tested on the oldest DuckDB that may read its files, too.
$(OLD)/installed: requirements-dev.txt requirements.txt
	$(PYTHON) -m venv $(OLD)
	sed 's/^duckdb==.*/duckdb==1.5.6/' requirements.txt > $(OLD)/requirements.txt
	sed 's/^-r .*//' requirements-dev.txt > $(OLD)/requirements-dev.txt
	$(OLD)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r $(OLD)/requirements.txt -r $(OLD)/requirements-dev.txt
	@touch $@
