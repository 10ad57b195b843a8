//! docs/reference/cli.md is what `relata help` says, in Markdown.
//!
//! In: the help of each command. Out: one document. Sections that several commands share (library, model and device, filters) are
//! printed once.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{relata, root};

/// Where the document is.
pub const PATH: &str = "docs/reference/cli.md";

const HEAD: &str = "\
<!-- Made from the program's help: RELATA_RENEW=1 cargo test --test docs -->

# Commands and options

This page is made from the program: it says what `relata help COMMAND` says. The [guides](../README.md#guides) show how to use the
commands, and [configuration](configuration.md) lists files and their places.

";

/// A command with its help, taken apart.
struct Help {
    /// The command with those above it, such as `profile import`; empty for the program itself.
    path: Vec<String>,
    about: Vec<String>,
    usage: Vec<String>,
    sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Clone)]
struct Section {
    title: String,
    /// The lines as they are, for what is no list.
    lines: Vec<String>,
    items: Vec<Item>,
}

/// An argument, an option or a command.
#[derive(Clone)]
struct Item {
    name: String,
    /// Paragraphs, unwrapped.
    text: Vec<String>,
    /// Possible values with their texts.
    values: Vec<String>,
    /// What stands in brackets: `default: 10`, `env: RELATA_LIBRARY`.
    notes: Vec<String>,
}

// What the program shows depends on both.
#[cfg(not(any(windows, feature = "parquet")))]
#[test]
fn the_reference_is_what_the_program_says() {
    let made = reference();
    let path = root().join(PATH);
    if std::env::var_os("RELATA_RENEW").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).expect("the reference is written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(made.lines()).position(|(there, made)| there != made);
    let at = differs.map_or(there.lines().count().min(made.lines().count()), |at| at) + 1;
    let new = made.lines().nth(at - 1).unwrap_or_default();
    assert!(
        there == made,
        "{PATH}:{at}: the program says otherwise: {new}\n`RELATA_RENEW=1 cargo test --test docs` writes it anew"
    );
}

/// The whole document.
fn reference() -> String {
    let program = help(&[]);
    let mut commands = Vec::new();
    gather(&program, &mut commands);
    let shared: Vec<Section> = ["Library", "Model and device"]
        .iter()
        .map(|title| program.section(title).expect("a section of the program's help").clone())
        .chain(commands.iter().find_map(|command| command.section("Filters")).cloned())
        .collect();

    let mut page = HEAD.to_owned();
    page.push_str("| command | what it does |\n| --- | --- |\n");
    for item in &program.section("Commands").expect("commands").items {
        let name = &item.name;
        let link =
            if name == "help" { "`relata help`".to_owned() } else { format!("[`relata {name}`](#relata-{name})") };
        writeln!(page, "| {link} | {} |", item.text.join(" ").replace('|', "\\|")).expect("writing to a string");
    }
    page.push_str("\n## Options of several commands\n");
    for section in &shared {
        write!(page, "\n### {}\n\n", section.title).expect("writing to a string");
        section.items.iter().for_each(|item| list(item, &mut page));
    }
    for command in &commands {
        command.write(&shared, &mut page);
    }
    page.push_str("\n## Environment variables\n\nThese stand for options. [Configuration](configuration.md) lists all others.\n\n");
    page.push_str("| variable | option |\n| --- | --- |\n");
    for (variable, option) in variables(&program, &commands) {
        writeln!(page, "| `{variable}` | `{option}` |").expect("writing to a string");
    }
    let codes =
        program.sections.iter().flat_map(|section| &section.lines).find_map(|line| line.strip_prefix("Exit codes: "));
    write!(page, "\n## Exit codes\n\n{}\n", capital(codes.expect("exit codes in the program's help")))
        .expect("writing to a string");
    page
}

/// All commands below this one, each before its own.
fn gather(above: &Help, commands: &mut Vec<Help>) {
    let Some(section) = above.section("Commands") else { return };
    for item in section.items.iter().filter(|item| item.name != "help") {
        let path: Vec<&str> = above.path.iter().map(String::as_str).chain([item.name.as_str()]).collect();
        commands.push(help(&path));
        let at = commands.len() - 1;
        let found = Help {
            sections: commands[at].sections.clone(),
            path: commands[at].path.clone(),
            about: vec![],
            usage: vec![],
        };
        gather(&found, commands);
    }
}

/// The help of a command.
fn help(path: &[&str]) -> Help {
    let shown = relata(&[path, &["--help"]].concat());
    assert!(shown.status.success(), "relata {} --help", path.join(" "));
    let text = String::from_utf8(shown.stdout).expect("help in UTF-8");
    let mut help = Help {
        path: path.iter().map(|&word| word.to_owned()).collect(),
        about: vec![],
        usage: vec![],
        sections: vec![],
    };
    let mut usage = false;
    for line in text.lines() {
        let heading = line.strip_suffix(':').filter(|_| !line.starts_with(' '));
        if let Some(title) = heading.filter(|_| usage) {
            help.sections.push(Section { title: title.to_owned(), lines: vec![], items: vec![] });
        } else if let Some(section) = help.sections.last_mut() {
            section.lines.push(line.to_owned());
        } else if usage || line.starts_with("Usage:") {
            usage = true;
            let shown = line.strip_prefix("Usage:").unwrap_or(line).trim();
            help.usage.extend((!shown.is_empty()).then(|| shown.to_owned()));
        } else {
            help.about.push(line.to_owned());
        }
    }
    help.sections.iter_mut().for_each(|section| section.items = items(&section.lines));
    help
}

/// The list that lines are, if they are one.
fn items(lines: &[String]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut fresh = true;
    let mut in_values = false;
    for line in lines {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if text.is_empty() {
            (fresh, in_values) = (true, false);
        } else if indent == 0 {
            break;
        } else if indent < 8 {
            let (name, rest) = text.split_once("  ").unwrap_or((text, ""));
            let text = (!rest.is_empty()).then(|| rest.trim().to_owned()).into_iter().collect();
            items.push(Item { name: name.to_owned(), text, values: vec![], notes: vec![] });
            (fresh, in_values) = (items.last().is_some_and(|item| item.text.is_empty()), false);
        } else if let Some(item) = items.last_mut() {
            if text == "Possible values:" {
                in_values = true;
            } else if let Some(value) = text.strip_prefix("- ").filter(|_| in_values) {
                item.values.push(value.to_owned());
            } else if in_values {
                let value = item.values.last_mut().expect("a value before its second line");
                value.push(' ');
                value.push_str(text);
            } else if fresh && text.starts_with('[') && text.ends_with(']') {
                item.notes.push(text[1..text.len() - 1].to_owned());
            } else if fresh {
                item.text.push(text.to_owned());
                fresh = false;
            } else if let Some(paragraph) = item.text.last_mut() {
                paragraph.push(' ');
                paragraph.push_str(text);
            }
        }
    }
    items
}

impl Help {
    fn section(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.title == title)
    }

    /// What is said of a command.
    fn write(&self, shared: &[Section], page: &mut String) {
        let level = if self.path.len() == 1 { "##" } else { "###" };
        write!(page, "\n{level} relata {}\n\n", self.path.join(" ")).expect("writing to a string");
        for paragraph in unwrapped(&self.about) {
            write!(page, "{}\n\n", sentence(&paragraph)).expect("writing to a string");
        }
        self.usage.iter().for_each(|usage| writeln!(page, "    {usage}").expect("writing to a string"));
        let mut also = Vec::new();
        for section in self.sections.iter().filter(|section| section.title != "Commands") {
            let common = shared.iter().find(|common| common.title == section.title);
            // By name: the compact form of help writes the same text in another way.
            let is_common =
                |item: &Item| common.is_some_and(|common| common.items.iter().any(|same| same.name == item.name));
            let own: Vec<&Item> = section.items.iter().filter(|item| !is_help(item) && !is_common(item)).collect();
            if let Some(common) = common {
                let link = format!("[{}](#{})", common.title, common.title.to_lowercase().replace(' ', "-"));
                let some: Vec<&Item> = section.items.iter().filter(|item| is_common(item)).collect();
                if some.len() == common.items.len() {
                    also.push(link);
                } else {
                    let names: Vec<String> = some.iter().map(|item| option_name(item)).collect();
                    also.extend((!names.is_empty()).then(|| format!("{} ({link})", names.join(", "))));
                }
            }
            if section.items.is_empty() || section.items.iter().all(|item| !item.name.starts_with(['-', '[', '<'])) {
                write!(page, "\n{}:\n\n", section.title).expect("writing to a string");
                let lines = section.lines.join("\n");
                lines.trim_end().lines().for_each(|line| {
                    writeln!(page, "{}", format!("    {line}").trim_end()).expect("writing to a string")
                });
            } else if !own.is_empty() {
                write!(page, "\n{}:\n\n", section.title).expect("writing to a string");
                own.iter().for_each(|item| list(item, page));
            }
        }
        if !also.is_empty() {
            write!(page, "\nAlso: {}.\n", also.join(", ")).expect("writing to a string");
        }
    }
}

/// `-h` and `--version` say nothing that a reader does not know.
fn is_help(item: &Item) -> bool {
    item.name.contains("--help") || item.name.contains("--version")
}

/// The long name of an option, as code.
fn option_name(item: &Item) -> String {
    let name = item.name.split([' ', ',']).find(|word| word.starts_with("--")).unwrap_or(&item.name);
    format!("`{name}`")
}

/// Writes an item of a list.
fn list(item: &Item, page: &mut String) {
    let mut text: Vec<String> = item.text.iter().map(|paragraph| sentence(paragraph)).collect();
    text.extend(item.notes.iter().map(|note| match note.strip_prefix("env: ") {
        Some(variable) => format!("Variable: `{}`.", variable.trim_end_matches('=')),
        None => format!("*{}*", sentence(&capital(&escaped(note)))),
    }));
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    writeln!(page, "- `{}`: {}", item.name, text.join(" ")).expect("writing to a string");
    for value in &item.values {
        let (name, about) = value.split_once(':').unwrap_or((value, ""));
        writeln!(page, "  - `{name}`: {}", sentence(about.trim())).expect("writing to a string");
    }
}

/// Variables that stand for options.
fn variables(program: &Help, commands: &[Help]) -> BTreeSet<(String, String)> {
    let items =
        [program].into_iter().chain(commands).flat_map(|help| &help.sections).flat_map(|section| &section.items);
    items
        .flat_map(|item| item.notes.iter().map(move |note| (note, item)))
        .filter_map(|(note, item)| Some((note.strip_prefix("env: ")?.trim_end_matches('=').to_owned(), item)))
        .map(|(variable, item)| (variable, option_name(item).trim_matches('`').to_owned()))
        .collect()
}

/// Paragraphs of lines that were wrapped.
fn unwrapped(lines: &[String]) -> Vec<String> {
    let text = lines.join("\n");
    text.split("\n\n")
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|part| !part.is_empty())
        .collect()
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

/// A text in which nothing is taken for emphasis.
fn escaped(text: &str) -> String {
    text.replace('*', "\\*").replace('_', "\\_")
}

#[test]
fn help_is_taken_apart() {
    let lines: Vec<String> = [
        "  -k, --count <K>",
        "          Number of answers",
        "          that are wanted",
        "",
        "          [default: 10]",
        "          [aliases: -n]",
        "",
        "      --format <FORM>",
        "          Output format",
        "",
        "          Possible values:",
        "          - text: Lines for",
        "            a terminal",
        "",
        "          [default: text]",
        "  -h, --help  Print help",
        "",
        "Exit codes: 0 done",
    ]
    .map(str::to_owned)
    .into();
    let found = items(&lines);
    assert_eq!(found.len(), 3);
    assert_eq!(
        (found[0].name.as_str(), found[0].text.as_slice()),
        ("-k, --count <K>", &["Number of answers that are wanted".to_owned()][..])
    );
    assert_eq!(found[0].notes, ["default: 10", "aliases: -n"]);
    assert_eq!(
        (found[1].values.as_slice(), found[1].notes.as_slice()),
        (&["text: Lines for a terminal".to_owned()][..], &["default: text".to_owned()][..])
    );
    assert_eq!((found[2].name.as_str(), found[2].text[0].as_str()), ("-h, --help", "Print help"));
}
