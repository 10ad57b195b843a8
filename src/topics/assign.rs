//! Guided topics: papers are assigned to topics that somebody named.
//!
//! In: seed topics (names, each with a description or example papers if wanted), and a function
//! that embeds texts. Out: [`Topics`] of one level, in the order of the names; papers that fit none
//! of them are under `other`.
//!
//! A bare name says little: "theory" lies nowhere in particular among abstracts, and "PINNs" next
//! to nothing. So each name is enriched from the library's own text: an acronym by what it stands
//! for there, and every name by the sentences that it occurs in. Names are then compared less what
//! all of them have in common, and papers less what all papers have: else whatever lies in the
//! middle takes most papers (measured on the sample: five of seven by plain cosine).

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::acronyms::Acronyms;
use super::candidates::dot;
use super::corpus::{Assignment, Membership};
use super::find::{Papers, Step, Steps};
use super::incremental::Grouped;
use super::layout;
use super::names::TopicName;
use super::partition::Partition;
use super::topic::Topics;
use crate::error::{QueryError, Result};
use crate::library::{FingerprintNumber, Library, Matching, PaperRow};
use crate::paper::ArxivId;
use crate::sentences::sentences;
use crate::terms::index_words;
use crate::text::neutral;

/// Papers whose sentences are looked through for a name, and sentences that are taken.
const LOOKED_THROUGH: usize = 40;
const SENTENCES: usize = 8;

/// A paper whose cosine with its topic is below this fits badly. Chosen on the sample, where papers
/// that fit have .25 and more.
const WEAK: f32 = 0.22;

/// A paper fits a name from so many standard deviations above the mean of all papers on, and within
/// these cosines: with headings of reading lists as names, four of five papers are then of the
/// heading's list (docs/benchmarks.md, `benches/topics/into.py`).
const DEVIATIONS: f64 = 3.25;
const FIT_AT_LEAST: f32 = 0.45;
const FIT_AT_MOST: f32 = 0.60;

/// With fewer papers than this there is no telling what cosine is usual, and every paper that is
/// not far off fits.
const TOLD_FROM: usize = 500;
const FIT_OF_FEW: f32 = 0.1;

/// The name of the group of papers that fit no seed topic.
const OTHER: &str = "other";

/// Embeds texts: one unit vector for each, in the same order.
pub(super) type Embed<'a> = &'a mut dyn FnMut(&[String]) -> Result<Vec<Vec<f32>>>;

/// A topic that somebody named, to which papers are assigned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeedTopic {
    /// Its name, as it was given.
    pub name: String,
    /// What it means, if anything was said.
    pub description: Option<String>,
    /// Papers that belong there.
    pub examples: Vec<ArxivId>,
}

impl SeedTopic {
    /// `NAME`, `NAME: what it means` or `NAME = ID,ID`, without what a terminal would obey and
    /// nobody sees.
    pub(crate) fn parse(text: &str) -> SeedTopic {
        let text = &*neutral::line(text);
        if let Some((name, ids)) = text.split_once('=') {
            let ids: Option<Vec<ArxivId>> =
                ids.split(',').map(|id| ArxivId::parse(id.trim()).map(|(id, _)| id)).collect();
            if let Some(examples) = ids {
                return SeedTopic { name: neutral::name(name).into_owned(), description: None, examples };
            }
        }
        match text.split_once(": ") {
            Some((name, description)) => SeedTopic {
                name: neutral::name(name).into_owned(),
                description: Some(description.trim().to_owned()),
                examples: Vec::new(),
            },
            None => SeedTopic { name: neutral::name(text).into_owned(), ..SeedTopic::default() },
        }
    }
}

/// What [`assign`] assigns to what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guided<'a> {
    /// The model whose vectors are compared.
    pub fingerprint: FingerprintNumber,
    /// The papers to assign; `None` for all.
    pub within: &'a Matching,
    /// The topics, in the order in which they come out.
    pub seeds: &'a [SeedTopic],
    /// The least cosine of a paper with its topic. `None` takes, for each topic, a cosine that few
    /// papers of the library reach.
    pub threshold: Option<f32>,
}

/// Assigns papers to seed topics. A paper whose cosine with every topic is below the threshold is
/// under `other`.
///
/// # Errors
/// [`QueryError::NotInLibrary`] for an example that is not there; what the library and `embed`
/// report.
pub(crate) fn assign(library: &Library, guided: Guided<'_>, embed: Embed<'_>, step: Steps<'_>) -> Result<Topics> {
    let Guided { fingerprint, within, seeds, threshold } = guided;
    let _snapshot = library.snapshot()?;
    let prototypes =
        seeds.iter().map(|seed| prototype(library, &guided, seed, embed)).collect::<Result<Vec<Vec<f32>>>>()?;
    let Some(papers) = Papers::of(library, fingerprint, within, step)? else { return Ok(Topics::default()) };
    let corpus = &papers.corpus;
    step(Step::Grouping)?;
    let rows = &corpus.rows;
    let common_papers = mean((0..rows.len()).map(|paper| rows.row(paper)), rows.dimension());
    // One name has nothing in common with others.
    let common_names = match prototypes.as_slice() {
        [_] => vec![0.0; rows.dimension()],
        several => mean(several.iter().map(Vec::as_slice), rows.dimension()),
    };
    let names: Vec<Vec<f32>> = prototypes.iter().map(|vector| unit(less(vector, &common_names))).collect();
    let least: Vec<f32> = prototypes
        .par_iter()
        .map(|name| threshold.unwrap_or_else(|| unusual((0..rows.len()).map(|paper| dot(rows.row(paper), name)))))
        .collect();
    let other = seeds.len();
    let mut groups = Vec::with_capacity(rows.len());
    let mut memberships = Vec::with_capacity(rows.len());
    for paper in 0..rows.len() {
        let own = unit(less(rows.row(paper), &common_papers));
        let mut order: Vec<(f32, usize)> = names.iter().map(|name| dot(&own, name)).zip(0..).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let fit = |name: usize| dot(rows.row(paper), &prototypes[name]);
        let best = order.first().map_or(other, |(_, name)| *name);
        let fits = best != other && fit(best) >= least[best];
        groups.push(if fits { best as u32 } else { other as u32 });
        memberships.push(Membership {
            strength: if best == other { 0.0 } else { f64::from(fit(best)).max(0.0) },
            second: if fits { order.get(1).map(|(_, name)| *name) } else { Some(best).filter(|best| *best != other) },
            weak: fits && fit(best) < WEAK,
        });
    }
    let mut names: Vec<String> = seeds.iter().map(|seed| seed.name.clone()).collect();
    // An empty `other` is no topic.
    if groups.iter().any(|group| *group as usize == other) {
        names.push(OTHER.to_owned());
    }
    let ids = (1..=names.len() as u32).collect();
    let grouped =
        Grouped { partitions: vec![Partition { groups, count: names.len() }], ids: vec![ids], reclustered: true };
    let names = vec![names.into_iter().map(|name| Some(TopicName { name, fixed: true })).collect()];
    step(Step::Drawing)?;
    let positions = layout(&corpus.rows, &corpus.nearest, &|| step(Step::Further))?;
    let assignment = Assignment { grouped, names, memberships, positions, unassigned: None };
    let mut topics = papers.topics(library, assignment, step)?;
    topics.sort_papers();
    Ok(topics)
}

/// The cosine from which a paper fits a name, given the cosines of all papers: so many standard
/// deviations above their mean, within bounds. A broad name is near to more papers than a narrow
/// one, so one cosine for all does not serve. Of a few papers nothing is unusual.
fn unusual(cosines: impl Iterator<Item = f32>) -> f32 {
    let cosines: Vec<f64> = cosines.map(f64::from).collect();
    if cosines.len() < TOLD_FROM {
        return FIT_OF_FEW;
    }
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    let variance = cosines.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / cosines.len() as f64;
    ((mean + DEVIATIONS * variance.sqrt()) as f32).clamp(FIT_AT_LEAST, FIT_AT_MOST)
}

/// The vector of a seed topic: the mean of the name itself, of the sentences that it occurs in, and
/// of its examples.
fn prototype(library: &Library, guided: &Guided<'_>, seed: &SeedTopic, embed: Embed<'_>) -> Result<Vec<f32>> {
    let Guided { fingerprint, within, .. } = *guided;
    let mut text = spelled_out(library, fingerprint, within, &seed.name)?;
    let stems = stems(&text);
    let mut texts: Vec<String> = Vec::new();
    if let Some(description) = &seed.description {
        text = format!("{text}: {description}");
    }
    texts.push(text);
    texts.extend(occurrences(library, fingerprint, within, &stems)?);
    let vectors = embed(&texts)?;
    let dimension = library.dimension(fingerprint)?;
    let mut parts = vec![vectors[0].clone()];
    if vectors.len() > 1 {
        parts.push(unit(mean(vectors[1..].iter().map(Vec::as_slice), dimension)));
    }
    let mut examples = Vec::new();
    for id in &seed.examples {
        let row = library.row_of(id)?;
        let vector = row.map(|row| library.vector(fingerprint, row)).transpose()?.flatten();
        examples.push(vector.ok_or_else(|| QueryError::NotInLibrary { unknown: vec![(id.to_string(), Vec::new())] })?);
    }
    if !examples.is_empty() {
        parts.push(unit(mean(examples.iter().map(Vec::as_slice), dimension)));
    }
    Ok(unit(mean(parts.iter().map(Vec::as_slice), dimension)))
}

/// A name with its acronyms as the library spells them.
fn spelled_out(library: &Library, fingerprint: FingerprintNumber, within: &Matching, name: &str) -> Result<String> {
    let mut words = Vec::new();
    for word in name.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let rows = library.with_stems(&[bare.trim_end_matches('s').to_lowercase()], within, LOOKED_THROUGH)?;
        let acronyms = if super::acronyms::is_acronym(bare) {
            Acronyms::of(&texts(library, fingerprint, &rows)?)
        } else {
            Acronyms::default()
        };
        match acronyms.long(bare) {
            // Where the long form stands there already, it is enough.
            Some(long) if !name.to_lowercase().contains(&long.join(" ")) => words.push(long.join(" ")),
            _ => words.push(word.to_owned()),
        }
    }
    Ok(words.join(" "))
}

/// The sentences in which most of these stems occur.
fn occurrences(
    library: &Library,
    fingerprint: FingerprintNumber,
    within: &Matching,
    stems: &BTreeSet<String>,
) -> Result<Vec<String>> {
    let asked: Vec<String> = stems.iter().cloned().collect();
    let rows = library.with_stems(&asked, within, LOOKED_THROUGH)?;
    let mut found: Vec<(usize, String)> = Vec::new();
    for text in texts(library, fingerprint, &rows)? {
        for sentence in sentences(&text) {
            let words = crate::library::terms(sentence);
            let held = stems.iter().filter(|stem| words.iter().any(|word| word.starts_with(stem.as_str()))).count();
            found.push((held, sentence.to_owned()));
        }
    }
    let most = found.iter().map(|(held, _)| *held).max().unwrap_or(0);
    found.retain(|(held, _)| *held == most && most > 0);
    Ok(found.into_iter().map(|(_, sentence)| sentence).take(SENTENCES).collect())
}

/// Titles and abstracts of papers, in this order.
fn texts(library: &Library, fingerprint: FingerprintNumber, rows: &[PaperRow]) -> Result<Vec<String>> {
    let papers = library.texts_of(fingerprint, rows)?;
    Ok(papers
        .into_iter()
        .map(|paper| format!("{}. {}", paper.title.trim_end_matches('.'), paper.abstract_text))
        .collect())
}

/// The words of a name without their endings, so that `theory` is found in `theoretical`.
fn stems(name: &str) -> BTreeSet<String> {
    const ENDINGS: [&str; 11] = ["ically", "ical", "ative", "ing", "ion", "ive", "ity", "ic", "al", "ed", "y"];
    let mut stems = BTreeSet::new();
    index_words(name, &mut |word| {
        let cut = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= 4));
        stems.insert(cut.unwrap_or(word).to_owned());
    });
    stems
}

fn mean<'a>(vectors: impl Iterator<Item = &'a [f32]>, dimension: usize) -> Vec<f32> {
    let mut sum = vec![0.0f64; dimension];
    let mut count = 0.0f64;
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x));
        count += 1.0;
    }
    sum.into_iter().map(|sum| (sum / count.max(1.0)) as f32).collect()
}

fn less(vector: &[f32], common: &[f32]) -> Vec<f32> {
    vector.iter().zip(common).map(|(x, common)| x - common).collect()
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_a_name_depends_on_how_near_all_papers_are() {
        let spread =
            |mean: f32, count: usize| (0..count).map(move |n| if n % 2 == 0 { mean - 0.1 } else { mean + 0.1 });
        assert!((unusual(spread(0.2, 1000)) - 0.525).abs() < 1e-3);
        assert_eq!((unusual(spread(0.0, 1000)), unusual(spread(0.5, 1000))), (FIT_AT_LEAST, FIT_AT_MOST));
        assert_eq!(unusual(spread(0.2, 20)), FIT_OF_FEW);
    }

    #[test]
    fn names_are_read_with_what_stands_behind_them() {
        let id = |text: &str| ArxivId::parse(text).expect("an id").0;
        let bare = |name: &str| SeedTopic { name: name.to_owned(), ..SeedTopic::default() };
        assert_eq!(SeedTopic::parse(" theory "), bare("theory"));
        assert_eq!(SeedTopic::parse("E = mc2"), bare("E = mc2"));
        let told = SeedTopic { description: Some("of ice".to_owned()), ..bare("glaciers") };
        assert_eq!(SeedTopic::parse("glaciers: of ice"), told);
        let shown = SeedTopic { examples: vec![id("2602.10611"), id("hep-th/9901001")], ..bare("this") };
        assert_eq!(SeedTopic::parse("this = 2602.10611, hep-th/9901001"), shown);
    }

    #[test]
    fn endings_are_cut_off() {
        let stems: Vec<String> = stems("theory of generative neural networks and sampling").into_iter().collect();
        assert_eq!(stems, ["gener", "network", "neur", "sampl", "theor"]);
    }
}
