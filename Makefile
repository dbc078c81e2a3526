PYTHON = python3
BASE = origin/main
ACTIVE = . .venv/bin/activate

help: ## List the targets
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

setup: .venv/.installed ## Make .venv with the locked dependencies

.venv/.installed: requirements.lock pyproject.toml
	@sh .ci/setup "$(PYTHON)"
	@touch $@

repro: setup ## Run the pipeline and print its metrics
	@$(ACTIVE) && sh .ci/repro && marquee metrics

demo: setup ## The online half here; DEMO_SECONDS=90 ends it
	@$(ACTIVE) && { [ -d data/model ] || sh .ci/repro; } && \
		marquee demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: setup ## Run every test
	@$(ACTIVE) && pytest -n 2

lint: setup ## Lint, types, import layers, schemas
	@$(ACTIVE) && ruff check && ruff format --check
	@$(ACTIVE) && mypy && lint-imports
	@$(ACTIVE) && check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(ACTIVE) && check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	@$(ACTIVE) && dvc stage list --name-only

check: lint test stale reproduce reproduce-elsewhere ## All that a change must pass

stale: setup ## Fail when dvc.lock is older than what HEAD holds
	@$(ACTIVE) && sh .ci/stale

reproduce: setup ## Fail when a fresh clone gives back other bytes
	@$(ACTIVE) && sh .ci/reproduce

reproduce-elsewhere: setup ## The same as on an older machine of one core
	@$(ACTIVE) && sh .ci/elsewhere sh .ci/reproduce

gate: setup ## Judge this commit against BASE, user by user
	@$(ACTIVE) && sh .ci/gate "$(BASE)"

report: setup ## Print what changed against BASE as Markdown
	@$(ACTIVE) && sh .ci/report "$(BASE)"

sweep: setup ## Run the committed grid of experiments
	@$(ACTIVE) && marquee sweep

compare: setup ## Show experiments: quality, fairness, cost, noise
	@$(ACTIVE) && marquee compare

bench: setup ## Measure speed against other libraries
	@$(ACTIVE) && python -m benchmarks

lock: setup ## Pin what pyproject.toml asks for and the lock lacks
	@$(ACTIVE) && uv pip compile --quiet pyproject.toml --extra dev --extra online --universal \
		--python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" -o requirements.lock

clean: ## Remove .venv and what tools left behind
	@rm -rf .venv .*_cache .hypothesis .import_linter_cache
	@find src stages tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup repro demo test lint check stale reproduce reproduce-elsewhere gate report sweep \
	compare bench lock clean
