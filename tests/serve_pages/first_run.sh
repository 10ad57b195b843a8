#!/usr/bin/env bash
# Serves empty libraries beside stand-ins of arXiv's servers, one that is well and some that are not, and drives the first run of
# a user in a headless Chromium. Needs Node 18 or later with npm, and Chromium. Arguments go on to first_run.mjs, e.g.
# --screenshots DIR. RELATA_PROGRAM names a program that is built already, with the feature serve, and RELATA_STAND_IN the example
# arxiv_server. Embeds with a tiny model, or with the one that RELATA_MODEL names.
set -euo pipefail
cd "$(dirname "$0")"
. ../listening.sh

folder=$(mktemp -d)
running=()
# A stand-in that is held ends once it goes on.
trap 'kill "${running[@]}" 2> /dev/null || true; kill -CONT "${running[@]}" 2> /dev/null || true; rm -rf "$folder"' EXIT
target="${CARGO_TARGET_DIR:-../../target}/debug"
if [ -z "${RELATA_PROGRAM:-}" ] || [ -z "${RELATA_STAND_IN:-}" ]; then
    # With examples, so that packages are built as they are for the tests, and once for both.
    cargo build --quiet --locked --features serve --bin relata --example recommend --example arxiv_server --manifest-path ../../Cargo.toml
fi
program=$(realpath "${RELATA_PROGRAM:-$target/relata}") stand_in=$(realpath "${RELATA_STAND_IN:-$target/examples/arxiv_server}")
# Pauses that count for addresses on this machine alone: after a 429 it rests for two hundred of them.
export RELATA_CONFIG="$folder/config.toml" RELATA_MODEL="${RELATA_MODEL:-$(realpath ../models/tiny-bert)}" RELATA_ARXIV_PAUSE_MS=20

addresses=()
# A stand-in that does what its options say, and a server of an empty library that fetches from it.
pair() {
    local name=$1 arxiv
    shift
    "$stand_in" --records 600 --days 14 --quiet "$@" > "$folder/$name.arxiv" 2> "$folder/$name.arxiv.log" &
    arxiv=$!
    running+=("$arxiv")
    listening "$folder/$name.arxiv" RELATA_ARXIV_API "$arxiv" "$folder/$name.arxiv.log"
    # What one process has learned of a server, such as that it wants rest, is kept in the cache.
    env $(grep '^RELATA_' "$folder/$name.arxiv") RELATA_LIBRARY="$folder/$name.db" RELATA_CACHE="$folder/$name.cache" \
        "$program" serve --port 0 > "$folder/$name" 2> "$folder/$name.log" &
    running+=($!)
    listening "$folder/$name" http $! "$folder/$name.log"
    addresses+=("$name=$(sed -n 's,/$,,; 1p' "$folder/$name"),$arxiv")
}
pair well
pair stale --mode stale=cs.LG@feed --mode 503@oai
# Attempts that fail at once, so pauses alone keep the job under way while its page is looked at: 75 of them.
RELATA_ARXIV_PAUSE_MS=300 pair cut --mode cut=200
pair denied --mode 429

(cd ../.. && . tests/packages.sh && browser_packages)
node first_run.mjs "$@" "${addresses[@]}"
