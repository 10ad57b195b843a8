//! What a profile follows: authors, words and categories whose new papers a daily list has first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DEFAULT_PROFILE, Relata};
use crate::error::Result;
use crate::paper::Follows;

/// What a profile follows from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Follow {
    /// Authors, words and categories.
    pub follow: Follows,
    /// Who follows them.
    pub profile: String,
    /// No longer, instead of from now on.
    pub stop: bool,
}

impl Default for Follow {
    fn default() -> Follow {
        Follow { follow: Follows::default(), profile: DEFAULT_PROFILE.to_owned(), stop: false }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Followed {
    /// How many authors, words and categories are followed that were not, or no longer.
    pub changed: usize,
    /// The profile.
    pub profile: String,
    /// All that it follows now.
    pub follow: Follows,
}

impl Relata {
    /// Follows authors, words and categories, or no longer. What is followed already in other words
    /// stays as it is.
    ///
    /// # Errors
    /// [`ProfileError::FollowsNothing`](crate::error::ProfileError::FollowsNothing),
    /// [`ProfileError::FollowsTooMuch`](crate::error::ProfileError::FollowsTooMuch) and
    /// [`QueryError::TooMuch`](crate::error::QueryError::TooMuch), before anything is changed; what
    /// the library reports.
    pub fn follow(&self, request: &Follow) -> Result<Followed> {
        let mut library = self.own()?;
        let changed = match request.stop {
            true => library.unfollow(&request.profile, &request.follow)?,
            false => library.follow(&request.profile, &request.follow)?,
        };
        let follow = library.follows(&request.profile)?;
        Ok(Followed { changed, profile: request.profile.clone(), follow })
    }

    /// What a profile follows.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`](crate::error::ProfileError::NoSuchProfile) names those that
    /// there are.
    pub fn follows(&self, profile: &str) -> Result<Followed> {
        let profile = self.profile(None, profile, true)?;
        Ok(Followed { changed: 0, profile: profile.name, follow: profile.follows })
    }
}
