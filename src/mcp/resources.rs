//! Resources: what tools answer, under an address of its own.
//!
//! In: `relata://paper/ID`, `relata://topic/NUMBER`, `relata://today/PROFILE`. Out: the tool that
//! answers it with its arguments, and the answer as a resource of JSON. An address names something
//! of the library; nothing is opened by it.

use rmcp::model::{ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::{Map, Value, json};

use super::clean::cut;
use crate::error::Result;
use crate::service::Relata;

const JSON: &str = "application/json";

/// The most profiles whose lists are named.
const PROFILES: usize = 20;

/// The resources that are named one by one: the day's list of each profile.
pub(super) fn listed(relata: &Relata) -> Result<Vec<Resource>> {
    let profiles = relata.profiles()?.profiles.into_iter().take(PROFILES);
    let resource = |name: String| {
        Resource::new(format!("relata://today/{}", encoded(&name)), format!("today-{}", cut(&name, 100)))
            .with_title(format!("Today's papers for {}", cut(&name, 100)))
            .with_mime_type(JSON)
    };
    Ok(profiles.map(|row| resource(row.profile)).collect())
}

/// The forms of addresses.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = |uri: &str, name: &str, description: &str| {
        ResourceTemplate::new(uri, name).with_description(description).with_mime_type(JSON)
    };
    vec![
        template("relata://paper/{id}", "paper", "One paper of the library, by arXiv id"),
        template("relata://topic/{n}", "topic", "The papers of a topic, by its number in list_topics"),
        template("relata://today/{profile}", "today", "The new papers that matter to a profile"),
    ]
}

/// The tool that answers an address, and its arguments; `None` for an address of another form.
pub(super) fn asked(uri: &str) -> Option<(&'static str, Map<String, Value>)> {
    let (kind, name) = uri.strip_prefix("relata://")?.split_once('/')?;
    let name = decoded(name).filter(|name| !name.is_empty())?;
    let (tool, arguments) = match kind {
        "paper" => ("get_paper", json!({ "id": name })),
        "topic" => ("topic_papers", json!({ "topic": name.parse::<u32>().ok()?, "k": super::arguments::MOST_PAPERS })),
        "today" => ("todays_papers", json!({ "profile": name, "k": super::arguments::MOST_PAPERS })),
        _ => return None,
    };
    match arguments {
        Value::Object(arguments) => Some((tool, arguments)),
        _ => None,
    }
}

/// An answer as a resource.
pub(super) fn contents(uri: String, answer: &Value) -> ReadResourceResponse {
    let text = ResourceContents::text(answer.to_string(), uri).with_mime_type(JSON);
    ReadResourceResponse::Complete(ReadResourceResult::new(vec![text]))
}

/// A name as a part of an address: letters, digits and `-._` stay.
fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'-' | b'.' | b'_' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The reverse; `None` where it is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(rest.next())? * 16 + digit(rest.next())?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_question_to_a_tool() {
        let arguments = |uri: &str| asked(uri).map(|(tool, arguments)| (tool, Value::Object(arguments)));
        assert_eq!(arguments("relata://paper/2602.10611"), Some(("get_paper", json!({ "id": "2602.10611" }))));
        assert_eq!(arguments("relata://paper/hep-th/9901001").map(|(tool, _)| tool), Some("get_paper"));
        assert_eq!(arguments("relata://topic/3"), Some(("topic_papers", json!({ "topic": 3, "k": 50 }))));
        let profile = format!("relata://today/{}", encoded("mein Profil/ä"));
        assert_eq!(profile, "relata://today/mein%20Profil%2F%C3%A4");
        assert_eq!(arguments(&profile), Some(("todays_papers", json!({ "profile": "mein Profil/ä", "k": 50 }))));
        for wrong in
            ["file:///etc/passwd", "relata://paper/", "relata://topic/x", "relata://other/1", "relata://today/%ff"]
        {
            assert_eq!(arguments(wrong), None, "{wrong}");
        }
    }
}
