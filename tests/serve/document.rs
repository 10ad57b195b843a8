//! The OpenAPI document is committed, so that a change of the API is seen.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::support::Server;

/// `RELATA_RENEW=1` writes the document anew.
#[test]
fn the_api_does_not_change_unnoticed() {
    let server = Server::start(&[]);
    let document = serde_json::to_string_pretty(&server.get("/api/openapi.json").json()).expect("JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openapi.json");
    if std::env::var_os("RELATA_RENEW").is_some() {
        std::fs::write(&path, &document).expect("written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == document, "the API is another; RELATA_RENEW=1 writes {} anew", path.display());
}

#[test]
fn the_document_holds_together() {
    let server = Server::start(&[]);
    let document = server.get("/api/openapi.json").json();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("a name");
            assert!(operations.insert(id.to_owned()), "{id} twice");
            assert!(operation["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{id}");
            let parts: BTreeSet<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let told: BTreeSet<&str> =
                parameters.iter().filter(|own| own["in"] == "path").filter_map(|own| own["name"].as_str()).collect();
            assert_eq!(parts, told, "{method} {path}");
        }
    }
    let mut referred = BTreeSet::new();
    references(&document, &mut referred);
    for reference in &referred {
        let known = match reference.rsplit_once('/') {
            Some(("#/components/schemas", name)) => schemas.contains_key(name),
            _ => reference == "#/components/responses/Problem",
        };
        assert!(known, "{reference}");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|inner| references(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}
