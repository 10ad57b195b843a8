//! An endpoint of the API: a request of the service under a method and an address.
//!
//! In: what the address, the query string and the body say. Out: the answer as JSON. An endpoint is
//! made from the types of its request and its answer; those give its parameters, its schemas in
//! OpenAPI, and how it is read. Parts of a request that name files of this machine are taken out:
//! nobody asks for those from outside.

use std::sync::Arc;

use axum::http::Method;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::parameters::{self, Parameter};
use super::problem::Problem;
use crate::error::{Error, Result};
use crate::service::{Relata, may_name_profile};

/// The most answers that one request gets.
pub(super) const MOST_RESULTS: u64 = 1000;
/// The most items of a list in a request.
const MOST_ITEMS: usize = 1000;
/// The paper of all examples: one of the sample.
pub(super) const PAPER: &str = "2602.10611";
/// The longest text in a request, in bytes.
const LONGEST_TEXT: usize = 64 << 10;

/// What a request says: parts of its address by name, query string, body.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// Values of the address' parts, by the names in [`Endpoint::path`].
    pub(super) path: Vec<(String, String)>,
    /// The profile that is meant where one may be named and is not.
    pub(super) profile: String,
    /// The query string.
    pub(super) query: String,
    /// The body, of a request that has one.
    pub(super) body: Vec<u8>,
}

/// A request that was read, and waits to be asked. Gives the answer as JSON.
pub(super) type Work = Box<dyn FnOnce(&Relata) -> std::result::Result<Vec<u8>, Problem> + Send>;

type Prepare = dyn Fn(Value) -> std::result::Result<Work, Problem> + Send + Sync;

/// A request of the service under an address.
pub(super) struct Endpoint {
    /// GET, POST or DELETE.
    pub(super) method: Method,
    /// The address below `/api/v1`, with parts in braces that are keys of the request.
    pub(super) path: &'static str,
    /// Its name in OpenAPI, by which clients call it.
    pub(super) name: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
    /// Whether it changes the library.
    pub(super) writes: bool,
    /// What a query string may say, of a request without a body.
    pub(super) parameters: Vec<Parameter>,
    /// What parts of the address are.
    pub(super) parts: Vec<Parameter>,
    /// The schema of the body.
    pub(super) body: Option<Value>,
    /// The schema of the answer.
    pub(super) answer: Value,
    /// Whether it takes long: it is then a job, and the answer is the job's.
    pub(super) job: bool,
    /// What is asked in its example: a query string, or a body in JSON.
    pub(super) example: &'static str,
    /// Codes of what can go wrong here, beside those that any address may answer.
    pub(super) fails: &'static [&'static str],
    /// Whether a profile may be named.
    profiled: bool,
    prepare: Box<Prepare>,
}

/// An endpoint that is described and cannot be asked yet.
pub(super) struct Described {
    method: Method,
    path: &'static str,
    name: &'static str,
    summary: &'static str,
    writes: bool,
    hidden: &'static [&'static str],
    renamed: &'static [(&'static str, &'static str)],
    job: bool,
    example: &'static str,
    fails: &'static [&'static str],
}

/// An endpoint that answers and changes nothing.
pub(super) fn get(path: &'static str, name: &'static str, summary: &'static str) -> Described {
    Described {
        method: Method::GET,
        path,
        name,
        summary,
        writes: false,
        hidden: &[],
        renamed: &[],
        job: false,
        example: "",
        fails: &[],
    }
}

/// An endpoint that changes the library by a body.
pub(super) fn post(path: &'static str, name: &'static str, summary: &'static str) -> Described {
    Described { method: Method::POST, writes: true, ..get(path, name, summary) }
}

/// An endpoint that removes what its address and its query string name.
pub(super) fn delete(path: &'static str, name: &'static str, summary: &'static str) -> Described {
    Described { method: Method::DELETE, writes: true, ..get(path, name, summary) }
}

impl Described {
    /// A question with a body, for what is too long for an address. It changes nothing.
    pub(super) fn asks(self) -> Described {
        Described { writes: false, ..self }
    }

    /// Work that takes long.
    pub(super) fn long(self) -> Described {
        Described { job: true, ..self }
    }

    /// Keys of the request that cannot be asked for from outside.
    pub(super) fn without(self, hidden: &'static [&'static str]) -> Described {
        Described { hidden, ..self }
    }

    /// Parameters of a query string that have shorter names than their keys.
    pub(super) fn called(self, renamed: &'static [(&'static str, &'static str)]) -> Described {
        Described { renamed, ..self }
    }

    /// What its example asks: a query string, or a body in JSON. It works in any library that
    /// holds [`PAPER`].
    pub(super) fn example(self, example: &'static str) -> Described {
        Described { example, ..self }
    }

    /// Codes of what can go wrong here.
    pub(super) fn fails(self, fails: &'static [&'static str]) -> Described {
        Described { fails, ..self }
    }

    /// The endpoint that asks the service by `ask`.
    pub(super) fn by<Q, A>(self, ask: impl Fn(&Relata, &Q) -> Result<A> + Send + Sync + 'static) -> Endpoint
    where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        A: Serialize + JsonSchema,
    {
        let mut request = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<Q>();
        let answer = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<A>();
        let profiled = may_name_profile(&request);
        let named = parts(self.path);
        let mut parts = Vec::new();
        let mut value = request.ensure_object().clone();
        hide(&mut value, self.hidden);
        limit(&mut value);
        let all = parameters::parameters(&Value::Object(value.clone()));
        for name in &named {
            parts.extend(all.iter().find(|parameter| parameter.name == *name).cloned());
        }
        let keys: Vec<&str> = named.iter().map(String::as_str).collect();
        hide(&mut value, &keys);
        let has_body = self.method == Method::POST;
        let mut parameters = if has_body { Vec::new() } else { parameters::parameters(&Value::Object(value.clone())) };
        for parameter in &mut parameters {
            if let Some((_, short)) = self.renamed.iter().find(|(long, _)| *long == parameter.name) {
                (*short).clone_into(&mut parameter.name);
            }
        }
        let (hidden, ask) = (self.hidden, Arc::new(ask));
        let prepare = move |request: Value| {
            refuse_hidden(&request, hidden)?;
            let request = serde_path_to_error::deserialize::<_, Q>(request).map_err(|error| {
                // Parts that are read by hand have no names.
                let place = error.path().to_string();
                let named: Vec<&str> = place.split('.').filter(|part| !part.is_empty() && *part != "?").collect();
                let place = if named.is_empty() { String::new() } else { named.join(".") + ": " };
                Problem::malformed(format!("{place}{}", error.inner()))
            })?;
            let ask = Arc::clone(&ask);
            let work: Work = Box::new(move |relata| {
                let answer = ask(relata, &request)?;
                written(&answer)
            });
            Ok(work)
        };
        Endpoint {
            method: self.method,
            path: self.path,
            name: self.name,
            summary: self.summary,
            writes: self.writes,
            parameters,
            parts,
            body: has_body.then_some(Value::Object(value)),
            answer: answer.to_value(),
            job: self.job,
            example: self.example,
            fails: self.fails,
            profiled,
            prepare: Box::new(prepare),
        }
    }
}

/// An answer as JSON, byte for byte as the command line writes it: by way of a value, which has
/// numbers in double precision.
pub(super) fn written(answer: &impl Serialize) -> std::result::Result<Vec<u8>, Problem> {
    let bytes = serde_json::to_value(answer).and_then(|value| serde_json::to_vec(&value));
    bytes.map_err(|_| Error::Internal("an answer is no JSON").into())
}

/// The parts of an address that stand in braces.
fn parts(path: &str) -> Vec<String> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(str::to_owned).collect()
}

/// Takes keys out of the schema of an object.
fn hide(schema: &mut Map<String, Value>, keys: &[&str]) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|key, _| !keys.contains(&key.as_str()));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|key| !key.as_str().is_some_and(|key| keys.contains(&key)));
    }
}

/// Says in the schema of an object how many answers are given at most, see [`bounded`].
fn limit(schema: &mut Map<String, Value>) {
    if let Some(k) = schema.get_mut("properties").and_then(|properties| properties.get_mut("k")?.as_object_mut()) {
        k.insert("maximum".to_owned(), MOST_RESULTS.into());
    }
}

fn refuse_hidden(request: &Value, hidden: &[&str]) -> std::result::Result<(), Problem> {
    match hidden.iter().find(|key| request.get(**key).is_some()) {
        Some(key) => Err(Problem::malformed(format!("{key} cannot be asked for here"))),
        None => Ok(()),
    }
}

impl Endpoint {
    /// Reads a call.
    ///
    /// # Errors
    /// What cannot be read, and what asks for more than anybody needs.
    pub(super) fn read(&self, call: &Call) -> std::result::Result<Work, Problem> {
        (self.prepare)(Value::Object(self.request(call)?))
    }

    /// What a call asks for, as the object that the request is read from.
    fn request(&self, call: &Call) -> std::result::Result<Map<String, Value>, Problem> {
        let mut object = match self.body.is_some() {
            false => parameters::read(&self.parameters, &call.query)?,
            true if call.body.is_empty() => Map::new(),
            true => match serde_json::from_slice(&call.body) {
                Ok(Value::Object(object)) => object,
                Ok(_) => return Err(Problem::malformed("the body is no JSON object")),
                Err(error) => return Err(Problem::malformed(format!("the body is no JSON: {error}"))),
            },
        };
        if self.body.is_some() && !call.query.is_empty() {
            return Err(Problem::malformed("this is asked by a body, not by a query string"));
        }
        for (name, text) in &call.path {
            let part = self.parts.iter().find(|part| part.name == *name);
            let value = part.map_or_else(|| Ok(Value::from(text.as_str())), |part| part.value(text))?;
            if object.insert(name.clone(), value).is_some() {
                return Err(Problem::malformed(format!("{name} stands in the address already")));
            }
        }
        bounded(&object)?;
        if self.profiled {
            object.entry("profile").or_insert_with(|| call.profile.as_str().into());
        }
        Ok(object)
    }
}

/// Refuses what asks for more than anybody needs.
pub(super) fn bounded(object: &Map<String, Value>) -> std::result::Result<(), Problem> {
    for (key, value) in object {
        match value {
            Value::Number(number) if key == "k" && number.as_u64().is_some_and(|k| k > MOST_RESULTS) => {
                return Err(Problem::malformed(format!("k is {number}; at most {MOST_RESULTS} answers are given")));
            }
            Value::String(text) if text.len() > LONGEST_TEXT => return Err(too_long(key)),
            Value::Array(items) if items.len() > MOST_ITEMS => {
                let detail = format!("{key} has {} items; at most {MOST_ITEMS} are taken", items.len());
                return Err(Problem::malformed(detail));
            }
            Value::Array(items)
                if items.iter().any(|item| item.as_str().is_some_and(|text| text.len() > LONGEST_TEXT)) =>
            {
                return Err(too_long(key));
            }
            Value::Object(inner) => bounded(inner)?,
            _ => {}
        }
    }
    Ok(())
}

fn too_long(key: &str) -> Problem {
    Problem::malformed(format!("{key} is longer than {LONGEST_TEXT} bytes"))
}
