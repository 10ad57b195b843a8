//! The endpoints of the API, in one table: the service's requests with their addresses.
//!
//! The router, OpenAPI and the test that holds the guards against every route are made from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::endpoint::{Endpoint, delete, get, post};
use crate::library::Opinion;
use crate::paper::ArxivId;
use crate::service::requests::{
    AddSources, NameTopic, NamedProfile, Nothing, OfPaper, OfTopic, OneInterest, RemoveSources, RemovedSources,
    SeveralInterests,
};
use crate::service::{
    Among, Fetch, FindTopics, Follow, ListLiked, MarkRead, NotePaper, Opine, Recommend, Reembed, Relata, Remove,
    RemoveTexts, Search, TagPapers, Today, WeighInterest,
};

/// All endpoints.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut all = answers();
    all.extend(profiles());
    all.extend(papers());
    all.extend(library());
    all.extend(long_work());
    all
}

/// What a daily list asks that is not asked from outside: files of this machine, and requests to
/// arXiv, which a job makes.
const NOT_OF_A_DAY: &[&str] = &["paths", "fetch"];

/// What questions for related papers fail by.
const RECOMMEND: &[&str] = &[
    "not-in-library",
    "no-such-profile",
    "nothing-liked",
    "liked-are-gone",
    "no-vector",
    "text-unread",
    "filter-too-long",
    "out-of-range",
    "model-unavailable",
];
/// What a search fails by.
const SEARCH: &[&str] = &["filter-too-long", "out-of-range", "model-unavailable"];
/// What a daily list fails by.
const TODAY: &[&str] = &["no-such-profile", "nothing-liked", "liked-are-gone", "filter-too-long", "out-of-range"];

/// Questions.
fn answers() -> Vec<Endpoint> {
    vec![
        get("/recommend", "recommend", "The papers most related to those that somebody likes.")
            .example("like=2602.10611&k=3")
            .fails(RECOMMEND)
            .by(|relata, request: &Recommend| relata.recommend(request)),
        post("/recommend", "recommendByBody", "As GET /recommend, with a body: for long texts.")
            .example(r#"{"like_text": ["graphs of molecules"], "k": 3}"#)
            .fails(RECOMMEND)
            .asks()
            .by(|relata, request: &Recommend| relata.recommend(request)),
        get("/search", "search", "Papers by words, authors, ids or filters.")
            .example("q=neural+networks&k=3")
            .fails(SEARCH)
            .called(&[("text", "q")])
            .by(|relata, request: &Search| relata.search(request)),
        post("/search", "searchByBody", "As GET /search, with a body.")
            .example(r#"{"text": "neural networks", "k": 3}"#)
            .fails(SEARCH)
            .asks()
            .by(|relata, request: &Search| relata.search(request)),
        get("/today", "today", "The new papers of the latest day that matter to a profile. Marks nothing as shown.")
            .example("k=3")
            .fails(TODAY)
            .without(NOT_OF_A_DAY)
            .by(|relata, request: &Today| relata.today(request)),
        post("/today/shown", "markShown", "Lists a day as GET /today does, and notes its papers as shown.")
            .example(r#"{"k": 3}"#)
            .fails(TODAY)
            .without(NOT_OF_A_DAY)
            .by(|relata, request: &Today| relata.mark_shown(request)),
        get("/topics", "topics", "The topics that were found last, as a tree; null where none are kept.")
            .fails(&["filter-too-long"])
            .by(|relata, request: &Among| relata.kept_topics(request)),
        get("/topics/{topic}", "topic", "A topic of that tree, and its newest papers.")
            .example("k=5")
            .fails(&["no-such-topic"])
            .by(|relata, request: &OfTopic| relata.kept_topic(request)),
        get("/topics/history", "topicHistory", "What has happened to the topics of a selection.").by(
            |relata, request: &Among| {
                let history = relata.topic_history(request)?;
                Ok(history.unwrap_or_default())
            },
        ),
        post("/topics/{topic}/name", "renameTopic", "Gives a topic a name that it keeps, or takes it back.")
            .example(r#"{"name": "What I read first"}"#)
            .fails(&["no-such-topic", "topic-name-taken"])
            .by(|relata, request: &NameTopic| {
                let renamed = relata.rename_topic(&request.among, request.topic, request.name.as_deref())?;
                Ok(Maybe { answer: renamed })
            }),
    ]
}

/// Profiles: what they like, follow and are interested in.
fn profiles() -> Vec<Endpoint> {
    let opine = |opinion: Option<Opinion>| {
        move |relata: &Relata, request: &Papers| {
            let Papers { profile, papers } = request.clone();
            relata.opine(&Opine { papers, profile, opinion })
        }
    };
    vec![
        get("/profiles", "profiles", "All profiles.").by(|relata, _: &Nothing| relata.profiles()),
        get("/profiles/{profile}", "profile", "What a profile likes, dislikes and follows.")
            .fails(&["no-such-profile"])
            .by(|relata, request: &NamedProfile| relata.export_profile(&request.profile)),
        delete("/profiles/{profile}", "removeProfile", "Forgets a profile.").by(|relata, request: &NamedProfile| {
            let removed = relata.remove_profile(&request.profile)?;
            Ok(Done { changed: usize::from(removed.is_some()) })
        }),
        post("/profiles/{profile}/likes", "like", "Likes papers.")
            .example(r#"{"papers": ["2602.10611"]}"#)
            .by(opine(Some(Opinion::Liked))),
        post("/profiles/{profile}/dislikes", "dislike", "Dislikes papers.")
            .example(r#"{"papers": ["2602.10611"]}"#)
            .by(opine(Some(Opinion::Disliked))),
        post("/profiles/{profile}/forgets", "forget", "Takes back what was thought of papers.")
            .example(r#"{"papers": ["2602.10611"]}"#)
            .by(opine(None)),
        get("/profiles/{profile}/follows", "follows", "The authors, words and categories that a profile follows.")
            .by(|relata, request: &NamedProfile| relata.follows(&request.profile)),
        post("/profiles/{profile}/follows", "follow", "Follows authors, words and categories, or stops to.")
            .example(r#"{"follow": {"author": ["Ada Lovelace"], "category": ["cs.LG"]}}"#)
            .fails(&["follows-nothing", "follows-too-much"])
            .by(|relata, request: &Follow| relata.follow(request)),
        get("/profiles/{profile}/interests", "interests", "The interests of a profile: groups of liked papers.")
            .fails(&["no-such-profile"])
            .by(|relata, request: &NamedProfile| relata.interests(&request.profile)),
        post("/profiles/{profile}/interests/split", "splitInterest", "Makes two interests of one.")
            .example(r#"{"interest": 1}"#)
            .fails(&["no-such-profile", "no-such-interest"])
            .by(|relata, request: &OneInterest| {
                let split = relata.split_interest(&request.profile, request.interest)?;
                Ok(Done { changed: usize::from(split) })
            }),
        post("/profiles/{profile}/interests/join", "joinInterests", "Makes one interest of several.")
            .example(r#"{"interests": [1, 2]}"#)
            .fails(&["no-such-profile", "no-such-interest"])
            .by(|relata, request: &SeveralInterests| {
                relata.join_interests(&request.profile, &request.interests)?;
                Ok(Done { changed: request.interests.len() })
            }),
        post(
            "/profiles/{profile}/interests/weight",
            "weighInterest",
            "Has an interest count more or less, or mutes it.",
        )
        .example(r#"{"interest": 1, "weight": 0.5}"#)
        .fails(&["no-such-profile", "no-such-interest", "not-liked"])
        .by(|relata, request: &WeighInterest| relata.weigh_interest(request)),
        post("/profiles/{profile}/interests/regroup", "regroupInterests", "Forgets which papers are one interest.")
            .fails(&["no-such-profile"])
            .by(|relata, request: &NamedProfile| {
                relata.regroup_interests(&request.profile)?;
                Ok(Done { changed: 1 })
            }),
        get("/profiles/{profile}/papers", "profilePapers", "Papers that a profile likes, or those of an interest.")
            .called(&[("text", "q")])
            .fails(&["no-such-profile", "no-such-interest"])
            .by(|relata, request: &ListLiked| relata.liked(request)),
        get("/profiles/{profile}/texts", "profileTexts", "Liked texts that are no papers of the library.")
            .by(|relata, request: &NamedProfile| relata.profile_texts(&request.profile)),
        post("/profiles/{profile}/texts/remove", "removeTexts", "Removes liked texts from a profile.")
            .example(r#"{"keys": ["a key of GET /profiles/default/texts"]}"#)
            .by(|relata, request: &RemoveTexts| relata.remove_texts(request)),
    ]
}

/// Papers, and what the user says of them.
fn papers() -> Vec<Endpoint> {
    vec![
        get("/papers/{id}", "paper", "Everything about a paper. The slash of an old id may stand as it is.")
            .fails(&["not-in-library"])
            .by(|relata, request: &OfPaper| relata.paper(&request.id)),
        post("/papers/remove", "removePapers", "Removes papers from the library.")
            .example(r#"{"ids": ["2602.10611"]}"#)
            .by(|relata, request: &Remove| relata.remove(request)),
        post("/notes", "note", "Notes something of a paper.")
            .example(r#"{"paper": "2602.10611", "text": "read again"}"#)
            .fails(&["note-too-long"])
            .by(|relata, request: &NotePaper| relata.note_paper(request)),
        get("/tags", "tags", "All tags, and how many papers have them.").by(|relata, _: &Nothing| relata.tags()),
        post("/tags", "tag", "Gives papers tags, or takes them away.")
            .example(r#"{"papers": ["2602.10611"], "tags": ["to read"]}"#)
            .fails(&["not-a-tag"])
            .by(|relata, request: &TagPapers| relata.tag_papers(request)),
        post("/read", "markRead", "Notes papers as read, or as not read.")
            .example(r#"{"papers": ["2602.10611"]}"#)
            .by(|relata, request: &MarkRead| relata.mark_read(request)),
    ]
}

/// The library itself.
fn library() -> Vec<Endpoint> {
    vec![
        get("/library", "library", "The library in numbers.").by(|relata, _: &Nothing| relata.info()),
        get("/models", "models", "Models that embed, and which are here.")
            .by(|relata, _: &Nothing| Ok(relata.models())),
        get("/sources", "sources", "The categories of arXiv that are fetched.")
            .by(|relata, _: &Nothing| relata.sources()),
        post("/sources", "addSources", "Remembers categories of arXiv.")
            .example(r#"{"categories": ["cs.LG"]}"#)
            .fails(&["not-a-category"])
            .by(|relata, request: &AddSources| {
                relata.add_sources(&request.categories, request.cross_lists, request.replacements)
            }),
        post("/sources/remove", "removeSources", "Forgets categories; their papers stay.")
            .example(r#"{"categories": ["cs.LG"]}"#)
            .by(|relata, request: &RemoveSources| {
                let unknown = relata.remove_sources(&request.categories)?;
                Ok(RemovedSources { unknown })
            }),
    ]
}

/// Work that takes long: each of these makes a job.
fn long_work() -> Vec<Endpoint> {
    vec![
        post("/jobs/fetch", "fetch", "Fetches papers from arXiv.")
            .example(r#"{"categories": ["cs.LG"]}"#)
            .fails(&[
                "nothing-to-fetch",
                "not-a-category",
                "papers-and-categories",
                "fetch-offline",
                "fetch-failed",
                "fetch-refused",
                "fetch-too-many-requests",
            ])
            .long()
            .by(|relata, request: &Fetch| relata.fetch(request)),
        post("/jobs/topics", "findTopics", "Finds the topics of the library, or of a selection.")
            .example(r#"{"fresh": true}"#)
            .fails(&["filter-too-long"])
            .long()
            .by(|relata, request: &FindTopics| Ok(relata.topics(request)?.answer())),
        post("/jobs/reembed", "reembed", "Embeds every paper with the server's model.")
            .long()
            .by(|relata, request: &Reembed| relata.reembed(request)),
        post("/jobs/check", "check", "Checks the library for damage.").long().by(|relata, _: &Nothing| relata.check()),
        post("/jobs/prepare", "prepare", "Brings what answers are made from up to date.").long().by(
            |relata, _: &Nothing| {
                relata.prepare()?;
                Ok(Done { changed: 0 })
            },
        ),
    ]
}

/// Papers that a profile likes or dislikes.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Papers {
    /// The profile.
    profile: String,
    /// The papers.
    papers: Vec<ArxivId>,
}

/// How much has changed.
#[derive(Serialize, JsonSchema)]
struct Done {
    /// How much is other than before.
    changed: usize,
}

/// An answer that there may not be.
#[derive(Serialize, JsonSchema)]
struct Maybe<T> {
    /// The answer.
    answer: Option<T>,
}
