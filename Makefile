# The commands of this project. Each builds what it needs first and repeats without cost.
PYTHON ?= python3
VENV := .venv
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --extra build
TESTS ?= tests

.PHONY: run test lint format snapshots docs nano router python install dev lock wheel clean

run: install ## open the workbench in this folder
	@$(VENV)/bin/codey

test: dev ## run every test
	$(VENV)/bin/python -m pytest -n 2 $(TESTS)

lint: dev ## formatting, style, types and the import contracts
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/pyright --warnings --pythonpath $(VENV)/bin/python
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(VENV)/bin/python .ci/readme.py --check

format: dev ## put code into the project's format
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

snapshots: dev ## record the pictures of the screen anew; look at each before you commit it
	$(VENV)/bin/python -m pytest tests/tui --snapshot-update

docs: dev ## write the tables of README.md from the code
	$(VENV)/bin/python .ci/readme.py

nano: dev ## train the bundled model anew (takes six hours on two cores; goes on where it was stopped), export and measure it
	$(VENV)/bin/python -m pip install --quiet --no-build-isolation -e '.[nano]'
	$(VENV)/bin/python -m models.nano.train --run first --minutes 98
	$(VENV)/bin/python -m models.nano.train --run second --after first --minutes 95 --rate 2.5e-3
	$(VENV)/bin/python -m models.nano.train --run third --after second --minutes 78 --rate 1.8e-3
	$(VENV)/bin/python -m models.nano.train --run fourth --after third --minutes 93 --rate 1.8e-3
	$(VENV)/bin/python -m models.nano.export --run fourth
	$(VENV)/bin/python -m models.nano.calibrate --write
	$(VENV)/bin/python -m models.nano.evaluate --run fourth --card

router: dev ## train the router's linear model anew (seconds), and measure it on the held-out requests
	$(VENV)/bin/python -m models.router.train
	$(VENV)/bin/python -m models.router.evaluate --readme

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	"Codey needs Python 3.11 or newer as '$(PYTHON)': install it, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }

install: python ## .venv with what Codey needs
	@$(PYTHON) .ci/install.py run

dev: python ## .venv with the tests' and linters' needs as well
	@$(PYTHON) .ci/install.py dev

lock: dev ## choose versions anew from pyproject.toml, with the hashes of every file of each release
	$(VENV)/bin/python -m pip install --quiet uv==0.13.8
	$(LOCK) --upgrade -o .ci/run.lock pyproject.toml > /dev/null
	$(LOCK) --upgrade --extra test --extra lint -c .ci/run.lock -o .ci/dev.lock pyproject.toml > /dev/null

wheel: dev ## dist/*.whl
	$(VENV)/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove what was built here; the cache of compiled wheels stays
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis snapshot_report.html
