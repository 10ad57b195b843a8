//! The first run: a library without papers. Asks for categories, and fetches them as a job.

use askama::Template;

use super::entries::{Entry, found, in_words};
use super::frame::Frame;
use super::{Answer, Asked, Shown, html};
use crate::library::Filter;
use crate::service::Search;

/// Categories that are proposed: those with the most papers.
const PROPOSED: [(&str, &str); 12] = [
    ("cs.LG", "Machine Learning"),
    ("cs.CL", "Computation and Language"),
    ("cs.CV", "Computer Vision"),
    ("cs.AI", "Artificial Intelligence"),
    ("stat.ML", "Machine Learning (Statistics)"),
    ("math.OC", "Optimization and Control"),
    ("quant-ph", "Quantum Physics"),
    ("hep-ph", "High Energy Physics, Phenomenology"),
    ("astro-ph.GA", "Astrophysics of Galaxies"),
    ("cond-mat.mtrl-sci", "Materials Science"),
    ("math.AP", "Analysis of PDEs"),
    ("econ.EM", "Econometrics"),
];

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    frame: Frame,
    offline: bool,
    proposed: &'static [(&'static str, &'static str)],
    results: Vec<Entry>,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let frame = Frame::of(asked, "today", "Welcome")?;
    let filter = Filter { since: Some(jiff::civil::date(1990, 1, 1)), ..Filter::default() };
    let sample = asked.relata.search(&Search::default().filter(filter).k(7))?;
    let results = sample.results.iter().map(|row| Entry::of(row, None, in_words(found(&row.reason)), &frame)).collect();
    let offline = asked.relata.settings().offline;
    html(&StartPage { frame, offline, proposed: &PROPOSED, results })
}
