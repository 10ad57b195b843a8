//! Liked papers that Zotero lacks, written into one of its collections.
//!
//! In: a profile and a collection. Out: [`ZoteroWritten`], what became of each paper. What came
//! from Zotero is never written back, and neither is what was written once. The library of Zotero
//! is looked through before, and nothing is written unless it is still as it was then: so neither a
//! crash nor a lost answer writes a paper twice.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Relata;
use crate::error::{Error, FetchError, Result, ZoteroError};
use crate::library::{Library, Paper};
use crate::paper::ArxivId;
use crate::zotero::{Client, Collection, MOST_AT_ONCE, Posted, Present, ZoteroSettings, preprint};

/// How often the library of Zotero is looked through anew, where it changes while it is written.
const RESTARTS: usize = 8;

/// Liked papers that were written into a collection.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ZoteroWritten {
    /// The address of Zotero's library.
    pub library: String,
    /// The key of the collection.
    pub key: String,
    /// The name of the collection.
    pub name: String,
    /// What became of each paper that Zotero may have lacked, by id.
    pub papers: Vec<WrittenPaper>,
    /// What went wrong with the rest.
    #[serde(skip)]
    pub fault: Option<Error>,
}

/// What became of a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenPaper {
    /// The paper.
    pub id: ArxivId,
    /// Its title; absent where the library does not have the paper.
    pub title: Option<String>,
    /// What became of it.
    pub outcome: WriteOutcome,
    /// Why it was not written, in Zotero's words; the key is left out where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of a paper that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WriteOutcome {
    /// It is in the collection now.
    Created,
    /// It would be, were this no dry run.
    WouldBeCreated,
    /// Zotero has it already, be it in the bin.
    AlreadyThere,
    /// The profile likes it, and the library of papers does not have it: nothing is known of it.
    Unknown,
    /// Zotero has not taken it.
    Failed,
    /// It was not tried, or it is not known what became of it; the next run looks.
    Open,
}

impl ZoteroWritten {
    /// Whether something was not written that should have been.
    pub fn is_partial(&self) -> bool {
        let missing = |paper: &WrittenPaper| matches!(paper.outcome, WriteOutcome::Failed | WriteOutcome::Open);
        self.fault.is_some() || self.papers.iter().any(missing)
    }

    /// How many papers have an outcome.
    pub fn count(&self, outcome: WriteOutcome) -> usize {
        self.papers.iter().filter(|paper| paper.outcome == outcome).count()
    }
}

/// A collection, with what writes there.
pub(super) struct Target {
    client: Client,
    collection: Collection,
}

/// A run that writes.
struct Writer<'a> {
    target: Target,
    library: &'a mut Library,
    profile: &'a str,
    /// What Zotero has, as of `version`.
    present: Present,
    version: u64,
    written: Vec<WrittenPaper>,
}

/// A paper that is to be written.
struct Wanted {
    paper: Paper,
    work: Value,
    /// The place of its outcome.
    at: usize,
}

impl Relata {
    /// The collection to write into, with what writes there.
    ///
    /// # Errors
    /// [`FetchError::Offline`], [`ZoteroError`] where nothing can be written.
    pub(super) fn zotero_target(&self, named: &str, settings: &ZoteroSettings) -> Result<Target> {
        if self.settings().offline {
            return Err(FetchError::Offline.into());
        }
        let client = Client::to_write(settings, self.waiting_for_zotero())?;
        let collection = client.collections()?.find(named)?;
        Ok(Target { client, collection })
    }

    /// Writes liked papers that Zotero lacks into a collection.
    ///
    /// # Errors
    /// What Zotero answers and the library reports, where it is known of no paper what became of
    /// it.
    pub(super) fn write_zotero(
        &self,
        library: &mut Library,
        profile: &str,
        target: Target,
        dry_run: bool,
    ) -> Result<ZoteroWritten> {
        let ids = library.unwritten(profile, target.client.library())?;
        let written = Vec::with_capacity(ids.len());
        let mut writer = Writer { target, library, profile, present: Present::default(), version: 0, written };
        let fault = writer.run(&ids, dry_run).err();
        let Writer { target: Target { client, collection }, written: papers, .. } = writer;
        let Collection { key, name, .. } = collection;
        match fault {
            Some(fault) if papers.is_empty() => Err(fault),
            fault => Ok(ZoteroWritten { library: client.library().to_owned(), key, name, papers, fault }),
        }
    }
}

impl Writer<'_> {
    fn run(&mut self, ids: &[ArxivId], dry_run: bool) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.version = self.target.client.present(0, &mut self.present)?;
        let mut wanted = self.wanted(ids)?;
        if dry_run {
            wanted.iter().for_each(|wanted| self.written[wanted.at].outcome = WriteOutcome::WouldBeCreated);
            return Ok(());
        }
        self.note_present()?;
        let (mut size, mut restarts) = (MOST_AT_ONCE, 0);
        while !wanted.is_empty() {
            let batch = wanted.len().min(size);
            let works: Vec<Value> = wanted[..batch].iter().map(|wanted| wanted.work.clone()).collect();
            match self.target.client.create(&works, self.version)? {
                Posted::Done { version, works } => {
                    self.version = version;
                    self.take(wanted.drain(..batch).zip(works))?;
                }
                Posted::Changed { .. } if restarts == RESTARTS => return Err(ZoteroError::Restless.into()),
                Posted::Changed { doubtful } => {
                    restarts += 1;
                    self.look_again(&mut wanted, if doubtful { batch } else { 0 })?;
                }
                Posted::TooLarge if batch == 1 => {
                    let too_large = Err("413: the server calls it too large".to_owned());
                    self.take(wanted.drain(..1).zip([too_large]))?;
                }
                Posted::TooLarge => size = batch.div_ceil(2),
            }
        }
        Ok(())
    }

    /// Sorts out papers: those that are to be written, and what is to be said of the others.
    fn wanted(&mut self, ids: &[ArxivId]) -> Result<Vec<Wanted>> {
        let mut wanted = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            let paper = self.library.paper(id)?.filter(|paper| paper.title.is_some());
            let outcome = match &paper {
                None => WriteOutcome::Unknown,
                Some(paper) if self.present.has(id, &paper.metadata) => WriteOutcome::AlreadyThere,
                Some(_) => WriteOutcome::Open,
            };
            let title = paper.as_ref().and_then(|paper| paper.title.clone());
            self.written.push(WrittenPaper { id: id.clone(), title, outcome, reason: None });
            if let Some(paper) = paper.filter(|_| outcome == WriteOutcome::Open) {
                let work = preprint(id, &paper.metadata, &paper.categories, &self.target.collection);
                wanted.push(Wanted { paper, work, at });
            }
        }
        Ok(wanted)
    }

    /// Notes papers that Zotero has already.
    fn note_present(&mut self) -> Result<()> {
        let there = self.written.iter().filter(|paper| paper.outcome == WriteOutcome::AlreadyThere);
        let there: Vec<(ArxivId, String)> = there.map(|paper| (paper.id.clone(), String::new())).collect();
        self.library.note_written(self.profile, self.target.client.library(), &there)
    }

    /// Takes what became of works.
    fn take(&mut self, works: impl Iterator<Item = (Wanted, std::result::Result<String, String>)>) -> Result<()> {
        let mut noted = Vec::new();
        for (Wanted { paper, at, .. }, outcome) in works {
            let written = &mut self.written[at];
            match outcome {
                Ok(item) => {
                    written.outcome = WriteOutcome::Created;
                    noted.push((paper.id, item));
                }
                Err(reason) => {
                    written.outcome = WriteOutcome::Failed;
                    written.reason = Some(reason);
                }
            }
        }
        self.library.note_written(self.profile, self.target.client.library(), &noted)
    }

    /// Looks what has come into the library since, and leaves out what is there now. The first
    /// `doubtful` works may be there since an earlier attempt was taken.
    fn look_again(&mut self, wanted: &mut Vec<Wanted>, doubtful: usize) -> Result<()> {
        self.version = self.target.client.present(self.version, &mut self.present)?;
        let mut noted = Vec::new();
        for (number, Wanted { paper, work, at }) in std::mem::take(wanted).into_iter().enumerate() {
            if self.present.has(&paper.id, &paper.metadata) {
                let made = number < doubtful;
                self.written[at].outcome = if made { WriteOutcome::Created } else { WriteOutcome::AlreadyThere };
                noted.push((paper.id, String::new()));
            } else {
                wanted.push(Wanted { paper, work, at });
            }
        }
        self.library.note_written(self.profile, self.target.client.library(), &noted)
    }
}
