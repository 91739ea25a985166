# Two commands do everything from a bare clone; each makes its own virtual environment.
#   make demo   run the main job on the embedded model
#   make test   lint, types, every test, and an install from the built wheel
# CI runs besides:
#   make fresh-seeds   property tests with new random draws, a minute of them; SEED=... repeats a run
#   make machines   the tests that may depend on the CPU, as on other CPUs
#   make pythons    what needs no torch, on the other Pythons that are here
PYTHON ?= python3
DEMO := .venv-demo
TEST := .venv
CONSTRAINTS := .ci/constraints.txt

.PHONY: demo test lint types pytest wheel-test fresh-seeds machines pythons clean

demo: $(DEMO)/.installed
	$(DEMO)/bin/bltgen generate --grounded --temperature 0 --stats \
	  --schema '{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0},"city":{"type":"string"}},"required":["name","age","city"],"additionalProperties":false}' \
	  --prompt 'Ada Lovelace, 36, lives in London.'

test: lint types pytest wheel-test

lint: $(TEST)/.installed
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .

types: $(TEST)/.installed
	$(TEST)/bin/mypy

pytest: $(TEST)/.installed
	$(TEST)/bin/python tests/crashes.py -q

wheel-test: $(TEST)/.installed
	$(TEST)/bin/python tests/wheel_check.py

fresh-seeds: $(TEST)/.installed
	$(TEST)/bin/python tests/fresh_seeds.py $(SEED)

machines: $(TEST)/.installed
	$(TEST)/bin/python tests/machines.py

pythons: $(TEST)/.installed
	$(TEST)/bin/python tests/pythons.py

$(DEMO)/.installed: pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) .
	touch $@

$(TEST)/.installed: pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(TEST)
	$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[dev]'
	touch $@

clean:
	rm -rf $(DEMO) $(TEST) build dist
