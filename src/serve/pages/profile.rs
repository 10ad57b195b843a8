//! A profile: its interests as Relata sees them, what it likes and follows.

use std::collections::BTreeMap;

use askama::Template;

use super::frame::{Frame, encoded};
use super::{Answer, Asked, Shape, Shown, formula, html, json, no_such_shape};
use crate::Error;
use crate::error::{LibraryError, ProfileError};
use crate::paper::ArxivId;
use crate::service::InterestRow;

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    frame: Frame,
    name: String,
    others: Vec<OtherProfile>,
    interests: Vec<Interest>,
    /// Why there are no interests.
    none: String,
    unlike: Vec<Liked>,
    follows: Vec<Followed>,
    texts: usize,
}

struct OtherProfile {
    name: String,
    href: String,
    likes: usize,
}

struct Interest {
    number: usize,
    /// Percent.
    share: String,
    terms: String,
    papers: Vec<Liked>,
    texts: Vec<String>,
}

struct Liked {
    id: String,
    href: String,
    /// HTML.
    title: String,
}

struct Followed {
    kind: &'static str,
    text: String,
}

/// The profile that is used where none is named.
pub(super) fn default(asked: &Asked<'_>) -> Answer<Shown> {
    Ok(Shown::Elsewhere(format!("/profiles/{}", encoded(&asked.profile()).replace('+', "%20"))))
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let profile = asked.relata.export_profile(&asked.part)?;
    match asked.shape {
        Shape::Html => {}
        Shape::Json => return json(&profile),
        _ => return Err(no_such_shape()),
    }
    // The page is of this profile, whatever else its address says.
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("profile", &asked.part).finish();
    let own = Asked { query, path: asked.path.clone(), part: asked.part.clone(), ..*asked };
    let mut frame = Frame::of(&own, "profile", format!("Profile {}", asked.part))?;
    frame.back.clone_from(&asked.path);
    frame.others = Frame::alone(asked);
    let (interests, none) = match asked.relata.interests(&asked.part) {
        Ok(interests) => (interests.interests.iter().map(|row| interest(row, &frame)).collect(), String::new()),
        Err(
            error @ (Error::Profile(ProfileError::NothingLiked { .. } | ProfileError::LikedAreGone { .. })
            | Error::Library(LibraryError::Empty { .. })),
        ) => (Vec::new(), error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let others = asked.relata.profiles()?.profiles.into_iter().filter(|row| row.profile != asked.part);
    html(&ProfilePage {
        name: asked.part.clone(),
        others: others
            .map(|row| OtherProfile {
                href: format!("/profiles/{}", encoded(&row.profile).replace('+', "%20")),
                likes: row.like.len(),
                name: row.profile,
            })
            .collect(),
        interests,
        none,
        unlike: titled(asked, &profile.unlike, &frame)?,
        follows: profile
            .follow
            .each()
            .map(|(kind, text)| Followed { kind: kind.name(), text: text.to_owned() })
            .collect(),
        texts: profile.texts.len(),
        frame,
    })
}

fn interest(row: &InterestRow, frame: &Frame) -> Interest {
    Interest {
        number: row.interest,
        share: format!("{:.0}", row.share * 100.0),
        terms: row.terms.join(", "),
        papers: row.papers.iter().map(|paper| liked(&paper.id, &paper.title, frame)).collect(),
        texts: row.texts.iter().map(|text| text.title.clone()).collect(),
    }
}

fn liked(id: &ArxivId, title: &str, frame: &Frame) -> Liked {
    let title = if title.is_empty() { id.as_str() } else { title };
    Liked { id: id.to_string(), href: format!("/papers/{id}{}", frame.carry), title: formula::html(title) }
}

/// Papers by their titles; by their ids where the library does not have them.
fn titled(asked: &Asked<'_>, ids: &[ArxivId], frame: &Frame) -> Answer<Vec<Liked>> {
    let mut titles: BTreeMap<&ArxivId, String> = BTreeMap::new();
    for id in ids {
        match asked.relata.paper(id) {
            Ok(info) => titles.insert(id, info.metadata.title.unwrap_or_default()),
            Err(Error::Query(_)) => None,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(ids.iter().map(|id| liked(id, titles.get(id).map_or("", String::as_str), frame)).collect())
}
