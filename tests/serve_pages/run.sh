#!/usr/bin/env bash
# Serves a library of our own making, an empty one and one that is not to be changed, and drives their pages in a headless
# Chromium. Needs Node 18 or later with npm, and Chromium. Arguments go on to drive.mjs, e.g. --screenshots DIR.
# RELATA_PROGRAM names a program that is built already, with the feature serve.
set -euo pipefail
cd "$(dirname "$0")"
. ../listening.sh

folder=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2> /dev/null || true; rm -rf "$folder"' EXIT
if [ -z "${RELATA_PROGRAM:-}" ]; then
    # With an example, so that packages are built as they are for the tests, and once for both.
    cargo build --quiet --locked --features serve --bin relata --example recommend --manifest-path ../../Cargo.toml
    RELATA_PROGRAM="${CARGO_TARGET_DIR:-../../target}/debug/relata"
fi
program=$(realpath "$RELATA_PROGRAM")
# For papers that come while a page is open.
export RELATA_PROGRAM="$program"
export RELATA_LIBRARY="$folder/library.db" RELATA_CONFIG="$folder/config.toml" RELATA_MODEL
RELATA_MODEL=$(realpath ../models/tiny-bert)

python3 ../page/library.py 0 200 > "$folder/2026-02-20.md"
python3 ../page/library.py 200 300 > "$folder/2026-02-21.md"
"$program" add "$folder/2026-02-20.md" "$folder/2026-02-21.md" > /dev/null
"$program" topics > /dev/null
"$program" like 2601.00001 2601.00018 2601.00042 > /dev/null

# Prints the address of a server that it starts.
serve() {
    local name=$1
    shift
    "$@" "$program" serve --port 0 "${options[@]}" > "$folder/$name" 2> "$folder/$name.log" &
    servers+=($!)
    listening "$folder/$name" http $! "$folder/$name.log"
}
options=()
serve full env
serve empty env RELATA_LIBRARY="$folder/empty.db"
options=(--read-only)
serve readonly env
address() { sed -n 's,/$,,; 1p' "$folder/$1"; }

(cd ../.. && . tests/packages.sh && browser_packages)
node drive.mjs "$@" "$(address full)" "$(address empty)" "$(address readonly)"
