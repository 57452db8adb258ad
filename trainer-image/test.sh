#!/bin/sh
# Lint, formatting and tests, with the Python that has requirements.lock and requirements-dev.lock installed.
# QI_OLLAMA_BINARY and QI_VERSITYGW_BINARY name the real servers that the tests talk to.
set -eu
cd "$(dirname "$0")"
python="${QI_PYTHON:-python3}"
"$python" -m ruff check .
"$python" -m ruff format --check .
exec "$python" -m pytest "$@"
