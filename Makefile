# The commands of this project. Everything is installed into .venv, each package pinned with its hash.
#   make run     start it       make demo    look around, without a token
#   make test    check it all   make bench   measure it
#   make test-lake              check the store on PostgreSQL and a bucket
#   make requirements           the newest packages that requirements*.in allow
#   make code-editor            the editor of the page SQL, after a change of it (needs Node.js)
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
OLD := .venv/duckdb-1.5
ON_THE_LAKE := tests/data -m "not files" -n 2 --dist loadfile
A_LITTLE := --days 2 --owners 2 --repositories 20 --apps 0 --bucket 0 --disturbed 8
READ_BY_OLD := $(addprefix tests/data/schema/test_,schema.py views.py views_lists.py views_weekly.py) tests/data/store/test_store.py \
  tests/data/traffic/test_traffic_summaries.py tests/docs/test_schema_docs.py tests/docs/test_sql_docs.py

.PHONY: run demo test test-lake chaos format bench requirements code-editor clean setup setup-dev setup-lake setup-old setup-browser

# Where the setting names a lake, with the DuckDB that it needs instead of the newest.
run: setup $(if $(TRAFFIC_STORE),setup-lake)
	@exec $(BIN)/python -m collector serve --create

demo: setup
	$(BIN)/python -m tests.demo

# A file of tests stays on one process (loadfile), which so makes what the file shares once. In the order of their names the
# files end with short ones; with the fewest tests last, the longest test of all would begin when the other process is done.
# mypy and the tests of the lake have the one core meanwhile that the tests on the old DuckDB leave to them.
test: setup-dev setup-old setup-browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@{ $(BIN)/mypy && if tests/postgres.sh; then \
	    PYTHONPATH=$(CURDIR)/$(OLD) $(BIN)/python -m tests.lake pytest tests/data/store/test_lake.py -p no:cacheprovider; \
	  else echo "There is no PostgreSQL: the tests of the lake are left out."; fi; } & beside=$$!; \
	  PYTHONPATH=$(CURDIR)/$(OLD) $(BIN)/python -m pytest $(READ_BY_OLD) -p no:cacheprovider; read=$$?; \
	  wait $$beside && exit $$read
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/benchmarks

# The same tests of data/ with PostgreSQL and a bucket instead of files, both started for them alone.
test-lake: setup-dev setup-old .venv/lake-tests.installed
	PYTHONPATH=$(CURDIR)/$(OLD) $(BIN)/python -m tests.lake --s3 pytest $(ON_THE_LAKE) -p no:cacheprovider
	PYTHONPATH=$(CURDIR)/$(OLD) $(BIN)/python -m tests.chaos $(A_LITTLE)

# Ten days of three collectors and two app servers on a lake, with all that happens to machines (20 to 40 minutes).
chaos: setup-dev setup-old .venv/lake-tests.installed
	PYTHONPATH=$(CURDIR)/$(OLD) $(BIN)/python -m tests.chaos

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# First each part at a tiny size, so that none can rot.
bench: setup-dev setup-old
	$(BIN)/python -m pytest tests/benchmarks
	$(BIN)/python -m tests.benchmarks

requirements: setup-dev
	for name in requirements requirements-dev requirements-lake requirements-lake-tests; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make requirements" $$name.in --output-file $$name.txt || exit 1; \
	done

clean:
	rm -rf .venv data/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

setup: .venv/run.installed
setup-dev: .venv/dev.installed
setup-lake: .venv/lake.installed
setup-old: $(OLD)/installed

setup-browser:
	@tests/browser.sh

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { echo "Python cannot make a virtual environment. On Debian: apt install python3-venv"; exit 1; }
	@touch $@

.venv/run.installed: requirements.txt .venv/made
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/dev.installed: requirements-dev.txt .venv/run.installed
	$(INSTALL) -r requirements-dev.txt
	@touch $@

# The store is tested on the oldest DuckDB that may read its files, too, which is that of the lake: it lies beside, found
# first by PYTHONPATH.
$(OLD)/installed: requirements-lake.txt .venv/made
	$(INSTALL) --no-deps --upgrade --target $(OLD) -r requirements-lake.txt
	@touch $@

.venv/lake.installed: requirements-lake.txt .venv/run.installed
	$(INSTALL) -r requirements-lake.txt
	@touch $@

.venv/lake-tests.installed: requirements-lake-tests.txt .venv/dev.installed
	$(INSTALL) -r requirements-lake-tests.txt
	@touch $@

# The editor of SQL, one file from the packages that package.json pins (with Node.js; nothing else here needs it).
code-editor:
	cd pages/ui/code_editor && npm ci && npm run build -- --banner:js="/* CodeMirror 6 and more by Marijn Haverbeke and others, \
	MIT (LICENSES), and editor.js $$(sha256sum editor.js | cut -c 1-12) */" && rm -rf node_modules
