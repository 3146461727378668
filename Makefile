# Everything runs in .venv, made on first use from the hash-checked lock files; a second run installs nothing.
PYTHON ?= python3
STACK ?= staging
RIG ?= ../shared/rig
BIN := .venv/bin
# Python writes bytecode of what runs when it first runs; of all packages it would be as large as they are, and take as long.
# So Python has to be allowed to, whatever the surroundings say: without bytecode each process compiles the SDKs anew.
unexport PYTHONDONTWRITEBYTECODE
# uv installs what the lock files pin in a fifth of pip's time. Where it cannot, as behind an index that only pip's own files
# name, pip does. Make fetches uv to install and removes it at its end: no run needs it, and it has 38 MB.
UV := .venv/uv
.INTERMEDIATE: $(UV)
# Without this, make prints that it removes uv.
.SILENT:
PIP := -m pip install --disable-pip-version-check --no-compile
OWN := --no-deps --no-build-isolation --editable .
LOCKED := --require-hashes --no-deps --only-binary :all:
export UV_SYSTEM_CERTS ?= 1
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
# Of what the lock files pin, these are left out. Only `pulumi up --attach-debugger` starts debugpy, which has 15 MB.
EXCLUDED := debugpy
install = @echo $(EXCLUDED) | $(UV) pip install $(3) --python $(1)/bin/python $(LOCKED) -r $(2) --excludes - || $(1)/bin/python $(PIP) $(3) $(LOCKED) -r $(2)
KUBE_SCORE := v1.20.0

.PHONY: help preview check test lint scan scanners bench lock schema schema-verify reference reference-verify crds crds-verify alerts alerts-verify runbooks runbooks-verify policies policies-verify deployer deployer-verify charts charts-verify docs snapshots clean e2e programs
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

preview: .venv/.runtime ## Preview a stack (STACK=staging) and check it with the policy pack, without a cloud account
	@$(BIN)/slipway preview --stack $(STACK)

check: .venv/.runtime ## Validate every system and stack file, in under a second
	@$(BIN)/slipway check

test: .venv/.dev programs ## Run all tests; cluster tests are `not run` without a cluster
	@$(BIN)/python -m pytest -n auto --dist worksteal $(if $(CI),--whole)

e2e: .venv/.dev ## Run the cluster tests on the rig (RIG=../shared/rig)
	@SLIPWAY_RIG=$(RIG) $(BIN)/python -m pytest -n 2 -p no:randomly tests/e2e

programs: ## Install missing programs for the tests with apt
	@missing=""; \
	for pair in prometheus=prometheus prometheus-alertmanager=prometheus-alertmanager rabbitmqctl=rabbitmq-server \
		pg_lsclusters=postgresql rclone=rclone jq=jq unzip=unzip shellcheck=shellcheck chromium=chromium; do \
		command -v "$${pair%%=*}" >/dev/null 2>&1 || missing="$$missing $${pair#*=}"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	install="apt-get install -y --no-install-recommends$$missing"; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing$$missing …"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $$install -qq >/dev/null && exit 0; \
	fi; \
	echo "Tests of what is missing are not run; to run them too: sudo $$install" >&2

lint: .venv/.dev ## Check style, types and import layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache

scanners: .scanners/.checkov .scanners/.kube-score-$(KUBE_SCORE) ## Install checkov and kube-score, which needs Go, for `slipway preview --scan`

scan: .venv/.runtime .scanners/.checkov $(if $(shell command -v go 2>/dev/null),.scanners/.kube-score-$(KUBE_SCORE)) ## Run checkov, and kube-score if Go is installed, on the plans
	@$(BIN)/python -m slipway.scanners
	@[ ! -x .scanners/bin/kube-score ] || [ ! -e .venv/.dev ] || $(BIN)/python -m pytest tests/slipway/scanners/test_scanners.py

bench: .venv/.dev programs ## Measure previews against the SDK's own mocks, 300 systems in stacks of their own, differences, the policy pack, migrations and backups; simulate 10,000 releases
	@status=0; \
	for each in preview stacks difference page policies migrations releases; do $(BIN)/python -m benchmarks.$$each || status=1; done; \
	exit $$status

schema: .venv/.runtime reference ## Generate the JSON Schemas of systems and stacks, and the reference
	@$(BIN)/python -m slipway.settings.schema --update

reference: .venv/.runtime ## Generate docs/reference, a page for each section of systems and stacks, from the schema
	@$(BIN)/python -m slipway.reports.reference --update

reference-verify: .venv/.runtime ## Fail when a page of the reference is out of date
	@$(BIN)/python -m slipway.reports.reference --verify

crds: .venv/.runtime ## Generate the CustomResourceDefinitions of releases
	@$(BIN)/python -m components.cluster.releases.manifests.definitions --update

crds-verify: .venv/.runtime ## Fail when the CustomResourceDefinitions of releases are out of date
	@$(BIN)/python -m components.cluster.releases.manifests.definitions --verify

schema-verify: .venv/.runtime ## Fail when a JSON Schema is out of date
	@$(BIN)/python -m slipway.settings.schema --verify

alerts: .venv/.runtime ## Generate the pages that alerts link to
	@$(BIN)/python -m components.cluster.monitoring.manifests.alerting.pages --update

alerts-verify: .venv/.runtime ## Fail when a page of an alert is out of date
	@$(BIN)/python -m components.cluster.monitoring.manifests.alerting.pages --verify

runbooks: .venv/.runtime ## Generate the runbook that the documentation shows
	@$(BIN)/python -m slipway.reports.runbook.examples --update

runbooks-verify: .venv/.runtime ## Fail when a runbook of the documentation is out of date
	@$(BIN)/python -m slipway.reports.runbook.examples --verify

policies: .venv/.runtime ## Generate the page of rules, the known types and the JSON Schemas of the pack's files
	@$(BIN)/python -m slipway.cli.known_types --update
	@$(BIN)/python -m slipway.reports.policy_page --update

policies-verify: .venv/.runtime ## Fail when the page of rules, the known types or a schema is out of date
	@$(BIN)/python -m slipway.cli.known_types --verify
	@$(BIN)/python -m slipway.reports.policy_page --verify

deployer: .venv/.runtime ## Generate the policies of the login of `pulumi up` from the tables in docs/clouds/deployer
	@$(BIN)/python -m slipway.reports.deployer --update

deployer-verify: .venv/.runtime ## Fail when a policy of the login of `pulumi up` is out of date
	@$(BIN)/python -m slipway.reports.deployer --verify

docs: .site/.mkdocs ## Build the site of the documentation in .site/html; a broken link fails
	@NO_MKDOCS_2_WARNING=1 .site/venv/bin/mkdocs build --quiet --strict
	@echo 'Built .site/html/index.html'

charts: .venv/.charts ## Render the pinned charts with the plans' values into tests/charts (CHARTS=a folder of their sources)
	@$(BIN)/python -m slipway.scanners.charts --update $(if $(CHARTS),--sources $(CHARTS))

charts-verify: .venv/.charts ## Fail when a record of a chart is out of date
	@$(BIN)/python -m slipway.scanners.charts --verify $(if $(CHARTS),--sources $(CHARTS))

snapshots: .venv/.dev ## Rewrite the recorded plans; review the difference before you commit it
	@$(BIN)/python -m pytest -q tests/plans/test_recorded.py --record

screens: .venv/.dev ## Update the preview in the README
	@$(BIN)/python -m tests.screens

lock: $(UV) ## Resolve the dependencies of pyproject.toml into the lock files
	@$(UV) pip compile $(LOCK) pyproject.toml --output-file requirements.txt
	@$(UV) pip compile $(LOCK) --group dev --constraints requirements.txt --output-file requirements-dev.txt
	@$(UV) pip compile $(LOCK) --group scanners --output-file requirements-scanners.txt
	@$(UV) pip compile $(LOCK) --group controller --constraints requirements.txt --output-file requirements-controller.txt
	@$(UV) pip compile $(LOCK) --group charts --output-file requirements-charts.txt
	@$(UV) pip compile $(LOCK) --group docs --output-file requirements-docs.txt
	@$(UV) pip compile $(LOCK) --group uv --output-file requirements-uv.txt

clean: ## Remove .venv, the scanners and every cache
	@rm -rf .venv .scanners .site *.egg-info .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

LOCK := --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'Slipway needs Python 3.11 or later; name one with: make PYTHON=python3.12 …' >&2; exit 2; }
	@echo 'Making .venv …'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo 'Python has no venv module; on Debian or Ubuntu install it with: apt-get install python3-venv' >&2; exit 2; }

$(UV): requirements-uv.txt | .venv/bin/python
	@$(BIN)/python $(PIP) --quiet --target .venv/uv-package $(LOCKED) -r requirements-uv.txt && mv .venv/uv-package/bin/uv $@ || \
		echo 'Without uv, pip installs, which takes a minute.' >&2
	@rm -rf .venv/uv-package

.venv/.runtime: requirements.txt pyproject.toml $(UV)
	@echo 'Installing the dependencies that requirements.txt pins (about 600 MB on disk) …'
	$(call install,.venv,requirements.txt)
	@export PYTHONDONTWRITEBYTECODE=1; \
	$(UV) pip install --quiet --offline --python $(BIN)/python $(OWN) || $(BIN)/python $(PIP) --quiet --no-index $(OWN)
	@find .venv/lib -path '*/site-packages/pip/*' -name __pycache__ -prune -exec rm -rf {} +
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime $(UV)
	@echo 'Installing what the tests need …'
	$(call install,.venv,requirements-dev.txt)
	@touch $@

.venv/.charts: requirements-charts.txt .venv/.runtime $(UV)
	@echo 'Installing Helm …'
	$(call install,.venv,requirements-charts.txt,--quiet)
	@touch $@

.site/.mkdocs: requirements-docs.txt $(UV)
	@echo 'Installing mkdocs …'
	@$(BIN)/python -m venv --clear .site/venv
	$(call install,.site/venv,requirements-docs.txt,--quiet)
	@touch $@

.scanners/.checkov: requirements-scanners.txt $(UV)
	@echo 'Installing checkov …'
	@$(BIN)/python -m venv --clear .scanners/venv
	$(call install,.scanners/venv,requirements-scanners.txt,--quiet)
	@touch $@

.scanners/.kube-score-$(KUBE_SCORE):
	@echo 'Building kube-score …'
	@GOBIN=$(CURDIR)/.scanners/bin go install github.com/zegl/kube-score/cmd/kube-score@$(KUBE_SCORE)
	@touch $@
