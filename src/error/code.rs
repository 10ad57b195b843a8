//! A stable name for each kind of error, for whoever reads answers by program: an HTTP door, a tool
//! for agents, a script.
//!
//! Lower case and hyphens, such as `library-busy`. A code never changes its meaning; docs/reference/errors.md
//! lists them.

use super::Error;

impl Error {
    /// A name of what went wrong that programs may rely on: it stays the same where the text does not.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Io { .. } => "io",
            Error::UnknownFormat { .. } => "unknown-format",
            Error::ModelUnknown { .. } => "model-unknown",
            Error::ModelFolder { .. } => "model-folder",
            Error::ModelManifest { .. } => "model-manifest",
            Error::ModelAbsent { .. } => "model-absent",
            Error::ModelUnavailable(..) => "model-unavailable",
            Error::ModelCache { .. } => "model-cache",
            Error::NoCacheFolder => "no-cache-folder",
            Error::ModelFile { .. } => "model-file",
            Error::ModelNotFollowed { .. } => "model-not-followed",
            Error::Precision { .. } => "precision",
            Error::Long { .. } => "long",
            Error::Engine { .. } => "engine",
            Error::Device { .. } => "device",
            Error::Tokens { .. } => "tokens",
            Error::Encoder { .. } => "encoder",
            Error::LibraryMissing { .. } => "library-missing",
            Error::LibraryForeign { .. } => "library-foreign",
            Error::LibraryNewer { .. } => "library-newer",
            Error::LibraryOlder { .. } => "library-older",
            Error::LibraryDamaged { .. } => "library-damaged",
            Error::LibraryFull { .. } => "library-full",
            Error::LibraryReadOnly { .. } => "library-read-only",
            Error::LibraryUnopened { .. } => "library-unopened",
            Error::LibraryUnfolded { .. } => "library-unfolded",
            Error::LibraryBusy { .. } => "library-busy",
            Error::Library { .. } => "library",
            Error::VectorRefused { .. } => "vector-refused",
            Error::OutputFormat { .. } => "output-format",
            Error::OutputNotBuiltIn { .. } => "output-not-built-in",
            Error::OutputFolder { .. } => "output-folder",
            Error::OutputUnsuitable { .. } => "output-unsuitable",
            Error::OutputExists { .. } => "output-exists",
            Error::OutputUnfinished { .. } => "output-unfinished",
            Error::OutputBusy { .. } => "output-busy",
            Error::OutputFull { .. } => "output-full",
            Error::ResumeRefused { .. } => "resume-refused",
            Error::OutputIsInput { .. } => "output-is-input",
            Error::InputTwice { .. } => "input-twice",
            Error::OneStandardOutput => "one-standard-output",
            Error::NoStream { .. } => "no-stream",
            Error::NotInLibrary { .. } => "not-in-library",
            Error::NothingLiked { .. } => "nothing-liked",
            Error::NoSuchProfile { .. } => "no-such-profile",
            Error::LikedAreGone { .. } => "liked-are-gone",
            Error::ReferencesUnknown { .. } => "references-unknown",
            Error::NoVector { .. } => "no-vector",
            Error::NotAnId { .. } => "not-an-id",
            Error::NoLastAnswer { .. } => "no-last-answer",
            Error::NotInLastAnswer { .. } => "not-in-last-answer",
            Error::NoSuchInterest { .. } => "no-such-interest",
            Error::NoSuchTopic { .. } => "no-such-topic",
            Error::TopicsOfDays => "topics-of-days",
            Error::TooManyTopics { .. } => "too-many-topics",
            Error::TopicNameTaken { .. } => "topic-name-taken",
            Error::TextUnread { .. } => "text-unread",
            Error::EmptyQuery => "empty-query",
            Error::EmptyPeriod { .. } => "empty-period",
            Error::OtherModel { .. } => "other-model",
            Error::NoDataFolder => "no-data-folder",
            Error::Stopped => "stopped",
            Error::EmptyLibrary { .. } => "empty-library",
            Error::Cancelled => "cancelled",
            Error::Internal(..) => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write;

    /// Without the targets of links into the source.
    fn plain(words: &str) -> String {
        let (mut plain, mut rest) = (String::new(), words);
        while let Some((before, after)) = rest.split_once("](crate::") {
            plain.push_str(&before.replacen('[', "", 1));
            rest = after.split_once(')').map_or("", |(_, rest)| rest);
        }
        plain + rest
    }

    /// Of each variant of the enum, its code and what its documentation says first.
    fn listed() -> Vec<(String, String)> {
        let codes = include_str!("code.rs");
        let of = |variant: &str| {
            let lines = codes.lines().find(|line| {
                let rest = line.trim().strip_prefix("Error::").and_then(|rest| rest.strip_prefix(variant));
                rest.is_some_and(|rest| rest.starts_with([' ', '(']))
            });
            lines.and_then(|line| line.split('"').nth(1)).unwrap_or_else(|| panic!("{variant} has no code")).to_owned()
        };
        let (_, body) = include_str!("mod.rs").split_once("pub enum Error {").expect("the enum");
        let (mut found, mut told) = (Vec::new(), String::new());
        for line in body.lines().take_while(|line| *line != "}") {
            let Some(line) = line.strip_prefix("    ").filter(|line| !line.starts_with(' ')) else { continue };
            if let Some(words) = line.strip_prefix("/// ") {
                let words = plain(words);
                told = if told.is_empty() { words } else { format!("{told} {words}") };
            } else if line.starts_with(|letter: char| letter.is_ascii_uppercase()) {
                let variant: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
                found.push((of(&variant), std::mem::take(&mut told)));
            }
        }
        found
    }

    #[test]
    fn codes_are_unique_and_listed_in_the_reference() {
        let listed = listed();
        assert!(listed.len() > 60, "{}", listed.len());
        let codes: BTreeSet<&str> = listed.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(codes.len(), listed.len());
        let well_formed = |code: &&str| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'));
        assert!(codes.iter().all(well_formed), "{codes:?}");

        let mut rows: Vec<&(String, String)> = listed.iter().collect();
        rows.sort();
        let mut page = String::from(
            "# Errors\n\nWhat can go wrong, by the stable code that programs get (`Error::code`). The text of an error names file, line and cause, and what\nto do; it may change, its code does not. Made from `src/error/` and compared in a test (`RELATA_RENEW=1 cargo test codes_are` writes it anew).\n\n| code | what is wrong |\n| --- | --- |\n",
        );
        for (code, told) in rows {
            writeln!(page, "| `{code}` | {} |", told.replace('|', "\\|")).expect("written");
        }
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/errors.md");
        if std::env::var_os("RELATA_RENEW").is_some() {
            std::fs::write(&path, &page).expect("written");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("docs/reference/errors.md"), page);
    }
}
