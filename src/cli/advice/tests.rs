//! What is said about errors: each has a code and an example here, and docs/reference/errors.md
//! lists all of them with their advice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use super::*;

/// The files that declare errors.
const DOMAINS: &[&str] = &[
    include_str!("../../error/mod.rs"),
    include_str!("../../error/bulk.rs"),
    include_str!("../../error/config.rs"),
    include_str!("../../error/embedding.rs"),
    include_str!("../../error/fetch.rs"),
    include_str!("../../error/library.rs"),
    include_str!("../../error/mail.rs"),
    include_str!("../../error/model.rs"),
    include_str!("../../error/profile.rs"),
    include_str!("../../error/query.rs"),
    include_str!("../../error/reading.rs"),
    include_str!("../../error/serve.rs"),
    include_str!("../../error/topics.rs"),
    include_str!("../../error/zotero.rs"),
];

/// Without the targets of links into the source.
fn plain(words: &str) -> String {
    let (mut plain, mut rest) = (String::new(), words);
    while let Some((before, after)) = rest.split_once("](crate::") {
        plain.push_str(&before.replacen('[', "", 1));
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// The code and the documentation of each variant that a file declares; a variant that wraps a
/// domain has no code.
fn listed(file: &str) -> Vec<(String, String)> {
    let (_, body) = file.split_once("pub enum ").expect("an enum");
    let code = |variant: &str| {
        let arm = file.lines().find(|line| {
            let rest = line.split_once("Error::").and_then(|(_, rest)| rest.strip_prefix(variant));
            rest.is_some_and(|rest| rest.starts_with([' ', '(']) && line.contains("=>"))
        });
        arm.unwrap_or_else(|| panic!("{variant} has no code")).split('"').nth(1).map(str::to_owned)
    };
    let (mut found, mut told) = (Vec::new(), String::new());
    for line in body.lines().take_while(|line| *line != "}") {
        let Some(line) = line.strip_prefix("    ").filter(|line| !line.starts_with(' ')) else { continue };
        if let Some(words) = line.strip_prefix("/// ") {
            let words = plain(words);
            told = if told.is_empty() { words } else { format!("{told} {words}") };
        } else if line.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            let variant: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
            let told = std::mem::take(&mut told);
            found.extend(code(&variant).map(|code| (code, told)));
        }
    }
    found
}

/// An example of each error, several of one whose advice depends on the reason.
fn examples() -> Vec<Error> {
    let path = || PathBuf::from("FILE");
    let io = || std::io::Error::other("CAUSE");
    let sql = || rusqlite::Error::QueryReturnedNoRows;
    let word = || "NAME".to_owned();
    let day = jiff::civil::date(2026, 2, 1);
    let precision = |reason| EmbeddingError::Precision { asked: word(), reason }.into();
    let device = |reason| EmbeddingError::Device { asked: word(), reason }.into();
    let unsuitable = |reason| BulkError::Unsuitable { path: path(), reason }.into();
    let unavailable = Unavailable {
        name: word(),
        attempts: Vec::new(),
        repository: "REPOSITORY".to_owned(),
        revision: "REVISION".to_owned(),
        place: path(),
        offline: false,
    };
    vec![
        Error::Io { path: path(), source: io() },
        Error::NotBuiltIn { what: "NAME", feature: "serve" },
        Error::Cancelled,
        Error::Internal("CAUSE"),
        ReadingError::UnknownFormat { path: path(), looks_like: word() }.into(),
        ReadingError::ReferencesUnknown { path: path() }.into(),
        ReadingError::Address { address: "https://ADDRESS".to_owned() }.into(),
        ReadingError::Stopped.into(),
        ModelError::Unknown { name: word(), known: word() }.into(),
        ModelError::Folder { path: path(), reason: word() }.into(),
        ModelError::Manifest { reason: word() }.into(),
        ModelError::Absent { name: word(), path: path() }.into(),
        ModelError::Unavailable(Box::new(unavailable)).into(),
        ModelError::Cache { path: path(), source: io() }.into(),
        ModelError::NoCacheFolder.into(),
        ModelError::File { path: path(), reason: word(), source: None }.into(),
        ModelError::NotFollowed { path: path(), what: word(), followed: word() }.into(),
        precision(PrecisionRefusal::Unknown),
        precision(PrecisionRefusal::CpuOnly),
        precision(PrecisionRefusal::CudaOnly),
        precision(PrecisionRefusal::OwnEngineOnCpuOnly),
        EmbeddingError::Long { asked: word() }.into(),
        EmbeddingError::Engine { asked: word() }.into(),
        device(DeviceRefusal::Unknown),
        device(DeviceRefusal::NotBuiltIn { feature: "metal" }),
        device(DeviceRefusal::NotBuiltIn { feature: "cuda" }),
        device(DeviceRefusal::OwnEngineOnly),
        device(DeviceRefusal::HeadTooWide { widest: 128, head: 256 }),
        device(DeviceRefusal::TooOld { major: 7, minor: 5 }),
        device(DeviceRefusal::NoDriver),
        device(DeviceRefusal::NoLibrary { name: "libnvrtc" }),
        device(DeviceRefusal::UnknownInstructionSet { known: word() }),
        device(DeviceRefusal::NoInstructionSet),
        device(DeviceRefusal::Failed(word())),
        EmbeddingError::Tokens { index: 0, reason: word() }.into(),
        EmbeddingError::StockEncoder { what: "runs no silu" }.into(),
        EmbeddingError::Encoder { reason: word(), source: None }.into(),
        LibraryError::Missing { path: path() }.into(),
        LibraryError::Foreign { path: path() }.into(),
        LibraryError::Newer { path: path(), found: 9, known: 8 }.into(),
        LibraryError::Older { path: path(), found: 7, known: 8 }.into(),
        LibraryError::Damaged { path: path(), what: word() }.into(),
        LibraryError::Full { path: path(), source: sql() }.into(),
        LibraryError::ReadOnly { path: path(), source: sql() }.into(),
        LibraryError::Unopened { path: path(), source: sql() }.into(),
        LibraryError::Unfolded { path: path() }.into(),
        LibraryError::Busy { path: path(), holder: None, source: sql() }.into(),
        LibraryError::Sqlite { path: path(), source: sql() }.into(),
        LibraryError::VectorRefused { path: path(), why: word() }.into(),
        LibraryError::ShardsDiffer { path: path(), missing: 2, differing: 1, papers: vec![word()] }.into(),
        LibraryError::Empty { path: path() }.into(),
        other_vectors_example(true),
        LibraryError::NoDataFolder.into(),
        BulkError::UnknownFormat { path: path() }.into(),
        BulkError::NotBuiltIn { format: "parquet" }.into(),
        BulkError::NoFolder { path: path() }.into(),
        unsuitable(OutputRefusal::Folder),
        unsuitable(OutputRefusal::NoFileName),
        unsuitable(OutputRefusal::NotRegular),
        unsuitable(OutputRefusal::InTheWay),
        unsuitable(OutputRefusal::OtherFiles),
        unsuitable(OutputRefusal::Library),
        unsuitable(OutputRefusal::Twice),
        BulkError::Exists { path: path() }.into(),
        BulkError::Unfinished { part: path(), rows: 1 }.into(),
        BulkError::Busy { part: path(), holder: None }.into(),
        BulkError::Full { path: path(), part: path(), source: io() }.into(),
        BulkError::ResumeRefused { part: path(), reason: word() }.into(),
        BulkError::OutputIsInput { path: path() }.into(),
        BulkError::InputTwice { path: path() }.into(),
        BulkError::OneStandardOutput.into(),
        BulkError::VectorFile { path: path(), reason: VectorFileRefusal::NoColumn("passage") }.into(),
        BulkError::NoStream { format: "npy" }.into(),
        BulkError::Python { program: path(), reason: word() }.into(),
        BulkError::PythonPackage { program: path(), reason: word() }.into(),
        BulkError::Cluster { address: word(), reason: word() }.into(),
        BulkError::ClusterJob { reason: word() }.into(),
        QueryError::NotInLibrary { unknown: Vec::new() }.into(),
        QueryError::NoVector { id: word() }.into(),
        QueryError::NotAnId { text: word() }.into(),
        QueryError::NoLastAnswer { number: 1 }.into(),
        ZoteroError::NotASource { text: word() }.into(),
        ZoteroError::Address { name: "RELATA_ZOTERO_WEB", text: word() }.into(),
        ZoteroError::NotFollowed { profile: word(), text: word(), there: Vec::new() }.into(),
        ZoteroError::Missing { name: word(), key: word() }.into(),
        ZoteroError::NoSource { profile: word() }.into(),
        ZoteroError::Unencrypted { name: "RELATA_ZOTERO_WEB", text: word() }.into(),
        ZoteroError::User { text: word() }.into(),
        ZoteroError::Key.into(),
        ZoteroError::KeyOpen { path: word().into(), mode: 0o644 }.into(),
        ZoteroError::KeyFile { path: word().into(), reason: word() }.into(),
        ZoteroError::NotThere { local: word(), reason: word() }.into(),
        ZoteroError::Refused { server: word(), status: 403, reason: word() }.into(),
        ZoteroError::Failed { server: word(), attempts: 5, reason: word() }.into(),
        ZoteroError::Restless.into(),
        ZoteroError::NoKeyToWrite.into(),
        ZoteroError::KeyReadOnly { user: word() }.into(),
        ZoteroError::NoTarget.into(),
        ZoteroError::NoSuchCollection { name: word(), several: false, there: Vec::new() }.into(),
        FetchError::Offline.into(),
        FetchError::NothingAsked.into(),
        FetchError::NotACategory { text: word() }.into(),
        FetchError::PapersAndCategories.into(),
        FetchError::Address { name: "RELATA_ARXIV_FEED", text: word() }.into(),
        FetchError::Pause { name: "RELATA_ARXIV_PAUSE_MS", text: word() }.into(),
        FetchError::TooManyRequests { server: word(), until: jiff::Timestamp::UNIX_EPOCH }.into(),
        FetchError::Failed { server: word(), attempts: 6, reason: word() }.into(),
        FetchError::Refused { server: word(), reason: word() }.into(),
        QueryError::NotInLastAnswer { number: 1, papers: 0 }.into(),
        QueryError::TextUnread { model: word(), other: Some(word()), sample: false }.into(),
        QueryError::EmptyQuery.into(),
        QueryError::NotATag { text: word() }.into(),
        QueryError::NoteTooLong { count: 10_001, most: 10_000 }.into(),
        QueryError::TooMuch { what: "the filter", count: 9, unit: "words", most: 8 }.into(),
        QueryError::EmptyPeriod { since: day, until: day }.into(),
        QueryError::Malformed { task: "recommend", key: None, reason: word() }.into(),
        QueryError::OutOfRange { key: "diversity", given: 2.0, range: "from 0 to 1" }.into(),
        ProfileError::NoSuchProfile { name: word(), there: Vec::new() }.into(),
        ProfileError::NothingLiked { profile: DEFAULT_PROFILE.to_owned() }.into(),
        ProfileError::LikedAreGone { profile: word(), papers: 1 }.into(),
        ProfileError::FollowsNothing { kind: crate::paper::FollowKind::Category, text: word() }.into(),
        ProfileError::FollowsTooMuch { profile: word(), count: 257, most: 256 }.into(),
        ProfileError::NoSuchInterest { number: 1, count: 0 }.into(),
        ProfileError::NotLiked { profile: "default".to_owned(), what: "2602.10611".to_owned() }.into(),
        TopicsError::NoSuchTopic { id: 1, there: vec![0] }.into(),
        TopicsError::OfDays.into(),
        TopicsError::TooMany { topics: 2, papers: 1 }.into(),
        TopicsError::NameTaken { name: word(), other: 1 }.into(),
        ConfigError::Faulty { path: path(), faults: Vec::new() }.into(),
        ConfigError::UnknownKey { key: word(), nearest: "model" }.into(),
        ConfigError::Value { key: "device", value: word(), expected: word() }.into(),
        ConfigError::NoFolder.into(),
        MailError::NotSet { missing: "mail.server" }.into(),
        MailError::Address { text: word() }.into(),
        MailError::Unencrypted { server: word() }.into(),
        MailError::NoPassword { user: word() }.into(),
        MailError::PasswordOpen { path: path(), mode: 0o644 }.into(),
        MailError::PasswordFile { path: path() }.into(),
        MailError::Certificate { path: path(), cause: word() }.into(),
        MailError::Untrusted { server: word(), cause: word() }.into(),
        MailError::Server { server: word(), cause: word() }.into(),
        MailError::Unclear { recipient: word(), day: word() }.into(),
        MailError::Composed { reason: word() }.into(),
        ServeError::Address { address: ([127, 0, 0, 1], 5055).into(), source: std::io::ErrorKind::AddrInUse.into() }
            .into(),
        ServeError::NeedsToken { address: ([0, 0, 0, 0], 5055).into() }.into(),
        ServeError::ShortToken { path: path(), length: 3, least: 16 }.into(),
        ServeError::OpenToken { path: path() }.into(),
        ServeError::NoName { text: word(), what: "name of a host" }.into(),
        ServeError::System { source: std::io::ErrorKind::Other.into() }.into(),
    ]
}

fn other_vectors_example(remembered: bool) -> Error {
    let setting = |setting, asked: &str| DifferingSetting { setting, asked: asked.to_owned() };
    LibraryError::OtherModel {
        library: PathBuf::from("FILE"),
        stored: "NAME in f32 (1 papers)".to_owned(),
        asked: "MODEL in int8".to_owned(),
        differing: vec![setting(EmbeddingSetting::Model, "MODEL"), setting(EmbeddingSetting::Precision, "int8")],
        remembered,
    }
    .into()
}

/// By code, what there is to do, in one line.
fn advice_by_code() -> BTreeMap<&'static str, String> {
    let mut by_code: BTreeMap<&'static str, String> = BTreeMap::new();
    for error in examples() {
        let lines = advice(&error).unwrap_or_default();
        let line = lines.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let told = by_code.entry(error.code()).or_default();
        if !line.is_empty() && !told.contains(&line) {
            let between = if told.is_empty() { "" } else { " · " };
            let _ = write!(told, "{between}{line}");
        }
    }
    by_code
}

#[test]
fn an_error_does_not_advise_and_the_door_does() {
    for error in examples() {
        let text = error.to_string();
        assert!(!text.contains("`relata") && !text.contains("--") && !text.contains("choose"), "{text}");
    }
    let said = |error: Error| with_advice(&error);
    assert_eq!(
        said(LibraryError::Missing { path: PathBuf::from("a.db") }.into()),
        "there is no library at a.db yet; `relata add PATH...` makes it"
    );
    assert_eq!(
        said(EmbeddingError::Precision { asked: "int8".to_owned(), reason: PrecisionRefusal::CpuOnly }.into()),
        "precision int8 is for a CPU; choose --device cpu, or --precision f16 or bf16"
    );
    assert_eq!(
        said(EmbeddingError::StockEncoder { what: "runs no silu" }.into()),
        "the encoder of candle runs no silu; choose --engine own"
    );
    assert_eq!(
        said(TopicsError::NoSuchTopic { id: 9, there: vec![1, 2, 4] }.into()),
        "there is no topic 9; there are 1 to 2 and 4; `relata topics` lists them"
    );
    assert_eq!(
        said(TopicsError::NoSuchTopic { id: 9, there: Vec::new() }.into()),
        "there is no topic 9; `relata topics` finds some"
    );
}

#[test]
fn files_and_models_that_do_not_serve_have_a_way_out() {
    let said = |error: Error| with_advice(&error);
    let path = || PathBuf::from("papers.db");
    assert_eq!(
        said(LibraryError::Damaged { path: path(), what: "cut".to_owned() }.into()),
        "the library papers.db is damaged (cut); copy it and its -wal file away first, then restore a backup, or let \
         `relata check --repair` write what is readable into a new file"
    );
    assert_eq!(
        said(LibraryError::Newer { path: path(), found: 99, known: 8 }.into()),
        "the library papers.db has schema version 99, but this relata knows only up to 8; update relata, or name another file \
         with --library"
    );
    assert_eq!(
        said(LibraryError::ReadOnly { path: path(), source: rusqlite::Error::InvalidQuery }.into()),
        "the library papers.db cannot be written: the file or its folder is read-only: Query is not read-only; change its \
         permissions, or name another file with --library"
    );
    assert_eq!(
        said(ModelError::Cache { path: PathBuf::from("/cache"), source: std::io::Error::other("no room") }.into()),
        "cannot write to the model cache /cache: no room; set RELATA_CACHE to a folder with room that you may write to, or \
         give a model folder with --model DIR"
    );
    assert_eq!(
        said(ModelError::Unknown { name: "tyo".to_owned(), known: "toy".to_owned() }.into()),
        "no model is called \"tyo\"; known are toy; a model folder of your own is given by its path (--model DIR)"
    );
    assert_eq!(
        said(ModelError::NoCacheFolder.into()),
        "this user has no cache folder (no HOME?); set RELATA_CACHE to a folder for models"
    );
}

#[test]
fn vectors_of_another_model_are_used_or_made_anew() {
    assert_eq!(
        advice(&other_vectors_example(true)).as_deref(),
        Some(
            "leave --model and --precision and RELATA_MODEL out to use those that there are, or embed all papers anew \
             beside them with `relata --model MODEL --precision int8 reembed`"
        )
    );
    assert_eq!(
        advice(&other_vectors_example(false)).as_deref(),
        Some(
            "name what they were made with by --model or RELATA_MODEL, --precision and --long, or embed all papers anew \
             beside them with `relata --model MODEL --precision int8 reembed`"
        )
    );
}

#[test]
fn a_model_that_no_source_brings_has_three_ways_out() {
    let of = |offline| {
        let unavailable = Unavailable {
            name: "toy".to_owned(),
            attempts: Vec::new(),
            repository: "nobody/toy".to_owned(),
            revision: "0123".to_owned(),
            place: PathBuf::from("/cache/toy"),
            offline,
        };
        with_advice(&ModelError::Unavailable(Box::new(unavailable)).into())
    };
    insta::assert_snapshot!(of(false), @"
    there is no whole copy of model toy on this machine, and no source brought one:
    three ways out:
      - run `relata model fetch toy` with HF_ENDPOINT set to a mirror of the hub, or HTTPS_PROXY to a proxy
      - download https://huggingface.co/nobody/toy/tree/0123 in any other way
        and give the folder: --model DIR, or RELATA_MODEL=DIR
      - copy the folder /cache/toy from a machine that has it to the same place
    ");
    assert!(of(true).contains("\n  - run `relata model fetch toy` without --offline and RELATA_OFFLINE\n"));
}

#[test]
fn codes_are_unique_and_listed_in_the_reference() {
    let rows: Vec<(String, String)> = DOMAINS.iter().flat_map(|file| listed(file)).collect();
    assert!(rows.len() > 60, "{}", rows.len());
    let codes: BTreeSet<&str> = rows.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes.len(), rows.len());
    let well_formed = |code: &&str| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'));
    assert!(codes.iter().all(well_formed), "{codes:?}");

    let advice = advice_by_code();
    assert_eq!(advice.keys().copied().collect::<BTreeSet<_>>(), codes, "an error without an example");

    let rows = BTreeSet::from_iter(&rows);
    let mut page = String::from(
        "# Errors\n\nWhat can go wrong, by the stable code that programs get (`Error::code`), and what the command line advises. The text of an\n\
         error names file, line and cause; it may change, its code does not. Made from `src/error/` and `src/cli/advice/`, and compared in\n\
         a test (`RELATA_RENEW=1 cargo test codes_are` writes it anew).\n\n\
         | code | what is wrong | what to do |\n| --- | --- | --- |\n",
    );
    for (code, told) in rows {
        let (told, todo) = (told.replace('|', "\\|"), advice[code.as_str()].replace('|', "\\|"));
        writeln!(page, "| `{code}` | {told} | {todo} |").expect("written");
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/errors.md");
    if std::env::var_os("RELATA_RENEW").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("docs/reference/errors.md"), page);
}
