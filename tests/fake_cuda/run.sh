#!/usr/bin/env bash
# Runs the tests of the CUDA engine on cards that are none (driver.cpp): all its code, kernels included, on a CPU. Needs a C++ compiler.
# Arguments go on to the test, e.g. a part of its name.
set -euo pipefail
cd "$(dirname "$0")"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp device.h "$folder"
c++ -std=c++17 -O2 -Wall -shared -fPIC driver.cpp -o "$folder/libcuda.so" -ldl
# One library in the place of three, so that all share what is known of the cards.
for name in cublasLt nvrtc; do ln -s libcuda.so "$folder/lib$name.so"; done
cd ../..
cargo test --quiet --locked --features cuda --test cuda --no-run
RELATA_CARD_FOLDER=$folder LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
    cargo test --locked --features cuda --test cuda -- --ignored "$@"
