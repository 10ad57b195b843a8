//! Every element against sentence-transformers, and the same vectors whatever the batch and the
//! number of threads.

#[path = "common/golden.rs"]
mod golden;
#[path = "common/real_model.rs"]
mod real_model;

use std::process::Command;

use ndarray::Array2;
use proptest::prelude::*;
use relata::Error;
use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Embeddings, EngineChoice, Long, Precision, Role};
use relata::error::{DeviceRefusal, EmbeddingError};
use sha2::{Digest, Sha256};

/// The tiny models and whether their folder has a Normalize module.
const TINY: [(&str, bool); 13] = [
    ("tiny-bert", true),
    ("tiny-bert-cls", true),
    ("tiny-bert-max", true),
    ("tiny-bert-lasttoken", true),
    ("tiny-bert-dense", true),
    ("tiny-bert-lower", true),
    ("tiny-roberta", true),
    ("tiny-xlm-roberta", true),
    ("tiny-distilbert", true),
    ("tiny-mpnet", true),
    ("tiny-modernbert", true),
    ("tiny-modernbert-long", true),
    ("tiny-nomic-bert", true),
];

fn options() -> EmbedderOptions {
    EmbedderOptions { device: DeviceChoice::Cpu, unit_rows: false, ..EmbedderOptions::default() }
}

fn tiny(name: &str) -> Embedder {
    Embedder::load(&golden::tiny_model(name), &options()).unwrap()
}

fn assert_close(ours: &Array2<f32>, theirs: &Array2<f32>, most: f32, what: &str) {
    assert_eq!(ours.dim(), theirs.dim(), "{what}");
    for ((at, ours), theirs) in ours.indexed_iter().zip(theirs) {
        // Written so that a NaN fails.
        assert!((ours - theirs).abs() <= most, "{what}, row and column {at:?}: {ours} is not {theirs}");
    }
}

fn assert_unit(vectors: &Array2<f32>, what: &str) {
    for (at, row) in vectors.rows().into_iter().enumerate() {
        let length = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        assert!((length - 1.0).abs() <= 1e-6, "{what}, row {at} has the length {length}");
    }
}

fn assert_golden(ours: &Embeddings, theirs: &Embeddings, what: &str) {
    assert_eq!(ours.tokens, theirs.tokens, "{what}");
    assert_eq!(ours.cut, theirs.cut, "{what}");
    assert_close(&ours.vectors, &theirs.vectors, 1e-5, what);
}

#[test]
fn tiny_models_agree_with_sentence_transformers() {
    let texts = golden::texts();
    assert!(texts.len() >= 71, "the seven samples and 64 texts of our own");
    for (name, normalises) in TINY {
        let embedder = tiny(name);
        assert_eq!(embedder.recipe().normalises(), normalises, "{name}");
        let ours = embedder.embed(&texts, Role::Passage).unwrap();
        assert_golden(&ours, &golden::golden(name, ""), name);
        assert_unit(&ours.vectors, name);
    }
}

/// candle-transformers' BERT is what Relata's own engine is compared with, so it must be right
/// itself.
#[test]
fn the_stock_engine_agrees_too() {
    let texts = golden::texts();
    for (name, _) in TINY {
        let stock = EmbedderOptions { engine: EngineChoice::Stock, ..options() };
        let embedder = Embedder::load(&golden::tiny_model(name), &stock);
        if !name.starts_with("tiny-bert") {
            let error = embedder.err().unwrap().to_string();
            assert!(error.contains("model_type \"bert\" alone"), "{name}: {error}");
            continue;
        }
        let embedder = embedder.unwrap();
        assert_golden(&embedder.embed(&texts, Role::Passage).unwrap(), &golden::golden(name, ""), name);
    }
}

/// Which kernels run is fixed by the environment, so each set is a process of its own: the tests
/// named here, again.
#[test]
fn every_set_of_kernels_that_the_processor_has_agrees() {
    let mut ran = 0;
    for set in ["portable", "avx2", "avx512", "neon"] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tiny_models_agree_with_sentence_transformers", "neighbours_in_a_batch_do_not_matter"])
            .args(["int8_keeps_nearly_the_same_vectors", "--nocapture"])
            .env("RELATA_CPU", set)
            .output()
            .unwrap();
        let (printed, said) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
        if set != "portable" && said.contains("NoInstructionSet") {
            continue;
        }
        assert!(child.status.success(), "{set}: {printed}{said}");
        assert!(printed.contains("3 passed"), "{set}: {printed}");
        ran += 1;
    }
    assert!(ran >= 1);
}

#[test]
fn int8_keeps_nearly_the_same_vectors() {
    let folder = real_model::real_model_folder();
    let texts = golden::texts();
    let theirs = golden::golden("all-MiniLM-L6-v2", "").vectors;
    let int8 = EmbedderOptions { precision: Precision::Int8, ..options() };
    let embedder = Embedder::load(&folder, &int8).unwrap();
    let ours = embedder.embed(&texts, Role::Passage).unwrap().vectors;
    let cosines: Vec<f32> = ours.rows().into_iter().zip(theirs.rows()).map(|(a, b)| a.dot(&b)).collect();
    // The sample's abstracts come first; behind them stand texts made to be odd, down to no text at
    // all.
    let mean = cosines[..7].iter().sum::<f32>() / 7.0;
    assert!(mean > 0.998, "mean cosine of the abstracts {mean}");
    assert!(cosines.iter().all(|cosine| *cosine > 0.99), "{cosines:?}");
    assert!(mean < 0.999_99, "this is f32, not int8");
    // A text alone has the same bits as among others.
    let alone = embedder.embed(&texts[3..4], Role::Passage).unwrap().vectors;
    assert_eq!(alone.row(0), ours.row(3));
}

#[test]
fn int8_is_refused_where_it_is_not() {
    let stock = EmbedderOptions { engine: EngineChoice::Stock, precision: Precision::Int8, ..options() };
    let error = Embedder::load(&golden::tiny_model("tiny-bert"), &stock).err().unwrap();
    insta::assert_snapshot!(
        error,
        @"precision int8 is for Relata's own engine on a CPU"
    );
}

#[test]
fn prompts_are_put_in_front() {
    let embedder = tiny("tiny-bert-prompts");
    let texts = golden::texts();
    for (role, prompt) in [(Role::Query, "_query"), (Role::Passage, "_passage")] {
        let ours = embedder.embed(&texts, role).unwrap();
        assert_golden(&ours, &golden::golden("tiny-bert-prompts", prompt), prompt);
    }
}

/// A manifest's prompts stand in where a folder has none, and never for its own.
#[test]
fn prompts_from_elsewhere_stand_in() {
    let prompts = || [("query", "query: "), ("passage", "passage: ")].map(|(role, text)| (role.into(), text.into()));
    let with = |name: &str| {
        let options = EmbedderOptions { prompts: prompts().into(), ..options() };
        Embedder::load(&golden::tiny_model(name), &options).unwrap()
    };
    let plain = tiny("tiny-bert").embed(&["query: ice"], Role::Passage).unwrap();
    assert_eq!(with("tiny-bert").embed(&["ice"], Role::Query).unwrap(), plain);
    let own = EmbedderOptions { prompts: [("query".into(), "other: ".into())].into(), ..options() };
    let own = Embedder::load(&golden::tiny_model("tiny-bert-prompts"), &own).unwrap();
    assert_eq!(own.recipe().prompt(Role::Query), "query: ");
}

/// A window is embedded as a text of its own, whatever else is in the batch.
#[test]
fn a_long_text_is_the_mean_of_its_windows() {
    // 46 words of one token fill a window of the tiny models' 48.
    let words = |from: usize, count: usize| {
        let three = ["paper", "query", "passage"];
        (from..from + count).map(|at| three[at * at % 7 % 3]).collect::<Vec<_>>().join(" ")
    };
    for name in ["tiny-bert", "tiny-mpnet", "tiny-bert-dense"] {
        for budget in [48, 100, 10_000] {
            let options = EmbedderOptions { long: Long::Window, token_budget: Some(budget), ..options() };
            let embedder = Embedder::load(&golden::tiny_model(name), &options).unwrap();
            let texts = [words(0, 110), words(3, 20), words(5, 46), words(0, 47)];
            let ours = embedder.embed(&texts, Role::Passage).unwrap();
            assert_eq!(ours.tokens, [116, 22, 48, 51], "{name}");
            assert_eq!(ours.cut, [0; 4]);
            assert_eq!(embedder.count_tokens(&texts, Role::Passage).unwrap(), ours.tokens);
            let parts = [words(0, 46), words(46, 46), words(92, 18), words(46, 1)];
            let of = embedder.embed(&parts, Role::Passage).unwrap().vectors;
            for (row, parts) in [(0, vec![(0, 48.0), (1, 48.0), (2, 20.0)]), (3, vec![(0, 48.0), (3, 3.0)])] {
                let mut mean = ndarray::Array1::<f32>::zeros(of.ncols());
                parts.iter().for_each(|(part, weight)| mean.scaled_add(*weight, &of.row(*part)));
                mean /= mean.dot(&mean).sqrt();
                for (a, b) in ours.vectors.row(row).iter().zip(&mean) {
                    assert!((a - b).abs() < 1e-6, "{name}, budget {budget}: {a} is not {b}");
                }
            }
            let plain = tiny(name).embed(&texts[1..3], Role::Passage).unwrap().vectors;
            assert_eq!(ours.vectors.slice(ndarray::s![1..3, ..]), plain, "{name}: what fits is as ever");
        }
    }
}

#[test]
fn rows_are_scaled_where_the_folder_does_not() {
    let folder = golden::tiny_model("tiny-bert-prompts");
    assert!(!tiny("tiny-bert-prompts").recipe().normalises());
    let embedder = Embedder::load(&folder, &EmbedderOptions { unit_rows: true, ..options() }).unwrap();
    let vectors = embedder.embed(&golden::texts(), Role::Query).unwrap().vectors;
    assert_unit(&vectors, "unit_rows");
    let mut theirs = golden::golden("tiny-bert-prompts", "_query").vectors;
    for mut row in theirs.rows_mut() {
        let length = row.dot(&row).sqrt();
        row /= length;
    }
    assert_close(&vectors, &theirs, 1e-5, "unit_rows");
}

#[test]
fn the_real_model_agrees_with_sentence_transformers() {
    let embedder = Embedder::load(&real_model::real_model_folder(), &options()).unwrap();
    let recipe = embedder.recipe();
    assert_eq!((recipe.dimension(), recipe.token_limit()), (384, 256));
    assert_eq!(recipe.pooling_name(), "mean");
    assert!(recipe.normalises());
    let texts = golden::texts();
    let ours = embedder.embed(&texts, Role::Passage).unwrap();
    assert_golden(&ours, &golden::golden("all-MiniLM-L6-v2", ""), "all-MiniLM-L6-v2");
    assert_unit(&ours.vectors, "all-MiniLM-L6-v2");
}

/// Embeds the texts in another order and gives the rows back in the first one.
fn embed_shuffled(embedder: &Embedder, texts: &[String], order: &[usize]) -> Array2<f32> {
    let shuffled: Vec<&String> = order.iter().map(|at| &texts[*at]).collect();
    let rows = embedder.embed(&shuffled, Role::Passage).unwrap().vectors;
    let mut vectors = Array2::zeros(rows.dim());
    for (row, at) in rows.rows().into_iter().zip(order) {
        vectors.row_mut(*at).assign(&row);
    }
    vectors
}

fn assert_invariant(folder: &std::path::Path, texts: &[String], budgets: &[usize]) {
    let load = |budget| Embedder::load(folder, &EmbedderOptions { token_budget: Some(budget), ..options() }).unwrap();
    let alone = load(1).embed(texts, Role::Passage).unwrap().vectors;
    // 37 has no factor in common with the number of texts, so this visits each once, far from its
    // neighbours.
    assert_ne!(texts.len() % 37, 0);
    let order: Vec<usize> = (0..texts.len()).map(|at| at * 37 % texts.len()).collect();
    for budget in budgets {
        let embedder = load(*budget);
        let together = embedder.embed(texts, Role::Passage).unwrap().vectors;
        assert_eq!(together, alone, "budget {budget}");
        let shuffled = embed_shuffled(&embedder, texts, &order);
        assert_eq!(shuffled, alone, "shuffled, budget {budget}");
    }
}

#[test]
fn neighbours_in_a_batch_do_not_matter() {
    let texts = golden::texts();
    // The last budget puts everything into one batch, the empty text beside the longest.
    for (name, _) in TINY {
        assert_invariant(&golden::tiny_model(name), &texts, &[64, 700, 1_000_000]);
    }
    // Each sixth text, from empty to 256 tokens, keeps the real model to some seconds.
    let mut some: Vec<String> = texts.into_iter().step_by(6).collect();
    some.push(String::new());
    assert_invariant(&real_model::real_model_folder(), &some, &[1000, 1_000_000]);
}

/// The number of threads is fixed when a process starts, so each is a process of its own: this test
/// again, told by an environment variable to print a hash of its vectors.
#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    const CHILD: &str = "RELATA_TEST_PRINT_BITS";
    if std::env::var_os(CHILD).is_some() {
        let texts = golden::texts();
        let real = Embedder::load(&real_model::real_model_folder(), &options()).unwrap();
        for (embedder, texts) in [(&tiny("tiny-bert-dense"), &texts[..]), (&real, &texts[..12])] {
            let vectors = embedder.embed(texts, Role::Passage).unwrap().vectors;
            let bytes: Vec<u8> = vectors.iter().flat_map(|x| x.to_le_bytes()).collect();
            let bits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            println!("\nbits {bits}");
        }
        return;
    }
    let bits = |threads: &str| -> Vec<String> {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_number_of_threads_does_not_change_a_bit", "--nocapture"])
            .env(CHILD, "1")
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        let printed = String::from_utf8(child.stdout).unwrap();
        printed.lines().filter(|line| line.starts_with("bits ")).map(str::to_owned).collect()
    };
    let one = bits("1");
    assert_eq!(one.len(), 2);
    assert_ne!(one[0], one[1]);
    for threads in ["2", "3", "7"] {
        assert_eq!(bits(threads), one, "{threads} threads");
    }
}

#[test]
fn batches_are_handed_over_once_each_and_an_error_stops_them() {
    let embedder =
        Embedder::load(&golden::tiny_model("tiny-bert"), &EmbedderOptions { token_budget: Some(96), ..options() });
    let embedder = embedder.unwrap();
    let texts = golden::texts();
    let whole = embedder.embed(&texts, Role::Passage).unwrap();
    let mut seen = vec![0; texts.len()];
    let mut batches = 0;
    embedder
        .embed_batches(&texts, Role::Passage, &mut |batch| {
            batches += 1;
            for (at, index) in batch.indices.iter().enumerate() {
                seen[*index] += 1;
                assert_eq!(batch.vectors.row(at), whole.vectors.row(*index));
                assert_eq!((batch.tokens[at], batch.cut[at]), (whole.tokens[*index], whole.cut[*index]));
            }
            Ok(())
        })
        .unwrap();
    assert!(batches > 10);
    assert_eq!(seen, vec![1; texts.len()]);

    let mut handed = 0;
    let stopped = embedder.embed_batches(&texts, Role::Passage, &mut |_| {
        handed += 1;
        if handed < 3 {
            Ok(())
        } else {
            Err(EmbeddingError::Device { asked: "x".into(), reason: DeviceRefusal::Failed("stop".to_owned()) }.into())
        }
    });
    assert!(matches!(stopped, Err(Error::Embedding(EmbeddingError::Device { .. }))));
    assert_eq!(handed, 3);
    assert_eq!(embedder.embed(&texts, Role::Passage).unwrap(), whole, "the embedder is as good as before");
}

#[test]
fn no_texts_are_no_rows() {
    let none: [&str; 0] = [];
    let embeddings = tiny("tiny-bert").embed(&none, Role::Query).unwrap();
    assert_eq!(embeddings.vectors.dim(), (0, 32));
    assert!(embeddings.tokens.is_empty() && embeddings.cut.is_empty());
}

/// 4096 texts are tokenised at a time; the next ones must not be counted from 0 again.
#[test]
fn many_texts_keep_their_places() {
    let texts: Vec<&str> = ["paper", "query of a paper", ""].into_iter().cycle().take(9000).collect();
    let embedder = tiny("tiny-bert");
    let many = embedder.embed(&texts, Role::Passage).unwrap();
    let few = embedder.embed(&texts[..3], Role::Passage).unwrap();
    for (at, row) in many.vectors.rows().into_iter().enumerate() {
        assert_eq!(many.tokens[at], few.tokens[at % 3]);
        assert!(row.iter().zip(few.vectors.row(at % 3)).all(|(a, b)| (a - b).abs() <= 1e-6), "text {at}");
    }
}

#[test]
fn a_megabyte_is_counted_to_its_last_token() {
    let words = "paper ".repeat(200_000);
    let letters = "x".repeat(1_000_000);
    let embeddings = tiny("tiny-bert").embed(&[words, letters], Role::Passage).unwrap();
    assert_eq!(embeddings.tokens, [48, 3]);
    assert_eq!(embeddings.cut, [200_000 - 46, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_has_a_finite_unit_row(texts in proptest::collection::vec(any::<String>(), 1..6)) {
        thread_local! {
            static TINY: Embedder = tiny("tiny-bert");
        }
        let embeddings = TINY.with(|embedder| embedder.embed(&texts, Role::Passage)).unwrap();
        prop_assert_eq!(embeddings.vectors.nrows(), texts.len());
        assert_unit(&embeddings.vectors, "any text");
        prop_assert!(embeddings.tokens.iter().all(|n| (2..=48).contains(n)));
    }
}
