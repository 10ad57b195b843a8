//! Evaluate: how well ways of ranking find what people have judged to be related.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Relata;
use super::events::{Event, Note, Work};
use super::query::{Factors, check_diversity};
use super::rows::six_decimals;
use crate::error::{Error, Result};
use crate::evaluate::{Estimate, Judgement, METRICS, Method, Options, Outcome, evaluate};
use crate::library::Library;
use crate::paper::ArxivId;
use crate::setters::setters;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluate {
    /// A file of judgements, one JSON object a line: `{"query": ID, "relevant": [ID, ...]}`, or
    /// `{"like": [ID, ...], "unlike": [ID, ...], "relevant": [ID, ...]}`.
    pub judgements: PathBuf,
    /// Ways of ranking; all where none is named, or of one liked paper those that differ.
    #[serde(default)]
    pub methods: Vec<Method>,
    /// How the parts of a score count.
    #[serde(default)]
    pub factors: Factors,
    /// How much an answer's likeness to those before it lowers its score, from 0 to 1.
    #[serde(default)]
    pub diversity: f32,
}

setters! { Evaluate:
    /// Ways of ranking; all where none is named.
    methods => each methods(Method);
    /// How the parts of a score count.
    factors => value factors(Factors);
    /// How much an answer's likeness to those before it lowers its score, from 0 to 1.
    diversity => value diversity(f32);
}

impl Evaluate {
    /// Asks how well all ways of ranking find what a file of judgements says. Setters say what else
    /// is wanted.
    pub fn new(judgements: impl Into<PathBuf>) -> Evaluate {
        Evaluate { judgements: judgements.into(), ..Evaluate::default() }
    }
}

/// What each method reaches.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Evaluated {
    /// Judgements that could be used.
    pub queries: usize,
    /// The methods.
    pub methods: Vec<MethodRow>,
    /// Lines of the file that could not be read.
    #[serde(skip)]
    pub wrong: usize,
    /// Whether any judgement likes several papers.
    #[serde(skip)]
    pub several: bool,
    /// What was measured.
    #[serde(skip)]
    pub outcomes: Vec<Outcome>,
    /// The judgements.
    #[serde(skip)]
    pub judgements: Vec<Judgement>,
}

/// A method and what it reaches.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MethodRow {
    /// The method.
    pub name: &'static str,
    /// Metrics by their names, each from 0 to 1.
    #[serde(flatten)]
    pub metrics: BTreeMap<&'static str, Interval>,
}

/// A mean over judgements with its 95 % interval, to six decimals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Interval {
    /// Mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// One liked paper.
    query: Option<String>,
    /// Or several.
    #[serde(default)]
    like: Vec<String>,
    #[serde(default)]
    unlike: Vec<String>,
    relevant: Vec<String>,
}

impl Relata {
    /// Measures ways of ranking by judgements. Every paper of the library can be an answer. Lines
    /// that cannot be read and papers that are not there are told; without a judgement that is left
    /// nothing is measured.
    ///
    /// # Errors
    /// [`Error::Io`]; [`QueryError::OutOfRange`](crate::error::QueryError::OutOfRange); what the
    /// model and the library report.
    pub fn evaluate(&self, request: &Evaluate) -> Result<Evaluated> {
        check_diversity(request.diversity)?;
        request.factors.check()?;
        let mut session = self.answering()?;
        let Read { judgements, wrong, missing } = read(&request.judgements, &session.library)?;
        for reason in &wrong {
            let file = request.judgements.clone();
            self.note(Note::JudgementUnread { file, reason: reason.clone() });
        }
        if missing > 0 {
            self.note(Note::JudgedAbsent { papers: missing });
        }
        let wrong = wrong.len();
        if judgements.is_empty() {
            return Ok(Evaluated { wrong, ..Evaluated::default() });
        }
        let embedder = session.embedder()?;
        let fingerprint = session.embedded(&embedder)?;
        let view = session.library.view()?;
        let knowledge = session.knowledge(&view, fingerprint)?;
        let context = knowledge.context(&session.library, fingerprint);
        let options = Options { weights: request.factors.weights(), diversity: request.diversity };
        let several = judgements.iter().any(|judgement| judgement.like.len() > 1);
        let methods: &[Method] = match (&request.methods, several) {
            (named, _) if !named.is_empty() => named,
            (_, true) => &Method::ALL,
            (_, false) => &Method::OF_ONE,
        };
        self.tell(Event::Began(Work::Ranking, (methods.len() * judgements.len()) as u64));
        let mut done = 0;
        let measured = methods.iter().map(|method| {
            self.cancel.check()?;
            evaluate(&context, &knowledge.known, &judgements, *method, &options, &mut || {
                done += 1;
                self.tell(Event::Done(Work::Ranking, done));
            })
        });
        let outcomes: Result<Vec<Outcome>> = measured.collect();
        self.tell(Event::Ended(Work::Ranking));
        let outcomes = outcomes?;
        let methods = outcomes.iter().map(method_row).collect();
        Ok(Evaluated { queries: judgements.len(), methods, wrong, several, outcomes, judgements })
    }
}

impl Evaluated {
    /// Writes a line for each judgement and method: what was asked and what was found, the best
    /// first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_rankings(&self, path: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(path).map_err(Error::io(path))?);
        for outcome in &self.outcomes {
            for (at, (judgement, ranking)) in self.judgements.iter().zip(&outcome.rankings).enumerate() {
                let line = json!({
                    "method": outcome.method.name(), "judgement": at, "like": judgement.like, "ranking": ranking,
                });
                writeln!(file, "{line}").map_err(Error::io(path))?;
            }
        }
        file.flush().map_err(Error::io(path))
    }
}

fn method_row(outcome: &Outcome) -> MethodRow {
    let interval = |Estimate { mean, low, high }: Estimate| Interval {
        mean: six_decimals(mean),
        low: six_decimals(low),
        high: six_decimals(high),
    };
    let metrics = METRICS.into_iter().zip(outcome.metrics.into_iter().map(interval)).collect();
    MethodRow { name: outcome.method.name(), metrics }
}

struct Read {
    judgements: Vec<Judgement>,
    /// Lines that cannot be read, and why.
    wrong: Vec<String>,
    /// Papers that the library does not have, or not with a text.
    missing: usize,
}

fn read(path: &Path, library: &Library) -> Result<Read> {
    let file = File::open(path).map_err(Error::io(path))?;
    let mut read = Read { judgements: Vec::new(), wrong: Vec::new(), missing: 0 };
    for (at, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line.map_err(Error::io(path))?;
        let judged = std::str::from_utf8(&line).map_err(|why| format!("this is not UTF-8: {why}"));
        if judged.as_ref().is_ok_and(|line| line.trim().is_empty()) {
            continue;
        }
        match judged.and_then(judgement) {
            Err(why) => read.wrong.push(format!("line {}: {why}", at + 1)),
            Ok(judgement) => {
                let judged = judgement.like.len() + judgement.unlike.len() + judgement.relevant.len();
                let like: Vec<ArxivId> = with_text(library, judgement.like)?;
                let unlike: Vec<ArxivId> = with_text(library, judgement.unlike)?;
                let relevant: BTreeSet<ArxivId> = with_text(library, judgement.relevant)?;
                read.missing += judged - like.len() - unlike.len() - relevant.len();
                if !like.is_empty() && !relevant.is_empty() {
                    read.judgements.push(Judgement { like, unlike, relevant });
                }
            }
        }
    }
    Ok(read)
}

/// Those that can be compared.
fn with_text<C: FromIterator<ArxivId>>(library: &Library, ids: impl IntoIterator<Item = ArxivId>) -> Result<C> {
    let known = |id: ArxivId| match library.has_text(&id) {
        Ok(true) => Some(Ok(id)),
        Ok(false) => None,
        Err(error) => Some(Err(error)),
    };
    ids.into_iter().filter_map(known).collect()
}

fn judgement(line: &str) -> std::result::Result<Judgement, String> {
    const EXPECTED: &str = "expected {\"query\": ID, \"relevant\": [ID, ...]}, or \"like\": [ID, ...] and \"unlike\": [ID, ...] in the \
        place of \"query\"";
    let Line { query, like, unlike, relevant } =
        serde_json::from_str(line).map_err(|why| format!("{EXPECTED}: {why}"))?;
    let mut named = BTreeSet::new();
    let mut ids = |texts: Vec<String>| {
        let mut ids = Vec::new();
        for text in texts {
            let id = ArxivId::parse(&text).map(|(id, _)| id).ok_or_else(|| format!("{text:?} is no arXiv id"))?;
            if named.insert(id.clone()) {
                ids.push(id);
            }
        }
        Ok::<_, String>(ids)
    };
    let like = ids(query.into_iter().chain(like).collect())?;
    if like.is_empty() {
        return Err(EXPECTED.to_owned());
    }
    Ok(Judgement { like, unlike: ids(unlike)?, relevant: ids(relevant)?.into_iter().collect() })
}
