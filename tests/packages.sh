# What tests need of npm and PyPI, installed where it is not there yet: in the target folder, so that only the first run needs the network.
# To be sourced, from the root of the repository; `.ci/run` installs all of it while Rust compiles.

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# uv, which takes seconds to unpack what takes pip minutes: in target/uv/venv.
uv_installed() {
    [ -x "$target/uv/venv/bin/uv" ] && return
    python3 -m venv "$target/uv/venv"
    "$target/uv/venv/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9
}

# `pip install` by uv, into the environment of an interpreter. An index that pip is told of by PIP_INDEX_URL is uv's as well.
pip_install() {
    local python=$1
    shift
    "$target/uv/venv/bin/uv" pip install --quiet --system-certs ${PIP_INDEX_URL:+--default-index="$PIP_INDEX_URL"} --python "$python" "$@"
}

# An environment of Python in target/NAME/venv, with the requirements of tests/NAME. Further arguments are packages that are
# installed without what they name themselves.
python_packages() {
    local name=$1 installed=$target/$1
    shift
    uv_installed
    cmp -s "tests/$name/requirements.txt" "$installed/installed-requirements.txt" && return
    rm -rf "$installed/venv"
    mkdir -p "$installed"
    python3 -m venv --without-pip "$installed/venv"
    pip_install "$installed/venv/bin/python" -r "tests/$name/requirements.txt"
    [ $# -eq 0 ] || pip_install "$installed/venv/bin/python" --no-deps "$@"
    cp "tests/$name/requirements.txt" "$installed/installed-requirements.txt"
}

# What tests/browser/package-lock.json names.
browser_packages() {
    [ -d tests/browser/node_modules/axe-core ] || npm ci --prefix tests/browser --silent --no-audit --no-fund
}

agent_packages() {
    local installed=$target/mcp_clients
    python_packages mcp_clients
    # Scripts import packages from the folder that they lie in.
    cp tests/mcp_clients/{package.json,package-lock.json,bundle.mjs,client.mjs,conformance.mjs} "$installed"
    cmp -s tests/mcp_clients/package-lock.json "$installed/installed-lock.json" && return
    (cd "$installed" && npm ci --silent --no-audit --no-fund)
    cp tests/mcp_clients/package-lock.json "$installed/installed-lock.json"
}

fuzz_packages() {
    python_packages serve_fuzz
}

wheel_packages() {
    # What it names beside these is umap-learn, hdbscan and sentence-transformers with torch, of which the tests need nothing.
    python_packages python bertopic==0.17.4
}
