//! Forms: what somebody changes on a page.
//!
//! In: `application/x-www-form-urlencoded`, from a page of ours. Out: the page that the form came
//! from, again; for a script, which says so by what it accepts, what is said of the paper now, as
//! JSON. Each form is a request of the service.

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::endpoint::{Work, written};
use super::super::job_work;
use super::super::problem::Problem;
use super::super::routes::{self, App, read};
use super::entries::anchor;
use super::profile::shares;
use super::{Answer, chosen, elsewhere, today};
use crate::library::Opinion;
use crate::paper::{ArxivId, FollowKind, Follows, LikeWeight};
use crate::service::{
    Annotated, Fetch, FindTopics, Follow, InterestName, MarkRead, NotePaper, Opine, Reembed, Relata, TagPapers, Today,
    WeighInterest,
};

/// The largest form, in bytes: a note has at most 10,000 characters.
const LARGEST: usize = 256 << 10;

/// The fields of a form.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(body: &[u8]) -> Fields {
        Fields(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim())
    }

    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let own = self.0.iter().filter(|(own, _)| own == name);
        own.flat_map(|(_, value)| value.split([',', ' ', '\n', '\r']))
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn paper(&self) -> Answer<ArxivId> {
        let text = self.get("paper");
        let id =
            ArxivId::parse(text).ok_or_else(|| Problem::malformed(format!("{text:?} is no identifier of a paper")))?;
        Ok(id.0)
    }

    pub(super) fn profile(&self, relata: &Relata) -> String {
        match self.get("profile") {
            "" => relata.default_profile().to_owned(),
            name => name.to_owned(),
        }
    }

    /// The page that a form came from: an address of this server and nothing else.
    fn back(&self) -> String {
        let back = self.get("back");
        let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
        let plain = back.bytes().all(|byte| byte.is_ascii_graphic());
        if ours && plain { back.to_owned() } else { "/".to_owned() }
    }
}

/// What came of a form.
enum Done {
    /// Something is said of a paper, or of none in particular.
    Paper(Option<ArxivId>),
    /// A job was begun.
    Job(u64),
    /// Something that only a script asks for, and what came of it.
    Told(serde_json::Value),
}

/// A form that was sent.
pub(super) async fn sent(State(app): State<Arc<App>>, parts: RawPathParams, request: Request) -> Response {
    taken(app, &parts, request).await.unwrap_or_else(Problem::into_response)
}

async fn taken(app: Arc<App>, parts: &RawPathParams, request: Request) -> Answer<Response> {
    let (head, body) = request.into_parts();
    app.guard.sent(&head.method, &head.headers, false)?;
    app.guard.writes()?;
    let body = read(body, LARGEST).await?;
    let fields = Fields::read(&body);
    let form = parts.iter().next().map_or("", |(_, form)| form).to_owned();
    let accepts = head.headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
    let script = accepts.is_some_and(|accepts| accepts.starts_with("application/json"));
    let back = fields.back();
    let desk = Arc::clone(&app);
    let work = move |relata: &Relata| {
        let done = done(&app, relata, &form, &fields)?;
        let said = match &done {
            Done::Paper(Some(id)) if script => Some(said(relata, id, &fields.profile(relata))?),
            Done::Told(told) => Some(told.clone()),
            _ => None,
        };
        Ok((done, said))
    };
    let (done, said) = desk.desk.ask(&desk.relata, work).await?;
    if script {
        let said = said.unwrap_or_else(|| json!({"done": true}));
        return Ok(routes::json(said.to_string().into()));
    }
    Ok(elsewhere(&match done {
        Done::Paper(Some(id)) => format!("{}#{}", back.split('#').next().unwrap_or_default(), anchor(&id)),
        Done::Paper(None) | Done::Told(_) => back,
        Done::Job(job) => format!("/jobs/{job}"),
    }))
}

/// What is said of a paper now.
pub(super) fn said(relata: &Relata, id: &ArxivId, profile: &str) -> Answer<serde_json::Value> {
    let profiles = relata.profiles()?.profiles;
    let own = profiles.iter().find(|row| row.profile == profile);
    let info = relata.paper(id)?;
    Ok(json!({
        "id": id,
        "liked": own.is_some_and(|own| own.like.contains(id)),
        "unliked": own.is_some_and(|own| own.unlike.contains(id)),
        "read": info.read,
        "note": info.note.unwrap_or_default(),
        "tags": info.tags,
    }))
}

fn done(app: &App, relata: &Relata, form: &str, fields: &Fields) -> Answer<Done> {
    match form {
        "rate" => rate(relata, fields),
        "rate-all" => chosen::rate(relata, fields).map(Done::Told),
        "read" => {
            let id = fields.paper()?;
            let request = MarkRead { papers: vec![id.clone()], unread: fields.get("do") == "unread" };
            known(relata.mark_read(&request)?)?;
            Ok(Done::Paper(Some(id)))
        }
        "note" => {
            let id = fields.paper()?;
            known(relata.note_paper(&NotePaper { paper: id.clone(), text: fields.get("note").to_owned() })?)?;
            Ok(Done::Paper(Some(id)))
        }
        "tags" => tags(relata, fields),
        "shown" => shown(relata, fields),
        "follow" => follow(relata, fields),
        "weight" => weigh(relata, fields),
        "fetch" => fetch(app, fields),
        "topics" => job(
            app,
            "findTopics",
            Box::new(|relata| {
                let found = relata.topics(&FindTopics::new())?;
                let levels: Vec<_> = found
                    .answer()
                    .levels
                    .iter()
                    .map(|level| json!({"name": level.name, "topics": level.topics.len()}))
                    .collect();
                Ok(json!({"papers": found.topics.papers.len(), "levels": levels}).to_string().into_bytes())
            }),
        ),
        "check" => job(
            app,
            "check",
            Box::new(|relata| {
                let checked = relata.check()?;
                written(&checked)
            }),
        ),
        "reembed" => job(
            app,
            "reembed",
            Box::new(|relata| {
                let done = relata.reembed(&Reembed::default())?;
                written(&done)
            }),
        ),
        "cancel" => {
            let number = fields.get("job").parse().map_err(|_| Problem::malformed("this is no number of a job"))?;
            app.jobs.cancel(number)?;
            Ok(Done::Job(number))
        }
        _ => Err(Problem::not_found()),
    }
}

fn rate(relata: &Relata, fields: &Fields) -> Answer<Done> {
    let id = fields.paper()?;
    let opinion = match fields.get("do") {
        "like" => Some(Opinion::Liked),
        "unlike" => Some(Opinion::Disliked),
        "forget" => None,
        other => return Err(Problem::malformed(format!("{other:?} is neither like nor unlike nor forget"))),
    };
    let opined = relata.opine(&Opine { papers: vec![id.clone()], profile: fields.profile(relata), opinion })?;
    there(&opined.unknown)?;
    Ok(Done::Paper(Some(id)))
}

/// Has an interest of a profile count more or less.
fn weigh(relata: &Relata, fields: &Fields) -> Answer<Done> {
    let text = fields.get("weight");
    let weight = text.parse().ok().and_then(LikeWeight::new);
    let weight = weight.ok_or_else(|| Problem::malformed(format!("{text:?} is no weight: a number from 0 to 10")))?;
    let interest = InterestName::Member(fields.get("interest").to_owned());
    let interests = relata.weigh_interest(&WeighInterest { profile: fields.profile(relata), interest, weight })?;
    Ok(Done::Told(shares(&interests)))
}

/// Gives a paper exactly the tags of a field.
fn tags(relata: &Relata, fields: &Fields) -> Answer<Done> {
    let id = fields.paper()?;
    let wanted: Vec<String> =
        fields.get("tags").split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    let old: Vec<String> = relata.paper(&id)?.tags.into_iter().filter(|tag| !wanted.contains(tag)).collect();
    // What is wanted comes first: a tag that cannot be one takes nothing away.
    if !wanted.is_empty() {
        known(relata.tag_papers(&TagPapers { papers: vec![id.clone()], tags: wanted, remove: false })?)?;
    }
    if !old.is_empty() {
        known(relata.tag_papers(&TagPapers { papers: vec![id.clone()], tags: old, remove: true })?)?;
    }
    Ok(Done::Paper(Some(id)))
}

/// Notes that a day's list was seen: the same list as the page that the form is on.
fn shown(relata: &Relata, fields: &Fields) -> Answer<Done> {
    let back = fields.back();
    let query = back.split('#').next().unwrap_or_default().split_once('?').map_or("", |(_, query)| query);
    let request: Today = today::asked(query, relata)?;
    relata.note_shown(&relata.today(&request)?)?;
    Ok(Done::Paper(None))
}

fn follow(relata: &Relata, fields: &Fields) -> Answer<Done> {
    let text = fields.get("text").to_owned();
    let kind = match fields.get("kind") {
        "author" => FollowKind::Author,
        "words" => FollowKind::Words,
        "category" => FollowKind::Category,
        other => return Err(Problem::malformed(format!("{other:?} is neither author nor words nor category"))),
    };
    let mut follow = Follows::default();
    follow.push(kind, text);
    relata.follow(&Follow { follow, profile: fields.profile(relata), stop: fields.get("do") == "stop" })?;
    Ok(Done::Paper(None))
}

/// Fetches categories, or those that are remembered, as a job.
fn fetch(app: &App, fields: &Fields) -> Answer<Done> {
    let mut request = Fetch::new(fields.all("category"));
    if !fields.get("days").is_empty() {
        let days: i64 = fields.get("days").parse().map_err(|_| Problem::malformed("days is no whole number"))?;
        let today = jiff::Zoned::now().date();
        let since = today.checked_sub(jiff::Span::new().days(days.clamp(1, 365)));
        request = request.since(since.map_err(|_| Problem::malformed("days is too large"))?);
    }
    job(
        app,
        "fetch",
        Box::new(move |relata| {
            let fetched = relata.fetch(&request)?;
            written(&fetched)
        }),
    )
}

fn job(app: &App, kind: &'static str, work: Work) -> Answer<Done> {
    Ok(Done::Job(app.jobs.add(kind, job_work::asked(work))?.job))
}

fn known(annotated: Annotated) -> Answer<()> {
    there(&annotated.unknown)
}

fn there(unknown: &[ArxivId]) -> Answer<()> {
    match unknown.first() {
        None => Ok(()),
        Some(id) => Err(Problem::new(StatusCode::NOT_FOUND, "not-in-library", format!("{id} is not in the library"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_this_server_only() {
        let back = |text: &str| Fields(vec![("back".to_owned(), text.to_owned())]).back();
        assert_eq!(back("/search?q=a%20b"), "/search?q=a%20b");
        for elsewhere in
            ["", "https://evil.example/", "//evil.example/", "/\\evil.example", "/a\r\nSet-Cookie: x", "javascript:x"]
        {
            assert_eq!(back(elsewhere), "/", "{elsewhere}");
        }
    }
}
