# Every target sets up what it needs inside the checkout (.venv, collections/): nothing global, no root.
.DEFAULT_GOAL := help
.PHONY: help test check prove-gates docs site confirm lab lab-kernel matrix flows bench faults mutation release clean run-env

PYTHON ?=
ARGS ?=
export PYTHON
# model or kernel: who decides about packets in make site (tests/lab/README.md)
DATAPLANE ?= model
export DATAPLANE

help: ## list the targets
	@while IFS= read -r line; do case $$line in [a-z]*:*'## '*) \
		printf 'make %-10s %s\n' "$${line%%:*}" "$${line##*'## '}";; esac; done <Makefile
	@echo 'Variables: PYTHON=interpreter (3.11 or later), ARGS=further arguments of the tool behind the target,'
	@echo '           DATAPLANE=model or kernel: who decides about packets in make site.'

test: ## what a change needs: style, types, contracts, tests, documents, sanity, build (minutes; no root)
	@tools/check --quick $(ARGS)

check: test ## make test, then the rest: slow tests, other cores, mutation, importer, kernel, molecule (half an hour)
	@tools/check --rest $(ARGS)

prove-gates: ## break a copy of the tree on purpose, gate by gate, and see each gate fail (minutes)
	@tools/venv dev
	@.venv/bin/python tools/prove_gates.py $(ARGS)

docs: ## the documentation site, in build/docs/html
	@tools/venv dev
	@.venv/bin/python tools/docs_site.py $(ARGS)

release: ## what a release would do, tried in a copy; ARGS="VERSION --really" does it here
	@tools/venv dev
	@.venv/bin/python tools/release.py $(ARGS)

site: run-env ## the worked example, played from end to end against simulated hosts
	@.venv/bin/python tools/site.py $(ARGS)

INVENTORY ?= build/lab/inventory.yml
confirm: run-env ## ask a Windows host that may be touched what holds there: HOST=name INVENTORY=file
	@test -n "$(HOST)" || { echo 'Name a host: make confirm HOST=name INVENTORY=file'; exit 1; }
	@.venv/bin/ansible-playbook -i '$(INVENTORY)' playbooks/confirm.yml -e 'ipsec_hosts=$(HOST)' -e "ipsec_confirm_folder=$(CURDIR)/build/confirm" $(ARGS)

# Other hosts: make lab ARGS="--spec=FILE ..." (tests/lab/README.md).
lab: ARGS = --spec=extensions/molecule/default/files/lab.yml --inventory=build/lab/inventory.yml --state-dir=build/lab --minute-seconds=60
lab: run-env ## a set of simulated Windows hosts, until interrupted; its inventory is build/lab/inventory.yml
	@mkdir -p build/lab
	@PYTHONPATH=tests/lab .venv/bin/python -m winlab $(ARGS)

lab-kernel: ARGS = --spec=extensions/molecule/default/files/lab.yml --inventory=build/lab/inventory.yml --state-dir=build/lab --minute-seconds=60
lab-kernel: run-env ## the same hosts, their policies enforced by a Linux kernel and an IKE daemon (Debian packages, no root)
	@mkdir -p build/lab
	@PYTHONPATH=tests/lab .venv/bin/python -m winlab --data-plane=kernel $(ARGS)

matrix: ## every pair of policies on the kernel data plane, compared with what is expected (minutes; ARGS=ah, certificates)
	@tools/venv dev
	@.venv/bin/python tools/lay_tree.py
	@.venv/bin/python tests/unit/kernel/matrix.py $(ARGS)

flows: ## compare both implementations of what packets do in more than 100,000 cases
	@tools/venv dev
	@FLOW_CASES=$${FLOW_CASES:-110000} .venv/bin/python -m pytest -q -s tests/unit/properties/test_differential.py \
		tests/unit/properties/test_connection_differential.py -k both_say $(ARGS)

bench: run-env ## time the planner, the codec and whole tasks (four minutes; ARGS=full: more runs, and more of the peers)
	@.venv/bin/python tools/bench.py $(ARGS)

faults: run-env ## hit a rollout at every request and every line, and see it end well (minutes; make test tries a sample)
	@.venv/bin/python tools/faults.py $(ARGS)

mutation: ## try many small mistakes in codec and planner and see which the tests notice (minutes; make test tries a sample)
	@tools/venv dev
	@.venv/bin/python tools/lay_tree.py
	@.venv/bin/python tools/mutation.py $(ARGS)

clean: ## remove everything that make and the tools laid or installed
	@rm -rf .venv .venvs collections .ansible build tests/output
	@cd tests/lab && rm -rf build *.egg-info
	@rm -rf .coverage .coverage.* .hypothesis changelogs/.plugin-cache.yaml winsec-ipsec-*.tar.gz
	@find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name '.*_cache' \) -prune -exec rm -rf {} +

run-env:
	@tools/venv run
	@.venv/bin/python tools/lay_tree.py
