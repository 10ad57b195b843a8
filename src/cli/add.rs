//! `relata add`: what became of the entries, as a line or as JSON.

use crate::error::Result;
use crate::service::{Add as Request, Added};

use super::args::Add;
use super::skips::say_read;
use super::terminal::{Page, say};
use super::{Context, Outcome};

pub(super) fn run(context: &Context, asked: &Add, page: &mut Page) -> Result<Outcome> {
    let request = Request { paths: asked.paths.clone(), embed: !asked.no_embed };
    let report = match context.relata.add(&request) {
        Ok(report) => report,
        Err(failed) => {
            // What was stored before stays stored, so it is reported before the error is.
            print(&failed.report, asked.json, page)?;
            if failed.stored {
                say("The papers are stored; not all of them are embedded. `relata reembed` goes on from there.");
            }
            return Err(*failed.error);
        }
    };
    print(&report, asked.json, page)?;
    if request.embed && report.files > 0 {
        context.relata.prepare()?;
    }
    Ok(match (report.skips.count(), report.papers()) {
        (0, 0) => Outcome::Nothing,
        (0, _) => Outcome::Done,
        _ => Outcome::Partial,
    })
}

fn print(report: &Added, as_json: bool, page: &mut Page) -> Result<()> {
    if as_json {
        return page.json(report);
    }
    say_read(&report.skips, &report.notes);
    let Added { added, updated, unchanged, skips, embedded, .. } = report;
    let embedded = if *embedded > 0 { format!(", embedded {embedded}") } else { String::new() };
    page.line(&format!("added {added}, updated {updated}, unchanged {unchanged}, skipped {}{embedded}", skips.count()))
}
