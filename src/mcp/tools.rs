//! The tools, in the order in which agents see them: names, descriptions, schemas, what each does.
//!
//! In: the name of a tool and its arguments. Out: its answer as JSON, every text in it cleaned.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answers::{Papers, TodaysPapers, WholePaper};
use super::call::{Answered, Call, Refusal};
use super::library_answers::{FetchedPapers, PapersOfTopic, Rated, Status, Topics};
use super::{arguments, clean, requests, schema};

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It answers. Vectors and numbers of topics that this takes may be kept for the next answer.
    Reads,
    /// It changes a profile; twice is as good as once.
    Rates,
    /// It asks arXiv and adds papers.
    Fetches,
}

type Run = dyn Fn(&Call<'_>, Map<String, Value>) -> Answered<Value> + Send + Sync;

/// One tool.
#[derive(Clone)]
pub(super) struct ToolRow {
    /// As clients see it.
    pub tool: Tool,
    /// What it does to the world.
    pub kind: Kind,
    run: Arc<Run>,
}

impl ToolRow {
    fn new<A, T>(
        (name, title, description): (&'static str, &'static str, &'static str),
        kind: Kind,
        run: impl Fn(&Call<'_>, A) -> Answered<T> + Send + Sync + 'static,
    ) -> ToolRow
    where
        A: DeserializeOwned + JsonSchema,
        T: Serialize + JsonSchema,
    {
        let mut annotations = ToolAnnotations::new().read_only(kind == Kind::Reads).open_world(kind == Kind::Fetches);
        // Of what only reads, the protocol reads no more hints.
        if kind != Kind::Reads {
            annotations = annotations.destructive(false).idempotent(true);
        }
        let tool = Tool::new(name, description, schema::of_input::<A>())
            .with_title(title)
            .with_raw_output_schema(schema::of_output::<T>())
            .with_annotations(annotations);
        let run = move |call: &Call<'_>, arguments| {
            let answer = run(call, arguments::read(arguments).map_err(Refusal::Arguments)?)?;
            let mut answer = serde_json::to_value(answer)
                .map_err(|_| crate::error::Error::Internal("an answer of a tool is no JSON"))?;
            clean::clean(&mut answer);
            Ok(answer)
        };
        ToolRow { tool, kind, run: Arc::new(run) }
    }

    /// Calls it.
    pub(super) fn call(&self, call: &Call<'_>, arguments: Map<String, Value>) -> Answered<Value> {
        (self.run)(call, arguments)
    }
}

/// The tools; those that write only where they may.
pub(super) fn tools(allow_writes: bool) -> Vec<ToolRow> {
    let mut tools = readers();
    if allow_writes {
        tools.extend(writers());
    }
    tools
}

fn readers() -> Vec<ToolRow> {
    vec![
        ToolRow::new::<_, Papers>(
            (
                "recommend_papers",
                "Related papers",
                "Papers of the user's library most related to liked papers, a text or a profile, best first, with \
                 reasons. get_paper has abstracts.",
            ),
            Kind::Reads,
            |call, asked: requests::RecommendPapers| call.recommend(asked),
        ),
        ToolRow::new::<_, Papers>(
            (
                "search_papers",
                "Search papers",
                "Papers of the user's library by meaning and words, by author or by id. next_cursor gives more.",
            ),
            Kind::Reads,
            |call, asked: requests::SearchPapers| call.search(asked),
        ),
        ToolRow::new::<_, TodaysPapers>(
            (
                "todays_papers",
                "Today's papers",
                "New papers of the latest day that matter to a profile: followed ones first, then the best matches. \
                 Marks nothing as seen.",
            ),
            Kind::Reads,
            |call, asked: requests::TodaysPapers| call.today(asked),
        ),
        ToolRow::new::<_, WholePaper>(
            ("get_paper", "One paper", "What the library has of one paper: abstract, the user's tags and note."),
            Kind::Reads,
            |call, asked: requests::GetPaper| call.paper(asked),
        ),
        ToolRow::new::<_, Topics>(
            (
                "list_topics",
                "Topics",
                "What the library or a selection of it is about: topics with terms and central papers, largest first.",
            ),
            Kind::Reads,
            |call, asked: requests::ListTopics| call.list_topics(asked),
        ),
        ToolRow::new::<_, PapersOfTopic>(
            (
                "topic_papers",
                "Papers of a topic",
                "The papers of a topic of list_topics, the most central first. next_cursor gives more.",
            ),
            Kind::Reads,
            |call, asked: requests::TopicPapers| call.topic_papers(asked),
        ),
        ToolRow::new::<_, Status>(
            ("library_status", "The library", "The user's library in numbers: papers, categories, profiles, model."),
            Kind::Reads,
            |call, asked: requests::LibraryStatus| call.status(asked),
        ),
    ]
}

fn writers() -> Vec<ToolRow> {
    vec![
        ToolRow::new::<_, Rated>(
            (
                "rate_papers",
                "Rate papers",
                "Changes which papers the user's profile likes and dislikes. Only on the user's own word.",
            ),
            Kind::Rates,
            |call, asked: requests::RatePapers| call.rate(asked),
        ),
        ToolRow::new::<_, FetchedPapers>(
            ("fetch_papers", "Fetch from arXiv", "Fetches papers from arXiv into the library. May take minutes."),
            Kind::Fetches,
            |call, asked: requests::FetchPapers| call.fetch(asked),
        ),
    ]
}
