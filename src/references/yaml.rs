//! References in YAML: CSL YAML as pandoc and Better BibTeX write it, and Hayagriva's.
//!
//! In: a list of items, by itself or under `references:`, or items by their keys. Out: an entry
//! for each, with the line where it begins. What stands before a broken place is kept; aliases are
//! not followed, so that a small file cannot grow.

use saphyr_parser::{Event, Parser, ScanError};
use serde_json::{Map, Value};

use super::{Entries, json};

/// How deep lists and mappings may be nested.
const DEEPEST: usize = 64;

/// A value and the line where it begins.
struct Node {
    line: u64,
    value: Tree,
}

enum Tree {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// A list or a mapping that has not ended, with the key that waits for its value.
struct Open {
    node: Node,
    key: Option<String>,
}

pub(super) fn read(text: &str, out: &mut Entries) {
    let before = out.found.len();
    let (documents, broken) = documents(text);
    for document in &documents {
        items(document, out);
    }
    if let Some(why) = broken.filter(|_| out.found.len() == before || documents.len() < 2) {
        // The parser counts a line behind the last one.
        let line = (why.marker().line() as u64).min(text.lines().count().max(1) as u64);
        out.skip(line, format!("this YAML cannot be read from here on: {}", why.info()));
    }
}

/// The documents of a text, the last one as far as it can be read, and why it cannot be read
/// further.
fn documents(text: &str) -> (Vec<Node>, Option<ScanError>) {
    let mut done = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut parser = Parser::new_from_str(text);
    let broken = loop {
        let (event, span) = match parser.next_event() {
            None => break None,
            Some(Err(why)) => break Some(why),
            Some(Ok(event)) => event,
        };
        let line = span.start.line() as u64;
        match event {
            Event::SequenceStart(..) => open.push(Open::new(line, Tree::List(Vec::new()))),
            Event::MappingStart(..) => open.push(Open::new(line, Tree::Map(Vec::new()))),
            Event::Scalar(text, ..) => put(Node { line, value: Tree::Text(text.into_owned()) }, &mut open, &mut done),
            Event::Alias(_) => put(Node { line, value: Tree::Text(String::new()) }, &mut open, &mut done),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(ended) = open.pop() {
                    put(ended.node, &mut open, &mut done);
                }
            }
            _ => {}
        }
        if open.len() > DEEPEST {
            break Some(ScanError::new_str(span.start, "lists and mappings are nested too deeply"));
        }
    };
    if broken.is_some() {
        // The innermost item is broken; what its list held before is not.
        while open.last().is_some_and(|last| matches!(last.node.value, Tree::Map(_))) && open.len() > 1 {
            open.pop();
        }
        while let Some(last) = open.pop() {
            put(last.node, &mut open, &mut done);
        }
    }
    (done, broken)
}

impl Open {
    fn new(line: u64, value: Tree) -> Open {
        Open { node: Node { line, value }, key: None }
    }
}

/// Gives a value to what it stands in.
fn put(node: Node, open: &mut [Open], done: &mut Vec<Node>) {
    let Some(Open { node: outer, key }) = open.last_mut() else { return done.push(node) };
    match &mut outer.value {
        Tree::List(list) => list.push(node),
        Tree::Map(map) => match (key.take(), node.value) {
            (None, Tree::Text(text)) => *key = Some(text),
            (None, _) => *key = Some(String::new()),
            (Some(key), value) => map.push((key, Node { line: node.line, value })),
        },
        Tree::Text(_) => {}
    }
}

/// The items of a document: its list, the list under a key, or the mappings by their keys.
fn items(document: &Node, out: &mut Entries) {
    match &document.value {
        Tree::List(list) => list.iter().enumerate().for_each(|(at, node)| item(at + 1, node, None, out)),
        Tree::Map(map) => {
            let list = map.iter().find(|(key, node)| {
                matches!(key.as_str(), "references" | "items") && matches!(node.value, Tree::List(_))
            });
            match list {
                Some((_, list)) => items(list, out),
                None => {
                    let titled = |node: &Node| matches!(&node.value, Tree::Map(map) if map.iter().any(|(key, _)| key == "title"));
                    let by_key = map.iter().filter(|(_, node)| titled(node));
                    by_key.enumerate().for_each(|(at, (key, node))| item(at + 1, node, Some(key), out));
                }
            }
        }
        Tree::Text(_) => {}
    }
}

fn item(number: usize, node: &Node, key: Option<&str>, out: &mut Entries) {
    let Value::Object(item) = value(node) else {
        return out.skip(node.line, format!("entry {number} cannot be read: it is no mapping"));
    };
    match json::fields(&item) {
        Ok(Some(mut fields)) => {
            if let Some(key) = key {
                fields.set_key(key);
            }
            out.keep(node.line, &fields);
        }
        Ok(None) => {}
        Err(reason) => out.skip(node.line, format!("entry {number} cannot be read: {reason}")),
    }
}

fn value(node: &Node) -> Value {
    match &node.value {
        Tree::Text(text) => Value::String(text.clone()),
        Tree::List(list) => Value::Array(list.iter().map(value).collect()),
        Tree::Map(map) => {
            Value::Object(map.iter().map(|(key, node)| (key.clone(), value(node))).collect::<Map<_, _>>())
        }
    }
}
