# Every target sets up what it needs inside the checkout (.venv, collections/): nothing global, no root.
.DEFAULT_GOAL := help
.PHONY: help test site lab flows bench faults mutation clean run-env

PYTHON ?=
ARGS ?=
export PYTHON

help: ## list the targets
	@while IFS= read -r line; do case $$line in [a-z]*:*'## '*) \
		printf 'make %-8s %s\n' "$${line%%:*}" "$${line##*'## '}";; esac; done <Makefile
	@echo 'Variables: PYTHON=interpreter (3.11 or later), ARGS=further arguments of the tool behind the target.'

test: ## every gate: style, types, tests, documents, ansible-test, build, molecule (tools/check)
	@tools/check $(ARGS)

site: run-env ## the worked example, played from end to end against simulated hosts
	@.venv/bin/python tools/site.py $(ARGS)

# Other hosts: make lab ARGS="--spec=FILE ..." (tests/lab/README.md).
lab: ARGS = --spec=extensions/molecule/default/files/lab.yml --inventory=build/lab/inventory.yml --state-dir=build/lab
lab: run-env ## a set of simulated Windows hosts, until interrupted; its inventory is build/lab/inventory.yml
	@mkdir -p build/lab
	@PYTHONPATH=tests/lab .venv/bin/python -m winlab $(ARGS)

flows: ## compare both implementations of what packets do in more than 100,000 cases
	@tools/venv dev
	@FLOW_CASES=$${FLOW_CASES:-110000} .venv/bin/python -m pytest -q -s tests/unit/flows -k both_say $(ARGS)

bench: run-env ## time the planner, the codec and whole tasks
	@.venv/bin/python tools/bench.py $(ARGS)

faults: run-env ## hit a rollout at every request and every line, and see it end well (minutes; make test tries a sample)
	@.venv/bin/python tools/faults.py $(ARGS)

mutation: ## try many small mistakes in codec and planner and see which the tests notice (minutes; make test tries a sample)
	@tools/venv dev
	@.venv/bin/python tools/lay_tree.py
	@.venv/bin/python tools/mutation.py $(ARGS)

clean: ## remove everything that make and the tools laid or installed
	@rm -rf .venv .venvs collections .ansible build tests/output
	@rm -rf .coverage .coverage.* .hypothesis changelogs/.plugin-cache.yaml winsec-ipsec-*.tar.gz
	@find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name '.*_cache' \) -prune -exec rm -rf {} +

run-env:
	@tools/venv run
	@.venv/bin/python tools/lay_tree.py
