# What one does with this repository: `just` lists it. `.ci/run` runs the same commands in one go, and needs no `just`.

set shell := ["bash", "-euo", "pipefail", "-c"]
set windows-shell := ["bash", "-euo", "pipefail", "-c"]

# Packages that the default features may pull in, at most.
budget := "380"
# The same with the server.
serve_budget := "460"

_list:
    @just --list --unsorted

# Build the programs, optimised
build:
    cargo build --release --locked

# Run a command of the program, such as `just run recommend 2602.10611`
run *ARGUMENTS:
    cargo run --release --locked -- {{ ARGUMENTS }}

# Compile all tests
compile:
    cargo test --quiet --locked --features serve --no-run

# Run all tests, or those with a name
test *ARGUMENTS:
    cargo test --locked --features serve {{ ARGUMENTS }}

# Check formatting and lints, with and without the command line, CUDA and the server
lint:
    cargo fmt --check
    .ci/rooms.py
    .ci/comments.py
    cargo clippy --locked -- -D warnings
    cargo clippy --locked --no-default-features -- -D warnings
    cargo clippy --workspace --all-targets --locked --features cuda,serve -- -D warnings

# Format the source
format:
    cargo fmt

# Build the documentation of the library, and check links and commands of the guides
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked --features serve
    cargo test --locked --test docs

# Write docs/reference/cli.md anew from the program's help
reference:
    RELATA_RENEW=1 cargo test --locked --test docs reference

# Count the packages that the default features pull in, and those with the server
packages:
    #!/usr/bin/env bash
    set -euo pipefail
    packages=$(cargo tree --locked -e normal,build --prefix none -f '{p}' | sort -u | wc -l)
    echo "$packages packages of {{ budget }}"
    [ "$packages" -le {{ budget }} ]
    packages=$(cargo tree --locked -e normal,build --prefix none -f '{p}' --features serve | sort -u | wc -l)
    echo "$packages packages of {{ serve_budget }} with the server"
    [ "$packages" -le {{ serve_budget }} ]

# Check licences, duplicates and sources of packages
deny:
    #!/usr/bin/env bash
    set -euo pipefail
    .ci/deny.py --test
    .ci/deny.py
    if command -v cargo-deny > /dev/null; then
        cargo deny --offline check bans licenses sources
    fi

# Fuzz every reader, so many runs altogether
fuzz RUNS="10000000":
    RELATA_FUZZ={{ RUNS }} cargo test --locked --test fuzz -- --nocapture

# Build the programs that the tests of pages, agents and addresses run
programs:
    cargo build --quiet --locked --features serve --bin relata --example recommend --example arxiv_server

# Drive the map of topics in a headless Chromium (needs Node with npm)
page *ARGUMENTS:
    tests/page/run.sh {{ ARGUMENTS }}

# Drive the pages of the server in a headless Chromium.
pages *ARGUMENTS:
    tests/serve_pages/run.sh {{ ARGUMENTS }}
    tests/serve_pages/first_run.sh {{ ARGUMENTS }}

# Ask as agents do, with the official clients of the Model Context Protocol (needs Node with npm, and Python)
agents:
    cargo test --locked --features serve --lib mcp::
    cargo test --locked --features serve --test mcp
    tests/mcp_clients/run.sh

# The package for Python: built, installed in a fresh environment and tested there.
python *arguments:
    tests/python/run.sh {{arguments}}

# Ask every address of the server what its description allows, by schemathesis (needs Python)
serve-fuzz:
    tests/serve_fuzz/run.sh

# Run the CUDA engine without a card (needs a C++ compiler)
fake-cuda *ARGUMENTS:
    tests/fake_cuda/run.sh {{ ARGUMENTS }}

# Disturb every command by kills, failing calls, full disks and power cuts, and print the tables (Linux, an hour)
faults:
    cargo test --locked --test faults -- --ignored --nocapture --exact campaign

# Time tokenising and encoding, by set of kernels and precision
bench *ARGUMENTS:
    cargo bench --locked --bench embedding {{ ARGUMENTS }}

# Build, test and measure on a machine with an NVIDIA card
gpu MODEL_FOLDER CORPUS:
    benches/gpu.sh {{ MODEL_FOLDER }} {{ CORPUS }}

# Build the container image
image:
    docker build --file Containerfile --tag relata .

# Everything that decides whether a change lands
ci:
    .ci/run
