//! What can go wrong with profiles and their interests.

/// Errors of profiles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// A profile that there is not.
    #[error("there is no profile {name}{}", other_profiles(there))]
    NoSuchProfile {
        /// As asked for.
        name: String,
        /// The profiles that there are, those of the most similar names first.
        there: Vec<String>,
    },
    /// A question that says nothing of what is liked.
    #[error("nothing says what you like")]
    NothingLiked {
        /// The profile that was asked with.
        profile: String,
    },
    /// A question with a profile whose liked papers are all gone, or have no text.
    #[error("the library has none of the {papers} papers that the profile {profile} likes")]
    LikedAreGone {
        /// The profile that was asked with.
        profile: String,
        /// How many papers it likes.
        papers: usize,
    },
    /// Something to follow that asks for nothing, or for no category of arXiv.
    #[error("{text:?} {}", follows_nothing(*kind))]
    FollowsNothing {
        /// What was to be followed.
        kind: crate::paper::FollowKind,
        /// As given.
        text: String,
    },
    /// A profile that follows as much as a profile may.
    #[error(
        "the profile {profile} would follow {count} authors, words and categories; at most {most} are compared with new papers"
    )]
    FollowsTooMuch {
        /// Its name.
        profile: String,
        /// How many there would be.
        count: usize,
        /// The bound.
        most: usize,
    },
    /// An interest that a profile does not have.
    #[error("there is no interest {number}; this profile has {count}")]
    NoSuchInterest {
        /// As asked for.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// A paper or text in whose interest somebody asks, and that the profile does not like.
    #[error("the profile {profile} does not like {what}")]
    NotLiked {
        /// The profile.
        profile: String,
        /// The id or key.
        what: String,
    },
}

impl ProfileError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            ProfileError::NoSuchProfile { .. } => "no-such-profile",
            ProfileError::NothingLiked { .. } => "nothing-liked",
            ProfileError::LikedAreGone { .. } => "liked-are-gone",
            ProfileError::FollowsNothing { .. } => "follows-nothing",
            ProfileError::FollowsTooMuch { .. } => "follows-too-much",
            ProfileError::NoSuchInterest { .. } => "no-such-interest",
            ProfileError::NotLiked { .. } => "not-liked",
        }
    }
}

fn follows_nothing(kind: crate::paper::FollowKind) -> &'static str {
    match kind {
        crate::paper::FollowKind::Author => "is no name: it has no word",
        crate::paper::FollowKind::Words => "has no word",
        crate::paper::FollowKind::Category => "is no category of arXiv",
    }
}

fn other_profiles(there: &[String]) -> String {
    match there {
        [] => " yet".to_owned(),
        there => format!("; there are: {}", there.join(", ")),
    }
}
