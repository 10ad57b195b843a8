//! `relata embed` that was killed, interrupted or out of room, and goes on.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Home;

/// Texts of a window, see `relata::bulk`.
const WINDOW: u64 = 1024;

fn texts(count: usize) -> String {
    (0..count).map(|n| format!("text {n} of many {}\n", "on ".repeat(n * 7 % 40))).collect()
}

/// A little more than a window, in more bytes than are looked at before anything is read.
fn long_texts() -> String {
    (0..1100).map(|n| format!("text {n} of many {}\n", "on ".repeat(120 + n % 7))).collect()
}

/// Rows that are durable, as the journal has it.
fn durable(home: &Home, output: &str) -> u64 {
    let text = std::fs::read(home.path(&format!("{output}.part/journal.json"))).unwrap_or_default();
    let journal: Value = serde_json::from_slice(&text).unwrap_or_default();
    journal["done"]["rows"].as_u64().unwrap_or(0)
}

fn start(home: &Home, arguments: &[&str]) -> Child {
    let mut command = home.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Waits for more than `rows` durable rows; says whether they came before the child ended.
fn wait(home: &Home, child: &mut Child, output: &str, rows: u64) -> bool {
    let began = Instant::now();
    while durable(home, output) <= rows {
        assert!(began.elapsed() < Duration::from_secs(120), "nothing was made durable");
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Kills a run (SIGKILL: no handler runs) while its durable rows are in a range. Where the run was
/// beyond it by then, it begins again from what was there before.
fn killed(home: &Home, arguments: &[&str], output: &str, rows: Range<u64>) {
    let folder = home.path(&format!("{output}.part"));
    let before: Option<Vec<(PathBuf, Vec<u8>)>> = folder.exists().then(|| {
        let parts = std::fs::read_dir(&folder).expect("a folder").map(|part| part.expect("a file").path());
        parts.map(|part| (part.clone(), std::fs::read(part).expect("a part"))).collect()
    });
    for _ in 0..50 {
        let mut child = start(home, arguments);
        let began = wait(home, &mut child, output, rows.start - 1);
        child.kill().expect("the child can be killed");
        child.wait().expect("the child is reaped");
        let is_whole = home.path(output).exists() || home.path(&format!("{output}.ids")).exists();
        if began && !is_whole && rows.contains(&durable(home, output)) {
            return;
        }
        let _ = std::fs::remove_dir_all(&folder);
        for file in [home.path(output), home.path(&format!("{output}.ids"))] {
            let _ = std::fs::remove_file(file);
        }
        for (part, bytes) in before.iter().flatten() {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(part, bytes).expect("room");
        }
    }
    panic!("it could not be killed while {rows:?} rows of {output} were durable");
}

fn outputs(home: &Home, output: &str) -> Vec<Option<Vec<u8>>> {
    ["", ".ids"].map(|ending| std::fs::read(home.path(&format!("{output}{ending}"))).ok()).into()
}

fn forms() -> Vec<&'static str> {
    let mut forms = vec!["v.npy", "v.jsonl", "v.safetensors"];
    if cfg!(feature = "parquet") {
        forms.push("v.parquet");
    }
    forms
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let whole = Home::tiny();
    whole.write("a.txt", texts(4500));
    for output in forms() {
        let arguments = ["embed", "--lines", "a.txt", "-o", output, "--json"];
        let uninterrupted = whole.json(&arguments);
        let home = Home::tiny();
        home.write("a.txt", texts(4500));
        killed(&home, &arguments, output, 1..2 * WINDOW + 1);
        let resume = [&arguments[..], &["--resume"]].concat();
        killed(&home, &resume, output, durable(&home, output) + 1..4500);
        // What a kill in the middle of writing leaves behind the durable rows.
        for part in std::fs::read_dir(home.path(&format!("{output}.part"))).expect("a folder") {
            let path = part.expect("a file").path();
            if !path.ends_with("journal.json") {
                let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("a part");
                file.write_all(b"torn").expect("room");
            }
        }
        let before = durable(&home, output);
        assert!((2 * WINDOW..4500).contains(&before), "{before}");
        let report = home.json(&resume);
        assert_eq!(outputs(&home, output), outputs(&whole, output), "{output}");
        assert!(outputs(&home, output)[0].is_some());
        assert!(!home.path(&format!("{output}.part")).exists());
        assert_eq!(report["resumed"], before);
        for name in ["rows", "tokens", "truncated", "tokens_cut", "skipped"] {
            assert_eq!(report[name], uninterrupted[name], "{name}");
        }
    }
}

#[test]
fn kills_at_any_moment_lose_nothing() {
    let whole = Home::tiny();
    whole.write("a.txt", texts(2100));
    let arguments = ["embed", "--lines", "a.txt", "-o", "v.npy", "--resume"];
    assert_eq!(whole.run(&arguments).code, 0);
    for delay in [5, 20, 40, 80, 160, 320, 500, 700] {
        let home = Home::tiny();
        home.write("a.txt", texts(2100));
        let mut child = start(&home, &arguments);
        std::thread::sleep(Duration::from_millis(delay));
        // The child may have ended already, which is a moment like any other.
        let _ = child.kill();
        child.wait().expect("the child is reaped");
        if !home.path("v.npy").exists() {
            assert!(home.run(&arguments).code == 0, "killed after {delay} ms");
        }
        assert_eq!(outputs(&home, "v.npy"), outputs(&whole, "v.npy"), "killed after {delay} ms");
        assert!(!home.path("v.npy.part/rows").exists());
    }
}

#[test]
fn only_the_same_run_is_resumed() {
    let home = Home::tiny();
    let content = texts(8000);
    home.write("a.txt", &content);
    killed(&home, &["embed", "--lines", "a.txt", "-o", "v.npy"], "v.npy", 1..8000);
    let rows = durable(&home, "v.npy");
    let refused = |arguments: &[&str]| {
        let ended = home.run(&[&["embed", "a.txt", "-o", "v.npy"], arguments].concat());
        assert_eq!((ended.code, durable(&home, "v.npy")), (2, rows), "{arguments:?}");
        ended.stderr.trim_end().to_owned()
    };
    let end =
        "; run with the same model, inputs and options as before, or start anew with --force and without --resume";
    let because = |reason: &str| format!("error: v.npy.part cannot be resumed: {reason}{end}");
    assert_eq!(
        refused(&["--lines"]),
        format!(
            "error: v.npy.part holds {rows} rows of an interrupted run; go on from there with --resume, or start anew with --force"
        )
    );
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert-cls");
    let message = refused(&["--lines", "--resume", "--model", other.to_str().expect("a path in UTF-8")]);
    assert!(message.contains("it was begun with the model tiny-bert (fingerprint "), "{message}");
    assert!(message.contains("now it is tiny-bert-cls (fingerprint "), "{message}");
    assert_eq!(
        refused(&["--lines", "--resume", "--as", "query"]),
        because("it was begun with role passage, now it is query")
    );
    assert_eq!(refused(&["--resume"]), because("it was begun with texts lines/1, now it is title-abstract/1"));
    assert_eq!(
        refused(&["--lines", "--resume", "--format", "safetensors"]),
        because("it was begun with format npy, now it is safetensors")
    );
    home.write("b.txt", "more\n");
    assert_eq!(refused(&["b.txt", "--lines", "--resume"]), because("it was begun with 1 input file, now there are 2"));
    home.write("a.txt", content.clone() + "x");
    let (before, now) = (content.len(), content.len() + 1);
    assert_eq!(
        refused(&["--lines", "--resume"]),
        because(&format!("the input a.txt had {before} bytes and now a.txt has {now}"))
    );
    home.write("a.txt", content.replacen("text 5 ", "text 6 ", 1));
    assert_eq!(refused(&["--lines", "--resume"]), because("the texts of the input are not those that it began with"));
    home.write("a.txt", &content);
    let part = home.path("v.npy.part/ids");
    let whole = std::fs::read(&part).expect("a part");
    std::fs::write(&part, &whole[..100]).expect("room");
    let message = refused(&["--lines", "--resume"]);
    assert!(message.contains("v.npy.part/ids has 100 bytes, its journal counts "), "{message}");

    // Anew, with other texts: nothing of before is left.
    home.write("a.txt", "one\ntwo\n");
    assert_eq!(home.json(&["embed", "--lines", "a.txt", "-o", "v.npy", "--force", "--json"])["rows"], 2);
    assert_eq!(std::fs::read_to_string(home.path("v.npy.ids")).expect("ids"), "1\n2\n");
    assert!(!home.path("v.npy.part").exists());
}

/// A run that reads standard input and has its first window on the disk; what it waits for is to be
/// written.
fn waiting(home: &Home, arguments: &[&str]) -> Child {
    let mut child = start(home, arguments);
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(long_texts().as_bytes()).expect("input is read");
    assert!(wait(home, &mut child, "v.npy", 0), "it ended before its input did");
    child.stdin = Some(input);
    child
}

fn error(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("the program ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn two_runs_do_not_write_one_output() {
    let home = Home::tiny();
    let first = waiting(&home, &["embed", "--lines", "-", "-o", "v.npy"]);
    home.write("a.txt", "one\n");
    for manner in ["--resume", "--force"] {
        let ended = home.run(&["embed", "--lines", "a.txt", "-o", "v.npy", manner]);
        // On Linux the process is named.
        let (what, advice) =
            ("error: another process is at work in v.npy.part", "; wait for it to end, or name another output\n");
        assert_eq!(
            (ended.code, ended.stderr.starts_with(what), ended.stderr.ends_with(advice)),
            (2, true, true),
            "{}",
            ended.stderr
        );
        let named = format!(": process {} (", first.id());
        assert_eq!(ended.stderr.contains(&named), cfg!(target_os = "linux"), "{}", ended.stderr);
    }
    // wait_with_output closes the pipe.
    assert_eq!(error(first).0, Some(0));
    assert_eq!(std::fs::read_to_string(home.path("v.npy.ids")).expect("ids").lines().count(), 1100);
}

#[test]
fn a_name_that_was_taken_meanwhile_is_kept_and_the_work_too() {
    let home = Home::tiny();
    let arguments = ["embed", "--lines", "-", "-o", "v.npy"];
    let first = waiting(&home, &arguments);
    home.write("v.npy", "mine");
    let (code, message) = error(first);
    assert_eq!((code, message.contains("v.npy is there already")), (Some(2), true), "{message}");
    assert_eq!(std::fs::read(home.path("v.npy")).expect("a file"), b"mine");
    let resume = [&arguments[..], &["--resume"]].concat();
    // All is there: the input is not read again.
    assert_eq!(home.run(&resume).code, 2);
    // As a kill between the two renames leaves it.
    std::fs::rename(home.path("v.npy.part/ids"), home.path("v.npy.ids")).expect("a rename");
    let ended = home.run(&[&resume[..], &["--force"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let whole = Home::tiny();
    assert_eq!(whole.run_with(&arguments, &long_texts()).code, 0);
    assert_eq!(outputs(&home, "v.npy"), outputs(&whole, "v.npy"));
    assert!(!home.path("v.npy.part").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupt_says_how_to_go_on() {
    let home = Home::tiny();
    let arguments = ["embed", "--lines", "-", "-o", "v.npy"];
    let child = waiting(&home, &arguments);
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    let (code, message) = error(child);
    assert_eq!(code, Some(130));
    insta::assert_snapshot!(message.trim_end(), @"Interrupted. What was embedded so far is in v.npy.part; the same command with --resume goes on from there.");
    let ended = home.run_with(&[&arguments[..], &["--resume"]].concat(), &long_texts());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.starts_with("embedded 1100 to v.npy (1024 of them before), skipped 0, "), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_full_disk_keeps_what_was_embedded() {
    let home = Home::tiny();
    home.write("a.txt", texts(2100));
    let arguments = ["embed", "--lines", "a.txt", "-o", "v.npy"];
    // 160 blocks of 1 KiB hold one window of 1024 x 32 numbers, not two.
    let script = "trap '' XFSZ; ulimit -f 160; exec \"$0\" \"$@\"";
    let limited = home.command(&arguments);
    let mut command = std::process::Command::new("bash");
    command.args(["-c", script]).arg(limited.get_program()).args(limited.get_args()).current_dir(home.folder.path());
    command.envs(limited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::null()).output().expect("bash runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), durable(&home, "v.npy")), (Some(2), WINDOW), "{message}");
    assert!(message.starts_with("error: no room left to write v.npy.part/rows: "), "{message}");
    let kept =
        "; what was embedded before is kept in v.npy.part; free some space and run the same command with --resume\n";
    assert!(message.ends_with(kept), "{message}");
    assert!(!home.path("v.npy").exists());
    assert_eq!(home.run(&[&arguments[..], &["--resume"]].concat()).code, 0);
    let whole = Home::tiny();
    whole.write("a.txt", texts(2100));
    assert_eq!(whole.run(&arguments).code, 0);
    assert_eq!(outputs(&home, "v.npy"), outputs(&whole, "v.npy"));
}

/// Every byte of every part counts: a run over damage says so, and never ends well with other
/// vectors.
#[test]
fn damage_in_an_unfinished_output_is_told() {
    let home = Home::tiny();
    home.write("a.txt", texts(2500));
    for output in ["v.npy", "v.jsonl"] {
        let arguments = ["embed", "--lines", "a.txt", "-o", output];
        let resume = [&arguments[..], &["--resume"]].concat();
        killed(&home, &arguments, output, 1..2500);
        let folder = home.path(&format!("{output}.part"));
        for part in ["rows", "ids", "journal.json"] {
            let path = folder.join(part);
            let Ok(whole) = std::fs::read(&path) else { continue };
            let counted = if part == "journal.json" { whole.len() } else { 1000 };
            for at in [0, counted / 3, counted / 2, counted - 2] {
                let mut damaged = whole.clone();
                damaged[at] ^= 1;
                std::fs::write(&path, &damaged).expect("written");
                let ended = home.run(&resume);
                assert_eq!(ended.code, 2, "{part} {at}: {}", ended.stderr);
                assert!(ended.stderr.contains("cannot be resumed"), "{part} {at}: {}", ended.stderr);
            }
            std::fs::write(&path, &whole).expect("written");
        }
        assert_eq!(home.run(&resume).code, 0);
    }
}

/// A kill that comes after all is done leaves an output that is complete; to go on from there is
/// well.
#[test]
fn a_run_that_had_ended_says_so_and_its_leftovers_go() {
    let home = Home::tiny();
    home.write("a.txt", "one\ntwo\n");
    let arguments = ["embed", "--lines", "a.txt", "-o", "v.npy"];
    let resume = [&arguments[..], &["--resume"]].concat();
    assert_eq!(home.run(&arguments).code, 0);
    let whole = outputs(&home, "v.npy");
    for leftover in [None, Some(""), Some("lock")] {
        if let Some(name) = leftover {
            std::fs::create_dir(home.path("v.npy.part")).expect("a folder");
            if !name.is_empty() {
                home.write(&format!("v.npy.part/{name}"), "");
            }
        }
        let ended = home.run(&resume);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stderr.contains("v.npy is complete already: nothing is left to do"), "{}", ended.stderr);
        assert!(!home.path("v.npy.part").exists());
        assert_eq!(outputs(&home, "v.npy"), whole);
    }
    // Other inputs are another run.
    std::thread::sleep(Duration::from_millis(20));
    home.write("a.txt", "three\n");
    assert_eq!(home.run(&resume).code, 2);
}

/// Rows of an earlier version lack the hashes of their texts, which cannot be made up.
#[cfg(feature = "parquet")]
#[test]
fn parquet_that_an_earlier_version_began_is_not_gone_on_from() {
    let home = Home::tiny();
    home.write("a.txt", texts(2500));
    let arguments = ["embed", "--lines", "a.txt", "-o", "v.parquet"];
    killed(&home, &arguments, "v.parquet", 1..2500);
    let path = home.path("v.parquet.part/journal.json");
    let mut journal: Value = serde_json::from_slice(&std::fs::read(&path).expect("a journal")).expect("JSON");
    let columns = journal["terms"]["others"].as_object_mut().expect("options").remove("columns");
    assert_eq!(columns, Some("id title vector fingerprint passage".into()));
    journal.as_object_mut().expect("a journal").remove("sum");
    std::fs::write(&path, journal.to_string()).expect("written");
    let ended = home.run(&[&arguments[..], &["--resume"]].concat());
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("v.parquet.part cannot be resumed: an earlier version of relata began it, which kept no"),
        "{}",
        ended.stderr
    );
    assert_eq!(home.run(&[&arguments[..], &["--force"]].concat()).code, 0);
}
