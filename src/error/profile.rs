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
    #[error(
        "nothing says what you like: begin a profile with `relata like ID...`{other}, or name papers in `relata recommend ID...`",
        other = if profile == "default" { String::new() } else { format!(" --profile {profile}") }
    )]
    NothingLiked {
        /// The profile that was asked with.
        profile: String,
    },
    /// A question with a profile whose liked papers are all gone, or have no text.
    #[error(
        "the library has none of the {papers} papers that the profile {profile} likes: add digests that list them, or like others with `relata like ID...`"
    )]
    LikedAreGone {
        /// The profile that was asked with.
        profile: String,
        /// How many papers it likes.
        papers: usize,
    },
    /// An interest that a profile does not have.
    #[error("there is no interest {number}; this profile has {count}, see `relata profile show`")]
    NoSuchInterest {
        /// As asked for.
        number: usize,
        /// How many there are.
        count: usize,
    },
}

impl ProfileError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            ProfileError::NoSuchProfile { .. } => "no-such-profile",
            ProfileError::NothingLiked { .. } => "nothing-liked",
            ProfileError::LikedAreGone { .. } => "liked-are-gone",
            ProfileError::NoSuchInterest { .. } => "no-such-interest",
        }
    }
}

fn other_profiles(there: &[String]) -> String {
    match there {
        [] => " yet; begin one with `relata like ID... --profile NAME`".to_owned(),
        there => format!("; there are: {}", there.join(", ")),
    }
}
