//! The CUDA engine against sentence-transformers' vectors. Needs a card, so it is run by `benches/gpu.sh` and on demand:
//! `cargo test --features cuda --test cuda -- --ignored`.

#![cfg(feature = "cuda")]

#[path = "common/golden.rs"]
mod golden;

use ndarray::Array2;
use relata::embed::{Cards, DeviceChoice, Embedder, EmbedderOptions, Precision, Role};

const TINY: [&str; 9] = [
    "tiny-bert",
    "tiny-bert-cls",
    "tiny-bert-max",
    "tiny-bert-lasttoken",
    "tiny-bert-dense",
    "tiny-bert-lower",
    "tiny-roberta",
    "tiny-xlm-roberta",
    "tiny-distilbert",
];

fn on_card(name: &str, precision: Precision, token_budget: Option<usize>) -> Embedder {
    let device = DeviceChoice::Cuda(Cards::FIRST);
    let options = EmbedderOptions { device, precision, token_budget, unit_rows: false, ..EmbedderOptions::default() };
    Embedder::load(&golden::tiny_model(name), &options).unwrap()
}

fn largest_difference(ours: &Array2<f32>, theirs: &Array2<f32>) -> f32 {
    assert_eq!(ours.dim(), theirs.dim());
    let difference = |(a, b): (&f32, &f32)| if a.is_nan() { f32::INFINITY } else { (a - b).abs() };
    ours.iter().zip(theirs).map(difference).fold(0.0, f32::max)
}

fn least_cosine(ours: &Array2<f32>, theirs: &Array2<f32>) -> f64 {
    let dot = |a: ndarray::ArrayView1<'_, f32>, b: ndarray::ArrayView1<'_, f32>| {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
    };
    let rows = ours.rows().into_iter().zip(theirs.rows());
    rows.map(|(a, b)| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).fold(1.0, f64::min)
}

#[test]
#[ignore = "needs a CUDA card"]
fn a_card_agrees_with_sentence_transformers() {
    let texts = golden::texts();
    for name in TINY {
        let golden = golden::golden(name, "");
        for (precision, least) in [(Precision::F32, 0.999_999_9), (Precision::F16, 0.999_99), (Precision::Bf16, 0.999)]
        {
            for budget in [None, Some(1), Some(300)] {
                let ours = on_card(name, precision, budget).embed(&texts, Role::Passage).unwrap();
                assert_eq!((&ours.tokens, &ours.cut), (&golden.tokens, &golden.cut), "{name}");
                let cosine = least_cosine(&ours.vectors, &golden.vectors);
                assert!(cosine >= least, "{name} in {precision:?}, budget {budget:?}: {cosine}");
                if precision == Precision::F32 {
                    let difference = largest_difference(&ours.vectors, &golden.vectors);
                    assert!(difference <= 1e-5, "{name}, budget {budget:?}: {difference}");
                }
            }
        }
    }
}

#[test]
#[ignore = "needs a CUDA card"]
fn the_same_batches_give_the_same_bits() {
    let texts = golden::texts();
    for precision in [Precision::F32, Precision::F16, Precision::Bf16] {
        let embedder = on_card("tiny-bert", precision, Some(700));
        let once = embedder.embed(&texts, Role::Passage).unwrap();
        for _ in 0..5 {
            assert_eq!(embedder.embed(&texts, Role::Passage).unwrap(), once, "{precision:?}");
        }
    }
}

#[test]
#[ignore = "needs a CUDA card"]
fn a_card_that_is_not_there_is_named() {
    let device: DeviceChoice = "cuda:63".parse().unwrap();
    let options = EmbedderOptions { device, ..EmbedderOptions::default() };
    let error = Embedder::load(&golden::tiny_model("tiny-bert"), &options).err().unwrap().to_string();
    assert!(error.starts_with("device cuda:63 does not answer: "), "{error}");
}
