//! Every task by its name, with requests and answers as JSON: for doors that know no types.
//!
//! In: the name of a task, and its request as JSON. Out: the answer as JSON, byte for byte as
//! `--json` prints it. A task describes itself by the schemas of both, from which such a door makes
//! types of its own (the package for Python does).

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::requests::{
    AddSources, Finished, NameTopic, NamedProfile, Nothing, OfPaper, OfProfile, OfTopic, OneInterest, RemoveSources,
    RemovedSources, SeveralInterests,
};
use super::{
    Add, Among, DEFAULT_PROFILE, Embed, Evaluate, Export, Fetch, FindTopics, Follow, ImportProfile, ImportVectors,
    ListLiked, MarkRead, NotePaper, Opine, Recommend, Reembed, Relata, Remove, RemoveTexts, Repair, Search, TagPapers,
    Today, WeighInterest,
};
use crate::error::{Error, QueryError, Result};

/// Something that the service does, by its name.
pub struct Task {
    /// Its name, lower case with underscores.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// The schema of its request: an object.
    pub request: Schema,
    /// The schema of its answer.
    pub answer: Schema,
    ask: Box<Ask>,
}

type Ask = dyn Fn(&Relata, Value) -> Result<Value> + Send + Sync;

impl Task {
    /// Does it.
    ///
    /// # Errors
    /// [`QueryError::Malformed`] for what is no such request; what the task reports.
    pub fn ask(&self, relata: &Relata, request: Value) -> Result<Value> {
        (self.ask)(relata, request)
    }
}

/// All tasks.
pub fn tasks() -> Vec<Task> {
    [papers(), questions(), profiles(), topics(), library()].into_iter().flatten().collect()
}

/// Papers come in, and what the user says of them.
fn papers() -> Vec<Task> {
    vec![
        task("add", "Adds papers of files or folders to the library.", |relata, asked: &Add| Ok(relata.add(asked)?)),
        task("fetch", "Fetches papers from arXiv.", |relata, asked: &Fetch| relata.fetch(asked)),
        task("sources", "The categories of arXiv that are fetched.", |relata, _: &Nothing| relata.sources()),
        task("add_sources", "Remembers categories of arXiv, without fetching them.", |relata, asked: &AddSources| {
            relata.add_sources(&asked.categories, asked.cross_lists, asked.replacements)
        }),
        task("remove_sources", "Forgets categories; their papers stay.", |relata, asked: &RemoveSources| {
            Ok(RemovedSources { unknown: relata.remove_sources(&asked.categories)? })
        }),
        task("paper", "Everything about a paper.", |relata, asked: &OfPaper| relata.paper(&asked.id)),
        task("note", "Notes something of a paper.", |relata, asked: &NotePaper| relata.note_paper(asked)),
        task("tag", "Gives papers tags, or takes them away.", |relata, asked: &TagPapers| relata.tag_papers(asked)),
        task("tags", "All tags, and how many papers have them.", |relata, _: &Nothing| relata.tags()),
        task("read", "Notes papers as read, or as not read.", |relata, asked: &MarkRead| relata.mark_read(asked)),
        task("remove", "Removes papers from the library.", |relata, asked: &Remove| relata.remove(asked)),
    ]
}

/// Answers.
fn questions() -> Vec<Task> {
    vec![
        task("recommend", "The papers most related to those that somebody likes.", |relata, asked: &Recommend| {
            relata.recommend(asked)
        }),
        task("search", "Papers by words, authors, ids or filters.", |relata, asked: &Search| relata.search(asked)),
        task("today", "The new papers of a day that matter to a profile.", |relata, asked: &Today| relata.today(asked)),
        task(
            "mark_shown",
            "Lists a day as `today` does, and notes its papers as shown, so that other days leave them out.",
            |relata, asked: &Today| relata.mark_shown(asked),
        ),
        task("export", "Writes papers with their topics to a file.", |relata, asked: &Export| relata.export(asked)),
        task(
            "evaluate",
            "How well ways of ranking find what people judged to be related.",
            |relata, asked: &Evaluate| relata.evaluate(asked),
        ),
    ]
}

/// What somebody likes.
fn profiles() -> Vec<Task> {
    vec![
        task("opine", "Likes or dislikes papers, or takes that back.", |relata, asked: &Opine| relata.opine(asked)),
        task("profiles", "All profiles.", |relata, _: &Nothing| relata.profiles()),
        task("profile", "What a profile likes, dislikes and follows.", |relata, asked: &OfProfile| {
            relata.export_profile(&asked.profile)
        }),
        task(
            "import_profile",
            "Adds papers of a reference manager's file to a profile.",
            |relata, asked: &ImportProfile| relata.import_profile(asked),
        ),
        task("remove_profile", "Forgets a profile.", |relata, asked: &NamedProfile| {
            Ok(Finished { changed: relata.remove_profile(&asked.profile)?.is_some() })
        }),
        task("follow", "Follows authors, words and categories, or stops to.", |relata, asked: &Follow| {
            relata.follow(asked)
        }),
        task("follows", "The authors, words and categories that a profile follows.", |relata, asked: &OfProfile| {
            relata.follows(&asked.profile)
        }),
        task("interests", "The interests of a profile: groups of liked papers.", |relata, asked: &OfProfile| {
            relata.interests(&asked.profile)
        }),
        task("weigh_interest", "Has an interest count more or less, or mutes it.", |relata, asked: &WeighInterest| {
            relata.weigh_interest(asked)
        }),
        task(
            "split_interest",
            "Makes two interests of one, where it is least alike.",
            |relata, asked: &OneInterest| {
                relata.split_interest(&asked.profile, asked.interest)?;
                relata.interests(&asked.profile)
            },
        ),
        task("join_interests", "Makes one interest of several.", |relata, asked: &SeveralInterests| {
            relata.join_interests(&asked.profile, &asked.interests)?;
            relata.interests(&asked.profile)
        }),
        task("regroup_interests", "Forgets which papers are one interest.", |relata, asked: &OfProfile| {
            relata.regroup_interests(&asked.profile)?;
            relata.interests(&asked.profile)
        }),
        task(
            "liked_papers",
            "The papers that a profile likes, or those of an interest.",
            |relata, asked: &ListLiked| relata.liked(asked),
        ),
        task("profile_texts", "Liked texts that are no papers of the library.", |relata, asked: &OfProfile| {
            relata.profile_texts(&asked.profile)
        }),
        task("remove_texts", "Removes liked texts from a profile.", |relata, asked: &RemoveTexts| {
            relata.remove_texts(asked)
        }),
    ]
}

/// What papers are about.
fn topics() -> Vec<Task> {
    vec![
        task("topics", "Finds the topics of the library, or of a selection.", |relata, asked: &FindTopics| {
            Ok(relata.topics(asked)?.answer())
        }),
        task("kept_topics", "The topics that were found last, as a tree.", |relata, asked: &Among| {
            relata.kept_topics(asked)
        }),
        task("topic", "A topic of those that were found last, and its newest papers.", |relata, asked: &OfTopic| {
            relata.kept_topic(asked)
        }),
        task("topic_history", "What has happened to the topics of a selection.", |relata, asked: &Among| {
            Ok(relata.topic_history(asked)?.unwrap_or_default())
        }),
        task("name_topic", "Gives a topic a name that it keeps, or takes it back.", |relata, asked: &NameTopic| {
            relata.rename_topic(&asked.among, asked.topic, asked.name.as_deref())
        }),
    ]
}

/// The library itself, and its models.
fn library() -> Vec<Task> {
    vec![
        task("info", "The library in numbers.", |relata, _: &Nothing| relata.info()),
        task("models", "Models that embed, and which are here.", |relata, _: &Nothing| Ok(relata.models())),
        task("embed", "Embeds texts of files to a file of vectors.", |relata, asked: &Embed| Ok(relata.embed(asked)?)),
        task(
            "import_vectors",
            "Takes vectors of files over, for papers that were added without being embedded.",
            |relata, asked: &ImportVectors| relata.import_vectors(asked),
        ),
        task("reembed", "Embeds every paper with the model that is asked for.", |relata, asked: &Reembed| {
            relata.reembed(asked)
        }),
        task("prepare", "Brings what answers are made from up to date.", |relata, _: &Nothing| {
            relata.prepare()?;
            Ok(Finished { changed: true })
        }),
        task("check", "Checks the library for damage.", |relata, _: &Nothing| relata.check()),
        task("repair", "Mends a damaged library.", |relata, asked: &Repair| relata.repair(asked)),
    ]
}

fn task<Q, A>(
    name: &'static str,
    about: &'static str,
    ask: impl Fn(&Relata, &Q) -> Result<A> + Send + Sync + 'static,
) -> Task
where
    Q: DeserializeOwned + JsonSchema,
    A: Serialize + JsonSchema,
{
    let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<Q>();
    let profiled = may_name_profile(&schema);
    let ask = move |relata: &Relata, mut request: Value| {
        if let Some(request) = request.as_object_mut().filter(|_| profiled) {
            request.entry("profile").or_insert_with(|| relata.default_profile().into());
        }
        let answer = ask(relata, &read::<Q>(name, request)?)?;
        serde_json::to_value(answer).map_err(|_| Error::Internal("an answer is no JSON"))
    };
    Task {
        name,
        about,
        request: schema,
        answer: SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<A>(),
        ask: Box::new(ask),
    }
}

/// Whether requests of a schema may name a profile, and mean that of the handle where they do not.
pub(crate) fn may_name_profile(request: &Schema) -> bool {
    request.pointer("/properties/profile/default").is_some_and(|name| name == DEFAULT_PROFILE)
}

/// Reads a request.
fn read<Q: DeserializeOwned>(task: &'static str, request: Value) -> Result<Q> {
    serde_json::from_value(request.clone()).map_err(|error| {
        let key = request.as_object().and_then(culprit::<Q>);
        QueryError::Malformed { task, key, reason: error.to_string() }.into()
    })
}

/// The key without which a request could be read.
fn culprit<Q: DeserializeOwned>(request: &Map<String, Value>) -> Option<String> {
    let without = |key: &&String| {
        let others = request.iter().filter(|(other, _)| other != key);
        let others = others.map(|(key, value)| (key.clone(), value.clone())).collect();
        serde_json::from_value::<Q>(Value::Object(others)).is_ok()
    };
    request.keys().find(without).cloned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::model::Settings;
    use crate::service::Options;

    fn ask(name: &str, request: Value) -> Result<Value> {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::from_vars(|_| None, Some(folder.path().join("cache")), None).unwrap();
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-bert");
        let relata = Relata::new(Options::new(folder.path().join("library.db"), settings).model(model));
        tasks().iter().find(|task| task.name == name).unwrap().ask(&relata, request)
    }

    #[test]
    fn a_task_is_asked_by_json() {
        let answer = ask("recommend", json!({"like": ["2602.10611"], "k": 2})).unwrap();
        assert_eq!(answer["results"].as_array().unwrap().len(), 2);
        assert_eq!(answer["query"]["like"], json!(["2602.10611"]));
        assert_eq!(ask("kept_topics", json!({})).unwrap(), Value::Null);
    }

    #[test]
    fn what_is_no_request_is_named() {
        let refused = |name, request| ask(name, request).unwrap_err().to_string();
        let wrong = refused("recommend", json!({"k": "ten"}));
        assert_eq!(wrong, "this is no request to recommend: k: invalid type: string \"ten\", expected usize");
        let unknown = refused("recommend", json!({"kk": 1}));
        assert!(unknown.starts_with("this is no request to recommend: kk: unknown field `kk`, expected one of"));
        assert_eq!(refused("paper", json!({})), "this is no request to paper: missing field `id`");
    }

    #[test]
    fn names_are_told_apart_and_requests_are_objects() {
        let tasks = tasks();
        let names: BTreeSet<&str> = tasks.iter().map(|task| task.name).collect();
        assert_eq!(names.len(), tasks.len());
        for task in &tasks {
            assert_eq!(task.request.get("type").and_then(Value::as_str), Some("object"), "{}", task.name);
            assert!(task.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        }
    }
}
