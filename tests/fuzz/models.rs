//! Model folders: a file of a small model is changed, the model is loaded and embeds a text.

use std::fs;
use std::path::Path;

use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Long, Role};

use crate::driver::{Bound, Target, fuzz};
use crate::random::Random;
use crate::{binary, corpus, mutate, tree};

const MODELS: Target = Target {
    name: "models",
    runs: 2400,
    peak: Bound { base: 160 << 20, per_byte: 400 },
    total: Bound { base: 512 << 20, per_byte: 4000 },
};

/// Models of all tokenizers and architectures that are followed.
const FOLDERS: [&str; 7] = [
    "tiny-bert",
    "tiny-bert-dense",
    "tiny-bert-prompts",
    "tiny-modernbert",
    "tiny-mpnet",
    "tiny-roberta",
    "tiny-xlm-roberta",
];

/// Texts that tokenizers find hard.
const TEXTS: [&str; 4] = [
    "Ice moves.",
    "",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab é\u{301}\u{2581} 中文",
    "[CLS] <s> ## \u{0} \t x x x",
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// The files of a folder, as paths within it.
fn inside(folder: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() { found.extend(inside(&entry.path(), &format!("{name}/"))) } else { found.push(name) }
    }
    found.sort();
    found
}

/// A changed file: the model and the path in its folder, a line end, the content.
fn make(random: &mut Random, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    // The tokenizer is the largest program of a folder.
    let tokenizers: Vec<&(String, Vec<u8>)> =
        files.iter().filter(|(name, _)| name.ends_with("tokenizer.json")).collect();
    let (name, content) = if random.one_in(2) { *random.pick(&tokenizers) } else { random.pick(files) };
    let content = match random.below(8) {
        _ if name.ends_with(".safetensors") => weights(random, content),
        0 => mutate::mutate(random, content, &[]),
        1 => binary::mutate(random, content),
        _ => tree::mutate(random, content),
    };
    [name.as_bytes(), b"\n", &content].concat()
}

/// Weights: the header, which is JSON behind its length, or anything.
fn weights(random: &mut Random, content: &[u8]) -> Vec<u8> {
    let (length, rest) = content.split_first_chunk::<8>().expect("a header");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    if random.one_in(3) {
        return binary::mutate(random, content);
    }
    let header = tree::mutate(random, header);
    [&(header.len() as u64).to_le_bytes()[..], &header, data].concat()
}

fn holds(folder: &Path, input: &[u8]) -> Result<(), String> {
    let Some(at) = input.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
    let Some((model, file)) = std::str::from_utf8(&input[..at]).ok().and_then(|name| name.split_once('/')) else {
        return Ok(());
    };
    let root = folder.join(model);
    let path = root.join(file);
    // Inputs that are made shorter may lose their name.
    if !FOLDERS.contains(&model) || !path.is_file() {
        return Ok(());
    }
    let good = fs::read(&path).expect("a file");
    fs::write(&path, &input[at + 1..]).expect("written");
    let options = EmbedderOptions::new().device(DeviceChoice::Cpu).long(if input.len().is_multiple_of(2) {
        Long::Truncate
    } else {
        Long::Window
    });
    let embedded = Embedder::load(&root, &options).map(|embedder| embedder.embed(&TEXTS, Role::Passage));
    fs::write(&path, good).expect("written");
    match embedded {
        Ok(Ok(embedded)) if embedded.vectors.iter().all(|x| x.is_finite()) => Ok(()),
        Ok(Ok(_)) => Err("a vector that is not finite".to_owned()),
        // Texts that a tokenizer cannot take, and weights that give no number.
        Ok(Err(error)) if matches!(error.code(), "tokens" | "encoder") => Ok(()),
        Ok(Err(error)) => Err(format!("an error of embedding: {}: {error}", error.code())),
        Err(error) if error.to_string().contains(&root.display().to_string()) => Ok(()),
        Err(error) => Err(format!("an error without its file: {error}")),
    }
}

#[test]
fn model_folders_are_loaded_whatever_is_in_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for model in FOLDERS {
        let root = corpus::here("tests/models").join(model);
        copy(&root, &folder.path().join(model));
        files.extend(
            inside(&root, "")
                .into_iter()
                .map(|name| (format!("{model}/{name}"), fs::read(root.join(name)).expect("a file"))),
        );
    }
    // On one thread, so that all memory is counted.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    pool.install(|| fuzz(&MODELS, |random| make(random, &files), |input| holds(folder.path(), input)));
}
