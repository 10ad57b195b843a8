//! How what several sources say about one paper becomes one record, whatever their order.
//!
//! In: entries. Out: a [`Record`], each field of which is the maximum under ([`Precedence`], value)
//! of all that was told; only a day of publication also goes before a month that a higher source
//! told. A maximum is commutative, associative and idempotent, so neither the order
//! of files, nor how they are cut into runs, nor reading one twice changes the outcome; and a field
//! that a source does not tell is never erased by it. Listings and categories are unions. The one
//! place where order matters to the reader, the primary category, is a field of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::paper::ArxivId;
use crate::paper::withdrawn::{self, Place};
use crate::paper::{Entry, Facet, Field, Listing, Metadata, PartialDate, Precedence, SourceKind, ValueRef};
use crate::passage::{passage, passage_hash};

/// A value with the precedence of the source that told it. The derived order is the one that
/// merging takes the maximum of: precedence first, then the value (for texts: its bytes).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sourced<T> {
    pub precedence: Precedence,
    pub value: T,
}

/// All that the library knows of one paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub version: u32,
    pub metadata: Metadata,
    /// How the source of each field of the metadata ranks, of those that a source told.
    pub sources: BTreeMap<Field, Precedence>,
    pub primary_category: Option<Sourced<String>>,
    pub links: BTreeMap<String, Sourced<String>>,
    pub summaries: BTreeMap<(String, Facet), Sourced<String>>,
    pub categories: BTreeSet<String>,
    pub listings: BTreeSet<Listing>,
}

impl Record {
    /// Takes in what one source says.
    pub(super) fn absorb(&mut self, entry: &Entry) {
        let precedence = entry.precedence;
        self.version = self.version.max(precedence.version);
        for &field in Field::ALL {
            let told = entry.metadata.get(field).map(|value| (precedence, value));
            let rank = |(precedence, value)| (tells_day(field, value), precedence, value);
            // Compared before it is cloned, as most of a second source is no higher.
            if let Some((precedence, value)) = told.filter(|_| told.map(rank) > self.held(field).map(rank)) {
                self.metadata.set(field, value.to_value());
                self.sources.insert(field, precedence);
            }
        }
        // Categories are stored between spaces, so one that holds a space is two.
        let categories = || entry.categories.iter().flat_map(|categories| categories.split_whitespace());
        raise(&mut self.primary_category, precedence, categories().next().map(str::to_owned).as_ref());
        for (kind, address) in &entry.links {
            raise_in(&mut self.links, kind, precedence, address);
        }
        for (key, text) in &entry.summaries {
            raise_in(&mut self.summaries, key, precedence, text);
        }
        for category in categories() {
            if !self.categories.contains(category) {
                self.categories.insert(category.to_owned());
            }
        }
        if let Some(listing) = &entry.listing
            && !self.listings.contains(listing)
        {
            self.listings.insert(listing.clone());
        }
    }

    /// Whether both say the same, whoever told it.
    pub(super) fn reads_the_same(&self, other: &Record) -> bool {
        fn same<K: Ord, T: PartialEq>(one: &BTreeMap<K, Sourced<T>>, other: &BTreeMap<K, Sourced<T>>) -> bool {
            one.iter().map(|(key, told)| (key, &told.value)).eq(other.iter().map(|(key, told)| (key, &told.value)))
        }
        let primary = |record: &Record| record.primary_category.as_ref().map(|told| told.value.clone());
        self.version == other.version
            && self.metadata == other.metadata
            && primary(self) == primary(other)
            && same(&self.links, &other.links)
            && same(&self.summaries, &other.summaries)
            && self.categories == other.categories
            && self.listings == other.listings
    }

    /// What is held of a field, and how its source ranks.
    fn held(&self, field: Field) -> Option<(Precedence, ValueRef<'_>)> {
        Some((*self.sources.get(&field)?, self.metadata.get(field)?))
    }

    /// The primary category, then the others sorted: a set has no order of its own to keep.
    pub(super) fn ordered_categories(&self) -> Vec<&str> {
        let primary = self.primary_category.as_ref().map(|told| told.value.as_str());
        let others = self.categories.iter().map(String::as_str).filter(|&category| Some(category) != primary);
        primary.into_iter().chain(others).collect()
    }

    /// The date by which a paper is found with `--since` and `--until`: when it was published;
    /// failing that, when a digest first listed it; failing that, when it was updated; failing
    /// that, the month that its id names, of which no day is known.
    pub(super) fn date(&self, id: &ArxivId) -> PartialDate {
        let listed = self.listings.iter().filter_map(|listing| listing.date).min().map(PartialDate::Day);
        self.metadata.published.or(listed).or(self.metadata.updated).unwrap_or_else(|| {
            let (year, month) = id.submitted();
            PartialDate::Month { year, month }
        })
    }

    /// Whether the paper is withdrawn: a source marks it so, or its comment, abstract or title says
    /// it, and no source tells of a later version. What a source without a version tells is also
    /// overtaken by a version of a later day.
    pub(super) fn is_withdrawn(&self) -> bool {
        let overtaken = |told: &Precedence| {
            let later =
                |other: &Precedence| other.version > told.version && (told.version > 0 || other.date > told.date);
            self.sources.values().any(later)
        };
        let told = |field: Field| match self.metadata.get(field) {
            Some(ValueRef::Text(text)) => match field {
                Field::Withdrawal => true,
                Field::Comment => withdrawn::tells(Place::Comment, text),
                Field::Abstract => withdrawn::tells(Place::Abstract, text),
                Field::Title => withdrawn::tells(Place::Title, text),
                _ => false,
            },
            _ => false,
        };
        self.sources.iter().any(|(field, source)| told(*field) && !overtaken(source))
    }

    /// The text that is embedded; none without a title.
    pub(super) fn passage(&self) -> Option<String> {
        let title = self.metadata.title.as_deref().filter(|title| !title.trim().is_empty())?;
        Some(passage(title, self.metadata.abstract_text.as_deref()))
    }

    /// SHA-256 of the [passage](Record::passage): tells stored vectors of this text from those of
    /// an older one.
    pub(super) fn passage_hash(&self) -> Option<[u8; 32]> {
        self.passage().map(|text| passage_hash(&text))
    }

    /// The precedences of the single fields, grouped, since nearly always one source told them all:
    /// `0 - markdown: comment; 2 2026-02-12 snapshot: title abstract`. Links and summaries keep
    /// theirs in their own rows.
    pub(super) fn provenance(&self) -> String {
        let mut groups: BTreeMap<Precedence, Vec<&str>> = BTreeMap::new();
        let mut note = |name, precedence| groups.entry(precedence).or_default().push(name);
        for (field, precedence) in &self.sources {
            note(field.name(), *precedence);
        }
        if let Some(told) = &self.primary_category {
            note("primary_category", told.precedence);
        }
        let mut text = String::new();
        for (precedence, names) in &groups {
            let separator = if text.is_empty() { "" } else { "; " };
            // Writing into a String cannot fail.
            let _ = write!(text, "{separator}{}: {}", precedence_text(precedence), names.join(" "));
        }
        text
    }
}

/// The precedence of every field named in a [provenance](Record::provenance); `None` where the text
/// is damaged.
pub(super) fn parse_provenance(text: &str) -> Option<BTreeMap<&str, Precedence>> {
    let mut fields = BTreeMap::new();
    for group in text.split("; ").filter(|group| !group.is_empty()) {
        let (precedence, names) = group.split_once(": ")?;
        let precedence = parse_precedence(precedence)?;
        fields.extend(names.split(' ').map(|name| (name, precedence)));
    }
    Some(fields)
}

/// `2 2026-02-12 snapshot`; a dash stands for an unknown date.
pub(super) fn precedence_text(precedence: &Precedence) -> String {
    let Precedence { version, date, kind } = precedence;
    match date {
        Some(date) => format!("{version} {date} {}", kind.name()),
        None => format!("{version} - {}", kind.name()),
    }
}

/// Reads [`precedence_text`] back; `None` where it is damaged.
pub(super) fn parse_precedence(text: &str) -> Option<Precedence> {
    const KINDS: [SourceKind; 4] =
        [SourceKind::Markdown, SourceKind::EnhancedJsonl, SourceKind::RawJsonl, SourceKind::Snapshot];
    let mut words = text.split(' ');
    let version = words.next()?.parse().ok()?;
    let date = match words.next()? {
        "-" => None,
        date => Some(date.parse().ok()?),
    };
    let kind = words.next()?;
    let kind = KINDS.into_iter().find(|known| known.name() == kind)?;
    words.next().is_none().then_some(Precedence { version, date, kind })
}

/// Whether a value says more than a month. A day of publication goes before a month, whatever the
/// sources: there is one first version, and the month is that of its day. All other values are
/// equal here, those of the last version too, since each version has a day of its own.
fn tells_day(field: Field, value: ValueRef<'_>) -> bool {
    field != Field::Published || matches!(value, ValueRef::Day(PartialDate::Day(_)))
}

/// Whether (`precedence`, `value`) is above what is held: compared before cloning, as most of a
/// second source is not.
fn rises<T: Ord>(held: Option<&Sourced<T>>, precedence: Precedence, value: &T) -> bool {
    held.is_none_or(|held| (held.precedence, &held.value) < (precedence, value))
}

fn raise<T: Ord + Clone>(field: &mut Option<Sourced<T>>, precedence: Precedence, value: Option<&T>) {
    if let Some(value) = value
        && rises(field.as_ref(), precedence, value)
    {
        *field = Some(Sourced { precedence, value: value.clone() });
    }
}

fn raise_in<K: Ord + Clone>(
    fields: &mut BTreeMap<K, Sourced<String>>,
    key: &K,
    precedence: Precedence,
    value: &String,
) {
    if rises(fields.get(key), precedence, value) {
        fields.insert(key.clone(), Sourced { precedence, value: value.clone() });
    }
}
