//! Settings: what is set and by what. They are changed where they stand, not here.

use askama::Template;
use serde::Serialize;

use super::super::options::Setting;
use super::frame::Frame;
use super::{Answer, Asked, Shape, Shown, html, json, no_such_shape};

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    settings: Vec<Setting>,
    server: Vec<(&'static str, String)>,
}

/// The same for programs.
#[derive(Serialize)]
struct Told<'a> {
    settings: &'a [Setting],
    server: Vec<(&'static str, String)>,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let settings = &asked.app.settings;
    match asked.shape {
        Shape::Html => {}
        Shape::Json => return json(&Told { settings, server: server(asked) }),
        _ => return Err(no_such_shape()),
    }
    let frame = Frame::of(asked, "settings", "Settings")?.in_answer_forms(asked);
    html(&SettingsPage { settings: settings.clone(), server: server(asked), frame })
}

/// What this server is and may do.
fn server(asked: &Asked<'_>) -> Vec<(&'static str, String)> {
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let relata = asked.relata;
    vec![
        ("Version", env!("CARGO_PKG_VERSION").to_owned()),
        ("Library", relata.library_path().display().to_string()),
        ("Profile where none is named", relata.default_profile().to_owned()),
        ("May change the library", yes(asked.app.guard.writes().is_ok())),
        ("Fetches from the network", yes(!relata.settings().offline)),
        ("Demands a token", yes(asked.app.guard.tokens.is_some())),
        ("Answers under", asked.app.guard.hosts().join(", ")),
    ]
}
