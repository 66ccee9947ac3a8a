# Everything a fresh clone needs: Python 3.11+, git and make. The first target that
# needs tools installs them, exactly as locked, into .venv; nothing else is touched.

PYTHON ?= python3
PY = .venv/bin/python
ARGS ?=

.DEFAULT_GOAL = help
.PHONY: help run test bench chaos fuzz fleet doctor flash deploy configure monitor test-device board lint format lock clean

help: ## Show this help
	@echo "usage: make TARGET [NAME=value ...]"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "options of run:"
	@awk -F '## ' '/^# [A-Z_]+= *## / { sub(/^# /, "", $$1); printf "  %-16s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "PYTHON=python3.12 makes .venv with another Python (3.11 or newer)."

# SPEED= ## time factor: 60 plays an hour in a minute
# PROFILE= ## the load to play
# SCENARIO= ## normal, bounce, flicker, breaker or power_cut
# PORT= ## of the web page (8080)
# MQTT_PORT= ## of the MQTT broker (any that is free)
# DURATION= ## end by itself after so many seconds
# PULSE_WIDTH_MS= ## of the meter's LED
# ARGS= ## anything else, passed on as it is (for test: to pytest)
RUN_OPTIONS = \
	$(if $(SPEED),--speed $(SPEED)) \
	$(if $(PROFILE),--profile $(PROFILE)) \
	$(if $(SCENARIO),--scenario $(SCENARIO)) \
	$(if $(PORT),--port $(PORT)) \
	--broker $(or $(MQTT_PORT),0) \
	$(if $(DURATION),--duration $(DURATION)) \
	$(if $(PULSE_WIDTH_MS),--pulse-width-ms $(PULSE_WIDTH_MS))

run: build/lib/.stamp build/www/.stamp ## Run the firmware on a virtual meter, with a live panel
	@$(PY) -m tools.simulator $(strip $(RUN_OPTIONS) $(ARGS))

# Half of the tests wait for something to happen. A file stays on one processor, since its tests share
# what they have started; in the order of the folders the short files come last, and fill the gaps.
PARALLEL = -n auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

test: build/lib/.stamp build/www/.stamp ## Run all tests on CPython and on two MicroPythons
	@$(PY) -m pytest $(if $(ARGS),$(ARGS),$(PARALLEL))

# SEED= ## of bench, chaos, fuzz and fleet: other draws of everything random (1)
bench: build/lib/.stamp ## Compare with ESPHome and others on the same edges; writes docs/benchmarks.md
	@$(PY) -m tools.bench $(if $(SEED),--seed $(SEED)) $(ARGS)

# FAULTS= ## of chaos: how many strike (520)
# HOURS= ## of chaos: of virtual time (168: a week)
# MINUTES= ## of chaos: come to an end after so many
CHAOS_OPTIONS = \
	$(if $(SEED),--seed $(SEED)) \
	$(if $(FAULTS),--faults $(FAULTS)) \
	$(if $(HOURS),--hours $(HOURS)) \
	$(if $(MINUTES),--minutes $(MINUTES))

chaos: build/lib/.stamp build/www/.stamp ## A week of faults on the imitated board; writes docs/benchmarks.md
	@$(PY) -m tools.chaos $(strip $(CHAOS_OPTIONS) $(ARGS))

fuzz: build/lib/.stamp ## Feed a million wrong inputs to every parser; writes docs/benchmarks.md
	@$(PY) -m tools.fuzz $(if $(SEED),--seed $(SEED)) $(ARGS)

# READERS= ## of fleet: how many (200)
FLEET_OPTIONS = \
	$(if $(READERS),--readers $(READERS)) \
	$(if $(DURATION),--duration $(DURATION)) \
	$(if $(SPEED),--speed $(SPEED)) \
	$(if $(SEED),--seed $(SEED))

fleet: build/lib/.stamp ## Many virtual readers on one mosquitto: load, latency, losses
	@$(PY) -m tools.fleet $(strip $(FLEET_OPTIONS) $(ARGS))

# The board's port: none given, the tools take the only one there is.
BOARD = $(if $(PORT),--port $(PORT))

doctor: .venv/.stamp ## Find the board and say what is to be done; PORT=/dev/ttyUSB0 names it
	@$(PY) -m tools doctor $(BOARD) $(ARGS)

flash: .venv/.stamp ## Put MicroPython on the board
	@$(PY) -m tools flash $(BOARD) $(ARGS)

deploy: build/lib/.stamp build/www/.stamp ## Copy the application to the board
	@$(PY) -m tools deploy $(BOARD) $(ARGS)

configure: .venv/.stamp ## Ask what the reader has to know, and write it to the board
	@$(PY) -m tools configure $(BOARD) $(ARGS)

monitor: .venv/.stamp ## Show what the reader reads, live; ARGS="--host NAME" over the network
	@$(PY) -m tools monitor $(BOARD) $(ARGS)

test-device: build/lib/.stamp ## Test whether a board counts right, by a wire from pin to pin; PORT=imitated needs none
ifeq ($(PORT),imitated)
	@$(PY) host_tests/pty_board.py "deploy --no-restart" "self-test $(ARGS)"
else
	@$(PY) -m tools self-test $(BOARD) $(ARGS)
endif

board: build/lib/.stamp ## An imitated board, for all of the above with the PORT that it prints
	@$(PY) host_tests/pty_board.py

lint: build/lib/.stamp build/www/.stamp build/typings/.stamp ## Check style, types (against the ESP32), byte code and its size
	@echo "ruff"
	@$(PY) -m ruff check --quiet firmware host_tests tools
	@$(PY) -m ruff format --quiet --check firmware host_tests tools || \
		{ echo "not formatted as ruff does; run: make format"; exit 1; }
	@echo "mypy, firmware against the ESP32 stubs"
	@$(PY) -m mypy firmware
	@echo "mypy, tools and what runs the tests"
	@$(PY) -m mypy --config-file tools/mypy.ini tools host_tests/*.py
	@echo "mpy-cross for xtensawin, and size on the board"
	@$(PY) -m tools.compile

format: .venv/.stamp ## Format the code and sort its imports
	@$(PY) -m ruff check --quiet --select I --fix firmware host_tests tools
	@$(PY) -m ruff format firmware host_tests tools

lock: ## Write requirements.lock anew from pyproject.toml
	@rm -rf build/lock && mkdir -p build
	@$(PYTHON) -m venv build/lock
	@$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["lock"])' \
		| xargs build/lock/bin/python -m pip install --quiet --disable-pip-version-check
	@echo "# Written by \`make lock\` from pyproject.toml." > build/lock/requirements.lock
	@build/lock/bin/pip-compile --quiet --extra dev --generate-hashes --strip-extras --allow-unsafe \
		--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file build/lock/new pyproject.toml
	@cat build/lock/new >> build/lock/requirements.lock
	@$(PYTHON) tools/lock_markers.py build/lock/requirements.lock
	@mv build/lock/requirements.lock requirements.lock
	@echo "requirements.lock is written"

clean: ## Remove everything that make has created
	rm -rf .venv build .run
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the targets above stand on ---------------------------------------------

.venv/.stamp: requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "There is no '$(PYTHON)'; name one: make PYTHON=/path/to/python3.12 ..."; exit 1; }
	@$(PYTHON) tools/environment.py

# What the board holds in lib/ and the interpreter on this machine imports from build/lib/.
build/lib/.stamp: .venv/.stamp tools/vendor.py
	@$(PY) tools/vendor.py build/lib
	@touch $@

# What the board holds in www/.
build/www/.stamp: .venv/.stamp tools/build_www.py $(wildcard firmware/www/* firmware/www/vendor/*)
	@$(PY) tools/build_www.py build/www
	@touch $@

build/typings/.stamp: .venv/.stamp tools/typings.py
	@$(PY) tools/typings.py build/typings
	@touch $@
