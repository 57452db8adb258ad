#!/bin/sh
# Lint, formatting and tests, with the Python that has requirements.lock and requirements-dev.lock installed.
# QI_OLLAMA_BINARY, QI_VERSITYGW_BINARY and QI_LLAMA_QUANTIZE_BINARY name the real programs that the tests use.
set -eu
cd "$(dirname "$0")"
python="${QI_PYTHON:-python3}"
"$python" -m ruff check .
"$python" -m ruff format --check .
exec "$python" -m pytest "$@"
