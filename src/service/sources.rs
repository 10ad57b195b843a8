//! The categories that are remembered.

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
        let followed = self.existing()?.map_or(Ok(Vec::new()), |library| library.followed_categories())?;
        Ok(Sources { categories: followed.into_iter().map(SourceRow::from).collect() })
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
