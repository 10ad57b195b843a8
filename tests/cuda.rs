//! The CUDA engine against sentence-transformers' vectors. Needs a card: `benches/gpu.sh` runs it
//! on a real one, `tests/fake_cuda/run.sh` on cards that are computed by a CPU. These are three,
//! and the last has hardly any memory; a real machine seldom has that (`--skip three_cards`).

#![cfg(feature = "cuda")]

#[path = "common/golden.rs"]
mod golden;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ndarray::Array2;
use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Precision, Role};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

const TINY: [&str; 13] = [
    "tiny-bert",
    "tiny-bert-cls",
    "tiny-bert-max",
    "tiny-bert-lasttoken",
    "tiny-bert-dense",
    "tiny-bert-lower",
    "tiny-roberta",
    "tiny-xlm-roberta",
    "tiny-distilbert",
    "tiny-mpnet",
    "tiny-modernbert",
    "tiny-modernbert-long",
    "tiny-nomic-bert",
];

/// Models of each kind of layer.
const KINDS: [&str; 5] = ["tiny-bert", "tiny-mpnet", "tiny-modernbert", "tiny-modernbert-long", "tiny-nomic-bert"];

/// Card 2 has so little memory that one test at a time may use it.
static SMALL_CARD: Mutex<()> = Mutex::new(());

fn load(folder: &Path, device: &str, precision: Precision, token_budget: Option<usize>) -> Embedder {
    let device: DeviceChoice = device.parse().unwrap();
    let options = EmbedderOptions { device, precision, token_budget, unit_rows: false, ..EmbedderOptions::default() };
    Embedder::load(folder, &options).unwrap()
}

fn on_card(name: &str, precision: Precision, token_budget: Option<usize>) -> Embedder {
    load(&golden::tiny_model(name), "cuda", precision, token_budget)
}

/// A tiny model whose rows are shared by fewer heads, each of them wider.
fn with_heads(name: &str, heads: usize, folder: &Path) {
    for file in std::fs::read_dir(golden::tiny_model(name)).unwrap() {
        let from = file.unwrap().path();
        let to = folder.join(from.file_name().unwrap());
        if from.is_dir() {
            std::fs::create_dir(&to).unwrap();
            for file in std::fs::read_dir(&from).unwrap() {
                let from = file.unwrap().path();
                std::fs::copy(&from, to.join(from.file_name().unwrap())).unwrap();
            }
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
    let path = folder.join("config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let key = if config.get("n_head").is_some() { "n_head" } else { "num_attention_heads" };
    assert_eq!(config[key], 4, "{name}");
    config[key] = heads.into();
    std::fs::write(&path, config.to_string()).unwrap();
    // A table of distances has a column for each head.
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors = file.tensors();
    let Some(at) = tensors.iter().position(|(name, _)| name.ends_with("relative_attention_bias.weight")) else {
        return;
    };
    assert_eq!(tensors[at].1.shape(), [32, 4]);
    let columns: Vec<u8> = tensors[at].1.data().chunks_exact(16).flat_map(|row| &row[..4 * heads]).copied().collect();
    tensors[at].1 = TensorView::new(Dtype::F32, vec![32, heads], &columns).unwrap();
    std::fs::write(&path, safetensors::serialize(tensors, None).unwrap()).unwrap();
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

/// The least cosine to vectors in `f32` that rounding explains: what `f32` itself loses, times the
/// square of how much coarser a number is. The weights of tiny-modernbert make ten times as much of
/// any rounding as those of the other models.
fn least_wanted(name: &str, precision: Precision) -> f64 {
    let sensitive = name == "tiny-modernbert";
    match precision {
        Precision::F16 if sensitive => 0.999_8,
        Precision::F16 => 0.999_99,
        Precision::Bf16 if sensitive => 0.98,
        Precision::Bf16 => 0.999,
        Precision::F32 | Precision::Int8 => 0.999_999_999,
    }
}

#[test]
#[ignore = "needs a CUDA card"]
fn a_card_agrees_with_sentence_transformers() {
    let texts = golden::texts();
    for name in TINY {
        let golden = golden::golden(name, "");
        // What a batch holds is the same to all models of a kind, and to all numbers.
        let several = if KINDS.contains(&name) { &[None, Some(1), Some(300)][..] } else { &[None] };
        for (precision, budgets) in [(Precision::F32, several), (Precision::F16, &[None]), (Precision::Bf16, &[None])] {
            for &budget in budgets {
                let ours = on_card(name, precision, budget).embed(&texts, Role::Passage).unwrap();
                assert_eq!((&ours.tokens, &ours.cut), (&golden.tokens, &golden.cut), "{name}");
                let cosine = least_cosine(&ours.vectors, &golden.vectors);
                let least = least_wanted(name, precision);
                assert!(cosine >= least, "{name} in {precision:?}, budget {budget:?}: {cosine}");
                if precision == Precision::F32 {
                    let difference = largest_difference(&ours.vectors, &golden.vectors);
                    assert!(difference <= 1e-5, "{name}, budget {budget:?}: {difference}");
                }
            }
        }
    }
}

/// Heads that matrix units take: 16 values wide and wider. The tiny models' own have 8.
#[test]
#[ignore = "needs a CUDA card"]
fn wide_heads_agree_with_the_cpu() {
    let texts: Vec<String> = golden::texts().into_iter().step_by(3).collect();
    for (name, heads) in KINDS.iter().flat_map(|name| [(name, 2), (name, 1)]) {
        let folder = tempfile::tempdir().unwrap();
        with_heads(name, heads, folder.path());
        let cpu = load(folder.path(), "cpu", Precision::F32, None).embed(&texts, Role::Passage).unwrap();
        let own = load(&golden::tiny_model(name), "cpu", Precision::F32, None).embed(&texts, Role::Passage).unwrap();
        assert!(least_cosine(&cpu.vectors, &own.vectors) < 0.99, "{name}: heads count");
        // One head has no neighbour to be mistaken for; what it adds is its width, in the number
        // that is used most.
        let numbers =
            if heads == 1 { &[Precision::F16][..] } else { &[Precision::F32, Precision::F16, Precision::Bf16] };
        for &precision in numbers {
            let ours = load(folder.path(), "cuda", precision, None).embed(&texts, Role::Passage).unwrap();
            assert_eq!((&ours.tokens, &ours.cut), (&cpu.tokens, &cpu.cut), "{name}");
            let cosine = least_cosine(&ours.vectors, &cpu.vectors);
            let least = least_wanted(name, precision);
            assert!(cosine >= least, "{name} with {heads} heads in {precision:?}: {cosine}");
        }
    }
}

#[test]
#[ignore = "needs a CUDA card"]
fn the_same_batches_give_the_same_bits() {
    let texts: Vec<String> = golden::texts().into_iter().step_by(3).collect();
    for (name, precision) in
        KINDS.into_iter().zip([Precision::F32, Precision::F16, Precision::Bf16].into_iter().cycle())
    {
        let embedder = on_card(name, precision, Some(700));
        let once = embedder.embed(&texts, Role::Passage).unwrap();
        for _ in 0..5 {
            assert_eq!(embedder.embed(&texts, Role::Passage).unwrap(), once, "{name} in {precision:?}");
        }
    }
}

#[test]
#[ignore = "needs CUDA cards"]
fn three_cards_share_batches() {
    let _card = SMALL_CARD.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = golden::texts();
    for name in ["tiny-bert", "tiny-modernbert"] {
        let folder = golden::tiny_model(name);
        for (device, budget) in [("cuda:1", None), ("cuda:0,1", Some(100)), ("cuda:0,1,2", Some(300))] {
            let ours = load(&folder, device, Precision::F32, budget).embed(&texts, Role::Passage).unwrap();
            let difference = largest_difference(&ours.vectors, &golden::golden(name, "").vectors);
            assert!(difference <= 1e-5, "{name} on {device}: {difference}");
        }
    }
}

/// What is left of card 2 holds a third of these tokens at most, as they take a kilobyte each.
#[test]
#[ignore = "needs CUDA cards"]
fn three_cards_of_which_one_is_small_cut_its_batches() {
    let _card = SMALL_CARD.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = golden::texts();
    let many: Vec<&String> = texts.iter().cycle().take(24 * texts.len()).collect();
    let embedder = load(&golden::tiny_model("tiny-bert"), "cuda:2", Precision::F32, Some(10_000_000));
    let ours = embedder.embed(&many, Role::Passage).unwrap();
    assert!(ours.tokens.iter().sum::<u32>() > 40_000);
    let golden = golden::golden("tiny-bert", "");
    for (at, rows) in ours.vectors.rows().into_iter().enumerate() {
        let theirs = golden.vectors.row(at % texts.len());
        assert!(rows.iter().zip(theirs).all(|(a, b)| (a - b).abs() <= 1e-5), "text {at}");
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
