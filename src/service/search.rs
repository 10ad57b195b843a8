//! Search: papers by what somebody types, be it words, an author, ids or filters alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::events::{Event, Note};
use super::query::{Selection, check_period};
use super::rows::{Row, Seen, english};
use super::session::{Knowledge, Session};
use crate::error::{Error, QueryError, Result};
use crate::library::{Filter, FingerprintNumber, Library};
use crate::paper::ArxivId;
use crate::search::{self as searcher, EmbeddedQuery, Hit, TextQuery};
use crate::setters::setters;

/// The score of a paper that was named by its id: above that of every other.
const NAMED: f64 = 2.0;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// Words, the name of an author, or ids and links of papers. Without any, the papers that the
    /// filter leaves are listed, the newest first.
    pub text: Option<String>,
    /// Number of answers.
    pub k: usize,
    /// The least match of an answer, from 0 to 100. Papers whose match is unknown stay.
    pub at_least: Option<f32>,
    /// Which papers may be answers.
    pub filter: Filter,
    /// Language of the digests' short texts, such as `en`.
    pub language: String,
}

impl Default for Search {
    fn default() -> Search {
        Search { text: None, k: 10, at_least: None, filter: Filter::default(), language: english() }
    }
}

setters! { Search:
    /// How many answers are wanted; 10 where nothing is said.
    k => value k(usize);
    /// The least match of an answer, from 0 to 100.
    at_least => some at_least(f32);
    /// Which papers may be answers.
    filter => value filter(Filter);
    /// Language of the digests' short texts, such as `en`.
    language => value_into language(String);
}

impl Search {
    /// Asks for the ten papers that a text asks for. Setters say what else is wanted.
    ///
    /// ```
    /// use relata::library::Filter;
    /// use relata::service::Search;
    ///
    /// let request = Search::new("physics-informed networks").filter(Filter::new().categories(["cs.LG"])).k(5);
    /// assert_eq!(request.text.as_deref(), Some("physics-informed networks"));
    /// // Without a text, the papers that a filter leaves are listed.
    /// assert_eq!(Search::default().k(20).text, None);
    /// ```
    pub fn new(text: impl Into<String>) -> Search {
        Search { text: Some(text.into()), ..Search::default() }
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Found {
    /// What was asked.
    pub query: SearchQuery,
    /// Papers, the best first.
    pub results: Vec<Row<FoundBy>>,
    /// The library that answered.
    #[serde(skip)]
    pub seen: Seen,
}

/// A question as its answer repeats it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SearchQuery {
    /// The text; empty where none was given.
    pub text: String,
    /// The ids in it.
    pub ids: Vec<ArxivId>,
    /// Which papers could be answers.
    pub filter: Selection,
}

/// Why a paper was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum FoundBy {
    /// By a text.
    Text(ByText),
    /// By the filter alone.
    Filter {},
}

/// What a paper and a text have in common.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ByText {
    /// Cosine of their vectors, where the paper is among the nearest.
    pub cosine: Option<f32>,
    /// Place among the papers that hold the words, from 1.
    pub keyword_rank: Option<usize>,
    /// The author who is called by the text.
    pub author: Option<String>,
    /// Terms that both hold, the rarest first.
    pub terms: Vec<String>,
    /// The sentence of the abstract that has most in common with the text.
    pub sentence: Option<String>,
}

/// A text, taken apart.
struct Typed {
    /// Ids in any pasted form, each once.
    ids: Vec<ArxivId>,
    /// The words that are no ids.
    words: String,
}

impl Typed {
    fn read(text: &str) -> Typed {
        let (mut ids, mut words) = (Vec::new(), Vec::new());
        for word in text.split_whitespace() {
            match ArxivId::parse(word) {
                Some((id, _)) if ids.contains(&id) => {}
                Some((id, _)) => ids.push(id),
                None => words.push(word),
            }
        }
        Typed { words: words.join(" "), ids }
    }
}

impl Relata {
    /// The papers that a text asks for, the best first; without a text those that a filter leaves,
    /// the newest first.
    ///
    /// # Errors
    /// [`QueryError::EmptyPeriod`], [`QueryError::EmptyQuery`], [`QueryError::NotInLibrary`] where
    /// nothing but unknown ids is asked for; what the model and the library report.
    pub fn search(&self, request: &Search) -> Result<Found> {
        let text = request.text.as_deref().unwrap_or_default();
        let typed = Typed::read(text);
        check_period(&request.filter)?;
        let nothing = typed.ids.is_empty() && typed.words.is_empty();
        // Quotes around nothing are a mistake; filters alone are a question.
        if nothing && (request.filter.is_empty() || request.text.is_some()) {
            return Err(QueryError::EmptyQuery.into());
        }
        let mut session = self.answering()?;
        let (results, seen) = if nothing {
            session.newest(request)?
        } else {
            let named = session.named(&typed, &request.filter)?;
            let (hits, seen) = if typed.words.is_empty() {
                (named, Seen { source: session.source, papers: session.library.len()?, vectors: 0 })
            } else {
                session.found(&typed.words, named, request)?
            };
            let row = |(at, hit)| found_row(at + 1, hit, &request.language);
            (hits.into_iter().enumerate().map(row).collect(), seen)
        };
        let filter = Selection { filter: request.filter.clone(), k: request.k, at_least: request.at_least };
        Ok(Found { query: SearchQuery { text: text.to_owned(), ids: typed.ids, filter }, results, seen })
    }
}

impl Session<'_> {
    /// The papers that the filter leaves, the newest first.
    fn newest(&self, request: &Search) -> Result<(Vec<Row<FoundBy>>, Seen)> {
        let _view = self.library.view()?;
        let matching = self.library.matching(&request.filter)?;
        let rows = self.library.newest(&matching, request.k)?;
        let papers = self.library.papers_by_rows(&rows)?;
        // Nothing was compared.
        let row = |(at, paper)| Row::new(at + 1, None, None, paper, &request.language, FoundBy::Filter {});
        let seen = Seen { source: self.source, papers: self.library.len()?, vectors: 0 };
        Ok((papers.into_iter().enumerate().map(row).collect(), seen))
    }

    /// The papers that were named by their ids, as far as the filter leaves them.
    ///
    /// # Errors
    /// [`QueryError::NotInLibrary`] where none is there and nothing else was asked for.
    fn named(&self, typed: &Typed, filter: &Filter) -> Result<Vec<Hit>> {
        let (mut rows, mut unknown) = (Vec::new(), Vec::new());
        for id in &typed.ids {
            match self.library.row_of(id)? {
                Some(row) => rows.push(row),
                None => unknown.push((id.to_string(), self.library.closest(id.as_str(), 3)?)),
            }
        }
        if !unknown.is_empty() {
            let error = Error::from(QueryError::NotInLibrary { unknown });
            if rows.is_empty() && typed.words.is_empty() {
                return Err(error);
            }
            self.relata.note(Note::NotInLibrary(error.with_causes()));
        }
        // Who names a paper wants to see it, withdrawn or not.
        let matching = self.library.matching(&filter.clone().withdrawn(true))?;
        rows.retain(|row| matching.contains(*row));
        let hit = |paper| Hit {
            score: NAMED,
            matched: None,
            paper,
            cosine: None,
            keyword_rank: None,
            author: None,
            terms: Vec::new(),
            sentence: None,
        };
        Ok(self.library.papers_by_rows(&rows)?.into_iter().map(hit).collect())
    }

    /// The papers that words ask for, behind those that were named.
    fn found(&mut self, words: &str, named: Vec<Hit>, request: &Search) -> Result<(Vec<Hit>, Seen)> {
        let relata = self.relata;
        let embedder = self.embedder()?;
        let vectors = if embedder.identity().reads(words) {
            let fingerprint = self.embedded(&embedder)?;
            let fetch = &mut |progress| relata.tell(Event::Fetching(progress));
            Some((fingerprint, embedder.embed_queries(&[words.to_owned()], fetch)?))
        } else {
            relata.note(Note::WordsAlone { model: embedder.identity().name.clone() });
            None
        };
        let view = self.library.view()?;
        let knowledge: Option<(FingerprintNumber, Knowledge)> = match &vectors {
            Some((fingerprint, _)) => Some((*fingerprint, self.knowledge(&view, *fingerprint)?)),
            None => None,
        };
        let seen = match &knowledge {
            Some((fingerprint, _)) => self.seen(*fingerprint)?,
            None => Seen { source: self.source, papers: self.library.len()?, vectors: 0 },
        };
        let library: &Library = &self.library;
        let context = knowledge.as_ref().map(|(fingerprint, knowledge)| knowledge.context(library, *fingerprint));
        let embedded = context.as_ref().zip(knowledge.as_ref()).zip(vectors.as_ref()).map(
            |((context, (_, knowledge)), (_, vectors))| EmbeddedQuery {
                context,
                learned: &knowledge.known,
                vector: vectors.row(0),
            },
        );
        let query = TextQuery {
            text: words,
            embedded: embedded.as_ref(),
            k: request.k.saturating_add(named.len()),
            at_least: request.at_least.unwrap_or(0.0),
        };
        let found = searcher::search(library, &query, &request.filter)?;
        let mut hits = named;
        for hit in found {
            if !hits.iter().any(|named| named.paper.id == hit.paper.id) {
                hits.push(hit);
            }
        }
        hits.truncate(request.k);
        Ok((hits, seen))
    }
}

fn found_row(rank: usize, hit: Hit, language: &str) -> Row<FoundBy> {
    let Hit { score, matched, paper, cosine, keyword_rank, author, terms, sentence } = hit;
    let reason = FoundBy::Text(ByText { cosine, keyword_rank, author, terms, sentence });
    Row::new(rank, Some(score), matched, paper, language, reason)
}
