#!/usr/bin/env bash
# Builds the package for Python, installs it in a fresh environment and tests it there: pytest with the examples of the documents, with
# real packages that take an encoder; mypy in strict mode; stubtest. Needs Python 3.11 or newer with venv; what it installs lies in target/python, so that only the first run needs
# the network.
#
#     tests/python/run.sh [ARGUMENT OF PYTEST]...
#
# The extension module is built by cargo's dev profile, with packages as they are for the tests, so that all is compiled once for both.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/packages.sh
wheel_packages
installed=$target/python
python=$installed/venv/bin/python

rm -rf "$installed/wheels"
"$installed/venv/bin/maturin" build --quiet --locked --profile dev --features as-tested --manifest-path python/Cargo.toml \
    --out "$installed/wheels"
pip_install "$python" --no-deps --reinstall "$installed"/wheels/relata-*.whl

cd python
# Types are checked beside the tests, of which those with a cluster wait a good part of their time.
types() {
    "$python" -P -m mypy --strict -p relata
    "$python" -P -m mypy --strict tests
    "$python" -P -m mypy.stubtest --mypy-config-file pyproject.toml relata._relata
}
types > "$installed/types.log" 2>&1 &
types=$!

# Not from the folder of the sources, which lacks the extension module.
# Clusters are processes that kill each other in these tests, on a machine that may be busy: what failed has a second try, which is seen.
"$python" -P -m pytest tests "$@" || {
    echo "once more, what failed:" >&2
    "$python" -P -m pytest tests --last-failed "$@"
}
"$python" -P -m pytest --pyargs relata --doctest-modules
wait "$types" || {
    cat "$installed/types.log" >&2
    exit 1
}
cat "$installed/types.log"
