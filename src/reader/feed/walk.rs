//! XML taken apart into its records, one held at a time.
//!
//! In: a source. Out: calls of [`Visit`]: each container that opens (`feed`, `channel`,
//! `ListRecords`), each element that stands in one and is none itself, whole, as a small tree, and
//! each that is broken, with its line and cause. Entities beyond the five of XML and references to
//! characters stay as they are written, whatever a DOCTYPE defines. Elements nest at most
//! [`DEEPEST`] deep, a record takes at most 4 MiB, and what is broken costs one record: the
//! beginning or the end of a record is where reading goes on.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use super::super::source::{LONGEST_LINE, Source};
use super::decode::Decoded;
use super::tree::{Element, Tree};
use crate::error::Result;

/// How deep elements may be nested.
const DEEPEST: usize = 64;
/// Largest record, in bytes.
const LARGEST: usize = LONGEST_LINE;
/// Elements that hold records or other containers. Names are compared in lower case.
const CONTAINERS: [&str; 8] = ["feed", "rss", "rdf", "channel", "oai-pmh", "listrecords", "getrecord", "records"];
/// Elements that never stand within each other: where one begins, the one before is over.
const RECORDS: [&str; 3] = ["entry", "item", "record"];

/// What becomes of what is found.
pub(super) trait Visit {
    /// A container opens; `name` is its local name in lower case.
    fn container(&mut self, name: &str);
    /// An element that stands in the container `within` (empty at the top) has ended.
    fn element(&mut self, element: Element<'_>, within: &str, line: u64) -> Result<()>;
    /// An element cannot be used.
    fn broken(&mut self, line: u64, reason: &str) -> Result<()>;
}

/// What became of the whole.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The outermost element has ended, and the XML could be read to its end.
    pub complete: bool,
    /// Remarks about the file as a whole.
    pub notes: Vec<String>,
}

/// Reads a source to its end.
///
/// # Errors
/// Where the system fails, and what `visit` returns.
pub(super) fn walk(source: &mut Source<'_>, visit: &mut dyn Visit) -> Result<End> {
    let mut reader = Reader::from_reader(Decoded::new(source));
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut walk =
        Walk { visit, names: Names::default(), containers: 0, deeper: 0, record: None, tree: Tree::default() };
    let (mut buffer, mut defines, mut ended) = (Vec::new(), false, false);
    let stopped = loop {
        buffer.clear();
        let line = reader.get_mut().begin_event();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => break None,
            Ok(Event::Start(start)) => walk.start(&start, line)?,
            Ok(Event::Empty(start)) => {
                walk.start(&start, line)?;
                ended |= walk.end(start.name().as_ref())?;
            }
            Ok(Event::End(end)) => ended |= walk.end(end.name().as_ref())?,
            Ok(Event::Text(text)) => walk.text(&text),
            Ok(Event::CData(text)) => walk.text(&text),
            Ok(Event::GeneralRef(name)) => walk.reference(&name),
            Ok(Event::DocType(text)) => defines |= text.contains("<!ENTITY"),
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
            Err(cause) => break Some((line, cause.to_string())),
        }
        if reader.get_ref().is_too_long() {
            break Some((line, "a tag or a text is too long".to_owned()));
        }
    };
    if let Some(error) = reader.get_mut().failed() {
        return Err(error);
    }
    let mut notes: Vec<String> = reader.get_ref().note().into_iter().collect();
    if defines {
        notes.push("the DOCTYPE defines entities; they are left as they are written".to_owned());
    }
    let open = walk.finish(stopped.as_ref().map(|(_, cause)| cause.as_str()))?;
    match (&stopped, open) {
        (Some((line, cause)), _) => notes.push(format!("the XML cannot be read from line {line} on: {cause}")),
        (None, Some(name)) => notes.push(format!("the file ends before its </{name}>")),
        (None, None) => {}
    }
    Ok(End { complete: ended && stopped.is_none() && walk.names.len() == 0, notes })
}

/// A record that has not ended.
struct Open {
    /// Elements around it.
    depth: usize,
    line: u64,
    /// Why it cannot be used.
    flaw: Option<String>,
}

struct Walk<'v> {
    visit: &'v mut dyn Visit,
    /// Elements that have not ended, from the outermost.
    names: Names,
    /// How many of them are containers: the first ones.
    containers: usize,
    /// Elements beyond those, which are nested too deeply.
    deeper: u64,
    record: Option<Open>,
    tree: Tree,
}

impl Walk<'_> {
    fn start(&mut self, start: &BytesStart<'_>, line: u64) -> Result<()> {
        let name = start.name();
        let local = name.local_name();
        let local = local.as_ref();
        if self.restarts(local) {
            self.give_up("it does not end before the next one begins")?;
        }
        if self.names.len() >= DEEPEST {
            self.deeper += 1;
            return self.flaw(line, || format!("elements are nested more than {DEEPEST} deep"));
        }
        let container = self.record.is_none() && CONTAINERS.iter().any(|known| local.eq_ignore_ascii_case(known));
        if container {
            self.names.push(name.as_ref());
            self.containers = self.names.len();
            self.visit.container(&local.to_ascii_lowercase());
            return Ok(());
        }
        let own = match &self.record {
            None => {
                self.tree.clear();
                self.record = Some(Open { depth: self.names.len(), line, flaw: None });
                true
            }
            Some(open) => prefix(self.names.at(open.depth)) == prefix(name.as_ref()),
        };
        self.names.push(name.as_ref());
        if self.has_room() {
            self.tree.open(local, own);
            for attribute in start.attributes().with_checks(false).flatten().take(64) {
                self.tree.attribute(attribute.key.local_name().as_ref(), |text| resolve(&attribute.value, text));
            }
        }
        Ok(())
    }

    /// Whether a record begins where another of its kind is open.
    fn restarts(&self, local: &str) -> bool {
        self.record.is_some()
            && self.tree.root().is_some_and(|root| root.name().eq_ignore_ascii_case(local))
            && RECORDS.iter().any(|known| local.eq_ignore_ascii_case(known))
    }

    /// Whether the record may grow. It is flawed where it may not.
    fn has_room(&mut self) -> bool {
        let Some(open) = &mut self.record else { return false };
        if self.tree.size() > LARGEST {
            open.flaw.get_or_insert_with(|| format!("it is longer than {LARGEST} bytes"));
        }
        open.flaw.is_none()
    }

    fn flaw(&mut self, line: u64, why: impl FnOnce() -> String) -> Result<()> {
        match &mut self.record {
            Some(open) => open.flaw = Some(open.flaw.take().unwrap_or_else(why)),
            // One is enough to say so.
            None if self.deeper == 1 => self.visit.broken(line, &why())?,
            None => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.has_room() {
            self.tree.text().push_str(text);
        }
    }

    fn reference(&mut self, name: &str) {
        if self.has_room() {
            push_reference(name, self.tree.text());
        }
    }

    /// Ends an element. Gives whether it was the outermost.
    fn end(&mut self, name: &str) -> Result<bool> {
        if self.deeper > 0 {
            self.deeper -= 1;
            return Ok(false);
        }
        let Some(at) = self.names.last(name) else {
            // It ends nothing.
            self.flaw(0, || format!("</{name}> ends no element"))?;
            return Ok(false);
        };
        let (whole, depth) = (at + 1 == self.names.len(), self.record.as_ref().map(|open| open.depth));
        match depth {
            Some(depth) if at < depth => self.give_up("it does not end")?,
            Some(_) if !whole => self.flaw(0, || format!("</{name}> comes before the end of what it holds"))?,
            _ => {}
        }
        self.names.truncate(at);
        match self.record.as_ref().map(|open| open.depth) {
            Some(depth) if at == depth => self.close()?,
            Some(_) => self.tree.close(),
            None => self.containers = self.containers.min(at),
        }
        Ok(at == 0)
    }

    /// The record has ended.
    fn close(&mut self) -> Result<()> {
        let Some(open) = self.record.take() else { return Ok(()) };
        self.tree.close();
        let within = self.containers.checked_sub(1).map_or("", |at| local(self.names.at(at))).to_ascii_lowercase();
        match (open.flaw, self.tree.root()) {
            (None, Some(root)) => self.visit.element(root, &within, open.line),
            (flaw, root) => {
                let name = root.map_or("element", Element::name);
                self.visit.broken(open.line, &format!("this {name} is broken: {}", flaw.unwrap_or_default()))
            }
        }
    }

    /// Drops the record that is open, and says why.
    fn give_up(&mut self, why: &str) -> Result<()> {
        let Some(open) = self.record.take() else { return Ok(()) };
        self.names.truncate(open.depth);
        self.deeper = 0;
        let name = self.tree.root().map_or("element", Element::name);
        let why = open.flaw.as_deref().unwrap_or(why);
        self.visit.broken(open.line, &format!("this {name} is broken: {why}"))
    }

    /// The input has ended. Gives the outermost element that has not.
    fn finish(&mut self, cause: Option<&str>) -> Result<Option<String>> {
        let open = (self.names.len() > 0).then(|| self.names.at(0).to_owned());
        self.give_up(cause.unwrap_or("the file ends within it"))?;
        Ok(open)
    }
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// A value with its references resolved.
fn resolve(value: &str, text: &mut String) {
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        match after.split_once(';').filter(|(name, _)| !name.contains('&')) {
            Some((name, after)) => {
                push_reference(name, text);
                rest = after;
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
}

/// What a reference stands for; one that XML does not know by itself stays as it is written.
fn push_reference(name: &str, text: &mut String) {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    match (number.filter(|&code| code > 0).and_then(char::from_u32), resolve_xml_entity(name)) {
        (Some(letter), _) => text.push(letter),
        (None, Some(letter)) => text.push_str(letter),
        (None, None) => {
            text.push('&');
            text.push_str(name);
            text.push(';');
        }
    }
}

/// A stack of names in one text.
#[derive(Default)]
struct Names {
    text: String,
    starts: Vec<usize>,
}

impl Names {
    fn len(&self) -> usize {
        self.starts.len()
    }

    fn push(&mut self, name: &str) {
        self.starts.push(self.text.len());
        self.text.push_str(name);
    }

    fn at(&self, at: usize) -> &str {
        let end = self.starts.get(at + 1).copied().unwrap_or(self.text.len());
        self.starts.get(at).map_or("", |&start| &self.text[start..end])
    }

    /// The innermost of a name.
    fn last(&self, name: &str) -> Option<usize> {
        (0..self.len()).rev().find(|&at| self.at(at) == name)
    }

    fn truncate(&mut self, length: usize) {
        if let Some(&start) = self.starts.get(length) {
            self.text.truncate(start);
            self.starts.truncate(length);
        }
    }
}
