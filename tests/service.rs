//! The service from outside: many threads that ask while one adds, events and their end, requests
//! as data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use relata::error::{LibraryError, ProfileError};
use relata::library::Filter;
use relata::model::Settings;
use relata::service::{
    Add, Among, CancelToken, Embed, Event, FindTopics, ImportProfile, ImportVectors, Note, Opine, Options, Recommend,
    Relata, Remove, Search, Seen, Source, Today, Work,
};
use relata::{ArxivId, Entry, Error, Metadata, Precedence, SourceKind};
use serde_json::Value;
use tempfile::TempDir;

/// Threads that ask.
const ASKING: usize = 16;
/// Batches that are added, and papers of each.
const BATCHES: usize = 8;
const PAPERS: usize = 24;

fn id(n: usize) -> ArxivId {
    ArxivId::parse(&format!("2601.{:05}", n + 1)).expect("an id").0
}

/// Paper number `n` of an endless invented literature; no two have the same text.
fn invented(n: usize) -> Entry {
    let subjects = ["glaciers", "tokenisers", "bridges", "enzymes", "galaxies", "auctions", "violins"];
    let means = ["graph cuts", "slow sampling", "wave equations", "learned filters", "careful counting"];
    let (subject, mean) = (subjects[n % subjects.len()], means[n / subjects.len() % means.len()]);
    let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
    Entry {
        metadata: Metadata {
            title: Some(format!("{mean} for {subject}, part {n}")),
            abstract_text: Some(format!(
                "We describe {subject} number {n} by {mean}. The {subject} are observed {n} times."
            )),
            authors: vec![format!("Ada Example{}", n % 11), "Björn Muster".to_owned()],
            ..Metadata::default()
        },
        categories: vec![["cs.LG", "stat.ML", "astro-ph.GA"][n % 3].to_owned()],
        ..Entry::new(id(n), precedence, 1)
    }
}

fn batch(number: usize) -> Vec<Entry> {
    (number * PAPERS..(number + 1) * PAPERS).map(invented).collect()
}

/// A handle to a library in a folder, with the tiny random-weight model.
fn relata(folder: &Path) -> Relata {
    let own = |name: &str| folder.join(name).into_os_string();
    let cache = own("cache");
    let settings =
        Settings::from_vars(|name| (name == "RELATA_CACHE").then(|| cache.clone()), None, Some(own("home").into()))
            .expect("settings");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert");
    let mut options = Options::new(folder.join("library.db"), Settings { offline: true, ..settings });
    options.model = Some(model.display().to_string());
    Relata::new(options)
}

/// A library to begin from instead of none, embedded with the default model:
/// RELATA_SERVICE_LIBRARY. One of 20,000 papers and more has an index.
fn large() -> Option<PathBuf> {
    std::env::var_os("RELATA_SERVICE_LIBRARY").map(PathBuf::from)
}

/// A handle to a library for the threads that ask: a copy of the large one, where there is one.
fn asked(folder: &Path) -> Relata {
    let Some(large) = large() else { return relata(folder) };
    for file in large.parent().expect("a folder").read_dir().expect("files") {
        let file = file.expect("a file").path();
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        if let Some(rest) = name.strip_prefix(large.file_name().and_then(|name| name.to_str()).expect("a name")) {
            std::fs::copy(&file, folder.join(format!("library.db{rest}"))).expect("a copy");
        }
    }
    Relata::new(Options::new(folder.join("library.db"), Settings::from_env().expect("settings")))
}

/// How many of the questions are asked: topics of a hundred thousand papers take too long.
fn questions() -> usize {
    if large().is_some() { QUESTIONS - 1 } else { QUESTIONS }
}

/// The same questions to any library; each gives what it saw and its answer as text.
fn ask(relata: &Relata, question: usize) -> (Seen, String) {
    let text = |value: &dyn erased::Json| value.text();
    match question {
        0 => {
            let request = Recommend::new().like([id(3), id(8)]).unlike([id(5)]).k(12);
            let answer = relata.recommend(&request).expect("an answer");
            (answer.seen, text(&answer))
        }
        1 => {
            let request = Recommend::new().like_text(["waves in galaxies"]).filter(Filter::new().categories(["cs.LG"]));
            let answer = relata.recommend(&request).expect("an answer");
            (answer.seen, text(&answer))
        }
        2 => {
            let request = Search::new("slow sampling of enzymes").k(15);
            let answer = relata.search(&request).expect("an answer");
            (answer.seen, text(&answer))
        }
        3 => {
            let mut info = relata.info().expect("an answer");
            // Two libraries lie in different places and take different room.
            (info.library, info.bytes) = (String::new(), 0);
            let seen = Seen { source: Source::Library, papers: info.papers, vectors: info.embedded };
            (seen, text(&info))
        }
        _ => {
            // What is kept of topics depends on what was found before.
            let found = relata.topics(&FindTopics::new().fresh(true)).expect("an answer");
            (found.seen, text(&found.answer()))
        }
    }
}

const QUESTIONS: usize = 5;

mod erased {
    /// Anything that is an answer.
    pub(crate) trait Json {
        fn text(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn text(&self) -> String {
            serde_json::to_string(self).expect("an answer is JSON")
        }
    }
}

/// The answers of one thread that asks whenever anything was committed: by question and by what was
/// seen.
fn reference() -> BTreeMap<(usize, Seen), String> {
    let folder = TempDir::new().expect("a folder");
    let quiet = asked(folder.path());
    quiet.add_entries(&batch(0), true).expect("added");
    let answers: Arc<Mutex<BTreeMap<(usize, Seen), String>>> = Arc::default();
    let (asker, noted) = (quiet.clone(), Arc::clone(&answers));
    let note = move || {
        for question in 0..questions() {
            let (seen, answer) = ask(&asker, question);
            let before = noted.lock().expect("a lock").insert((question, seen), answer.clone());
            assert!(before.is_none_or(|before| before == answer), "question {question} has two answers at {seen:?}");
        }
    };
    note();
    let at_each_commit = note.clone();
    let adder = quiet.observed_by(move |event: Event| {
        if matches!(event, Event::Done(Work::Embedding, _)) {
            at_each_commit();
        }
    });
    for number in 1..BATCHES {
        adder.add_entries(&batch(number), true).expect("added");
        note();
    }
    drop((adder, note));
    Arc::into_inner(answers).expect("nobody else").into_inner().expect("a lock")
}

#[test]
fn sixteen_threads_ask_while_one_adds_and_every_answer_is_that_of_one_thread() {
    let expected = reference();
    let seconds = std::env::var("RELATA_SERVICE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        let folder = TempDir::new().expect("a folder");
        let relata = asked(folder.path());
        relata.add_entries(&batch(0), true).expect("added");
        let (over, answers, states) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
        thread::scope(|scope| {
            for number in 0..ASKING {
                let (relata, expected, over, answers, states) = (relata.clone(), &expected, &over, &answers, &states);
                scope.spawn(move || {
                    let mut question = number;
                    while !over.load(Ordering::Relaxed) {
                        question = (question + 1) % questions();
                        let (seen, answer) = ask(&relata, question);
                        let known = expected.get(&(question, seen));
                        assert!(known.is_some(), "question {question} saw what no single thread sees: {seen:?}");
                        assert_eq!(Some(&answer), known, "question {question} at {seen:?}");
                        answers.fetch_add(1, Ordering::Relaxed);
                        states.lock().expect("a lock").insert(seen);
                    }
                });
            }
            let adding = thread::Builder::new().spawn_scoped(scope, || {
                for number in 1..BATCHES {
                    // Until everybody has had a chance to see the state before.
                    let before = answers.load(Ordering::Relaxed);
                    let patience = Instant::now() + Duration::from_secs(60);
                    while answers.load(Ordering::Relaxed) < before + ASKING && Instant::now() < patience {
                        thread::sleep(Duration::from_millis(2));
                    }
                    relata.add_entries(&batch(number), true).expect("added");
                }
            });
            let added = adding.expect("a thread").join();
            over.store(true, Ordering::Relaxed);
            added.expect("all was added");
        });
        let states = states.into_inner().expect("a lock");
        assert!(states.len() >= BATCHES - 1, "of {BATCHES} batches {} states were seen", states.len());
        if Instant::now() >= end {
            break;
        }
    }
}

#[test]
fn what_another_handle_adds_is_answered_from_at_once() {
    let folder = TempDir::new().expect("a folder");
    let (one, other) = (relata(folder.path()), relata(folder.path()));
    one.add_entries(&batch(0), true).expect("added");
    let before: Vec<_> = (0..QUESTIONS).map(|question| ask(&one, question)).collect();
    other.add_entries(&batch(1), true).expect("added");
    for (question, before) in before.iter().enumerate() {
        let after = ask(&one, question);
        assert_ne!(&after, before, "question {question}");
        assert_eq!(after, ask(&relata(folder.path()), question), "question {question}");
    }
}

#[test]
fn work_tells_its_steps_and_ends_where_it_is_asked_to() {
    let folder = TempDir::new().expect("a folder");
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let (noted, cancel) = (Arc::clone(&events), CancelToken::new());
    let token = cancel.clone();
    let relata = relata(folder.path());
    let observed = relata.cancelled_by(&cancel).observed_by(move |event: Event| {
        if let Event::Began(Work::Embedding, _) = event {
            token.cancel();
        }
        noted.lock().expect("a lock").push(format!("{event:?}"));
    });
    let failed = observed.add_entries(&batch(0), true).expect_err("cancelled");
    assert!(matches!(*failed.error, Error::Cancelled) && failed.stored);
    assert_eq!((failed.report.added, failed.report.embedded), (PAPERS as u64, 0));
    let told = events.lock().expect("a lock").clone();
    assert_eq!(told, ["Began(Embedding, 24)", "Done(Embedding, 0)", "Ended(Embedding)"]);
    // What is stored is embedded by whoever asks next.
    assert_eq!(ask(&relata, 0).0.vectors, PAPERS as u64);
    assert!(matches!(observed.recommend(&Recommend::new().like([id(1)])), Err(Error::Cancelled)));
}

#[test]
fn whoever_ends_a_search_for_topics_keeps_none() {
    let folder = TempDir::new().expect("a folder");
    let relata = relata(folder.path());
    relata.add_entries(&batch(0), true).expect("added");
    for work in [Work::Comparing, Work::Grouping, Work::Drawing, Work::Naming] {
        let cancel = CancelToken::new();
        let token = cancel.clone();
        let observed = relata.cancelled_by(&cancel).observed_by(move |event: Event| {
            if matches!(event, Event::Began(began, _) if began == work) {
                token.cancel();
            }
        });
        assert!(matches!(observed.topics(&FindTopics::new()), Err(Error::Cancelled)), "{work:?}");
    }
    // What is found next is the first run that is kept: it has nothing to compare with.
    let found = relata.topics(&FindTopics::new()).expect("topics");
    assert!(found.news.is_none());
    assert_eq!(found.topics.papers.len(), PAPERS);
}

#[cfg(feature = "parquet")]
#[test]
fn whoever_ends_taking_vectors_over_keeps_what_was_taken() {
    let folder = TempDir::new().expect("a folder");
    let relata = relata(folder.path());
    let vectors = folder.path().join("vectors");
    std::fs::create_dir(&vectors).expect("a folder");
    for number in 0..2 {
        let line = |entry: Entry| {
            let (title, text) = (entry.title.clone(), entry.abstract_text.clone());
            serde_json::json!({"id": entry.id, "title": title, "abstract": text}).to_string()
        };
        let papers = folder.path().join(format!("{number}.jsonl"));
        std::fs::write(&papers, batch(number).into_iter().map(line).collect::<Vec<_>>().join("\n")).expect("written");
        let embedded = relata.embed(&Embed::new([&papers], vectors.join(format!("{number}.parquet"))));
        assert_eq!(embedded.expect("embedded").rows, PAPERS as u64);
        relata.add(&Add::new([papers]).embed(false)).expect("added");
    }
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let (noted, cancel) = (Arc::clone(&events), CancelToken::new());
    let token = cancel.clone();
    let observed = relata.cancelled_by(&cancel).observed_by(move |event: Event| {
        if let Event::Done(Work::TakingOver, _) = event {
            token.cancel();
        }
        noted.lock().expect("a lock").push(format!("{event:?}"));
    });
    let request = ImportVectors::new([&vectors]);
    assert!(matches!(observed.import_vectors(&request), Err(Error::Cancelled)));
    let told = events.lock().expect("a lock").clone();
    assert_eq!(told, ["Began(TakingOver, 48)", "Done(TakingOver, 24)", "Ended(TakingOver)"]);
    assert_eq!(relata.vectors().expect("vectors").ids.len(), PAPERS);
    let imported = relata.import_vectors(&request).expect("taken");
    assert_eq!((imported.taken, imported.there, imported.files), (PAPERS as u64, PAPERS as u64, 2));
    assert_eq!(relata.vectors().expect("vectors").ids.len(), 2 * PAPERS);
}

#[test]
fn the_sample_answers_until_there_are_papers() {
    let folder = TempDir::new().expect("a folder");
    let notes: Arc<Mutex<Vec<Note>>> = Arc::default();
    let noted = Arc::clone(&notes);
    let relata = relata(folder.path()).observed_by(move |event: Event| {
        if let Event::Note(note) = event {
            noted.lock().expect("a lock").push(note);
        }
    });
    let liked = ArxivId::parse("2602.10611").expect("an id").0;
    let answer = relata.recommend(&Recommend::new().like([liked.clone()])).expect("an answer");
    assert_eq!((answer.seen, answer.results.len()), (Seen { source: Source::Sample, papers: 7, vectors: 7 }, 6));
    let library = relata.library_path().to_owned();
    assert_eq!(*notes.lock().expect("a lock"), [Note::Sample { library: library.clone(), papers: 7 }]);
    assert!(!library.exists(), "a question makes no library");
    let listed: Vec<ArxivId> = answer.results.iter().map(|row| row.id.clone()).collect();
    relata.note_answer(Source::Sample, &listed).expect("noted");
    assert_eq!(relata.last_answer().expect("read"), listed);

    let opinion = Opine {
        papers: vec![liked.clone()],
        profile: "default".to_owned(),
        opinion: Some(relata::library::Opinion::Liked),
    };
    assert_eq!(relata.opine(&opinion).expect("noted").changed, 1);
    let own = relata.recommend(&Recommend::default()).expect("an answer");
    assert_eq!((own.query.like, own.query.profile), (vec![liked], Some("default".to_owned())));
    let empty = relata.today(&Today::default()).expect_err("no papers");
    assert!(matches!(empty, Error::Library(LibraryError::Empty { .. })) && empty.code() == "empty-library");
    relata.add_entries(&batch(0), true).expect("added");
    assert!(matches!(
        relata.recommend(&Recommend::default()),
        Err(Error::Profile(ProfileError::LikedAreGone { papers: 1, .. }))
    ));
}

#[test]
fn papers_come_from_files_readers_and_memory() {
    let folder = TempDir::new().expect("a folder");
    let relata = relata(folder.path());
    let digest = "### [1] [Slow glaciers](https://arxiv.org/abs/2601.00001v2)\n*A. Author*\n\n\
                  Main category: cs.LG\n\nAbstract: Ice moves when nobody looks.\n";
    let read = relata.add_reader("2026-01-05.md".as_ref(), digest.as_bytes(), true).expect("added");
    assert_eq!((read.added, read.embedded, read.skips.count()), (1, 1, 0));
    let file = folder.path().join("2026-01-05.md");
    std::fs::write(&file, digest).expect("written");
    let paths = vec![file.clone(), folder.path().join("absent.md"), file];
    let read = relata.add(&Add { paths, embed: false }).expect("added");
    assert_eq!((read.unchanged, read.files, read.skips.count(), read.embedded), (1, 1, 1, 0));
    let entries = [invented(5), invented(6)];
    assert_eq!(relata.add_entries(&entries, false).expect("added").added, 2);
    let info = relata.info().expect("read");
    assert_eq!((info.papers, info.embedded), (3, 1));
    let removed = relata.remove(&Remove { ids: vec![id(5), id(99), id(5)] }).expect("removed");
    assert_eq!((removed.removed, removed.unknown), (vec![id(5)], vec![id(99)]));
    let paper = relata.paper(&id(0)).expect("read");
    assert_eq!((paper.metadata.title.as_deref(), paper.version), (Some("Slow glaciers"), Some(2)));
    assert_eq!(relata.check().expect("checked").problems, Vec::<String>::new());
}

#[test]
fn requests_are_data_and_unknown_keys_are_refused_by_name() {
    let request: Recommend = serde_json::from_str(
        r#"{"like": ["arXiv:2601.00004v2"], "k": 3, "filter": {"category": ["cs.LG"], "since": "2026-01-01"}, "facet": "method"}"#,
    )
    .expect("read");
    assert_eq!((request.like, request.ranking.k, request.ranking.language.as_str()), (vec![id(3)], 3, "en"));
    assert_eq!(request.facet, Some(relata::Facet::Method));
    let refused = |said: Result<(), serde_json::Error>| said.expect_err("refused").to_string();
    let recommend = serde_json::from_str::<Recommend>(r#"{"likes": []}"#).map(drop);
    assert!(refused(recommend).contains("unknown field `likes`, expected one of `like`, `unlike`"));
    let filter = serde_json::from_str::<Search>(r#"{"filter": {"categories": []}}"#).map(drop);
    assert!(refused(filter).contains("unknown field `categories`"));
    // Keys that two requests share stand among those of each.
    let (recommend, today) = (r#"{"like": [], "kk": 3}"#, r#"{"seen": true, "like": [], "k": 3}"#);
    assert!(refused(serde_json::from_str::<Recommend>(recommend).map(drop)).contains("unknown field `kk`"));
    assert!(refused(serde_json::from_str::<Today>(today).map(drop)).contains("unknown field `like`"));
    let today: Today = serde_json::from_str(r#"{"k": 3, "seen": true, "at_least": 70}"#).expect("read");
    assert_eq!(today, Today::new("default").k(3).seen(true).at_least(70.0));
    let topics = serde_json::from_str::<FindTopics>(r#"{"amongst": {}}"#).map(drop);
    assert!(refused(topics).contains("unknown field `amongst`"));
    let import = serde_json::from_str::<ImportProfile>(r#"{"path": "a.bib"}"#).map(drop);
    assert!(refused(import).contains("unknown field `path`"));
    let among: Among = serde_json::from_str(r#"{"search": "ice"}"#).expect("read");
    assert_eq!(among, Among { search: Some("ice".to_owned()), ..Among::default() });
    let value: Value = serde_json::to_value(Recommend::default()).expect("JSON");
    assert_eq!((&value["k"], &value["factors"]["words"]), (&10.into(), &1.0.into()));
}

/// Schemas lie in tests/golden/schemas; RELATA_RENEW=1 writes them anew.
#[test]
fn no_request_and_no_answer_changes_unnoticed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/schemas");
    let rewrite = std::env::var_os("RELATA_RENEW").is_some();
    let mut names = BTreeSet::new();
    for (name, schema) in relata::service::schemas() {
        let path = folder.join(format!("{name}.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if rewrite {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&path, &text).expect("written");
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(stored == text, "{} is another; look at RELATA_RENEW=1 and git diff", path.display());
        names.insert(path.file_name().expect("a name").to_owned());
    }
    let there: BTreeSet<_> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(there, names);
}

/// The package for Python has a type for every part of a request and an answer, and a method for
/// every task; python/generate.py writes them. Without Python nothing is looked at.
#[test]
fn no_type_of_the_package_for_python_changes_unnoticed() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/generate.py");
    let described = relata::service::tasks().into_iter().map(|task| {
        serde_json::json!({"name": task.name, "about": task.about, "request": task.request, "answer": task.answer})
    });
    let described = Value::Array(described.collect()).to_string();
    let rewrite = std::env::var_os("RELATA_RENEW").is_some();
    let mut python = std::process::Command::new("python3");
    python.args(["-B".as_ref(), script.as_os_str()]).args(["--stdin"]).args((!rewrite).then_some("--check"));
    // The published package lacks the script.
    let running = script.is_file().then(|| python.stdin(std::process::Stdio::piped()).spawn());
    let Some(Ok(mut running)) = running else { return };
    std::io::Write::write_all(&mut running.stdin.take().expect("a pipe"), described.as_bytes()).expect("written");
    let done = running.wait().expect("an end");
    assert!(done.success(), "python/package/relata/types.py or _tasks.py is another; RELATA_RENEW=1 writes them");
}

/// Gives thousands of entries, and once ten thousand were given, looks whether any is stored.
struct Watched<'a> {
    library: &'a Path,
    next: usize,
    line: Vec<u8>,
    seen: Arc<AtomicUsize>,
}

impl std::io::Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.line.is_empty() && self.next < 12_000 {
            self.next += 1;
            let id = format!("26{:02}.{:05}", 1 + self.next / 10_000, self.next % 10_000 + 1);
            self.line = format!("{{\"id\": \"{id}\", \"title\": \"Ice {}\"}}\n", self.next).into_bytes();
            // The reader is a buffer or two ahead of what it hands over.
            self.line.resize(self.line.len() - 1 + 400, b' ');
            self.line.push(b'\n');
            if self.next == 10_000 {
                let stored = relata::library::Library::open_read_only(self.library).expect("a library");
                self.seen.store(stored.len().expect("a count") as usize, Ordering::Relaxed);
            }
        }
        let length = self.line.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

#[test]
fn what_is_added_is_committed_long_before_ten_thousand_entries() {
    let folder = tempfile::tempdir().expect("a folder");
    let (relata, seen) = (relata(folder.path()), Arc::new(AtomicUsize::new(0)));
    let library = folder.path().join("library.db");
    let input = Watched { library: &library, next: 0, line: Vec::new(), seen: Arc::clone(&seen) };
    let added = relata.add_reader("papers.jsonl".as_ref(), input, false).expect("added");
    assert_eq!(added.added, 12_000);
    let early = seen.load(Ordering::Relaxed);
    assert!((1000..10_000).contains(&early), "{early} were stored when 10,000 had been read");
}
