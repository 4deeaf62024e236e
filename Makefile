# Everything from a fresh checkout, with Python 3.11 or newer and nothing else. Options: make demo ARGS="--exit --json"

VENV := .venv
PYTHON := $(VENV)/bin/python
ARGS ?=
# Looked for only when the environment has to be made.
FIND_PYTHON = for p in python3.11 python3.12 python3.13 python3 python; do \
	  if command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; exit; fi; done
RUNTIME := $(VENV)/.installed-$(shell cat requirements.txt | cksum | tr ' ' '-')
DEVELOPMENT := $(VENV)/.installed-dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')
PIP := $(PYTHON) -m pip --quiet --disable-pip-version-check --no-input install
# Twice as fast as pip, which does it where uv cannot: uv does not read pip's configuration (mirrors, find-links).
UV := $(PYTHON) -m uv pip install --quiet --compile-bytecode --python $(PYTHON)
INSTALL = $(PIP) uv==0.13.9 >&2 && $(UV) -r $(1) >&2 || $(PIP) -r $(1) >&2

# Workers, web servers and tests are many short processes, which would each compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo run test elsewhen lint sbom conformance rules attacks fuzz clients walk chaos bench browser clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: $(RUNTIME) ## A whole campaign against the sandbox carrier (--exit --json: no browser, result on the last line)
	@$(PYTHON) manage.py demo $(ARGS)

run: $(RUNTIME) ## Web server, worker and beat on this machine (--port 8000)
	@$(PYTHON) manage.py run $(ARGS)

# Many tests wait much of their time, so several run on each core: tests/workers_plugin.py says how many, and shares out.
test: $(DEVELOPMENT) ## Every test but attacks, chaos and the browser's (ARGS: what pytest takes)
	@$(PYTHON) -m pytest --ignore=tests/browser -m "not alone" -n auto $(ARGS)

AT ?=
elsewhen: $(DEVELOPMENT) ## The same at another moment, which tests and product must not mind: make elsewhen AT="2027-01-01T00:05+05:30" (needs cc)
	@$(PYTHON) -m tests.elsewhen "$(AT)" --ignore=tests/browser -m "not alone" -n auto $(ARGS)

lint: $(DEVELOPMENT) ## ruff, mypy, whether migrations are missing or would stop old code, and whether a pinned package is known to be vulnerable
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@SECRET_KEY=$${SECRET_KEY:-lint} DIALER_ENCRYPTION_KEYS=$${DIALER_ENCRYPTION_KEYS:-lint} $(PYTHON) -m mypy .
	@$(PYTHON) manage.py makemigrations --check --dry-run
	@$(PYTHON) -m tests.expansion
	@$(PYTHON) -m tests.advisories

sbom: $(DEVELOPMENT) ## What the image is made of, as CycloneDX JSON (sbom.json)
	@$(PYTHON) -m uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.lock \
	  --output-reproducible --output-format JSON --output-file sbom.json
	@echo "sbom.json: $$(grep -c '"purl"' sbom.json) packages."

conformance: $(DEVELOPMENT) ## One suite over every provider
	@$(PYTHON) -m tests.conformance $(ARGS)

rules: $(DEVELOPMENT) ## The rules of when and whom, against generated cases
	@$(PYTHON) -m tests.rules $(ARGS)

attacks: $(DEVELOPMENT) ## Attacks that succeeded once: a line each, held or failed
	@$(PYTHON) -m tests.attacks $(ARGS)

fuzz: $(DEVELOPMENT) ## Generated requests by the OpenAPI document, uploads, pushes and replies: no fault, nothing lost (--minutes 10)
	@$(PYTHON) -m tests.fuzz $(ARGS)

clients: $(DEVELOPMENT) ## Generate clients in Python and, with Node, in TypeScript; do three jobs with each
	@$(PYTHON) -m tests.clients $(ARGS)

walk: $(DEVELOPMENT) ## Every block of the pages for integrators, as pasted, twice in a row; and of the page to deploy
	@$(PYTHON) -m pytest tests/walks/test_blocks.py tests/walks/test_deploy.py $(ARGS)

chaos: $(DEVELOPMENT) ## Kill every process in turn; the carrier's ledger is the judge (--calls N --seed S --json: generated)
	@$(PYTHON) -m tests.chaos $(ARGS)

bench: $(DEVELOPMENT) ## The figures of docs, measured here
	@$(PYTHON) -m tests.benchmarks $(ARGS)

PICTURES ?= .dialer/pictures
browser: $(DEVELOPMENT) ## The admin in a real browser, with pictures of each page in .dialer/pictures
	@command -v chromium >/dev/null || $(PYTHON) -m playwright install chromium >&2
	@mkdir -p $(PICTURES)
	@BROWSER_SCREENSHOTS=$(PICTURES) $(PYTHON) -m pytest tests/browser $(ARGS); status=$$?; echo "Pictures: $(PICTURES)" >&2; exit $$status

clean: ## Remove the environment and the data of the embedded services
	@rm -rf $(VENV) .dialer .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(PYTHON):
	@found=$$($(FIND_PYTHON)); \
	  if [ -z "$$found" ]; then echo "Dialer needs Python 3.11 or newer, and none is in PATH." >&2; exit 1; fi; \
	  echo "Making $(VENV) with $$($$found --version)." >&2; $$found -m venv $(VENV) >&2

$(RUNTIME): | $(PYTHON)
	@echo "Installing requirements.txt." >&2
	@$(call INSTALL,requirements.txt)
	@rm -f $(VENV)/.installed-[0-9]* && touch $@

$(DEVELOPMENT): | $(RUNTIME)
	@echo "Installing requirements-dev.txt." >&2
	@$(call INSTALL,requirements-dev.txt)
	@rm -f $(VENV)/.installed-dev-* && touch $@
