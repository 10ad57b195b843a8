//! docs/reference/cli.md is what `relata help` says, in Markdown.
//!
//! In: the help of each command. Out: one document. What several commands share (library, model and
//! device, filters) is printed once.

mod help;

use std::collections::BTreeMap;

use self::help::{Help, Item, Section};

/// Where the document is.
pub(crate) const PATH: &str = "docs/reference/cli.md";

const HEAD: &str = "\
<!-- Made from the program's help: RELATA_RENEW=1 cargo test --test docs -->

# Commands and options

This page is made from the program: it says what `relata help COMMAND` says. The
[guides](../README.md#guides) show how to use the commands, and [configuration](configuration.md)
lists files and their places.
";

// What the program shows depends on both; prebuilt programs have Parquet.
#[cfg(all(not(windows), feature = "parquet"))]
#[test]
fn the_reference_is_what_the_program_says() {
    let made = reference();
    let path = crate::root().join(PATH);
    if std::env::var_os("RELATA_RENEW").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).expect("the reference is written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let same = there.lines().zip(made.lines()).take_while(|(there, made)| there == made).count();
    let new = made.lines().nth(same).unwrap_or_default();
    assert!(
        there == made,
        "{PATH}:{}: the program says otherwise: {new}\n`RELATA_RENEW=1 cargo test --test docs` writes it anew",
        same + 1
    );
}

/// The whole document.
fn reference() -> String {
    let program = Help::of(&[]);
    let commands = below(&program);
    let filters = commands.iter().find_map(|command| command.section("Filters"));
    let shared: Vec<&Section> =
        [program.section("Library"), program.section("Model and device"), filters].into_iter().flatten().collect();
    assert_eq!(shared.len(), 3, "sections that several commands share");

    let mut page = Page(HEAD.to_owned());
    page.table("command", "what it does");
    for item in &program.section("Commands").expect("commands").items {
        let (name, about) = (&item.name, item.text.join(" ").replace('|', "\\|"));
        // Help is the one command that has no section of its own.
        let link =
            if name == "help" { format!("`relata {name}`") } else { format!("[`relata {name}`](#relata-{name})") };
        page.line(&format!("| {link} | {about} |"));
    }
    page.paragraph("## Options of several commands");
    for section in &shared {
        page.paragraph(&format!("### {}", section.title));
        page.list(&section.items.iter().collect::<Vec<_>>());
    }
    commands.iter().for_each(|command| page.command(command, &shared));
    page.paragraph("## Environment variables");
    page.paragraph("These stand for options. [Configuration](configuration.md) lists all others.");
    page.table("variable", "option");
    for (variable, option) in variables(&program, &commands) {
        page.line(&format!("| `{variable}` | `{option}` |"));
    }
    page.paragraph("## Exit codes");
    let mut lines = program.sections.iter().flat_map(|section| &section.lines);
    let codes = lines.find_map(|line| line.strip_prefix("Exit codes: "));
    page.paragraph(&capital(codes.expect("exit codes in the program's help")));
    page.0
}

/// All commands below one, each before its own.
fn below(above: &Help) -> Vec<Help> {
    let mut commands = Vec::new();
    for name in above.commands() {
        let path: Vec<&str> = above.path.iter().map(String::as_str).chain([name]).collect();
        let command = Help::of(&path);
        let own = below(&command);
        commands.push(command);
        commands.extend(own);
    }
    commands
}

/// Variables and the options that they stand for.
fn variables(program: &Help, commands: &[Help]) -> BTreeMap<String, String> {
    let helps = [program].into_iter().chain(commands);
    let items = helps.flat_map(|help| &help.sections).flat_map(|section| &section.items);
    items.filter_map(|item| Some((item.variable()?.to_owned(), item.long_name().to_owned()))).collect()
}

/// A document that grows.
struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// With an empty line before it.
    fn paragraph(&mut self, text: &str) {
        self.line("");
        self.line(text);
    }

    /// The head of a table of two columns.
    fn table(&mut self, left: &str, right: &str) {
        self.paragraph(&format!("| {left} | {right} |"));
        self.line("| --- | --- |");
    }

    /// What is said of a command.
    fn command(&mut self, command: &Help, shared: &[&Section]) {
        let level = if command.path.len() == 1 { "##" } else { "###" };
        self.paragraph(&format!("{level} relata {}", command.path.join(" ")));
        command.about.iter().for_each(|paragraph| self.paragraph(&sentence(paragraph)));
        self.paragraph(&format!("    {}", command.usage.join("\n    ")));
        let mut also = Vec::new();
        for section in command.sections.iter().filter(|section| section.title != "Commands") {
            if section.items.iter().all(|item| !item.name.starts_with(['-', '[', '<'])) {
                let lines = section.lines.iter().map(|line| format!("    {line}"));
                self.paragraph(&format!("{}:", section.title));
                self.paragraph(lines.collect::<Vec<_>>().join("\n").trim_end());
                continue;
            }
            let common = shared.iter().find(|common| common.title == section.title);
            // By name: the compact form of help writes the same text in another way.
            let is_common =
                |item: &&Item| common.is_some_and(|common| common.items.iter().any(|same| same.name == item.name));
            let (in_common, own): (Vec<&Item>, Vec<&Item>) = section.items.iter().partition(is_common);
            also.extend(common.and_then(|common| mention(common, &in_common)));
            let own: Vec<&Item> = own.into_iter().filter(|item| !says_nothing(item)).collect();
            if !own.is_empty() {
                self.paragraph(&format!("{}:", section.title));
                self.list(&own);
            }
        }
        if !also.is_empty() {
            self.paragraph(&format!("Also: {}.", also.join(", ")));
        }
    }

    /// A list of arguments and options.
    fn list(&mut self, items: &[&Item]) {
        self.line("");
        for item in items {
            let mut text: Vec<String> = item.text.iter().map(|paragraph| sentence(paragraph)).collect();
            text.extend(item.variable().map(|variable| format!("Variable: `{variable}`.")));
            let notes = item.notes.iter().filter(|note| !note.starts_with("env: "));
            text.extend(notes.map(|note| format!("*{}*", sentence(&capital(note)))));
            self.line(&format!("- `{}`: {}", item.name, text.join(" ")));
            for value in &item.values {
                let (name, about) = value.split_once(':').unwrap_or((value, ""));
                self.line(&format!("  - `{name}`: {}", sentence(about.trim())));
            }
        }
    }
}

/// A link to what a command shares with others: the whole section, or some options of it.
fn mention(common: &Section, items: &[&Item]) -> Option<String> {
    let link = format!("[{}](#{})", common.title, common.title.to_lowercase().replace(' ', "-"));
    if items.len() == common.items.len() {
        return Some(link);
    }
    let names: Vec<String> = items.iter().map(|item| format!("`{}`", item.long_name())).collect();
    (!names.is_empty()).then(|| format!("{} ({link})", names.join(", ")))
}

/// Whether an option says nothing that a reader does not know.
fn says_nothing(item: &Item) -> bool {
    ["--help", "--version"].contains(&item.long_name())
}

/// A text with a full stop at its end. The program leaves it out.
fn sentence(text: &str) -> String {
    let ended = text.is_empty() || text.ends_with(['.', ':', '?']);
    if ended { text.to_owned() } else { format!("{text}.") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
