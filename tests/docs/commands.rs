//! Every command that a document shows is one that the program, or cargo, would take.

use super::{Document, assert_none, documents, markdown, relata, root};

/// Also speaks of commands that were.
const CHANGELOG: &str = "CHANGELOG.md";

#[test]
fn the_program_takes_the_commands() {
    let mut faults = Vec::new();
    let mut checked = 0;
    // The reference shows what may be typed, and is made from the program.
    let are_examples = |name: &str| ![CHANGELOG, super::reference::PATH].contains(&name);
    for document in documents().iter().filter(|document| are_examples(&document.name)) {
        for (number, command) in shown(document) {
            checked += 1;
            if let Err(fault) = check(&command) {
                faults.push(format!("{}:{number}: {}\n    {fault}", document.name, command.join(" ")));
            }
        }
    }
    assert_none(&faults);
    assert!(checked > 50, "commands are found: {checked}");
}

#[test]
fn commands_in_prose_are_there() {
    let mut faults = Vec::new();
    for document in documents().iter().filter(|document| document.name != CHANGELOG) {
        for (number, span) in markdown::spans(&document.text) {
            let Some(rest) = span.strip_prefix("relata ") else { continue };
            let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
            // Names of commands come first; what follows may be a placeholder.
            let Some(name) = rest.split(' ').next().filter(is_name) else { continue };
            if name != "help" && !relata(&[name, "--help"]).status.success() {
                faults.push(format!("{}:{number}: `{span}`", document.name));
            }
        }
    }
    assert_none(&faults);
}

/// The commands in blocks of code, as words, each with the number of its line.
fn shown(document: &Document) -> Vec<(usize, Vec<String>)> {
    let mut commands = Vec::new();
    for line in markdown::lines(&document.text).iter().filter(|line| line.code) {
        let text = line.text.trim();
        for command in pipeline(text.strip_prefix("$ ").unwrap_or(text)) {
            let named = |name: &str| command.first().is_some_and(|word| word == name);
            if named("relata") || named("recommend") || named("cargo") {
                commands.push((line.number, command));
            }
        }
    }
    commands
}

/// The commands of a line of a shell, without redirections and comments.
fn pipeline(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut into_file = false;
    for c in line.chars().chain(['\n']) {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == '#' && word.is_none() => break,
            None if c.is_whitespace() || "|;>".contains(c) => {
                if let Some(word) = word.take() {
                    if !into_file {
                        commands.last_mut().expect("one at least").push(word);
                    }
                    into_file = false;
                }
                match c {
                    '|' | ';' => commands.push(Vec::new()),
                    '>' => into_file = true,
                    _ => {}
                }
            }
            None => word.get_or_insert_default().push(c),
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

fn check(command: &[String]) -> Result<(), String> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["relata", rest @ ..] => parses(rest),
        ["recommend", rest @ ..] => parses(&[&["recommend"], rest].concat()),
        ["cargo", rest @ ..] => cargo(rest),
        _ => Ok(()),
    }
}

/// Whether the program knows all commands, options and values: those before a `--help` are read
/// before help is shown.
fn parses(arguments: &[&str]) -> Result<(), String> {
    if arguments.first() == Some(&"help") {
        let shown = relata(arguments);
        return if shown.status.success() { Ok(()) } else { Err("no such help".to_owned()) };
    }
    // What follows `--` is no option, and `...` stands for more of the same.
    let asked: Vec<&str> = arguments.iter().copied().filter(|word| *word != "...").collect();
    let ended = relata(&[&asked[..], &["--help"]].concat());
    if ended.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&ended.stderr).lines().next().unwrap_or_default().to_owned())
}

/// Whether what cargo is to build or run is there.
fn cargo(arguments: &[&str]) -> Result<(), String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let named = |name: &str| manifest.contains(&format!("name = \"{name}\""));
    let (own, program) = match arguments.iter().position(|word| *word == "--") {
        Some(at) => (&arguments[..at], Some(&arguments[at + 1..])),
        None => (arguments, None),
    };
    let value = |option: &str| own.iter().position(|word| *word == option).and_then(|at| own.get(at + 1)).copied();
    let there = |folder: &str, name: &str| {
        root().join(folder).join(format!("{name}.rs")).exists()
            || root().join(folder).join(name).join("main.rs").exists()
    };
    for (option, folder) in [("--example", "examples"), ("--bench", "benches"), ("--test", "tests")] {
        if let Some(name) = value(option).filter(|name| !named(name) && !there(folder, name)) {
            return Err(format!("there is no {option} {name}"));
        }
    }
    for feature in value("--features").into_iter().flat_map(|features| features.split(',')) {
        if !manifest.lines().any(|line| line.starts_with(&format!("{feature} = "))) {
            return Err(format!("there is no feature {feature}"));
        }
    }
    match (own.first(), value("--example"), program) {
        (Some(&"run"), None, Some(program)) => parses(program),
        _ => Ok(()),
    }
}

#[test]
fn a_wrong_command_is_found() {
    let fails = |line: &str| pipeline(line).iter().any(|command| check(command).is_err());
    for wrong in [
        "relata frobnicate",
        "relata recommend 2602.10611 --frobnicate",
        "relata recommend -k none",
        "relata profile frobnicate",
        "relata help frobnicate",
        "zcat a.gz | relata embed --line - -o b.npy",
        "recommend --frobnicate",
        "cargo run --release --example frobnicate -- A",
        "cargo run --release -- frobnicate",
        "cargo install --path . --features frobnicate",
        "cargo test --test frobnicate",
    ] {
        assert!(fails(wrong), "{wrong}");
    }
    for right in [
        "relata topics --into \"jailbreak attacks\" 'protein design: of sequences' > out.txt",
        "zcat a.gz | relata embed --lines - -o b.npy # as lines",
        "relata help topics rename",
        "cargo run --release -- recommend 2602.10611",
        "cargo test --test docs",
    ] {
        assert!(!fails(right), "{right}");
    }
    assert_eq!(pipeline("a 'b c' | d > e; f"), [vec!["a", "b c"], vec!["d"], vec!["f"]]);
}
