//! Model folders of the user's own.

use std::path::Path;
use std::time::{Duration, SystemTime};

use relata::Error;
use relata::error::ModelError;
use relata::model::{self, Choice, FileSum, identify, locate};

use crate::world::{WEIGHTS, World, sha256};

/// Times long past, as those of a folder that nobody is writing to.
fn settle(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            settle(&path);
        } else {
            crate::set_modified(&path, SystemTime::now() - Duration::from_secs(3600));
        }
    }
}

fn world_with_folder() -> (World, Choice, std::path::PathBuf) {
    let world = World::new();
    let folder = world.home.path().join("my-model");
    world.write_folder(&folder);
    std::fs::write(folder.join("README.md"), "read me").unwrap();
    std::fs::create_dir(folder.join("onnx")).unwrap();
    std::fs::write(folder.join("onnx/config.json"), "{}").unwrap();
    settle(&folder);
    let choice = Choice::parse(folder.to_str());
    assert_eq!(choice, Choice::Dir(folder.clone()));
    (world, choice, folder)
}

#[test]
fn the_same_files_are_the_same_model() {
    let (world, choice, folder) = world_with_folder();
    let of_folder = identify(&choice, &world.settings).unwrap();
    assert_eq!(of_folder, identify(&world.choice(), &world.settings).unwrap());
    let found = locate(&choice, &world.settings, &mut |_| {}).unwrap();
    assert_eq!((found.name.as_str(), &found.root, &found.files), ("toy", &folder, &of_folder.files));
    assert!(model::verify(&choice, &world.settings).unwrap().iter().all(|file| file.ok && file.expected == file.found));
    assert_eq!(model::path(&choice, &world.settings).unwrap(), folder);
}

#[test]
fn another_file_is_another_model() {
    let (world, choice, folder) = world_with_folder();
    std::fs::write(folder.join("tokenizer.json"), "[]").unwrap();
    std::fs::write(folder.join("sentence_bert_config.json"), "{}").unwrap();
    let identity = identify(&choice, &world.settings).unwrap();
    assert_eq!((identity.name.as_str(), identity.dimension, identity.token_limit), ("my-model", None, None));
    assert!(identity.files.contains(&FileSum { path: "tokenizer.json".into(), sha256: sha256(b"[]") }));
    assert!(identity.files.contains(&FileSum { path: "sentence_bert_config.json".into(), sha256: sha256(b"{}") }));
    assert!(identity.files.is_sorted());
    let outcomes = model::verify(&choice, &world.settings).unwrap();
    assert!(outcomes.iter().all(|file| file.ok && file.expected.is_none()));
}

#[test]
fn a_second_start_hashes_nothing_that_looks_the_same() {
    let (world, choice, folder) = world_with_folder();
    let first = identify(&choice, &world.settings).unwrap();
    // Changed behind size and time: a start does not see it, `verify` does. That is the bargain.
    let path = folder.join(WEIGHTS);
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = world.files[WEIGHTS].clone();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    crate::set_modified(&path, modified);
    assert_eq!(identify(&choice, &world.settings).unwrap(), first);
    let outcomes = model::verify(&choice, &world.settings).unwrap();
    assert!(outcomes.iter().any(|file| file.found == Some(sha256(&bytes))));
    // With its own time it is seen at once.
    crate::set_modified(&path, modified + Duration::from_secs(1));
    assert_ne!(identify(&choice, &world.settings).unwrap(), first);
}

#[test]
fn a_sum_is_not_kept_while_the_file_may_still_be_written() {
    let (world, choice, folder) = world_with_folder();
    std::fs::write(folder.join("tokenizer.json"), "[1]").unwrap();
    // Ahead of the clock, so that the file stays new however long this takes.
    let modified = SystemTime::now() + Duration::from_secs(3600);
    crate::set_modified(folder.join("tokenizer.json"), modified);
    let first = identify(&choice, &world.settings).unwrap();
    std::fs::write(folder.join("tokenizer.json"), "[2]").unwrap();
    crate::set_modified(folder.join("tokenizer.json"), modified);
    assert_ne!(identify(&choice, &world.settings).unwrap(), first);
}

#[test]
fn a_cache_that_cannot_be_written_does_no_harm_to_a_folder() {
    let (mut world, choice, _) = world_with_folder();
    std::fs::write(world.home.path().join("file"), "").unwrap();
    world.settings.cache = world.home.path().join("file/cache");
    assert_eq!(identify(&choice, &world.settings).unwrap().name, "toy");
}

#[test]
fn what_is_no_model_folder_says_why() {
    let reason = |change: &dyn Fn(&Path)| {
        let (world, choice, folder) = world_with_folder();
        change(&folder);
        match identify(&choice, &world.settings) {
            Err(Error::Model(ModelError::Folder { path, reason })) => {
                assert_eq!(path, folder);
                reason
            }
            other => panic!("{other:?}"),
        }
    };
    let remove = |folder: &Path, name: &str| std::fs::remove_file(folder.join(name)).unwrap();
    insta::assert_snapshot!(reason(&|folder| std::fs::remove_dir_all(folder).unwrap()), @"there is no such folder");
    insta::assert_snapshot!(reason(&|folder| {
        remove(folder, "config.json");
        remove(folder, "1_Pooling/config.json");
    }), @"it holds no config.json, so it is no model folder");
    insta::assert_snapshot!(reason(&|folder| remove(folder, WEIGHTS)), @"it holds no model.safetensors");
    insta::assert_snapshot!(reason(&|folder| remove(folder, "tokenizer.json")), @"it holds no tokenizer.json; save the tokenizer with a current version of transformers");
    insta::assert_snapshot!(reason(&|folder| {
        std::fs::rename(folder.join(WEIGHTS), folder.join("pytorch_model.bin")).unwrap();
    }), @"its weights are pickled (pytorch_model.bin), which Relata never opens, because loading them can run any code; save them as model.safetensors");
}
