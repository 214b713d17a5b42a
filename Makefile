# whybounce: `make demo` shows it, `make test` checks it, `make help` lists the rest.
# Needs Python 3.11, 3.12 or 3.13 and make. All that it makes stays in this folder.

# Say PYTHON=/path/to/python to choose the interpreter, VENV=.venv-other to keep two apart.
PYTHON ?=
VENV := .venv
# More of them to install, as in EXTRAS=,spark (850 MB, and it wants Java): its tests skip without.
EXTRAS :=
MAIL := tests/messages/mission

BIN := $(VENV)/bin
MADE := $(VENV)/made-by-make
# The constraints hold for what is installed and, by the two variables (older and newer pip), for
# what builds the packages that come as source. No cache, because it would lie outside this folder.
INSTALL := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install --no-cache-dir --use-pep517 -c constraints.txt -e '.[aws,dev,diagnose,imap,notebooks,outlook,parquet,plots,remote,train$(EXTRAS)]'
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONHOME PYTHONPATH

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo demo-diagnose test lint compiled bench model notebooks reference measure lab clean venv

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1:  /p' Makefile

demo: venv  ## say why the mails of the examples bounced
	$(BIN)/whybounce classify --format text \
		$(MAIL)/gmail-send-as-relay-login-refused.eml $(MAIL)/policy-refusal-though-authenticated.eml
	$(BIN)/whybounce classify --format table $(MAIL)

demo-diagnose: venv  ## two failures replayed on loopback, and what whybounce diagnose says
	$(BIN)/python -m tests.replay

test: lint  ## lint, types, tests, coverage of branches
	$(BIN)/pytest --cov -n auto

lint: venv  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict classifier corpora notebooks tests

compiled: venv  ## build the compiled wheel and compare its answers with plain Python's (minutes)
	$(BIN)/python -m tests.bench.compiled

bench: venv  ## time and memory, stage by stage; the rate on an archive beside that of its peers
	@$(BIN)/python -m pip install -q -c constraints.txt bounced flufl.bounce
	$(BIN)/python tests/bench/stages.py
	$(BIN)/python tests/bench/rules.py --tables
	$(BIN)/python tests/bench/model.py
	$(BIN)/python tests/bench/archive.py

model: venv  ## train the shipped model again, from corpora/replies and the rules
	$(BIN)/whybounce train --rivals

notebooks: venv  ## execute the notebooks again, and write their outputs
	$(BIN)/python notebooks/run.py

reference: venv  ## write compiled rules and the pages of classifier/reference again
	$(BIN)/whybounce rules compile
	$(BIN)/whybounce reference

measure: venv  ## count how often each rule is right, for the confidences
	$(BIN)/whybounce rules measure corpora

lab: venv  ## make the bounces of corpora/lab again, by real servers (root; about 20 minutes)
	$(BIN)/python -m corpora.lab

clean:  ## remove what make made
	@for venv in .venv .venv-*; do \
		if [ -e "$$venv/made-by-make" ]; then rm -rf "$$venv"; fi; \
	done
	rm -rf .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache whybounce.egg-info
	find classifier corpora tests -type d -name __pycache__ -prune -exec rm -rf {} +

# The environment is kept while interpreter, folder and both lists of packages stay the same. Other
# lists: installed again, in place. Another interpreter or folder (the scripts hold the old path):
# made anew. A folder of that name that make did not make is left alone.
venv:
	@set -eu; \
	$(find_python); \
	place="$$python in $$(pwd -P)"; \
	lists=$$(cksum pyproject.toml constraints.txt; echo "extras: $(EXTRAS)"); \
	if [ -e "$(VENV)" ] && [ ! -e "$(MADE)" ]; then \
		echo "$(VENV) was not made by make: move it away, or choose another with VENV=.venv-make"; \
		exit 1; \
	fi; \
	if [ "$$(head -n 1 "$(MADE)" 2>/dev/null)" != "$$place" ] \
		|| ! "$(BIN)/python" -c "import pip" 2>/dev/null; then \
		echo "Making $(VENV) with $$python"; \
		rm -rf "$(VENV)"; \
		mkdir "$(VENV)"; \
		: > "$(MADE)"; \
		"$$python" -m venv "$(VENV)"; \
		echo "$$place" > "$(MADE)"; \
	fi; \
	if [ "$$(tail -n +2 "$(MADE)")" != "$$lists" ]; then \
		echo "Installing whybounce and its tools into $(VENV)"; \
		echo "$$place" > "$(MADE)"; \
		{ $(INSTALL); } > "$(VENV)/pip.log" 2>&1 || { \
			tail -n 20 "$(VENV)/pip.log"; \
			echo "pip failed; all it said is in $(VENV)/pip.log"; \
			exit 1; \
		}; \
		echo "$$lists" >> "$(MADE)"; \
	fi

# Sets $$python to the full path of the first interpreter that fits. A name on the path proves
# nothing (pyenv leaves names that only fail), so each is run. Inside an active environment, it is
# the interpreter below that counts.
define find_python
fits='import os, sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit(1);'; \
	fits="$$fits print(os.path.realpath(sys._base_executable))"; \
	python= bare=; \
	for name in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3); do \
		found=$$("$$name" -c "$$fits" 2>/dev/null) || continue; \
		if "$$found" -c 'import ensurepip, venv' 2>/dev/null; then python=$$found; break; fi; \
		bare=$${bare:-$$found}; \
	done; \
	if [ -z "$$python" ] && [ -n "$$bare" ]; then \
		echo "$$bare cannot make environments: install its venv package (Debian: apt install python3-venv)"; \
		exit 1; \
	elif [ -z "$$python" ]; then \
		echo "No working Python 3.11, 3.12 or 3.13$(if $(PYTHON), at $(PYTHON)): install one, or name it with PYTHON=/path/to/python"; \
		exit 1; \
	fi
endef
