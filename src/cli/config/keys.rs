//! The settings of the configuration file: one table, from which reading, help and documents come.
//!
//! In: a key. Out: its type, the option and the variable that stand above it, and what it is for.

use std::net::IpAddr;
use std::path::Path;

use crate::embed::DeviceChoice;
use crate::export::letter::is_mail_address;

use super::super::language::code;

/// A setting.
pub(in crate::cli) struct Key {
    /// Its name, with the name of its table before it: `today.k`.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it stands for on the command line.
    pub option: Option<Target>,
    /// The variable that goes before it.
    pub variable: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
}

/// An option for which a setting is the default.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Target {
    /// As it is typed.
    pub name: &'static str,
    /// The identifier of the argument.
    pub id: &'static str,
    /// The command whose option it is; else every command's.
    pub command: Option<&'static str>,
}

/// What a setting takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
    /// Any text in one line.
    Text,
    /// A file or a folder. A relative one counts from the folder of the configuration file.
    Path,
    /// A name, or the path of a folder.
    NameOrPath,
    /// Whether something is so.
    Flag,
    /// A whole number, at least 1.
    Count,
    /// A number from 0 to 100.
    Match,
    /// A port.
    Port,
    /// A mail address, with or without a name.
    Mail,
    /// A web address.
    Address,
    /// An address of this machine's network: IPv4 or IPv6.
    Listen,
    /// Several texts: with commas between them, or a list of TOML.
    Several,
    /// A device to embed on.
    Device,
    /// The code of a language.
    Language,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// All settings, those without a table first.
pub(in crate::cli) static KEYS: &[Key] = &[
    global("library", Kind::Path, "--library", Some("RELATA_LIBRARY"), "the library, one SQLite file"),
    global("model", Kind::NameOrPath, "--model", Some("RELATA_MODEL"), "the embedding model: a known name or a folder"),
    global(
        "precision",
        Kind::OneOf(&["f32", "int8", "f16", "bf16"]),
        "--precision",
        None,
        "the number format to embed in",
    ),
    global("long", Kind::OneOf(&["truncate", "window"]), "--long", None, "what to do with long texts"),
    global("device", Kind::Device, "--device", None, "the device to embed on"),
    global("engine", Kind::OneOf(&["own", "stock"]), "--engine", None, "the engine to embed with"),
    global("memory", Kind::Count, "--memory", None, "the memory for making an index, in MiB"),
    global("offline", Kind::Flag, "--offline", Some("RELATA_OFFLINE"), "never fetch anything from the network"),
    only_variable("python", Kind::NameOrPath, "RELATA_PYTHON", "the Python that `relata embed --cluster` starts"),
    only_variable("cache", Kind::Path, "RELATA_CACHE", "the folder for models and other derived files"),
    global("profile", Kind::Text, "--profile", None, "the profile where a command names none"),
    global("language", Kind::Language, "--language", None, "the language of the digests' short texts"),
    only_variable("arxiv.feed", Kind::Address, "RELATA_ARXIV_FEED", "where the daily feed is"),
    only_variable("arxiv.oai", Kind::Address, "RELATA_ARXIV_OAI", "where arXiv's OAI-PMH interface is"),
    only_variable("arxiv.api", Kind::Address, "RELATA_ARXIV_API", "where arXiv's query interface is"),
    only_variable("arxiv.contact", Kind::Text, "RELATA_ARXIV_CONTACT", "whom arXiv may write to"),
    only_variable("zotero.local", Kind::Address, "RELATA_ZOTERO_LOCAL", "where the API of a Zotero on this machine is"),
    only_variable("zotero.web", Kind::Address, "RELATA_ZOTERO_WEB", "where Zotero's web API is"),
    only_variable("zotero.user", Kind::Count, "RELATA_ZOTERO_USER", "your number at zotero.org; else the key's"),
    only_variable(
        "zotero.key_file",
        Kind::Path,
        "RELATA_ZOTERO_KEY_FILE",
        "a file with the key for Zotero's web API, which only its owner may read",
    ),
    of("today", "today.k", Kind::Count, "--count", "k", "how many papers `relata today` lists at most"),
    of("today", "today.at_least", Kind::Match, "--at-least", "at_least", "the least match that `relata today` lists"),
    only_file("mail.server", Kind::Text, "the server that takes mail (SMTP)"),
    only_file("mail.port", Kind::Port, "its port; else 465 (tls), 587 (starttls) or 25 (none)"),
    only_file(
        "mail.security",
        Kind::OneOf(&["tls", "starttls", "none"]),
        "how mail is encrypted, else tls; none is for a server on this machine",
    ),
    only_file("mail.user", Kind::Text, "who logs in to the server"),
    only_file("mail.password_file", Kind::Path, "a file with the password, which only its owner may read"),
    only_variable(
        "mail.certificate",
        Kind::Path,
        "RELATA_MAIL_CERTIFICATE",
        "a file with certificates (PEM) to trust beside Mozilla's list: the server's own, or an authority's",
    ),
    only_file("mail.from", Kind::Mail, "who sends the mail"),
    serve("serve.port", Kind::Port, "--port", "port", "the port that `relata serve` listens on"),
    serve("serve.listen", Kind::Listen, "--listen", "listen", "the address that it listens on"),
    serve("serve.host", Kind::Several, "--host", "hosts", "other names of the server, such as that of a proxy"),
    serve("serve.origin", Kind::Several, "--origin", "origins", "sites whose pages may ask as well"),
    serve(
        "serve.token_file",
        Kind::Path,
        "--token-file",
        "token_file",
        "a file with the token that everybody has to show, which only its owner may read",
    ),
    serve("serve.read_only", Kind::Flag, "--read-only", "read_only", "whether the server changes nothing"),
    serve(
        "serve.allow_writes",
        Kind::Flag,
        "--allow-writes",
        "allow_writes",
        "whether agents may rate papers and fetch some; not where the server changes nothing",
    ),
    serve("serve.metrics", Kind::Flag, "--metrics", "metrics", "whether /metrics tells what was asked"),
];

const fn global(
    name: &'static str,
    kind: Kind,
    option: &'static str,
    variable: Option<&'static str>,
    about: &'static str,
) -> Key {
    // Each has the identifier that is its name.
    Key { name, kind, option: Some(Target { name: option, id: name, command: None }), variable, about }
}

const fn of(
    command: &'static str,
    name: &'static str,
    kind: Kind,
    option: &'static str,
    id: &'static str,
    about: &'static str,
) -> Key {
    Key { name, kind, option: Some(Target { name: option, id, command: Some(command) }), variable: None, about }
}

const fn serve(name: &'static str, kind: Kind, option: &'static str, id: &'static str, about: &'static str) -> Key {
    of("serve", name, kind, option, id, about)
}

const fn only_variable(name: &'static str, kind: Kind, variable: &'static str, about: &'static str) -> Key {
    Key { name, kind, option: None, variable: Some(variable), about }
}

const fn only_file(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, option: None, variable: None, about }
}

/// The setting of a name.
pub(in crate::cli) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The setting whose name is the most similar; of several, the first of the table.
pub(in crate::cli) fn nearest(name: &str) -> &'static str {
    let written = name.to_lowercase().replace('-', "_");
    let own = |key: &Key| strsim::jaro_winkler(&written, key.name);
    // Whoever leaves out the table means its key.
    let last = |key: &Key| strsim::jaro_winkler(&written, key.name.rsplit('.').next().unwrap_or_default()) - 0.01;
    let mut best = (f64::MIN, "");
    for key in KEYS {
        let likeness = own(key).max(last(key));
        if likeness > best.0 {
            best = (likeness, key.name);
        }
    }
    best.1
}

impl Kind {
    /// What it takes, in words.
    pub(in crate::cli) fn expected(self) -> String {
        match self {
            Kind::Text => "a text in one line".to_owned(),
            Kind::Path => "a path".to_owned(),
            Kind::NameOrPath => "a name or a path".to_owned(),
            Kind::Flag => "true or false".to_owned(),
            Kind::Count => "a whole number, at least 1".to_owned(),
            Kind::Match => "a number from 0 to 100".to_owned(),
            Kind::Port => "a port from 1 to 65535".to_owned(),
            Kind::Mail => "a mail address, such as ada@example.org or Ada <ada@example.org>".to_owned(),
            Kind::Address => "an address that begins with http:// or https://".to_owned(),
            Kind::Listen => "an IP address, such as 127.0.0.1 or ::1".to_owned(),
            Kind::Several => "texts with commas between them, or a list of texts".to_owned(),
            Kind::Device => "auto, cpu, cuda, cuda:N or metal".to_owned(),
            Kind::Language => "the code of a language, such as en, zh or de".to_owned(),
            Kind::OneOf(words) => format!("one of {}", words.join(", ")),
        }
    }

    /// Whether the file has it as text, in quotes.
    pub(super) fn is_text(self) -> bool {
        !matches!(self, Kind::Flag | Kind::Count | Kind::Match | Kind::Port)
    }

    /// Whether it takes a value, as it is typed.
    pub(super) fn takes(self, text: &str) -> bool {
        let one_line = !text.trim().is_empty() && !text.chars().any(char::is_control);
        match self {
            Kind::Text | Kind::Path | Kind::NameOrPath => one_line,
            Kind::Flag => matches!(text, "true" | "false"),
            Kind::Count => text.parse::<u32>().is_ok_and(|count| count > 0),
            Kind::Port => text.parse::<u16>().is_ok_and(|port| port > 0),
            Kind::Mail => is_mail_address(text),
            Kind::Match => text.parse::<f32>().is_ok_and(|matched| (0.0..=100.0).contains(&matched)),
            Kind::Address => {
                let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
                one_line && host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
            }
            Kind::Listen => text.parse::<IpAddr>().is_ok(),
            Kind::Several => one_line && text.split(',').all(|part| !part.trim().is_empty()),
            Kind::Device => text.parse::<DeviceChoice>().is_ok(),
            Kind::Language => code(text).is_some(),
            Kind::OneOf(words) => words.contains(&text),
        }
    }

    /// Whether a value is a path that counts from the folder of the file.
    pub(in crate::cli) fn is_relative_path(self, text: &str) -> bool {
        let path = Path::new(text);
        let in_home = text.starts_with(['~', '$']);
        match self {
            Kind::Path => path.is_relative() && !in_home,
            Kind::NameOrPath => path.is_relative() && text.starts_with('.'),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_has_a_nearest_one() {
        for (written, expected) in [
            ("libary", "library"),
            ("Library", "library"),
            ("at-least", "today.at_least"),
            ("today.at-least", "today.at_least"),
            ("today.count", "today.k"),
            ("devise", "device"),
        ] {
            assert_eq!(nearest(written), expected, "{written}");
        }
    }

    #[test]
    fn a_value_is_of_its_kind() {
        let takes = |kind: Kind, texts: &[&str]| texts.iter().map(|text| kind.takes(text)).collect::<Vec<_>>();
        assert_eq!(takes(Kind::Text, &["a b", "", " ", "a\nb"]), [true, false, false, false]);
        assert_eq!(takes(Kind::Count, &["1", "0", "-1", "1.5", "many"]), [true, false, false, false, false]);
        assert_eq!(takes(Kind::Match, &["0", "100", "62.5", "101", "nan"]), [true, true, true, false, false]);
        assert_eq!(takes(Kind::Flag, &["true", "false", "yes"]), [true, true, false]);
        let addresses = ["http://127.0.0.1:80/x", "https://a.example", "ftp://a", "http://", "https:///x"];
        assert_eq!(takes(Kind::Address, &addresses), [true, true, false, false, false]);
        assert_eq!(takes(Kind::Device, &["cuda:0,1", "gpu"]), [true, false]);
        assert_eq!(takes(Kind::Listen, &["127.0.0.1", "::1", "localhost", "10.0.0.1:80"]), [true, true, false, false]);
        assert_eq!(takes(Kind::Several, &["a", "a,b", "a,,b", ""]), [true, true, false, false]);
    }

    /// The table of the settings, as docs/reference/configuration.md has it.
    fn table() -> String {
        let row = |key: &Key| {
            let code = |text: Option<&str>| text.map(|text| format!("`{text}`")).unwrap_or_default();
            let (option, variable) = (code(key.option.map(|option| option.name)), code(key.variable));
            format!("| `{}` | {} | {} | {option} | {variable} |\n", key.name, key.about, key.kind.expected())
        };
        let head = "| key | what it sets | value | option | variable |\n| --- | --- | --- | --- | --- |\n";
        KEYS.iter().map(row).fold(head.to_owned(), |table, row| table + &row)
    }

    #[test]
    fn the_reference_lists_all_settings() {
        const BOUNDS: (&str, &str) = ("<!-- settings -->\n\n", "\n<!-- end of settings -->");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/configuration.md");
        let page = std::fs::read_to_string(&path).expect("docs/reference/configuration.md");
        let (before, rest) = page.split_once(BOUNDS.0).expect("where the table begins");
        let (there, after) = rest.split_once(BOUNDS.1).expect("where the table ends");
        if std::env::var_os("RELATA_RENEW").is_some() {
            std::fs::write(&path, format!("{before}{}{}{}{after}", BOUNDS.0, table(), BOUNDS.1)).expect("written");
        } else {
            assert_eq!(there, table(), "RELATA_RENEW=1 cargo test --lib settings writes it anew");
        }
    }

    #[test]
    fn every_key_is_told_once_and_its_option_is_one() {
        let mut names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KEYS.len());
        let mut command = super::super::super::command();
        command.build();
        for target in KEYS.iter().filter_map(|key| key.option) {
            let within = command.find_subcommand(target.command.unwrap_or("today")).expect("the command");
            let found = within.get_arguments().find(|argument| argument.get_id() == target.id);
            let long = found.and_then(|argument| argument.get_long()).map(|long| format!("--{long}"));
            assert_eq!(long.as_deref(), Some(target.name));
        }
    }
}
