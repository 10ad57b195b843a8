//! The help of a command, taken apart.
//!
//! In: what `relata COMMAND --help` prints. Out: what the command is about, its usage, and the
//! sections with their arguments, options or commands. Lines that were wrapped are joined again, so
//! the width of the terminal does not show.

use crate::relata;

/// The help of one command.
pub(super) struct Help {
    /// The command with those above it, such as `profile import`; empty for the program itself.
    pub path: Vec<String>,
    /// Paragraphs that say what it does.
    pub about: Vec<String>,
    /// How it is called, in one or several lines.
    pub usage: Vec<String>,
    /// The rest, by heading.
    pub sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Clone)]
pub(super) struct Section {
    /// The heading.
    pub title: String,
    /// The lines as they are, for what is no list.
    pub lines: Vec<String>,
    /// The list that they are.
    pub items: Vec<Item>,
}

/// An argument, an option or a command.
#[derive(Clone)]
pub(super) struct Item {
    /// With the values that it takes: `-k, --count <K>`.
    pub name: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// Possible values with their texts: `csv: A table with a header`.
    pub values: Vec<String>,
    /// What stands in brackets: `default: 10`, `env: RELATA_LIBRARY`.
    pub notes: Vec<String>,
}

impl Help {
    /// Asks the program.
    pub(super) fn of(path: &[&str]) -> Help {
        let shown = relata(&[path, &["--help"]].concat());
        assert!(shown.status.success(), "relata {} --help", path.join(" "));
        let text = String::from_utf8(shown.stdout).expect("help in UTF-8");
        Help { path: path.iter().map(|&word| word.to_owned()).collect(), ..Help::read(&text) }
    }

    fn read(text: &str) -> Help {
        let mut help = Help { path: vec![], about: vec![], usage: vec![], sections: vec![] };
        let mut about = Vec::new();
        for line in text.lines() {
            let title = line.strip_suffix(':').filter(|_| !line.starts_with(' ') && !help.usage.is_empty());
            if let Some(title) = title {
                help.sections.push(Section { title: title.to_owned(), lines: vec![], items: vec![] });
            } else if let Some(section) = help.sections.last_mut() {
                section.lines.push(line.to_owned());
            } else if let Some(usage) = line.strip_prefix("Usage:") {
                help.usage.push(usage.trim().to_owned());
            } else if help.usage.is_empty() {
                about.push(line);
            } else if !line.trim().is_empty() {
                help.usage.push(line.trim().to_owned());
            }
        }
        help.about = paragraphs(&about.join("\n"));
        for section in &mut help.sections {
            section.items = items(&section.lines);
        }
        help
    }

    /// The section with this heading.
    pub(super) fn section(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.title == title)
    }

    /// The names of the commands below this one. `help` is none of its own.
    pub(super) fn commands(&self) -> impl Iterator<Item = &str> {
        let items = self.section("Commands").map(|section| section.items.as_slice()).unwrap_or_default();
        items.iter().map(|item| item.name.as_str()).filter(|name| *name != "help")
    }
}

impl Item {
    /// The long name of an option, or what an argument is called.
    pub(super) fn long_name(&self) -> &str {
        self.name.split([' ', ',']).find(|word| word.starts_with("--")).unwrap_or(&self.name)
    }

    /// The variable that stands for an option.
    pub(super) fn variable(&self) -> Option<&str> {
        self.notes.iter().find_map(|note| note.strip_prefix("env: ")).map(|name| name.trim_end_matches('='))
    }
}

fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n").map(joined).filter(|paragraph| !paragraph.is_empty()).collect()
}

fn joined(lines: &str) -> String {
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The list that lines are, if they are one. Names are indented by less than eight columns, what is
/// said of them by more, or it stands behind them.
fn items(lines: &[String]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    // Whether the next line begins a paragraph, and whether it is about values.
    let (mut fresh, mut in_values) = (true, false);
    for line in lines {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if text.is_empty() {
            (fresh, in_values) = (true, false);
        } else if indent == 0 {
            break;
        } else if indent < 8 {
            let (name, rest) = text.split_once("  ").unwrap_or((text, ""));
            let beside = (!rest.is_empty()).then(|| rest.trim().to_owned());
            (fresh, in_values) = (beside.is_none(), false);
            let text = beside.into_iter().collect();
            items.push(Item { name: name.to_owned(), text, values: vec![], notes: vec![] });
        } else if let Some(item) = items.last_mut() {
            if text == "Possible values:" {
                in_values = true;
            } else if in_values {
                match text.strip_prefix("- ") {
                    Some(value) => item.values.push(joined(value)),
                    None => append(&mut item.values, text),
                }
            } else if fresh && text.starts_with('[') && text.ends_with(']') {
                item.notes.push(text[1..text.len() - 1].to_owned());
            } else if fresh {
                item.text.push(text.to_owned());
                fresh = false;
            } else {
                append(&mut item.text, text);
            }
        }
    }
    items
}

/// Goes on with the last of some texts.
fn append(texts: &mut [String], more: &str) {
    if let Some(last) = texts.last_mut() {
        last.push(' ');
        last.push_str(more);
    }
}

#[test]
fn help_is_taken_apart() {
    let text = "\
Finds what is
wanted

Usage: it find [OPTIONS]
       it lose

Options:
  -k, --count <K>
          Number of answers
          that are wanted

          [default: 10]
          [env: IT_COUNT=]

      --format <FORM>
          Output format

          Possible values:
          - text: Lines for
            a terminal

          [default: text]
  -h, --help  Print help

Exit codes: 0 done
";
    let help = Help::read(text);
    assert_eq!(
        (help.about, help.usage),
        (vec!["Finds what is wanted".to_owned()], vec!["it find [OPTIONS]".to_owned(), "it lose".to_owned()])
    );
    let items = &help.sections[0].items;
    let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["-k, --count <K>", "--format <FORM>", "-h, --help"]);
    assert_eq!(items[0].text, ["Number of answers that are wanted"]);
    assert_eq!(items[0].notes, ["default: 10", "env: IT_COUNT="]);
    assert_eq!((items[0].long_name(), items[0].variable()), ("--count", Some("IT_COUNT")));
    assert_eq!(
        (&*items[1].values, &*items[1].notes),
        (&["text: Lines for a terminal".to_owned()][..], &["default: text".to_owned()][..])
    );
    assert_eq!(items[2].text, ["Print help"]);
}
