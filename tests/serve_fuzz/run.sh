#!/usr/bin/env bash
# Asks a server of the sample's papers whatever its OpenAPI document allows, and more: schemathesis makes requests of it, and holds
# every answer against it. No answer may be a server error, or be of a form that the document does not tell. Needs Python with venv;
# what it installs lies in target/serve_fuzz, so that only the first run needs the network.
#
#     tests/serve_fuzz/run.sh [EXAMPLES]     how many requests of each address are made by chance; 10
#
# RELATA_PROGRAM names a program that is built already, with the feature serve.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/packages.sh
. tests/listening.sh
fuzz_packages
if [ -z "${RELATA_PROGRAM:-}" ]; then
    # With an example, so that packages are built as they are for the tests, and once for both.
    cargo build --quiet --locked --features serve --bin relata --example recommend
    RELATA_PROGRAM=$target/debug/relata
fi
program=$(realpath "$RELATA_PROGRAM")
installed=$target/serve_fuzz

home=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$home"' EXIT
# Nothing is fetched: the network is not asked, and arXiv's addresses lead nowhere.
export RELATA_LIBRARY=$home/library.db RELATA_CACHE=$home/cache RELATA_CONFIG=$home/config.toml RELATA_OFFLINE=1
export RELATA_MODEL=$PWD/tests/models/tiny-bert
"$program" add seeds/sample-digest-2026-02-14.md > "$home/log" 2>&1
"$program" serve --port 0 > "$home/link" 2>> "$home/log" &
server=$!
listening "$home/link" http "$server" "$home/log"
cd "$home"
"$installed/venv/bin/schemathesis" run "$(head -1 "$home/link")api/openapi.json" --seed 1 --max-examples "${1:-10}" --no-color \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance > "$home/told" || {
    cat "$home/told" "$home/log" >&2
    exit 1
}
grep "generated, " "$home/told"
