//! What each tool does: arguments to a request, the service's answer to a small one.
//!
//! In: arguments, a handle that tells its events to a listener. Out: answers. All of it runs on a
//! thread that may block. Nothing here marks a paper as seen.

use super::answers::{Origin, Paper, Papers, TodaysPapers, Untrusted, WholePaper, first, of_papers, untrusted};
use super::arguments::Text;
use super::cursor;
use super::library_answers::{Counted, FetchedPapers, PapersOfTopic, Profile, Rated, Status, Topic, Topics};
use super::listener::Listener;
use super::requests::{self, among};
use super::topics::TopicCache;
use crate::error::Result;
use crate::library::Opinion;
use crate::paper::ArxivId;
use crate::service::{Fetch, Opine, Recommend, Relata, Source};

/// The level of topics where none is asked for.
const USUAL_LEVEL: &str = "topic";

/// Papers that are looked through for a page of an answer, at most.
const DEEPEST: usize = 1_000;

/// One call of a tool.
pub(super) struct Call<'a> {
    /// The library, observed by the listener and ended with the call.
    pub relata: Relata,
    /// What the service tells meanwhile.
    pub listener: &'a Listener,
    /// Topics that were found before.
    pub topics: &'a TopicCache,
}

/// Why there is no answer.
pub(super) enum Refusal {
    /// Arguments that cannot be.
    Arguments(String),
    /// An error of the service.
    Error(crate::error::Error),
}

impl From<crate::error::Error> for Refusal {
    fn from(error: crate::error::Error) -> Refusal {
        Refusal::Error(error)
    }
}

/// What came of a call.
pub(super) type Answered<T> = std::result::Result<T, Refusal>;

impl Call<'_> {
    pub(super) fn recommend(&self, asked: requests::RecommendPapers) -> Answered<Papers> {
        let why = asked.why;
        let answer = self.relata.recommend(&Recommend::from(asked))?;
        let papers: Vec<Paper> = answer.results.iter().map(|row| Paper::related(row, why)).collect();
        self.papers(papers, None, None)
    }

    pub(super) fn search(&self, asked: requests::SearchPapers) -> Answered<Papers> {
        let key = [format!("{:?}", asked.query), format!("{:?}", (&asked.category, &asked.since, &asked.until))];
        let key = format!("{key:?}{:?}", (&asked.author, &asked.exclude));
        let page = Page::of(asked.k.get(), asked.cursor.as_ref(), &key)?;
        let answer = self.relata.search(&asked.request(page.end + 1))?;
        let papers = answer.results.iter().map(Paper::found).collect();
        let (papers, total, next) = page.take(papers, None);
        self.papers(papers, total, next)
    }

    pub(super) fn today(&self, asked: requests::TodaysPapers) -> Answered<TodaysPapers> {
        let request = asked.request(self.relata.default_profile());
        let k = request.ranking.k;
        let list = self.relata.today(&request)?;
        let followed = list.followed.iter().map(Paper::followed);
        let papers = followed.chain(list.results.iter().map(Paper::new)).take(k).collect();
        Ok(TodaysPapers {
            day: list.day.date.map(|date| date.to_string()),
            profile: list.query.profile.clone(),
            papers_of_day: list.day.papers,
            new: list.day.new,
            list: self.papers(papers, Some(list.day.followed.max(list.followed.len()) + list.day.matter), None)?,
        })
    }

    pub(super) fn paper(&self, asked: requests::GetPaper) -> Answered<WholePaper> {
        let info = self.relata.paper(&asked.id.0)?;
        let mut paper = WholePaper::of(&info, asked.max_chars.get());
        paper.origin = self.origin(WholePaper::untrusted(), false)?;
        Ok(paper)
    }

    pub(super) fn list_topics(&self, asked: requests::ListTopics) -> Answered<Topics> {
        let found = self.topics.find(&self.relata, among(asked.category, asked.since, asked.search))?;
        let answer = found.answer();
        let levels: Vec<&'static str> = answer.levels.iter().map(|level| level.name).collect();
        let wanted = asked.level.map_or(USUAL_LEVEL, |level| level.name());
        let level = answer.levels.iter().find(|level| level.name == wanted).or(answer.levels.last());
        let mut rows: Vec<_> = level.into_iter().flat_map(|level| &level.topics).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.size));
        let mut origin = self.origin(untrusted("topics[].topic", &["topics[].name", "topics[].terms"]), true)?;
        if asked.level.is_some() && level.is_some_and(|level| level.name != wanted) {
            origin.notes.push(format!("These papers have no level {wanted}; the finest is given."));
        }
        Ok(Topics {
            level: level.map(|level| level.name),
            levels,
            total: rows.len(),
            topics: rows.into_iter().take(asked.k.get()).map(Topic::from).collect(),
            papers: answer.papers.len(),
            origin,
        })
    }

    pub(super) fn topic_papers(&self, asked: requests::TopicPapers) -> Answered<PapersOfTopic> {
        let key = format!("{:?}", (asked.topic, &asked.category, &asked.since, &asked.search));
        let page = Page::of(asked.k.get(), asked.cursor.as_ref(), &key)?;
        let found = self.topics.find(&self.relata, among(asked.category, asked.since, asked.search))?;
        let number = u32::try_from(asked.topic.0).unwrap_or(u32::MAX);
        let answer = self.relata.topic(&found, number, page.end)?;
        let papers = answer.results.iter().map(Paper::of_topic).collect();
        let (papers, total, next) = page.take(papers, Some(answer.topic.size));
        let mut list = self.papers(papers, total, next)?;
        list.origin.untrusted_fields.extend(untrusted("topic", &["name"]));
        Ok(PapersOfTopic {
            topic: answer.topic.id,
            name: super::clean::cut(&answer.topic.name, 100),
            level: answer.topic.level,
            list,
        })
    }

    pub(super) fn status(&self, _: requests::LibraryStatus) -> Answered<Status> {
        let (info, state) = (self.relata.info()?, self.relata.state()?);
        let name = |text: &str| super::clean::cut(text, 100);
        let category = |row: &crate::service::CategoryCount| Counted { name: name(&row.name), papers: row.papers };
        let profile = |row: crate::service::ProfileRow| Profile {
            name: name(&row.profile),
            likes: row.like.len() + row.texts,
            unlikes: row.unlike.len(),
        };
        let fetched = |row: crate::service::SourceRow| (name(&row.category), row.complete.map(|day| day.to_string()));
        Ok(Status {
            version: env!("CARGO_PKG_VERSION"),
            papers: state.papers,
            embedded: info.embedded,
            oldest_paper: info.first_date.map(|date| date.to_string()),
            categories: info.categories.iter().take(10).map(category).collect(),
            profiles: self.relata.profiles()?.profiles.into_iter().take(20).map(profile).collect(),
            fetched_categories: self.relata.sources()?.categories.into_iter().take(50).map(fetched).collect(),
            origin: self.origin(untrusted("source", &["categories[].name", "profiles[].name"]), true)?,
        })
    }

    pub(super) fn rate(&self, asked: requests::RatePapers) -> Answered<Rated> {
        let profile = asked.profile.map_or_else(|| self.relata.default_profile().to_owned(), |Text(name)| name);
        let opinions =
            [(asked.like, Some(Opinion::Liked)), (asked.unlike, Some(Opinion::Disliked)), (asked.forget, None)];
        let opinions = opinions.map(|(ids, opinion)| (ids.ids(), opinion));
        if let Some(id) = twice(&opinions) {
            return Err(Refusal::Arguments(format!("{id} is rated in two ways")));
        }
        let mut rated = Rated { profile: super::clean::cut(&profile, 200), ..Rated::default() };
        for (papers, opinion) in opinions.into_iter().filter(|(ids, _)| !ids.is_empty()) {
            let opined = self.relata.opine(&Opine { papers, profile: profile.clone(), opinion })?;
            rated.changed += opined.changed;
            rated.unknown.extend(opined.unknown.iter().map(ToString::to_string));
            (rated.likes, rated.unlikes) = (opined.profile.like.len(), opined.profile.unlike.len());
        }
        Ok(rated)
    }

    pub(super) fn fetch(&self, asked: requests::FetchPapers) -> Answered<FetchedPapers> {
        let request = Fetch::new(Vec::<String>::new()).papers(asked.ids.ids());
        let fetched = self.relata.fetch(&request)?;
        Ok(FetchedPapers {
            outcome: fetched.outcome,
            added: fetched.added.added,
            updated: fetched.added.updated,
            absent: fetched.absent.iter().map(ToString::to_string).collect(),
            failed: first(&fetched.failed.iter().map(|failed| failed.id.to_string()).collect::<Vec<_>>(), 50).0,
        })
    }

    /// A list of papers with what answered.
    fn papers(&self, papers: Vec<Paper>, total: Option<usize>, next_cursor: Option<String>) -> Answered<Papers> {
        Ok(Papers { papers, total, next_cursor, origin: self.origin(of_papers(), true)? })
    }

    /// What answered, and what is to be known of it.
    fn origin(&self, untrusted_fields: Untrusted, compared: bool) -> Result<Origin> {
        let state = self.relata.state()?;
        let source = if self.listener.sample() { Source::Sample } else { state.source };
        Ok(Origin {
            source,
            newest_paper: state.newest.map(|date| date.to_string()),
            model: compared.then_some(state.model),
            notes: self.listener.notes(),
            untrusted_fields,
        })
    }
}

/// A paper that is named twice with different opinions.
fn twice(opinions: &[(Vec<ArxivId>, Option<Opinion>); 3]) -> Option<&ArxivId> {
    let mut named: Vec<(&ArxivId, usize)> =
        opinions.iter().enumerate().flat_map(|(at, (ids, _))| ids.iter().map(move |id| (id, at))).collect();
    named.sort();
    named.windows(2).find(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1).map(|pair| pair[0].0)
}

/// A page of a list.
struct Page<'a> {
    /// The first place, from 0.
    begin: usize,
    /// The place after the last.
    end: usize,
    /// What the list was asked with.
    key: &'a str,
}

impl Page<'_> {
    /// The page of `k` that a cursor means, of a list that was asked with `key`.
    fn of<'a>(k: usize, at: Option<&Text<100>>, key: &'a str) -> Answered<Page<'a>> {
        let begin = match at {
            None => 0,
            Some(Text(text)) => cursor::read(text, key).filter(|begin| *begin < DEEPEST).ok_or_else(|| {
                Refusal::Arguments("cursor: this is no cursor of an answer to these arguments".into())
            })?,
        };
        Ok(Page { begin, end: begin + k, key })
    }

    /// The papers of the page out of the list as far as it was looked through, the length of the
    /// list if that is known, and the cursor of the next page.
    fn take(&self, papers: Vec<Paper>, total: Option<usize>) -> (Vec<Paper>, Option<usize>, Option<String>) {
        let found = papers.len();
        let total = total.or((found <= self.end).then_some(found));
        let more = total.is_none_or(|total| total > self.end) && self.end < DEEPEST;
        let next = more.then(|| cursor::write(self.end, self.key));
        (papers.into_iter().skip(self.begin).take(self.end - self.begin).collect(), total, next)
    }
}
