#!/usr/bin/env bash
# Writes topic reports of the sample digest and of a library of our own making, and drives them in a headless Chromium.
# Needs Node 18 or later with npm, and Chromium. Arguments go on to drive.mjs, e.g. --screenshots DIR.
# RELATA_PROGRAM names a program that is built already.
set -euo pipefail
cd "$(dirname "$0")"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export RELATA_LIBRARY="$folder/library.db" RELATA_CONFIG="$folder/config.toml"
if [ -z "${RELATA_PROGRAM:-}" ]; then
    # With an example, so that packages are built as they are for the tests, and once for both.
    cargo build --quiet --locked --features serve --bin relata --example recommend --manifest-path ../../Cargo.toml
    RELATA_PROGRAM="${CARGO_TARGET_DIR:-../../target}/debug/relata"
fi
program=$(realpath "$RELATA_PROGRAM")
relata() { "$program" "$@"; }

relata topics --html "$folder/sample.html" > /dev/null
export RELATA_MODEL=../models/tiny-bert
# In two days, so that there is something to tell.
python3 library.py 0 200 > "$folder/2026-02-20.md"
relata add "$folder/2026-02-20.md"
relata topics > /dev/null
python3 library.py 200 300 > "$folder/2026-02-21.md"
relata add "$folder/2026-02-21.md"
relata topics --html "$folder/library.html"

(cd ../.. && . tests/packages.sh && browser_packages)
node drive.mjs "$@" "$folder/sample.html" "$folder/library.html"
