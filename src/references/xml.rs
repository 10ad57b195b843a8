//! References in XML: EndNote's, Zotero's RDF, MODS, PubMed's.
//!
//! In: a text with records. Out: an entry for each. A record's texts are known by the names of the
//! elements around them; within what it is a part of, a title is that of the journal or the book.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::fields::Fields;
use super::{Entries, LineCounter};

/// Elements of RDF that are no references.
const NO_ITEMS: [&str; 8] = ["attachment", "memo", "journal", "collection", "series", "agent", "person", "container"];

/// How deep elements may be nested.
const DEEPEST: usize = 256;

/// An entry while it is read.
#[derive(Default)]
struct Record {
    line: u64,
    fields: Fields,
    text: String,
    /// The kind that Zotero gives an item of RDF.
    kind: String,
}

struct Walk<'a> {
    lines: LineCounter<'a>,
    /// Local names in lower case of the elements that have not ended.
    path: Vec<String>,
    record: Option<(usize, Record)>,
    found: usize,
}

pub(super) fn read(text: &str, out: &mut Entries) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut walk = Walk { lines: LineCounter::new(text), path: Vec::new(), record: None, found: 0 };
    let broken = loop {
        let at = reader.buffer_position() as usize;
        match reader.read_event() {
            Ok(Event::Eof) => break None,
            Err(why) => break Some((at, why.to_string())),
            Ok(Event::Start(start)) => walk.start(&start, at),
            Ok(Event::Empty(start)) => {
                walk.start(&start, at);
                walk.end(out);
            }
            Ok(Event::End(_)) => walk.end(out),
            Ok(event) => walk.text(&event),
        }
        if walk.path.len() > DEEPEST {
            break Some((at, "elements are nested too deeply".to_owned()));
        }
    };
    let cut = walk.record.is_some().then(|| (text.len(), "the file ends within a record".to_owned()));
    if let Some((at, why)) = broken.or(cut).filter(|_| walk.found > 0) {
        let line = walk.record.map_or_else(|| walk.lines.line(at), |(_, record)| record.line);
        out.skip(line, format!("this XML cannot be read from here on: {why}"));
    }
}

impl Walk<'_> {
    fn start(&mut self, start: &BytesStart<'_>, at: usize) {
        let name = start.local_name().as_ref().to_ascii_lowercase();
        if let Some((_, record)) = &mut self.record {
            if !is_inline(&name) {
                record.text.clear();
            }
        } else if self.begins(&name) {
            let mut record = Record { line: self.lines.line(at), ..Record::default() };
            for attribute in start.attributes().flatten() {
                // Zotero names what has an address by it.
                if attribute.key.local_name().as_ref() == "about" {
                    record.fields.add("about", &attribute.value);
                }
            }
            self.record = Some((self.path.len(), record));
            self.found += 1;
        }
        self.path.push(name);
    }

    /// Whether an element of this name begins a record.
    fn begins(&self, name: &str) -> bool {
        match self.path.last().map(String::as_str) {
            Some("rdf") => !NO_ITEMS.contains(&name),
            Some("records") => name == "record",
            Some("modscollection") | None => name == "mods",
            Some("pubmedarticleset") => name == "pubmedarticle",
            _ => false,
        }
    }

    fn text(&mut self, event: &Event<'_>) {
        let Some((_, record)) = &mut self.record else { return };
        match event {
            Event::Text(text) => record.text.push_str(text),
            Event::CData(text) => record.text.push_str(text),
            // The others are resolved where titles are made plain.
            Event::GeneralRef(name) if &**name == "amp" => record.text.push('&'),
            Event::GeneralRef(name) => record.text.push_str(&format!("&{};", &**name)),
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Entries) {
        let Some(name) = self.path.pop() else { return };
        let Some((depth, mut record)) = self.record.take() else { return };
        if self.path.len() == depth {
            let attachment = matches!(record.kind.as_str(), "attachment" | "note" | "annotation");
            if attachment {
            } else if record.fields.is_empty() {
                out.skip(record.line, "this record has neither a title, nor a DOI, nor an arXiv id");
            } else {
                out.keep(record.line, &record.fields);
            }
            return;
        }
        if !is_inline(&name) {
            let text = std::mem::take(&mut record.text);
            let within = &self.path[depth + 1..];
            record.take(&name, within, text.trim());
        }
        self.record = Some((depth, record));
    }
}

/// Elements within a text: EndNote wraps every run of letters in `style`.
fn is_inline(name: &str) -> bool {
    matches!(name, "style" | "i" | "b" | "em" | "strong" | "sub" | "sup" | "span" | "sc")
}

impl Record {
    /// Takes the text of an element that stands within others.
    fn take(&mut self, name: &str, within: &[String], text: &str) {
        if text.is_empty() || within.iter().any(|name| name == "referencelist") {
            return;
        }
        let parent = within.last().map(String::as_str).unwrap_or_default();
        let in_other = within.iter().any(|name| {
            matches!(name.as_str(), "ispartof" | "relateditem" | "presentedat" | "publisher" | "authors" | "editors")
        });
        match name {
            "title" if in_other => self.fields.add("journal", text),
            "title" if within.is_empty() || matches!(parent, "titles" | "titleinfo") => self.fields.add("title", text),
            "title" => {}
            "itemtype" => text.clone_into(&mut self.kind),
            "value" | "identifier" | "elocationid" | "articleid" => self.fields.add("url", text),
            // Zotero's field "Extra".
            "description" => self.fields.add("extra", text),
            "relation" => {}
            name => self.fields.add(name, text),
        }
    }
}
