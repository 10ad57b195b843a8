//! What the service tells on its way, as bars and lines on standard error.
//!
//! In: events. Out: a bar for work that is counted, a line for a note, with the way out that fits
//! this door.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{HumanCount, ProgressBar};
use jiff::civil::Date;

use crate::arxiv::Delay;
use crate::bulk::Status;
use crate::model::Progress;
use crate::paper::ArxivId;
use crate::service::{Event, HarvestStatus, Note, Observer, Work};

use super::advice;
use super::embed::words;
use super::skips::say_read;
use super::terminal::{printable, progress, say};

/// The first datestamp of arXiv's records.
const FIRST_DATESTAMP: Date = jiff::civil::date(2005, 9, 16);

/// The terminal as an observer.
#[derive(Default)]
pub(super) struct Terminal {
    bars: Mutex<HashMap<Work, ProgressBar>>,
    fetching: Mutex<Fetching>,
    texts: Mutex<Option<ProgressBar>>,
    harvest: Mutex<Option<ProgressBar>>,
}

impl Observer for Terminal {
    fn on(&self, event: Event) {
        match event {
            Event::Fetching(progress) => lock(&self.fetching).show(progress),
            Event::Began(work, total) => self.begin(work, total),
            Event::Done(work, done) => {
                if let Some(bar) = lock(&self.bars).get(&work) {
                    bar.set_position(done);
                }
            }
            Event::Ended(work) => {
                if let Some(bar) = lock(&self.bars).remove(&work) {
                    bar.finish_and_clear();
                }
            }
            Event::EmbeddedTexts(status) => self.show_texts(&status),
            Event::Harvested(status) => self.show_harvest(&status),
            Event::Read { skips, notes } => say_read(&skips, &notes),
            // A line that comes while a bar is drawn stands above it.
            Event::Note(note) => match &*lock(&self.harvest) {
                Some(bar) => bar.suspend(|| say(&in_words(&note))),
                None => say(&in_words(&note)),
            },
        }
    }
}

impl Terminal {
    fn begin(&self, work: Work, total: u64) {
        let papers = "{msg} {wide_bar} {human_pos}/{human_len} papers {per_sec} {eta}";
        let (what, template) = match work {
            Work::Reading => ("reading", "{msg} {wide_bar} {pos}/{len} files"),
            Work::Embedding => ("embedding", papers),
            Work::EmbeddingFacets => ("embedding what they say of it", papers),
            Work::EmbeddingTexts => {
                ("embedding your texts", "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}")
            }
            Work::TakingOver => ("taking over", "{msg} {wide_bar} {human_pos}/{human_len} vectors {per_sec} {eta}"),
            Work::Indexing => ("indexing", "{msg} {wide_bar} {human_pos}/{human_len} papers {eta}"),
            Work::Comparing => ("comparing", "{msg} {wide_bar} {percent}% {eta}"),
            Work::Ranking => ("ranking", "{msg} {wide_bar} {human_pos}/{human_len} queries {eta}"),
            // Steps that are not counted are named where the papers are compared.
            Work::Grouping => return self.rename("grouping"),
            Work::Drawing => return self.rename("drawing"),
            Work::Naming => return self.rename("naming"),
        };
        lock(&self.bars).insert(work, progress(total, what, template));
    }

    /// How far `relata embed` is: its texts are counted as they come, so the bar is not that of
    /// other work.
    fn show_texts(&self, status: &Status) {
        let mut texts = lock(&self.texts);
        let bar = texts.get_or_insert_with(|| progress(0, "", "embedding {wide_bar} {msg}"));
        bar.set_length(status.expected.unwrap_or(status.rows));
        bar.set_position(status.rows);
        bar.set_message(words(status));
    }

    /// How far a harvest is: by its days, since nobody tells how many records there are.
    fn show_harvest(&self, status: &HarvestStatus) {
        let mut harvest = lock(&self.harvest);
        if status.done {
            if let Some(bar) = harvest.take() {
                bar.finish_and_clear();
            }
            return;
        }
        let bar = harvest.get_or_insert_with(|| progress(0, "", "{wide_bar} {msg} {eta}"));
        let since = status.since.unwrap_or(FIRST_DATESTAMP);
        let days = |day: Date| since.until(day).map_or(0, |span| span.get_days().max(0).unsigned_abs().into());
        bar.set_length(days(status.until).max(1));
        bar.set_position(status.at.map_or(0, days));
        let at = status.at.map_or_else(String::new, |day| format!(", at {day}"));
        let name = status.category.as_deref().unwrap_or("arXiv");
        bar.set_message(format!("{name}: {} records, {} pages{at}", HumanCount(status.records), status.pages));
    }

    /// Takes the bar of `relata embed` away.
    pub(super) fn end_texts(&self) {
        if let Some(bar) = lock(&self.texts).take() {
            bar.finish_and_clear();
        }
    }

    fn rename(&self, step: &'static str) {
        if let Some(bar) = lock(&self.bars).get(&Work::Comparing) {
            bar.set_message(step);
        }
    }
}

/// A note as it is said here.
fn in_words(note: &Note) -> String {
    match note {
        Note::Opened(text) | Note::Learned(text) => format!("note: {}", printable(text)),
        Note::Delayed(delay) => delayed(delay),
        Note::Waiting { library, holder } => {
            let who = holder.as_ref().map_or_else(|| "another process".to_owned(), ToString::to_string);
            format!("waiting for {}, which writes the library {}", printable(&who), library.display())
        }
        Note::Sample { library, papers } => format!(
            "Your library ({}) is empty: this answer comes from the sample digest ({papers} papers).\n\
             Add your own with: relata add PATH...",
            library.display(),
        ),
        Note::SampleLookedUp => {
            "Your library has no papers yet, so ids are looked for in the sample digest.".to_owned()
        }
        Note::ModelFolderRemembered => {
            "The library was embedded with the model in this folder. If it has moved, `relata --model DIR reembed` notes where it is."
                .to_owned()
        }
        Note::IndexUnreadable(what) => format!("note: {}; every paper is looked at instead", printable(what)),
        Note::IndexDamaged(what) => format!("note: {}; every paper was looked at instead", printable(what)),
        Note::IndexDue => {
            "The index is made now, so that the next answer comes sooner. To interrupt this does no harm.".to_owned()
        }
        Note::IndexNotMade(why) => format!("note: there is no index, so answers take longer: {why}"),
        Note::RemovedWithoutJournal { library } => format!(
            "note: the disk of {} has no room for a journal, so this was done without one: had the process been killed \
             meanwhile, the library would be damaged. Free some space before anything else.",
            library.display()
        ),
        Note::ClusterLost { reason, pause } => {
            format!("note: the cluster was lost ({reason}); the job is begun again every {} s", pause.as_secs())
        }
        Note::IndexNotRefreshed(why) => format!("note: the index was not brought up to date: {why}"),
        Note::AbsentFromProfile { profile, papers } => {
            format!("{papers} papers of the profile {} are not in the library.", printable(profile))
        }
        Note::AllMuted { profile } => format!(
            "note: all that the profile {} likes is muted, so nothing is recommended; `relata profile weight` has an interest \
             count again",
            printable(profile)
        ),
        Note::OwnTextsUnread { model, texts } => {
            format!("note: {model} does not read the language of {texts} texts of the profile; they are left out")
        }
        Note::Withdrawn { named, liked } => {
            let told = [(named, ""), (liked, ", which you like,")].into_iter().filter(|(ids, _)| !ids.is_empty());
            let told: Vec<String> = told.map(|(ids, what)| withdrawn(ids, what)).collect();
            format!("note: {}", told.join("; "))
        }
        Note::TextUnread { model, text } => {
            let beginning: String = text.chars().take(60).collect();
            let more = if beginning.len() < text.len() { "…" } else { "" };
            format!("note: {model} does not read the language of this text; left out: {beginning}{more}")
        }
        Note::OtherModel(other) => format!("{}.", advice::other_model(other)),
        Note::WordsAlone { model } => {
            format!("{model} does not read the language of this text: searching by words alone.")
        }
        Note::NotInLibrary(which) => format!("note: {which}"),
        Note::ShownNotNoted(why) => format!("note: the list of another day will show these papers again: {why}"),
        Note::TopicsOvertaken => {
            "note: another process has found topics meanwhile; those are kept, and these are not".to_owned()
        }
        Note::JudgementUnread { file, reason } => format!("{}: {}", file.display(), printable(reason)),
        Note::JudgedAbsent { papers } => {
            format!("{papers} judged papers are not in the library, or have no text there, and were left out.")
        }
        Note::Wrote { papers, path } => format!("Wrote {papers} papers to {}.", path.display()),
        Note::TopicsNotKept(why) => format!("note: these topics are not kept: {why}"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows a model on its way here.
#[derive(Default)]
struct Fetching {
    bar: Option<ProgressBar>,
}

impl Fetching {
    fn show(&mut self, event: Progress) {
        match event {
            Progress::Note(text) => match &self.bar {
                Some(bar) => bar.suspend(|| say(&printable(&text))),
                None => say(&printable(&text)),
            },
            Progress::Begin { what, bytes } => {
                say(&format!("fetching {}", printable(&what)));
                let template = "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
                self.bar = Some(progress(bytes.unwrap_or(0), "", template));
            }
            Progress::Advance { bytes } => {
                if let Some(bar) = &self.bar {
                    bar.set_position(bytes);
                }
            }
            Progress::End => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

/// Why a server of arXiv is waited for.
fn delayed(delay: &Delay) -> String {
    let time = |at: &jiff::Timestamp| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string();
    match delay {
        Delay::Turn(holder) => {
            let who = holder.as_ref().map_or_else(|| "another process".to_owned(), ToString::to_string);
            format!("waiting for {}, which makes a request to arXiv", printable(&who))
        }
        Delay::Rest { server, until } => format!("{server} asked for rest; going on at {}", time(until)),
        Delay::Again { server, reason, at } => {
            format!("{server}: {}; asking again at {}", printable(reason), time(at))
        }
    }
}

/// `2602.04005, which you like, is withdrawn`
fn withdrawn(ids: &[ArxivId], what: &str) -> String {
    const NAMED: usize = 5;
    let mut names: Vec<String> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    if ids.len() > NAMED {
        names.push(format!("{} more", ids.len() - NAMED));
    }
    let is = if ids.len() == 1 { "is" } else { "are" };
    format!("{}{what} {is} withdrawn", names.join(", "))
}
