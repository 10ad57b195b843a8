//! What each tool can be asked: the arguments, and the request that the service is asked with.
//!
//! The doc comments here are the descriptions that an agent reads in the list of tools. They are
//! short, and fields that say all by their name and schema (`since`, `k`) have none.

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{Count, Day, Id, Ids, K, List, Share, Text};
use crate::library::Filter;
use crate::paper::Facet;
use crate::service::{Among, Recommend, Search, Today};

/// Words of a question.
type Words = Text<2000>;
/// A name: of a profile, an author, a category.
type Name = Text<200>;

/// Arguments of `recommend_papers`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RecommendPapers {
    /// arXiv ids to find related papers of
    pub like: Ids,
    /// arXiv ids of which less is wanted
    pub unlike: Ids,
    /// What is wanted, in words
    pub text: Option<Words>,
    /// The user's profile; asked with where like and text are absent
    pub profile: Option<Name>,
    /// Compare this aspect of papers
    pub facet: Option<AskedFacet>,
    /// cs.LG, or cs
    pub category: Option<Name>,
    pub since: Option<Day>,
    pub until: Option<Day>,
    pub author: Option<Name>,
    /// Words that papers must not hold
    pub exclude: List<Name, 20>,
    pub k: K,
    /// How much likeness to earlier answers costs
    pub diversity: Share,
    /// Give reasons
    pub why: bool,
}

impl Default for RecommendPapers {
    fn default() -> RecommendPapers {
        RecommendPapers {
            like: Ids::default(),
            unlike: Ids::default(),
            text: None,
            profile: None,
            facet: None,
            category: None,
            since: None,
            until: None,
            author: None,
            exclude: List::default(),
            k: K::default(),
            diversity: Share(0.0),
            why: true,
        }
    }
}

/// A facet that papers are compared by.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum AskedFacet {
    Motivation,
    Method,
    Result,
    Conclusion,
}

impl From<AskedFacet> for Facet {
    fn from(asked: AskedFacet) -> Facet {
        match asked {
            AskedFacet::Motivation => Facet::Motivation,
            AskedFacet::Method => Facet::Method,
            AskedFacet::Result => Facet::Result,
            AskedFacet::Conclusion => Facet::Conclusion,
        }
    }
}

impl From<RecommendPapers> for Recommend {
    fn from(asked: RecommendPapers) -> Recommend {
        let exclude = asked.exclude.0.into_iter().map(|Text(phrase)| phrase);
        let filter = filter(asked.category, asked.since, asked.until, asked.author).exclude(exclude);
        let mut request = Recommend::new().like(asked.like.ids()).unlike(asked.unlike.ids());
        request.like_text.extend(asked.text.map(|Text(text)| text));
        request.profile = asked.profile.map(|Text(name)| name);
        request.facet = asked.facet.map(Facet::from);
        request.filter(filter).k(asked.k.get()).diversity(asked.diversity.0)
    }
}

/// Arguments of `search_papers`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SearchPapers {
    /// Words, an author or arXiv ids; without it the newest that pass the filters
    pub query: Option<Words>,
    /// cs.LG, or cs
    pub category: Option<Name>,
    pub since: Option<Day>,
    pub until: Option<Day>,
    pub author: Option<Name>,
    /// Words that papers must not hold
    pub exclude: List<Name, 20>,
    pub k: K,
    /// next_cursor of the answer before
    pub cursor: Option<Text<100>>,
}

impl SearchPapers {
    /// The request for the first `k` papers.
    pub(super) fn request(self, k: usize) -> Search {
        let exclude = self.exclude.0.into_iter().map(|Text(phrase)| phrase);
        let text = self.query.map(|Text(text)| text);
        let filter = filter(self.category, self.since, self.until, self.author).exclude(exclude);
        Search { text, ..Search::default() }.filter(filter).k(k)
    }
}

/// Arguments of `todays_papers`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TodaysPapers {
    /// The user's profile to rank for
    pub profile: Option<Name>,
    /// All days since this one instead of the latest
    pub since: Option<Day>,
    /// cs.LG, or cs
    pub category: Option<Name>,
    pub k: K,
}

impl TodaysPapers {
    /// The request, with the user's usual profile where none is named.
    pub(super) fn request(self, usual_profile: &str) -> Today {
        let profile = self.profile.map_or_else(|| usual_profile.to_owned(), |Text(name)| name);
        Today::new(profile).filter(filter(self.category, self.since, None, None)).k(self.k.get())
    }
}

/// Arguments of `get_paper`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetPaper {
    /// arXiv id
    pub id: Id,
    /// Characters of the abstract to give
    #[serde(default)]
    pub max_chars: Count<100, 20_000, 4_000>,
}

/// Arguments of `list_topics`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListTopics {
    /// cs.LG, or cs
    pub category: Option<Name>,
    pub since: Option<Day>,
    /// Words that papers hold
    pub search: Option<Name>,
    pub level: Option<AskedLevel>,
    pub k: Count<1, 50, 20>,
}

/// A level of topics.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum AskedLevel {
    Field,
    Topic,
    Subtopic,
}

impl AskedLevel {
    /// The name of the level.
    pub(super) fn name(self) -> &'static str {
        match self {
            AskedLevel::Field => "field",
            AskedLevel::Topic => "topic",
            AskedLevel::Subtopic => "subtopic",
        }
    }
}

/// Arguments of `topic_papers`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicPapers {
    /// Number of the topic in list_topics
    pub topic: Count<1, 4_294_967_295, 1>,
    /// This, since and search as list_topics was asked
    pub category: Option<Name>,
    pub since: Option<Day>,
    pub search: Option<Name>,
    #[serde(default)]
    pub k: K,
    /// next_cursor of the answer before
    pub cursor: Option<Text<100>>,
}

/// Arguments of `library_status`: none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LibraryStatus {}

/// Arguments of `rate_papers`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RatePapers {
    /// What the user likes
    pub like: Ids,
    /// What the user wants less of
    pub unlike: Ids,
    /// Opinions to take back
    pub forget: Ids,
    /// The user's profile
    pub profile: Option<Name>,
}

/// Arguments of `fetch_papers`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FetchPapers {
    /// arXiv ids; without any, the day's papers in the user's categories
    pub ids: Ids,
}

/// Which papers topics are found among.
pub(super) fn among(category: Option<Name>, since: Option<Day>, search: Option<Name>) -> Among {
    let among = Among::new().filter(filter(category, since, None, None));
    match search {
        Some(Text(words)) => among.search(words),
        None => among,
    }
}

fn filter(category: Option<Name>, since: Option<Day>, until: Option<Day>, author: Option<Name>) -> Filter {
    let text = |text: Option<Name>| text.map(|Text(text)| text);
    let mut filter = Filter::new().categories(text(category)).authors(text(author));
    filter.since = since.map(|Day(day)| day);
    filter.until = until.map(|Day(day)| day);
    filter
}
