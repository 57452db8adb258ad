#!/bin/sh
# Writes both lock files from pyproject.toml. Needs uv; the lock must not name the registry that answered.
set -eu
cd "$(dirname "$0")"
lock() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command ./lock.sh "$@"; }
lock pyproject.toml --output-file requirements.lock
lock --group dev --constraint requirements.lock --output-file requirements-dev.lock
