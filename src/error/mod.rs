//! What can go wrong, in one enum: each variant names its subject, its cause and the way out.

mod code;
mod unavailable;

use std::path::{Path, PathBuf};

pub use unavailable::{Attempt, Unavailable};

/// Errors of this library. Their `Display` is written for the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    // --- reading ---
    /// A file holds no papers in any known form.
    #[error(
        "{path}: this looks like {looks_like}. Relata reads daily digests (Markdown), JSON lines of papers and arXiv's \
         metadata snapshot, each also as .gz",
        path = path.display()
    )]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
        /// What its content looks like, in words.
        looks_like: String,
    },
    // --- end of reading ---

    // --- models ---
    /// A name that no manifest answers to.
    #[error(
        "no model is called {name:?}; known are {known}; a model folder of your own is given by its path (--model DIR)"
    )]
    ModelUnknown {
        /// As asked for.
        name: String,
        /// The known names, comma-separated.
        known: String,
    },
    /// A folder that cannot serve as a model.
    #[error("model folder {path}: {reason}", path = path.display())]
    ModelFolder {
        /// The folder.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// A manifest that does not hold.
    #[error("model manifest: {reason}")]
    ModelManifest {
        /// The line or field, and why.
        reason: String,
    },
    /// A model that is not on this machine, where fetching it is not the question.
    #[error("model {name} is not in {path}; fetch it with `relata model fetch {name}`", path = path.display())]
    ModelAbsent {
        /// Its name.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// Every source of a model failed.
    #[error("{0}")]
    ModelUnavailable(Box<Unavailable>),
    /// The cache of models could not be written.
    #[error(
        "cannot write to the model cache {path}: {source}; set RELATA_CACHE to a folder with room that you may write to, \
         or give a model folder with --model DIR",
        path = path.display()
    )]
    ModelCache {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The platform names no cache folder.
    #[error("this user has no cache folder (no HOME?); set RELATA_CACHE to a folder for models")]
    NoCacheFolder,
    // --- end of models ---

    // --- embedding ---
    /// A file of a model folder is missing, damaged, absurd or contradicts another.
    #[error("{path}: {reason}", path = path.display())]
    ModelFile {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it; follows the path in the message.
        reason: String,
        /// What a parser said.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },

    /// A model folder asks for something that Relata can't do as sentence-transformers would.
    #[error("{path}: {what} can't be followed; Relata follows {followed}", path = path.display())]
    ModelNotFollowed {
        /// The file that asks.
        path: PathBuf,
        /// What it asks for.
        what: String,
        /// What would do.
        followed: String,
    },

    /// A precision that is not known, or that the chosen engine does not have.
    #[error("precision {asked} {reason}")]
    Precision {
        /// What was asked for, escaped.
        asked: String,
        /// Why not, and what to do.
        reason: &'static str,
    },
    /// A word that says nothing of long texts.
    #[error("long {asked} is not known; choose truncate or window")]
    Long {
        /// What was asked for, escaped.
        asked: String,
    },
    /// A word that is no engine.
    #[error("engine {asked} is not known; choose own or stock")]
    Engine {
        /// What was asked for, escaped.
        asked: String,
    },
    /// A device was asked for that is not there.
    #[error("device {asked} {reason}")]
    Device {
        /// As the user wrote it.
        asked: String,
        /// Why not, and what to do.
        reason: String,
    },

    /// A text could not be turned into tokens.
    #[error("text {index} could not be tokenised: {reason}")]
    Tokens {
        /// Which of the given texts, from 0.
        index: usize,
        /// Why.
        reason: String,
    },

    /// The encoder failed.
    #[error("the encoder {reason}")]
    Encoder {
        /// Why.
        reason: String,
        /// What candle said.
        source: Option<Box<candle_core::Error>>,
    },
    // --- end of embedding ---

    // --- library ---
    /// There is no library where one is to be read.
    #[error("there is no library at {path} yet; `relata add PATH...` makes it", path = path.display())]
    LibraryMissing {
        /// Where it was looked for.
        path: PathBuf,
    },

    /// The file is not a library of ours: another program's database, or no database at all.
    #[error("{path} is not a Relata library, and was left as it is; name another file with --library", path = path.display())]
    LibraryForeign {
        /// The file.
        path: PathBuf,
    },

    /// The library was written by a later version of this program.
    #[error(
        "the library {path} has schema version {found}, but this relata knows only up to {known}; update relata, \
         or name another file with --library",
        path = path.display()
    )]
    LibraryNewer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The highest version known here.
        known: i64,
    },

    /// The library was written by an earlier version of this program and cannot be upgraded while only reading.
    #[error(
        "the library {path} has schema version {found} and must be upgraded to {known} before it is read; \
         run `relata check` where it can be written",
        path = path.display()
    )]
    LibraryOlder {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The version needed.
        known: i64,
    },

    /// The library's file is cut or damaged.
    #[error(
        "the library {path} is damaged ({what}); copy it and its -wal file away first, then restore a backup, or save what \
         is readable with `sqlite3 FILE .recover`",
        path = path.display()
    )]
    LibraryDamaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },

    /// No room left on the disk, or the file may not grow.
    #[error(
        "no room left to write the library {path}; what was stored before is untouched: free some space and run the same \
         command again",
        path = path.display()
    )]
    LibraryFull {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// The library, or its folder, may not be written.
    #[error(
        "the library {path} cannot be written: the file or its folder is read-only; change its permissions, or name another \
         file with --library",
        path = path.display()
    )]
    LibraryReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// The file could not be opened at all.
    #[error("the library {path} cannot be opened: {source}; see that it is a file in a folder that you may read and write", path = path.display())]
    LibraryUnopened {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// A read-only place holds a library with changes that were not yet folded into its main file.
    #[error(
        "the library {path} has changes in {path}-wal that cannot be read from a read-only folder; copy both files to a folder \
         that can be written, and name the copy with --library",
        path = path.display()
    )]
    LibraryUnfolded {
        /// The file.
        path: PathBuf,
    },

    /// Another process kept the library locked for longer than we wait.
    #[error("another process is writing the library {path}; wait for it to end, then run the same command again", path = path.display())]
    LibraryBusy {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// Anything else that SQLite reports.
    #[error("the library {path}: {source}", path = path.display())]
    Library {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// A vector that may not be stored: wrong length, not finite, not of unit length, or a fingerprint that does not fit.
    #[error("a vector was refused by the library {path}: {why}", path = path.display())]
    VectorRefused {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    // --- end of library ---

    // --- bulk embedding ---
    /// A name of an output that tells no form.
    #[error(
        "the extension of {path} names no form of output; end it in .npy, .jsonl, .safetensors or .parquet, or name one with \
         --format",
        path = path.display()
    )]
    OutputFormat {
        /// The output.
        path: PathBuf,
    },
    /// A form that this build cannot write.
    #[error(
        "this relata was built without {format}; build it with `cargo install --path . --features {format}`, or choose another form"
    )]
    OutputNotBuiltIn {
        /// The form, which is also the name of the cargo feature.
        format: &'static str,
    },
    /// The folder of an output is not there.
    #[error("there is no folder {path} to write to; make it first", path = path.display())]
    OutputFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A path that cannot be an output.
    #[error("{path} {reason}", path = path.display())]
    OutputUnsuitable {
        /// The path.
        path: PathBuf,
        /// Why not, and what to do.
        reason: &'static str,
    },
    /// An output that would replace a file.
    #[error("{path} is there already and was left as it is; replace it with --force, or name another output", path = path.display())]
    OutputExists {
        /// The file.
        path: PathBuf,
    },
    /// An output that an interrupted run left unfinished.
    #[error(
        "{part} holds {rows} rows of an interrupted run; go on from there with --resume, or start anew with --force",
        part = part.display()
    )]
    OutputUnfinished {
        /// The folder of what is unfinished.
        part: PathBuf,
        /// Rows that are in it.
        rows: u64,
    },
    /// Another process writes the same output.
    #[error("another process is at work in {part}; wait for it to end, or name another output", part = part.display())]
    OutputBusy {
        /// The folder of what is unfinished.
        part: PathBuf,
    },
    /// No room left on the disk for an output, or the file may not grow.
    #[error(
        "no room left to write {path}; what was embedded before is kept in {part}: free some space and run the same command \
         with --resume",
        path = path.display(),
        part = part.display()
    )]
    OutputFull {
        /// The file.
        path: PathBuf,
        /// The folder of what is unfinished.
        part: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An interrupted run that cannot be gone on from.
    #[error(
        "{part} cannot be resumed: {reason}; run with the same model, inputs and options as before, or start anew with \
         --force and without --resume",
        part = part.display()
    )]
    ResumeRefused {
        /// The folder of what is unfinished.
        part: PathBuf,
        /// What is not the same.
        reason: String,
    },
    /// An input that is the output, or belongs to it.
    #[error("{path} is an input and would be written; name another output", path = path.display())]
    OutputIsInput {
        /// The file.
        path: PathBuf,
    },
    /// An input that was named twice, be it within a folder or by a link.
    #[error("{path} is among the inputs twice, and would give each row twice; name it once", path = path.display())]
    InputTwice {
        /// The file.
        path: PathBuf,
    },
    /// Options that both want standard output.
    #[error("--json and `--output -` both write to standard output; choose one")]
    OneStandardOutput,
    /// A form that cannot be written to a stream.
    #[error("{format} cannot be written to standard output, only jsonl can; name a file with --output")]
    NoStream {
        /// The form.
        format: &'static str,
    },
    // --- end of bulk embedding ---

    // --- answering ---
    /// Papers that the library does not hold.
    #[error("{}", not_in_library(unknown))]
    NotInLibrary {
        /// The ids, each with the nearest that are there and their titles.
        unknown: Vec<(String, Vec<(crate::paper::ArxivId, String)>)>,
    },
    /// A question that says nothing of what is liked.
    #[error(
        "nothing says what you like: begin a profile with `relata like ID...`{other}, or name papers in `relata recommend ID...`",
        other = if profile == "default" { String::new() } else { format!(" --profile {profile}") }
    )]
    NothingLiked {
        /// The profile that was asked with.
        profile: String,
    },
    /// A profile that there is not.
    #[error("there is no profile {name}{}", other_profiles(there))]
    NoSuchProfile {
        /// As asked for.
        name: String,
        /// The profiles that there are, those of the most similar names first.
        there: Vec<String>,
    },
    /// A question with a profile whose liked papers are all gone, or have no text.
    #[error(
        "the library has none of the {papers} papers that the profile {profile} likes: add digests that list them, or like others with `relata like ID...`"
    )]
    LikedAreGone {
        /// The profile that was asked with.
        profile: String,
        /// How many papers it likes.
        papers: usize,
    },
    /// A file that is no collection of references.
    #[error("{path} is neither BibTeX, RIS, CSL-JSON, a table with titles, an exported profile nor a list of arXiv ids", path = path.display())]
    ReferencesUnknown {
        /// The file.
        path: PathBuf,
    },
    /// A paper that has no text, and so no vector.
    #[error("{id} has no title in the library and so no text to compare with; add a source that has one")]
    NoVector {
        /// The paper.
        id: String,
    },
    /// A text that is no arXiv identifier.
    #[error("{text:?} is no arXiv id; ids look like 2602.10611, arXiv:2602.10611v2, hep-th/9901001 or a link to one")]
    NotAnId {
        /// As given.
        text: String,
    },
    /// A place in the last answer, where nothing was answered yet.
    #[error(
        "{number} means a paper of the last answer, and there is no answer yet: ask with `relata recommend`, `relata today` or \
         `relata search`, or name the paper by its id"
    )]
    NoLastAnswer {
        /// The place.
        number: usize,
    },
    /// A place that the last answer does not have.
    #[error("there is no paper {number} in the last answer, which lists {papers}; `relata show 1` shows its first")]
    NotInLastAnswer {
        /// The place.
        number: usize,
        /// How many papers the answer lists.
        papers: usize,
    },
    /// An interest that a profile does not have.
    #[error("there is no interest {number}; this profile has {count}, see `relata profile show`")]
    NoSuchInterest {
        /// As asked for.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// A topic that is not among those that were found last.
    #[error("there is no topic {id}; {}", other_topics(there))]
    NoSuchTopic {
        /// Its number.
        id: u32,
        /// The numbers that there are, ascending.
        there: Vec<u32>,
    },
    /// A span of days, where topics are asked for that were kept.
    #[error("topics of a span of days are found anew each time and have no history; leave --since and --until out")]
    TopicsOfDays,
    /// More topics than papers.
    #[error("{papers} papers cannot be {topics} topics; ask for fewer with --k")]
    TooManyTopics {
        /// How many were asked for.
        topics: usize,
        /// How many papers there are.
        papers: usize,
    },
    /// A name that another topic of the same level has.
    #[error("topic {other} is already called {name:?}; choose another name")]
    TopicNameTaken {
        /// The name.
        name: String,
        /// The topic that has it.
        other: u32,
    },
    /// A liked text in a language that the model does not read, and nothing else.
    #[error("{model} does not read the language of the text, so papers near it would mean nothing; {way_out}")]
    TextUnread {
        /// The model.
        model: String,
        /// What to do.
        way_out: String,
    },
    /// A search for nothing.
    #[error("the text is empty; say what to look for")]
    EmptyQuery,
    /// A period that ends before it begins.
    #[error("--since {since} is after --until {until}, so no paper can lie between them")]
    EmptyPeriod {
        /// The first day asked for.
        since: jiff::civil::Date,
        /// The last day asked for.
        until: jiff::civil::Date,
    },
    /// Vectors of another model or precision than the one asked for.
    #[error(
        "{library} holds vectors of {stored}, none of {asked}, and vectors of different models or precisions cannot be compared; \
         {way_out}, or embed all papers anew beside them with `{command}`",
        library = library.display()
    )]
    OtherModel {
        /// The library's file.
        library: PathBuf,
        /// What is stored, with counts.
        stored: String,
        /// What was asked for.
        asked: String,
        /// How to use what is stored.
        way_out: String,
        /// The command that embeds all papers with what was asked for.
        command: String,
    },
    /// The platform names no data folder.
    #[error("this user has no data folder (no HOME?); name the library with --library FILE")]
    NoDataFolder,
    /// The reader was told to stop by whoever took its entries.
    #[error("reading was stopped")]
    Stopped,
    /// A request to a library that has no papers, where the sample cannot answer.
    #[error("the library {path} has no papers", path = path.display())]
    EmptyLibrary {
        /// The library.
        path: PathBuf,
    },
    /// Somebody pulled the [token](crate::service::CancelToken) of the work.
    #[error("this was cancelled; what was committed before is kept")]
    Cancelled,
    /// A state that the code rules out; a bug where it shows.
    #[error("internal error: {0}; please report it")]
    Internal(&'static str),
    // --- end of answering ---
}

impl Error {
    /// The error in words, with its causes as far as its own text does not hold them.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        text
    }

    /// Names the path that an I/O error is about.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_owned();
        move |source| Error::Io { path, source }
    }
}

impl From<candle_core::Error> for Error {
    fn from(source: candle_core::Error) -> Error {
        Error::Encoder { reason: format!("failed: {source}"), source: Some(Box::new(source)) }
    }
}

/// Result with this library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

fn not_in_library(unknown: &[(String, Vec<(crate::paper::ArxivId, String)>)]) -> String {
    let mut text = String::new();
    for (id, closest) in unknown {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{id} is not in the library"));
        if !closest.is_empty() {
            text.push_str("; the closest ids there:");
        }
        for (id, title) in closest {
            text.push_str(&format!("\n  {id}  {title}"));
        }
    }
    text
}

fn other_profiles(there: &[String]) -> String {
    match there {
        [] => " yet; begin one with `relata like ID... --profile NAME`".to_owned(),
        there => format!("; there are: {}", there.join(", ")),
    }
}

/// `there are 1 to 4, 6 and 8`.
fn other_topics(there: &[u32]) -> String {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for id in there {
        match spans.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*id) => *last = *id,
            _ => spans.push((*id, *id)),
        }
    }
    let mut spans: Vec<String> = spans
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") })
        .collect();
    match (spans.pop(), spans.is_empty()) {
        (None, _) => "`relata topics` finds some".to_owned(),
        (Some(only), true) => format!("there are {only}; `relata topics` lists them"),
        (Some(last), false) => format!("there are {} and {last}; `relata topics` lists them", spans.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_there_are_are_named_in_spans() {
        for (there, expected) in [
            (&[][..], "`relata topics` finds some"),
            (&[3], "there are 3; `relata topics` lists them"),
            (&[1, 2, 3], "there are 1 to 3; `relata topics` lists them"),
            (&[1, 2, 3, 5, 7, 8], "there are 1 to 3, 5 and 7 to 8; `relata topics` lists them"),
        ] {
            assert_eq!(other_topics(there), expected);
        }
    }
}
