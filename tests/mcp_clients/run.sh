#!/usr/bin/env bash
# Asks `relata mcp`, and `relata serve` at /mcp, with the official clients of the Model Context Protocol (Python and TypeScript), and
# runs the protocol's conformance suite. Needs Node with npm and Python with venv; what it installs lies in target/mcp_clients, so
# that only the first run needs the network.
#
#     tests/mcp_clients/run.sh
#
# RELATA_PROGRAM names a program that is built already, with the feature serve.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${RELATA_PROGRAM:-}" ]; then
    # With an example, so that packages are built as they are for the tests, and once for both.
    cargo build --locked --features serve --bin relata --example recommend
    RELATA_PROGRAM=${CARGO_TARGET_DIR:-target}/debug/relata
fi
program=$(realpath "$RELATA_PROGRAM")
. tests/packages.sh
. tests/listening.sh
agent_packages
tests=$PWD/tests/mcp_clients
installed=$target/mcp_clients

# An empty library, for which the sample answers, and the tiny model with random weights.
home=$(mktemp -d)
server_pid=
trap '[ -z "$server_pid" ] || kill "$server_pid"; rm -rf "$home"' EXIT
export RELATA_LIBRARY=$home/library.db RELATA_CACHE=$home/cache RELATA_CONFIG=$home/config.toml RELATA_OFFLINE=1
export RELATA_MODEL=$PWD/tests/models/tiny-bert HOME=$home XDG_DATA_HOME=$home/data
"$program" serve --port 0 > "$home/url" 2> "$home/log" &
server_pid=$!
listening "$home/url" http "$server_pid" "$home/log"
url=$(head -1 "$home/url")
url=${url%/}/mcp

"$installed/venv/bin/python" "$tests/client.py" "$program" "$url" 2> "$home/python" || {
    tail -40 "$home/python" >&2
    exit 1
}
cd "$installed"
node client.mjs "$program" "$url"
# A bundle for desktop clients: its manifest is one, and what it starts answers.
"$tests/../../packaging/mcpb/pack.py" "$program" --to "$home" > "$home/bundle"
node_modules/.bin/mcpb unpack "$(cat "$home/bundle")" "$home/unpacked" > "$home/log"
node_modules/.bin/mcpb validate "$home/unpacked/manifest.json" >> "$home/log" || {
    cat "$home/log" >&2
    exit 1
}
node bundle.mjs "$home/unpacked"
# The suite needs a newer Node than some systems have.
node_modules/node/bin/node conformance.mjs "$url"
