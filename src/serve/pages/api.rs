//! The API for people: every endpoint with its parameters, an example, its answer and its errors.
//!
//! In: the OpenAPI document that programs get. Out: one page made of it, so that both say the same.
//! Examples name a paper and a topic of this library, and work as they stand.

use askama::Template;
use serde_json::Value;

use super::api_schema::{Field, Piece, field, fields, kind, sentence, words};
use super::frame::{Frame, encoded};
use super::{Answer, Asked, Shown, html};
use crate::library::Filter;
use crate::serve::endpoint::PAPER;
use crate::service::Search;

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    frame: Frame,
    address: String,
    token: bool,
    groups: Vec<Group>,
    types: Vec<Type>,
    codes: Vec<Code>,
    everywhere: Vec<String>,
}

/// Endpoints on one subject.
struct Group {
    name: String,
    about: Vec<Piece>,
    endpoints: Vec<Endpoint>,
}

/// An address and a method.
struct Endpoint {
    /// Its name, which is its anchor.
    name: String,
    method: String,
    path: String,
    about: Vec<Piece>,
    /// What the address and the query string say.
    parameters: Vec<Field>,
    /// The keys of the body.
    body: Vec<Field>,
    curl: String,
    /// The example as a link, where it can be followed.
    link: String,
    answer: Vec<Piece>,
    fields: Vec<Field>,
    codes: Vec<String>,
    job: bool,
}

/// A type that has a name.
struct Type {
    name: String,
    about: Vec<Piece>,
    kind: Vec<Piece>,
    fields: Vec<Field>,
    words: Vec<(String, Vec<Piece>)>,
}

/// A code of a problem.
struct Code {
    name: String,
    status: String,
    about: Vec<Piece>,
}

/// What examples name in this library.
struct Examples {
    address: String,
    token: bool,
    paper: String,
    topic: String,
    job: String,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let document: Value = serde_json::from_slice(&asked.app.openapi).unwrap_or_default();
    let examples = Examples::of(asked)?;
    let groups = document["tags"].as_array().into_iter().flatten();
    let groups = groups.map(|group| Group {
        name: text(&group["name"]),
        about: sentence(&text(&group["description"])),
        endpoints: endpoints(&document, &group["name"], &examples),
    });
    let types = document["components"]["schemas"].as_object().into_iter().flatten();
    let codes = document["x-problems"]["codes"].as_object().into_iter().flatten();
    html(&ApiPage {
        frame: Frame::of(asked, "api", "API")?,
        groups: groups.collect(),
        types: types.map(|(name, schema)| Type::of(name, schema)).collect(),
        codes: codes.map(|(name, told)| Code::of(name, told)).collect(),
        everywhere: texts(&document["x-problems"]["everywhere"]),
        address: examples.address,
        token: examples.token,
    })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text).collect()
}

impl Examples {
    fn of(asked: &Asked<'_>) -> Answer<Examples> {
        let topics = asked.topics()?;
        let topic = topics.and_then(|tree| tree.topics.first().map(|topic| topic.id.clone()));
        let job = asked.app.jobs.list().first().map(|row| row.job);
        Ok(Examples {
            address: format!("http://{}", asked.app.guard.own()),
            token: asked.app.guard.tokens.is_some(),
            paper: paper(asked)?,
            topic: topic.unwrap_or_else(|| "1".to_owned()),
            job: job.unwrap_or(1).to_string(),
        })
    }

    /// A value of an example, with what this library holds.
    fn value(&self, name: &str, value: &Value) -> String {
        match name {
            "topic" => self.topic.clone(),
            "job" => self.job.clone(),
            _ => text(value).replace(PAPER, &self.paper),
        }
    }

    /// What is typed to ask for the example of an operation, and its address.
    fn curl(&self, method: &str, path: &str, operation: &Value) -> (String, String) {
        let address = self.asked(path, operation);
        let mut words = vec!["curl".to_owned()];
        if operation["responses"]["200"]["content"]["text/event-stream"].is_object() {
            words.push("-N".to_owned());
        }
        if self.token {
            words.push("-H \"Authorization: Bearer $(cat TOKEN_FILE)\"".to_owned());
        }
        let body = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
        match body {
            Some((kind, content)) if content["example"].is_null() => {
                words.push(format!("-H 'Content-Type: {kind}' --data-binary @2026-02-14.md"));
            }
            Some((kind, content)) => {
                let example = content["example"].to_string().replace(PAPER, &self.paper);
                words.push(format!("-H 'Content-Type: {kind}' -d '{}'", example.replace('\'', "'\\''")));
            }
            None if method == "delete" => words.push("-X DELETE".to_owned()),
            None => {}
        }
        words.push(format!("'{}{address}'", self.address));
        (words.join(" "), address)
    }

    /// The address of the example of an operation, from the root of the server.
    fn asked(&self, path: &str, operation: &Value) -> String {
        let (mut path, mut query) = (path.to_owned(), Vec::new());
        for own in operation["parameters"].as_array().into_iter().flatten().filter(|own| !own["example"].is_null()) {
            let name = text(&own["name"]);
            let mut add = |value: &Value| match &*text(&own["in"]) {
                "path" => path = path.replace(&format!("{{{name}}}"), &self.value(&name, value)),
                _ => query.push(format!("{name}={}", encoded(&self.value(&name, value)))),
            };
            match &own["example"] {
                Value::Array(values) => values.iter().for_each(&mut add),
                value => add(value),
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}

/// A paper that answers are there for: that of the sample, or another that the library holds.
fn paper(asked: &Asked<'_>) -> Answer<String> {
    if PAPER.parse().is_ok_and(|id| asked.relata.paper(&id).is_ok()) {
        return Ok(PAPER.to_owned());
    }
    let filter = Filter { since: Some(jiff::civil::date(1980, 1, 1)), ..Filter::default() };
    let found = asked.relata.search(&Search::default().filter(filter).k(1))?;
    Ok(found.results.first().map_or_else(|| PAPER.to_owned(), |row| row.id.to_string()))
}

fn endpoints(document: &Value, group: &Value, examples: &Examples) -> Vec<Endpoint> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            if operation["tags"][0] == *group {
                all.push(Endpoint::of(method, path, operation, examples));
            }
        }
    }
    all
}

impl Endpoint {
    fn of(method: &str, path: &str, operation: &Value, examples: &Examples) -> Endpoint {
        let (curl, link) = examples.curl(method, path, operation);
        let parameters = operation["parameters"].as_array().into_iter().flatten().map(|own| {
            let mut field = field(&text(&own["name"]), &own["schema"], own["required"] == true);
            if field.about.is_empty() {
                field.about = sentence(&text(&own["description"]));
            }
            field
        });
        let body = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
        let job = !operation["responses"]["202"].is_null();
        let content = &operation["responses"][if job { "202" } else { "200" }]["content"];
        let answer = content.as_object().and_then(|content| content.values().next()).map(|content| &content["schema"]);
        Endpoint {
            name: text(&operation["operationId"]),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            about: sentence(&text(&operation["summary"])),
            parameters: parameters.collect(),
            body: body.map(|content| fields(&content["schema"])).unwrap_or_default(),
            link: if method == "get" { link } else { String::new() },
            curl,
            answer: answer.map(kind).unwrap_or_default(),
            fields: answer.map(fields).unwrap_or_default(),
            codes: texts(&operation["x-problems"]),
            job,
        }
    }
}

impl Type {
    fn of(name: &str, schema: &Value) -> Type {
        Type {
            name: name.to_owned(),
            about: sentence(schema["description"].as_str().unwrap_or_default()),
            kind: kind(schema),
            fields: fields(schema),
            words: words(schema),
        }
    }
}

impl Code {
    fn of(name: &str, told: &Value) -> Code {
        Code { name: name.to_owned(), status: text(&told["status"]), about: sentence(&text(&told["description"])) }
    }
}
