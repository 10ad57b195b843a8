//! What is around every page: head, navigation, the line that says whose papers these are.

use super::{Answer, Asked, assets};
use crate::service::{LibraryState, ProfileRow, Source};

/// How the head of a page begins.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) title: String,
    pub(super) style: &'static str,
    pub(super) icon: &'static str,
}

impl Head {
    pub(super) fn of(title: impl Into<String>) -> Head {
        Head { title: title.into(), style: assets::address("style"), icon: assets::address("icon") }
    }
}

/// The parts of a page that do not depend on what it shows.
pub(super) struct Frame {
    pub(super) head: Head,
    /// The page's name in the navigation.
    pub(super) here: &'static str,
    pub(super) profile: ProfileRow,
    /// `?profile=NAME` where that is not the default; empty else.
    pub(super) carry: String,
    /// The profile's name as a part of an address.
    pub(super) profile_part: String,
    /// What the field for searching says.
    pub(super) words: String,
    /// Whether something may be changed here.
    pub(super) writes: bool,
    /// Whether the sample stands for a library without papers.
    pub(super) sample: bool,
    /// The address of this page, to which forms lead back.
    pub(super) back: String,
    /// The same answer in other forms.
    pub(super) others: Vec<Other>,
    /// Seconds after which a page without scripts loads itself again; 0 for never.
    pub(super) again: u32,
    pub(super) script: &'static str,
}

/// A form in which a page's answer can be had.
pub(super) struct Other {
    pub(super) name: &'static str,
    pub(super) address: String,
    pub(super) kind: &'static str,
}

impl Frame {
    /// The frame of a page.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn of(asked: &Asked<'_>, here: &'static str, title: impl Into<String>) -> Answer<Frame> {
        let name = asked.profile();
        let known = asked.relata.profiles()?.profiles.into_iter().find(|row| row.profile == name);
        let profile = known.unwrap_or_else(|| ProfileRow { profile: name.clone(), ..ProfileRow::default() });
        let carry = match name == asked.relata.default_profile() {
            true => String::new(),
            false => format!("?profile={}", encoded(&name)),
        };
        Ok(Frame {
            head: Head::of(title),
            here,
            profile_part: encoded(&name).replace('+', "%20"),
            profile,
            carry,
            words: String::new(),
            writes: asked.app.guard.writes().is_ok(),
            // A page that asks no model is shown although the model is gone.
            sample: asked.state().is_ok_and(|state| state.source == Source::Sample),
            back: asked.address(),
            others: Vec::new(),
            again: 0,
            script: assets::address("page"),
        })
    }

    /// Names the forms in which the answer of a list can be had.
    pub(super) fn in_list_forms(mut self, asked: &Asked<'_>) -> Frame {
        self.others = [
            ("JSON", ".json", "application/json"),
            ("BibTeX", ".bib", "application/x-bibtex"),
            ("Atom", ".atom", "application/atom+xml"),
            ("CSV", ".csv", "text/csv"),
        ]
        .map(|(name, ending, kind)| Other { name, address: asked.other(ending), kind })
        .into();
        self
    }

    /// Names the one form of a page that is no list.
    pub(super) fn in_answer_forms(mut self, asked: &Asked<'_>) -> Frame {
        self.others = Frame::alone(asked);
        self
    }

    /// The one form of a page that is no list.
    pub(super) fn alone(asked: &Asked<'_>) -> Vec<Other> {
        vec![Other { name: "JSON", address: asked.other(".json"), kind: "application/json" }]
    }
}

impl Asked<'_> {
    /// What answers come from.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn state(&self) -> Answer<LibraryState> {
        Ok(self.relata.state()?)
    }

    /// The address of this page.
    pub(super) fn address(&self) -> String {
        match self.query.is_empty() {
            true => self.path.clone(),
            false => format!("{}?{}", self.path, self.query),
        }
    }

    /// The address of this page's answer in another form, with as many papers as the page has.
    fn other(&self, ending: &str) -> String {
        let path = if self.path == "/" { "/today" } else { &self.path };
        let listed = path == "/today" || path == "/search";
        let mut query = self.query.clone();
        if listed && self.said("k").is_none() {
            query = format!("{query}{}k={}", if query.is_empty() { "" } else { "&" }, super::LISTED);
        }
        format!("{path}{ending}{}{query}", if query.is_empty() { "" } else { "?" })
    }
}

/// A text as a value of a query string.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// So many of something, in words.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
