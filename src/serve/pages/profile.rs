//! A profile: its interests as Relata sees them, each with a slider for its weight, and what it
//! follows.

use std::collections::BTreeMap;

use askama::Template;

use super::frame::{Frame, counted, encoded};
use super::{Answer, Asked, Shape, Shown, assets, formula, html, json, no_such_shape};
use crate::Error;
use crate::error::{LibraryError, ProfileError};
use crate::paper::ArxivId;
use crate::service::{InterestRow, Interests};

use super::super::problem::Problem;

/// Interests of a page, papers that stand for one, and disliked papers that are named.
const INTERESTS: usize = 30;
const PAPERS: usize = 3;
const UNLIKE: usize = 20;
/// The end of a slider, unless an interest counts more.
const MOST: f32 = 2.0;

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    frame: Frame,
    name: String,
    /// The address of the profile.
    path: String,
    /// What saves a slider once it is moved.
    script: &'static str,
    others: Vec<OtherProfile>,
    summary: String,
    interests: Vec<Interest>,
    /// Why there are no interests.
    none: String,
    page: usize,
    pages: usize,
    before: String,
    after: String,
    unlike: Vec<Liked>,
    all_unlike: usize,
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
    /// Percent; empty where it is muted.
    share: String,
    /// What stands for the share, from 0 to 1, beside the largest.
    length: String,
    name: String,
    /// Its weight as a number and in words, and the end of the slider.
    weight: String,
    words: String,
    most: String,
    /// Something that it holds, by which forms name it.
    member: String,
    /// All of its papers.
    href: String,
    all: String,
    papers: Vec<Liked>,
    texts: Vec<String>,
}

struct Liked {
    href: String,
    /// HTML.
    title: String,
}

struct Followed {
    kind: &'static str,
    text: String,
}

/// The address of a profile's page.
pub(super) fn address(profile: &str) -> String {
    format!("/profiles/{}", encoded(profile).replace('+', "%20"))
}

/// A share in percent, as short as it says something: `12`, `0.4`.
pub(super) fn percent(share: f32) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 9.95 { format!("{percent:.0}") } else { format!("{percent:.1}") }
}

/// A weight in words.
pub(super) fn weight_in_words(weight: f32) -> String {
    match (weight * 100.0).round() as u32 {
        0 => "muted".to_owned(),
        50 => "half".to_owned(),
        100 => "as its papers ask".to_owned(),
        200 => "twice".to_owned(),
        hundredths => format!("{} times", f64::from(hundredths) / 100.0),
    }
}

/// The profile that is used where none is named.
pub(super) fn default(asked: &Asked<'_>) -> Answer<Shown> {
    Ok(Shown::Elsewhere(address(&asked.profile())))
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
    frame.others = Frame::alone(asked);
    let (found, none) = match asked.relata.interests(&asked.part) {
        Ok(found) => (found.interests, String::new()),
        Err(
            error @ (Error::Profile(ProfileError::NothingLiked { .. } | ProfileError::LikedAreGone { .. })
            | Error::Library(LibraryError::Empty { .. })),
        ) => (Vec::new(), error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let page = match asked.said("page").map(|page| page.parse()) {
        None => 1,
        Some(Ok(page)) if page > 0 => page,
        Some(_) => return Err(Problem::malformed("page is no whole number from 1")),
    };
    let pages = found.len().div_ceil(INTERESTS).max(1);
    let path = address(&asked.part);
    let other = |page: usize| if page > 1 { format!("{path}?page={page}") } else { path.clone() };
    frame.back = other(page);
    let others = asked.relata.profiles()?.profiles.into_iter().filter(|row| row.profile != asked.part);
    let named = &profile.unlike[..profile.unlike.len().min(UNLIKE)];
    html(&ProfilePage {
        name: asked.part.clone(),
        others: others
            .map(|row| OtherProfile { href: address(&row.profile), likes: row.like.len(), name: row.profile })
            .collect(),
        summary: format!("{} in {}", counted(profile.like.len(), "liked paper"), counted(found.len(), "interest")),
        interests: of_page(&found, page, &path, &frame),
        none,
        before: if page > 1 { other((page - 1).min(pages)) } else { String::new() },
        after: if page < pages { other(page + 1) } else { String::new() },
        page,
        pages,
        unlike: titled(asked, named, &frame)?,
        all_unlike: profile.unlike.len(),
        follows: profile
            .follow
            .each()
            .map(|(kind, text)| Followed { kind: kind.name(), text: text.to_owned() })
            .collect(),
        texts: profile.texts.len(),
        path,
        script: assets::address("profile"),
        frame,
    })
}

/// The interests of a page, those of most papers first, so that a slider that is moved moves no
/// interest.
fn of_page(all: &[InterestRow], page: usize, path: &str, frame: &Frame) -> Vec<Interest> {
    let mut rows: Vec<&InterestRow> = all.iter().collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.papers.len() + row.texts.len()), row.interest));
    let largest = all.iter().map(|row| row.share).fold(f32::MIN_POSITIVE, f32::max);
    let most = all.iter().map(|row| row.weight.ceil()).fold(MOST, f32::max);
    rows.into_iter()
        .skip((page - 1).saturating_mul(INTERESTS))
        .take(INTERESTS)
        .map(|row| interest(row, Scale { largest, most }, path, frame))
        .collect()
}

/// What the interests of a profile have in common.
#[derive(Clone, Copy)]
struct Scale {
    /// The largest share.
    largest: f32,
    /// The end of sliders.
    most: f32,
}

fn interest(row: &InterestRow, scale: Scale, path: &str, frame: &Frame) -> Interest {
    let member = row.central_first().next().map(|paper| paper.id.to_string());
    let member = member.or_else(|| row.texts.first().map(|text| text.key.clone())).unwrap_or_default();
    let name = if row.terms.is_empty() { format!("Interest {}", row.interest) } else { row.terms.join(", ") };
    let texts = row.texts.iter().map(|text| text.title.clone());
    Interest {
        number: row.interest,
        share: percent(row.share),
        length: format!("{:.3}", row.share / scale.largest),
        name,
        weight: format!("{}", (f64::from(row.weight) * 100.0).round() / 100.0),
        words: weight_in_words(row.weight),
        most: format!("{}", scale.most),
        href: format!("{path}/papers?interest={}", encoded(&member)),
        member,
        all: match (row.papers.len(), row.texts.len()) {
            (1, 0) => "Its only paper".to_owned(),
            (0, 1) => "Its only text".to_owned(),
            (papers, 0) => format!("All {papers} papers"),
            (0, texts) => format!("All {texts} texts"),
            (papers, texts) => format!("All of {} and {}", counted(papers, "paper"), counted(texts, "text")),
        },
        papers: row.central_first().take(PAPERS).map(|paper| liked(&paper.id, &paper.title, frame)).collect(),
        texts: texts.take(PAPERS.saturating_sub(row.papers.len())).collect(),
    }
}

/// The shares of all interests, for a page whose slider was moved.
pub(super) fn shares(interests: &Interests) -> serde_json::Value {
    let largest = interests.interests.iter().map(|row| row.share).fold(f32::MIN_POSITIVE, f32::max);
    let row = |row: &InterestRow| {
        serde_json::json!({
            "interest": row.interest,
            "share": percent(row.share),
            "length": format!("{:.3}", row.share / largest),
        })
    };
    serde_json::json!({"interests": interests.interests.iter().map(row).collect::<Vec<_>>()})
}

fn liked(id: &ArxivId, title: &str, frame: &Frame) -> Liked {
    let title = if title.is_empty() { id.as_str() } else { title };
    Liked { href: format!("/papers/{id}{}", frame.carry), title: formula::html(title) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_weights_are_told_in_few_words() {
        assert_eq!([0.0, 0.0004, 0.0312, 0.0994, 0.0996, 1.0].map(percent), ["0", "0.0", "3.1", "9.9", "10", "100"]);
        assert_eq!(
            [0.0, 0.5, 0.7, 1.0, 2.0, 2.5].map(weight_in_words),
            ["muted", "half", "0.7 times", "as its papers ask", "twice", "2.5 times"]
        );
    }
}
