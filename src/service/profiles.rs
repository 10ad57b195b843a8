//! Profiles: what somebody thinks of papers, kept in the user's library, also while the sample
//! stands for its papers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::add::Skips;
use super::events::Note;
use super::query::each_once;
use super::texts::{TextRow, is_zero};
use super::{DEFAULT_PROFILE, Relata};
use crate::error::Result;
use crate::library::{Library, Opinion, Profile, ProfileText, RemovedProfile};
use crate::paper::{ArxivId, Follows, LikeWeight};
use crate::references::{self, Encoding, Reference, References};

/// Papers that somebody likes or dislikes from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opine {
    /// The papers.
    pub papers: Vec<ArxivId>,
    /// Whose opinion it is.
    #[serde(default = "default_profile")]
    pub profile: String,
    /// What is thought of them; nothing takes an earlier opinion back.
    pub opinion: Option<Opinion>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Opined {
    /// How many opinions are others than before.
    pub changed: usize,
    /// Papers that are not in the library, of which nothing was noted.
    pub unknown: Vec<ArxivId>,
    /// The profile as it is now.
    pub profile: ProfileRow,
    /// The unknown papers, each with the closest ids that are there and their titles.
    #[serde(skip)]
    pub closest: Vec<(String, Vec<(ArxivId, String)>)>,
}

/// A profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileRow {
    /// Its name.
    pub profile: String,
    /// Liked papers.
    pub like: Vec<ArxivId>,
    /// Disliked papers.
    pub unlike: Vec<ArxivId>,
    /// What it follows; the key is left out where that is nothing.
    #[serde(default, skip_serializing_if = "Follows::is_empty")]
    pub follow: Follows,
    /// How many liked texts are no papers of the library; the key is left out where none is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub texts: usize,
}

/// A profile with all that makes it anew where it is imported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct ExportedProfile {
    /// Its name.
    pub profile: String,
    /// Liked papers.
    pub like: Vec<ArxivId>,
    /// Disliked papers.
    pub unlike: Vec<ArxivId>,
    /// What it follows; the key is left out where that is nothing.
    #[serde(skip_serializing_if = "Follows::is_empty")]
    pub follow: Follows,
    /// How much liked papers count, from 0 to 10, where somebody has said so; the key is left out
    /// where nobody has.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<ArxivId, LikeWeight>,
    /// Liked texts that are no papers of the library, by key; the key is left out where none is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<TextRow>,
}

/// All profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Profiles {
    /// By name.
    pub profiles: Vec<ProfileRow>,
}

/// A file of references whose papers are liked from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportProfile {
    /// An export of a reference manager in any of their formats, an exported profile or a list of
    /// ids, as it is or as gzip; `-` is standard input.
    pub file: PathBuf,
    /// The profile to add to; else the name in an exported profile, else the default.
    #[serde(default)]
    pub profile: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Imported {
    /// The profile.
    pub profile: String,
    /// References that mean one paper of the library, or name one in an exported profile.
    pub matched: usize,
    /// How many of these are news to the profile.
    pub added: usize,
    /// What an exported profile follows that the profile did not follow yet; the key is left out
    /// where that is nothing.
    #[serde(skip_serializing_if = "is_none")]
    pub followed: usize,
    /// References that mean no paper of the library, or several.
    pub unmatched: Vec<Unmatched>,
    /// Those of them that are liked by their titles and abstracts.
    pub texts: ImportedTexts,
    /// Entries that could not be read.
    pub skipped: u64,
    /// How the bytes of the file were read, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The same, one by one.
    #[serde(skip)]
    pub skips: Skips,
    /// Papers of an exported profile that are not in the library; they count once they are.
    #[serde(skip)]
    pub absent: usize,
}

/// References that are liked although the library has no paper of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportedTexts {
    /// How many.
    pub liked: usize,
    /// How many of these are news to the profile.
    pub added: usize,
    /// How many of these have a title and no abstract.
    pub by_title: usize,
}

/// A reference that means no paper of the library, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unmatched {
    /// Where it begins, from 1.
    pub line: u64,
    /// What it calls itself: its title or a key, at most 200 characters.
    pub entry: String,
    /// Why, in words.
    pub reason: &'static str,
    /// Whether it is liked by its title and abstract; the key is left out where it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub text: bool,
}

impl Relata {
    /// Notes what somebody thinks of papers. What is liked must be in the library, or while that
    /// has none in the sample; what is taken back need not.
    ///
    /// # Errors
    /// What the library reports.
    pub fn opine(&self, request: &Opine) -> Result<Opined> {
        let mut library = self.own()?;
        let sample = self.sample_instead(&library)?;
        if sample.is_some() {
            self.note(Note::SampleLookedUp);
        }
        let papers: &Library = sample.as_deref().unwrap_or(&library);
        let (mut known, mut unknown, mut closest) = (Vec::new(), Vec::new(), Vec::new());
        for id in each_once(&request.papers) {
            if request.opinion.is_none() || papers.row_of(&id)?.is_some() {
                known.push((id, request.opinion));
            } else {
                closest.push((id.to_string(), papers.closest(id.as_str(), 3)?));
                unknown.push(id);
            }
        }
        let changed = library.set_opinions(&request.profile, &known)?;
        let changed = changed.iter().filter(|changed| **changed).count();
        let profile = ProfileRow::from(library.profile(&request.profile)?);
        Ok(Opined { changed, unknown, profile, closest })
    }

    /// All profiles, by name.
    ///
    /// # Errors
    /// What the library reports.
    pub fn profiles(&self) -> Result<Profiles> {
        let profiles = self.existing()?.map_or(Ok(Vec::new()), |library| library.profiles())?;
        Ok(Profiles { profiles: profiles.into_iter().map(ProfileRow::from).collect() })
    }

    /// A profile. The default one is empty where there is none.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`](crate::error::ProfileError::NoSuchProfile) names those that
    /// there are.
    pub fn export_profile(&self, name: &str) -> Result<ExportedProfile> {
        let Profile { name: profile, like, unlike, follows: follow, weights, texts, .. } =
            self.profile(None, name, true)?;
        let texts = texts.into_iter().map(TextRow::from).collect();
        Ok(ExportedProfile { profile, like, unlike, follow, weights, texts })
    }

    /// Forgets a profile; gives what it had. `None` where there is no library.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`](crate::error::ProfileError::NoSuchProfile) names those that
    /// there are.
    pub fn remove_profile(&self, name: &str) -> Result<Option<RemovedProfile>> {
        let Some(library) = self.existing()? else { return Ok(None) };
        library.existing_profile(name)?;
        self.remove_from(library, |library| library.remove_profile(name)).map(Some)
    }

    /// Likes the papers that a file of references means. One that means no paper of the library and
    /// has a title is liked as a text, until its paper comes.
    ///
    /// # Errors
    /// [`Io`](crate::Error::Io),
    /// [`ReadingError::ReferencesUnknown`](crate::error::ReadingError::ReferencesUnknown); what the
    /// library reports.
    pub fn import_profile(&self, request: &ImportProfile) -> Result<Imported> {
        let References { entries: read, exported, encoding } = references::read(&request.file)?;
        let mut library = self.own()?;
        let sample = self.sample_instead(&library)?;
        let papers: &Library = sample.as_deref().unwrap_or(&library);
        // An exported profile keeps its name.
        let own = exported.as_ref().map(|exported| exported.profile.clone()).filter(|own| !own.is_empty());
        let name = request.profile.clone().or(own).unwrap_or_else(|| self.default_profile().to_owned());
        let source = request.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut skips = Skips::default();
        let (mut found, mut absent) = (Found::default(), 0);
        for entry in read {
            let reference = match entry {
                Err(skipped) => {
                    skips.push(skipped);
                    continue;
                }
                Ok(reference) => reference,
            };
            let opinion = if reference.disliked { Opinion::Disliked } else { Opinion::Liked };
            let mut opine = |id: ArxivId| {
                found.weights.extend(reference.weight.map(|weight| (id.clone(), weight)));
                found.opinions.push((id, Some(opinion)));
            };
            match (matched(papers, &reference)?, reference.ids.first()) {
                (Ok(id), _) => opine(id),
                // Its paper may come, or come again.
                (Err(_), Some(id)) if reference.profile.is_some() && reference.title.is_none() => {
                    opine(id.clone());
                    absent += 1;
                }
                (Err(reason), _) => found.keep_text(reference, &source, reason),
            }
        }
        // Refused whole, where it is too much, before anything else is written.
        let followed = match exported {
            Some(exported) if !exported.follow.is_empty() => library.follow(&name, &exported.follow)?,
            _ => 0,
        };
        let Found { opinions, weights, texts, unmatched } = found;
        let (changed, added) = library.enter_likes(&name, &opinions, &texts, &weights)?;
        Ok(Imported {
            profile: name,
            matched: opinions.len(),
            added: changed.iter().filter(|changed| **changed).count(),
            followed,
            unmatched,
            texts: ImportedTexts {
                liked: added.iter().map(|added| &added.key).collect::<BTreeSet<_>>().len(),
                added: added.iter().filter(|added| added.new).count(),
                by_title: texts.iter().filter(|text| text.abstract_text.is_empty()).count(),
            },
            skipped: skips.count(),
            encoding,
            skips,
            absent,
        })
    }
}

/// What the references of a file mean.
#[derive(Default)]
struct Found {
    opinions: Vec<(ArxivId, Option<Opinion>)>,
    weights: Vec<(ArxivId, LikeWeight)>,
    texts: Vec<ProfileText>,
    unmatched: Vec<Unmatched>,
}

impl Found {
    /// Takes a reference that means no paper, for some reason, as a text where it has a title.
    fn keep_text(&mut self, reference: Reference, source: &str, reason: &'static str) {
        let (line, entry) = (reference.line, reference.label.clone());
        let text = (!reference.disliked).then(|| text_of(reference, source)).flatten();
        self.unmatched.push(Unmatched { line, entry, reason, text: text.is_some() });
        self.texts.extend(text);
    }
}

/// A reference as a liked text; `None` where it has no title.
pub(super) fn text_of(reference: Reference, source: &str) -> Option<ProfileText> {
    let today = || jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    ProfileText {
        key: String::new(),
        title: reference.title?,
        abstract_text: reference.abstract_text.unwrap_or_default(),
        authors: reference.authors,
        ids: reference.ids,
        doi: reference.doi,
        source: source.to_owned(),
        collection: reference.collection,
        noted: reference.added.unwrap_or_else(today),
        interest: reference.interest,
        weight: reference.weight,
    }
    .identified()
}

impl From<Profile> for ProfileRow {
    fn from(profile: Profile) -> ProfileRow {
        let Profile { name: profile, like, unlike, follows: follow, texts, .. } = profile;
        ProfileRow { profile, like, unlike, follow, texts: texts.len() }
    }
}

/// Whether a number is left out of an answer.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(number: &usize) -> bool {
    *number == 0
}

pub(super) fn default_profile() -> String {
    DEFAULT_PROFILE.to_owned()
}

/// The paper that a reference means: by arXiv id, else by DOI, else by title; or why there is none.
pub(super) fn matched(library: &Library, reference: &Reference) -> Result<std::result::Result<ArxivId, &'static str>> {
    for id in &reference.ids {
        if library.row_of(id)?.is_some() {
            return Ok(Ok(id.clone()));
        }
    }
    if let Some(doi) = &reference.doi
        && let Some(id) = library.with_doi(doi)?.into_iter().next()
    {
        return Ok(Ok(id));
    }
    if !reference.ids.is_empty() {
        return Ok(Err("its arXiv paper is not in the library"));
    }
    let Some(title) = &reference.title else { return Ok(Err("it names neither an arXiv paper nor a title")) };
    let mut found = library.with_title(title)?.into_iter();
    Ok(match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err("several papers of the library have this title"),
        (None, _) => Err("no paper of the library has this title"),
    })
}
