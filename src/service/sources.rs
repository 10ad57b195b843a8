//! The categories that are remembered.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::Relata;
use super::fetch::Fetch;
use crate::arxiv::set_of;
use crate::error::{FetchError, Result};
use crate::library::FollowedCategory;

/// The categories that are remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sources {
    /// By name.
    pub categories: Vec<SourceRow>,
    /// The daily feed, where it was ever read.
    pub feed: Option<FeedRow>,
}

/// The daily feed when it was read last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FeedRow {
    /// When that was.
    pub fetched: Timestamp,
    /// The announcement that it was taken for.
    pub day: Date,
}

/// A category that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceRow {
    /// The category.
    pub category: String,
    /// Whether papers count that are cross-listed there.
    pub cross_lists: bool,
    /// Whether new versions count of papers that the library does not hold.
    pub replacements: bool,
    /// The last announcement of which everything is here, and of all before it.
    pub complete: Option<Date>,
    /// The last announcement with a paper that was new here.
    pub news: Option<Date>,
}

impl From<FollowedCategory> for SourceRow {
    fn from(followed: FollowedCategory) -> SourceRow {
        let FollowedCategory { category, cross_lists, replacements, complete, news, reconciled: _ } = followed;
        SourceRow { category, cross_lists, replacements, complete, news }
    }
}

impl Relata {
    /// The categories that are remembered.
    ///
    /// # Errors
    /// What the library reports.
    pub fn sources(&self) -> Result<Sources> {
        let Some(library) = self.existing()? else { return Ok(Sources::default()) };
        let categories = library.followed_categories()?.into_iter().map(SourceRow::from).collect();
        let feed = library.last_feed_answer()?.map(|answer| FeedRow { fetched: answer.fetched, day: answer.day });
        Ok(Sources { categories, feed })
    }

    /// Remembers categories without fetching them; gives all that are.
    ///
    /// # Errors
    /// [`FetchError::NotACategory`]; what the library reports.
    pub fn add_sources(
        &self,
        categories: &[String],
        cross_lists: Option<bool>,
        replacements: Option<bool>,
    ) -> Result<Sources> {
        for category in categories {
            set_of(category).ok_or_else(|| FetchError::NotACategory { text: category.clone() })?;
        }
        let request = Fetch { cross_lists, replacements, ..Fetch::new(categories) };
        self.followed(&request)?;
        self.sources()
    }

    /// Forgets categories; their papers stay. Gives those that were not remembered.
    ///
    /// # Errors
    /// What the library reports.
    pub fn remove_sources(&self, categories: &[String]) -> Result<Vec<String>> {
        let mut unknown = Vec::new();
        for category in categories {
            if !self.write_library(|library| library.unfollow_category(category))? {
                unknown.push(category.clone());
            }
        }
        Ok(unknown)
    }
}
