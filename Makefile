# Everything runs in .venv, made on first use from the hash-checked lock files; a second run installs nothing.
PYTHON ?= python3
STACK ?= staging
RIG ?= ../shared/rig
BIN := .venv/bin
PIP := -m pip install --disable-pip-version-check --require-hashes --no-deps --only-binary :all:
KUBE_SCORE := v1.20.0

.PHONY: help preview check test lint scan bench lock schema schema-verify alerts alerts-verify policies policies-verify snapshots clean e2e programs
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

preview: .venv/.runtime ## Preview a stack (STACK=staging) and judge it by the policy pack, with no cloud account
	@$(BIN)/slipway preview --stack $(STACK)

check: .venv/.runtime ## Check every system and stack file, in under a second
	@$(BIN)/slipway check

test: .venv/.dev lint programs ## Run the linters and all tests; those of a cluster say `not run` without one
	@$(BIN)/python -m pytest -n auto

e2e: .venv/.dev ## Run the tests of a cluster on the rig (RIG=../shared/rig)
	@SLIPWAY_RIG=$(RIG) $(BIN)/python -m pytest tests/e2e

programs: ## Install what the tests run besides Python, by apt, where it is missing
	@missing=""; \
	for pair in prometheus=prometheus prometheus-alertmanager=prometheus-alertmanager rabbitmqctl=rabbitmq-server \
		pg_lsclusters=postgresql rclone=rclone jq=jq unzip=unzip shellcheck=shellcheck; do \
		command -v "$${pair%%=*}" >/dev/null 2>&1 || missing="$$missing $${pair#*=}"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] || \
		{ echo "The tests need these programs, which Debian packages so:$$missing" >&2; exit 2; }; \
	echo "Installing$$missing …"; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get install -y -qq --no-install-recommends $$missing >/dev/null

lint: .venv/.dev ## Check style, types and import layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache

scan: .venv/.runtime .scanners/.checkov $(if $(shell command -v go 2>/dev/null),.scanners/.kube-score-$(KUBE_SCORE)) ## Have checkov, and kube-score where there is Go, look at the plans
	@$(BIN)/python -m scanners
	@[ ! -x .scanners/bin/kube-score ] || [ ! -e .venv/.dev ] || $(BIN)/python -m pytest tests/scanners/test_scanners.py

bench: .venv/.dev programs ## Measure previews against the SDK's own mocks, the policy pack, migrations and backups
	@status=0; \
	for each in preview policies migrations; do $(BIN)/python -m benchmarks.$$each || status=1; done; \
	exit $$status

schema: .venv/.runtime ## Write the JSON Schemas of systems and stacks anew
	@$(BIN)/python -m settings.schema --update

schema-verify: .venv/.runtime ## Fail when a JSON Schema is out of date
	@$(BIN)/python -m settings.schema --verify

alerts: .venv/.runtime ## Write the pages that alerts link to anew
	@$(BIN)/python -m builders.alerting.pages --update

alerts-verify: .venv/.runtime ## Fail when a page of an alert is out of date
	@$(BIN)/python -m builders.alerting.pages --verify

policies: .venv/.runtime ## Write the page of rules and the JSON Schemas of the pack's files anew
	@$(BIN)/python -m reports.policy_page --update

policies-verify: .venv/.runtime ## Fail when the page of rules or a schema is out of date
	@$(BIN)/python -m reports.policy_page --verify

snapshots: .venv/.dev ## Write the snapshots of the plans anew; read the difference before you commit it
	@$(BIN)/python -m pytest -q tests/plans/test_plans.py tests/plans/test_clouds.py --snapshot-update

lock: .venv/.dev ## Resolve the dependencies of pyproject.toml into the lock files
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml --output-file requirements.txt
	@$(BIN)/uv pip compile $(LOCK) --group dev --constraints requirements.txt --output-file requirements-dev.txt
	@$(BIN)/uv pip compile $(LOCK) --group scanners --output-file requirements-scanners.txt

clean: ## Remove .venv, the scanners and every cache
	@rm -rf .venv .scanners *.egg-info .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

LOCK := --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'Slipway needs Python 3.11 or later; name one with: make PYTHON=python3.12 …' >&2; exit 2; }
	@echo 'Making .venv …'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo 'Python has no venv module; on Debian or Ubuntu install it with: apt-get install python3-venv' >&2; exit 2; }

.venv/.runtime: requirements.txt pyproject.toml | .venv/bin/python
	@echo 'Installing the dependencies that requirements.txt pins (about 800 MB on disk, a minute or two) …'
	@$(BIN)/python $(PIP) -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo 'Installing what the tests need …'
	@$(BIN)/python $(PIP) -r requirements-dev.txt
	@touch $@

.scanners/.checkov: requirements-scanners.txt | .venv/bin/python
	@echo 'Installing checkov …'
	@$(BIN)/python -m venv --clear .scanners/venv
	@.scanners/venv/bin/python $(PIP) --quiet -r requirements-scanners.txt
	@touch $@

.scanners/.kube-score-$(KUBE_SCORE):
	@echo 'Building kube-score …'
	@GOBIN=$(CURDIR)/.scanners/bin go install github.com/zegl/kube-score/cmd/kube-score@$(KUBE_SCORE)
	@touch $@
