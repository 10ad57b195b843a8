//! Stages of embedding with the real model: tokenising (words new and known), encoding in `f32` and
//! `int8`, one query.
//!
//!     cargo bench --bench embedding
//!     RELATA_CPU=avx2 cargo bench --bench embedding       another set of kernels; its name is in the names of the benches
//!
//! The model is the default one, fetched where it is not here yet. Texts are made of the words of
//! the sample digest, as long as real abstracts (some 200 tokens); throughput is in texts.

#[path = "../tests/common/real_model.rs"]
mod real_model;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Precision, Role, kernels_name};

const TEXTS: usize = 64;

/// Texts of 160 words each, the same at every run; word `n` of text `t` follows no pattern that
/// repeats within a text.
fn texts() -> Vec<String> {
    let sample = include_str!("../seeds/sample-digest-2026-02-14.md");
    let words: Vec<&str> = sample.split_whitespace().filter(|word| word.len() < 20 && !word.contains("://")).collect();
    let text = |text: usize| {
        let word = |at: usize| words[(text * 7919 + at * at * 31 + at * 17) % words.len()];
        (0..160).map(word).collect::<Vec<_>>().join(" ")
    };
    (0..TEXTS).map(text).collect()
}

fn load(precision: Precision) -> Embedder {
    let options = EmbedderOptions { device: DeviceChoice::Cpu, precision, ..EmbedderOptions::default() };
    Embedder::load(&real_model::real_model_folder(), &options).expect("the model loads")
}

fn stages(criterion: &mut Criterion) {
    let texts = texts();
    let kernels = kernels_name().expect("a set of kernels");
    let mut group = criterion.benchmark_group("tokenise");
    group.throughput(Throughput::Elements(TEXTS as u64));
    group.sample_size(20);
    let known = load(Precision::F32);
    group.bench_function("words known", |bench| bench.iter(|| known.count_tokens(black_box(&texts), Role::Passage)));
    group.bench_function("words new", |bench| {
        bench.iter_batched(
            || load(Precision::F32),
            |fresh| fresh.count_tokens(black_box(&texts), Role::Passage),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();

    let mut group = criterion.benchmark_group("encode");
    group.sample_size(10);
    for precision in [Precision::F32, Precision::Int8] {
        let embedder = load(precision);
        group.throughput(Throughput::Elements(TEXTS as u64));
        let name = BenchmarkId::new(precision.name(), kernels);
        group.bench_with_input(name, &texts, |bench, texts| {
            bench.iter(|| embedder.embed(black_box(texts), Role::Passage));
        });
        let query = ["sparse attention for long documents"];
        group.throughput(Throughput::Elements(1));
        let name = BenchmarkId::new(format!("{}, one query", precision.name()), kernels);
        group.bench_with_input(name, &query, |bench, query| {
            bench.iter(|| embedder.embed(black_box(query), Role::Query));
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
