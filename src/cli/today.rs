//! `relata today`: the new papers that matter to a profile, in a form for people or for other programs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::export::{self, Chosen, Form};
use crate::library::{Filter, Library, PaperRow, PaperSet};
use crate::neighbours::Ground;
use crate::paper::Listing;
use crate::recommend::Query;
use crate::today::{self, New, is_known};

use super::answers::{
    ResultRow, add_profile, answer_row, filter, liked, selection_json, weights, write_row, write_why,
};
use super::args::Today;
use super::skips::Skips;
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, add, complete};

/// The listings of the day's papers in the day's digests.
type Listings = BTreeMap<ArxivId, BTreeSet<Listing>>;

/// What may be an answer, and what is left out.
struct Candidates {
    among: PaperSet,
    /// Papers that earlier digests listed, or late versions of old ones.
    known: usize,
    /// Papers that the profile's lists have shown.
    shown: usize,
}

/// Papers that repeat an older one and are named; `--json` names all.
const REPEATED: usize = 10;

/// What a list is without.
struct LeftOut<'a> {
    known: usize,
    shown: usize,
    /// New papers, each with the older one that it nearly repeats.
    repeated: Vec<(ArxivId, ArxivId)>,
    /// Entries of the digests that could not be used.
    skips: &'a Skips,
}

pub(super) fn run(context: &Context, asked: &Today, page: &mut Page) -> Result<Outcome> {
    let name = &asked.profile.profile;
    let mut report = add::Report::default();
    let files = add::files(&asked.paths, &mut report);
    let mut library = if asked.paths.is_empty() {
        let Some(library) = context.open_existing()? else {
            say("The library is empty: name the digests of the day, or add some with `relata add PATH...`.");
            return Ok(Outcome::Nothing);
        };
        library
    } else {
        context.open()?
    };
    // Before files are read: without a profile nothing would come of it.
    if context.profile(Some(&library), name, true)?.like.is_empty() {
        return Err(Error::NothingLiked { profile: name.clone() });
    }
    let mut listings: Listings = BTreeMap::new();
    let read = add::read_files(&mut library, &files, &mut report, &mut |entry| {
        listings.entry(entry.id.clone()).or_default().extend(entry.listing.clone());
    });
    report.say();
    read?;
    let partly = |outcome: Outcome| if report.is_whole() { outcome } else { Outcome::Partial };

    let mut query = Query {
        k: asked.selection.k,
        filter: filter(&asked.selection.filters)?,
        weights: weights(&asked.ranking.weight),
        diversity: asked.ranking.diversity,
        ..Query::default()
    };
    add_profile(&library, name, &mut query)?;
    let (fingerprint, _) = context.catch_up(&mut context.engine(Some(&library))?, &mut library, false)?;
    let snapshot = library.snapshot()?;
    let candidates = candidates(&library, asked, &listings, &query)?;
    query.among = Some(candidates.among);
    let learned = context.learned(&library, fingerprint)?;
    let index = context.index(&library, fingerprint)?;
    let ground = Ground { library: &library, fingerprint, index: index.as_ref() };
    let today::Today { new: found, repeated } = today::today(&ground, &learned, &query, asked.seen)?;
    drop(snapshot);

    let left_out = LeftOut { known: candidates.known, shown: candidates.shown, repeated, skips: report.skips() };
    write(&found, asked, &left_out, page)?;
    let LeftOut { known, shown, repeated, .. } = left_out;
    let hidden = [
        (known, "known from earlier digests"),
        (shown, "listed before"),
        (repeated.len(), "nearly the same as older papers"),
    ];
    let hidden: Vec<String> =
        hidden.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !hidden.is_empty() {
        say(&format!("Left out: {} (--seen lists them too).", hidden.join(", ")));
    }
    for (id, older) in repeated.iter().take(REPEATED) {
        say(&format!("  {id} nearly repeats {older}"));
    }
    // Shown is what has come out.
    page.flush()?;
    let shown = found.iter().flat_map(|new| new.also.iter().chain([&new.answer.paper]).map(|paper| paper.id.clone()));
    // The list is out: that it cannot be noted, as in a library that may only be read, takes nothing from it.
    if let Err(error) = library.note_shown(name, &shown.collect::<Vec<_>>()) {
        say(&format!("note: the next list will show these papers again: {}", complete(&error)));
    }
    if files.is_empty() || index.as_ref().is_some_and(|index| index.damage().is_some()) {
        context.mend_index(&mut library, fingerprint, index, page)?;
    } else {
        drop(index);
        context.prepare(&mut library, fingerprint)?;
    }
    if found.is_empty() {
        say(&format!("There is nothing new for the profile {}.", printable(name)));
        return Ok(partly(Outcome::Nothing));
    }
    Ok(partly(Outcome::Done))
}

fn candidates(library: &Library, asked: &Today, listings: &Listings, query: &Query) -> Result<Candidates> {
    let mut known = Vec::new();
    let new = if asked.paths.is_empty() {
        let since = match asked.selection.filters.since {
            Some(since) => Some(since),
            None => latest(library, asked.selection.filters.until)?,
        };
        library.matching(&Filter { since, ..Filter::default() })?.unwrap_or_else(|| PaperSet::new(Vec::new()))
    } else {
        let mut rows: Vec<PaperRow> = Vec::new();
        for (id, listings) in listings {
            let Some(paper) = library.paper(id)? else { continue };
            if !asked.seen && is_known(&paper, listings) {
                known.push(paper.row);
            } else {
                rows.push(paper.row);
            }
        }
        PaperSet::new(rows)
    };
    let mut shown = Vec::new();
    if !asked.seen {
        for id in library.shown(&asked.profile.profile)? {
            shown.extend(library.row_of(&id)?.filter(|row| new.contains(*row)));
        }
    }
    let shown = PaperSet::new(shown);
    let among = new.subtract(&shown);
    // What would not be listed anyhow was not left out for being old.
    let mut own = Vec::new();
    for id in query.like.iter().chain(&query.unlike) {
        own.extend(library.row_of(id)?);
    }
    let own = PaperSet::new(own);
    let matching = library.matching(&query.filter)?;
    let counted = |rows: PaperSet| {
        let rows = rows.subtract(&own);
        matching.as_ref().map_or(rows.len(), |matching| rows.clone().intersect(matching).len())
    };
    Ok(Candidates { among, known: counted(PaperSet::new(known)), shown: counted(shown) })
}

/// The latest day of the library until a day. Without one until tomorrow: a wrong date in a far year would else be the latest for good.
fn latest(library: &Library, until: Option<Date>) -> Result<Option<Date>> {
    let last = match until {
        Some(until) => until,
        None => jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(1.day()),
    };
    match library.latest(last)? {
        None if until.is_none() => Ok(library.dates()?.map(|(_, latest)| latest)),
        found => Ok(found),
    }
}

fn write(found: &[New], asked: &Today, left_out: &LeftOut<'_>, page: &mut Page) -> Result<()> {
    let rows: Vec<ResultRow<'_>> =
        found.iter().enumerate().map(|(place, new)| answer_row(place + 1, &new.answer)).collect();
    match if asked.selection.json { Form::Json } else { asked.format } {
        Form::Text => {
            for (row, new) in rows.iter().zip(found) {
                write_row(page, row, &new.answer.terms, Some(&liked(&new.answer)))?;
                if asked.why {
                    write_why(page, &new.answer)?;
                }
                for paper in &new.also {
                    let title = printable(paper.title.as_deref().unwrap_or("(no title)"));
                    page.line(&format!("{:24}nearly the same: {} {title}", "", paper.id))?;
                }
            }
            Ok(())
        }
        Form::Json => {
            let mut results = Vec::new();
            for (row, new) in rows.iter().zip(found) {
                let also: Vec<&str> = new.also.iter().map(|paper| paper.id.as_str()).collect();
                let mut row = serde_json::to_value(row).unwrap_or(Value::Null);
                row["also"] = json!(also);
                results.push(row);
            }
            // A path need not be text.
            let paths: Vec<String> = asked.paths.iter().map(|path| path.display().to_string()).collect();
            let query = json!({
                "profile": asked.profile.profile, "paths": paths, "seen": asked.seen,
                "filter": selection_json(&asked.selection),
            });
            let repeated =
                left_out.repeated.iter().map(|(id, older)| json!({ "id": id.as_str(), "older": older.as_str() }));
            let mut value = json!({
                "query": query, "results": results, "known": left_out.known, "listed_before": left_out.shown,
                "repeated": repeated.collect::<Vec<_>>(),
            });
            if let (Value::Object(value), Ok(Value::Object(skips))) = (&mut value, serde_json::to_value(left_out.skips))
            {
                value.extend(skips);
            }
            page.json(&value)
        }
        form => {
            let chosen: Vec<Chosen<'_>> = found
                .iter()
                .zip(&rows)
                .map(|(new, row)| Chosen { paper: &new.answer.paper, score: row.score, why: why(new) })
                .collect();
            let mut bytes = Vec::new();
            export::write(form, &asked.profile.profile, &chosen, &mut bytes).map_err(Error::io("standard output"))?;
            String::from_utf8_lossy(&bytes).lines().try_for_each(|line| page.whole(line))
        }
    }
}

/// `like 2601.00001; shares glacier, ice; nearly the same: 2602.00002`
fn why(new: &New) -> String {
    let mut parts = vec![liked(&new.answer)];
    if !new.answer.terms.is_empty() {
        parts.push(format!("shares {}", new.answer.terms.join(", ")));
    }
    if !new.also.is_empty() {
        let also: Vec<&str> = new.also.iter().map(|paper| paper.id.as_str()).collect();
        parts.push(format!("nearly the same: {}", also.join(", ")));
    }
    parts.join("; ")
}
