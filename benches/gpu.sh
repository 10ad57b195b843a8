#!/usr/bin/env bash
# Builds Relata for CUDA cards, runs the tests that need one, and measures beside sentence-transformers (benches/gpu.py):
#
#     benches/gpu.sh MODEL_FOLDER CORPUS.jsonl.gz
#
# CORPUS holds papers with id, title and abstract; MODEL_FOLDER is a sentence-transformers folder. Needs Rust, an
# NVIDIA card with its driver, libcublasLt and libnvrtc on LD_LIBRARY_PATH, and a python3 with torch, sentence-transformers.
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
model=$1 corpus=$2
cd "$(dirname "$0")/.."
cargo build --release --locked --features cuda --example throughput
cargo test --locked --features cuda --test cuda -- --ignored --skip three_cards
texts=$(mktemp --suffix .jsonl)
trap 'rm -f "$texts"' EXIT
PYTHONPATH=benches/peers python3 - "$corpus" "$texts" <<'PYTHON'
import pathlib, sys, texts
corpus, path = sys.argv[1:]
texts.write_texts(pathlib.Path(path), texts.measured(texts.read_corpus(corpus), 48_000))
PYTHON
python3 benches/gpu.py --model "$model" --texts "$texts" --relata target/release/examples/throughput
