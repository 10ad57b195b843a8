//! One record of XML as a small tree, in three vectors that are used again for the next.
//!
//! In: elements as they open and close, and texts. Out: [`Element`]: its name, text, attributes and
//! children. Names are local ones in lower case, so that the prefix of a namespace says nothing but
//! whether an element is of the record's own format.

use std::ops::Range;

/// What an element costs beside its texts, in bytes.
const COST: usize = 32;
/// Most attributes of an element that are kept.
const MOST_ATTRIBUTES: usize = 32;

#[derive(Debug)]
struct Node {
    name: Range<usize>,
    /// Of the same prefix as the root.
    own: bool,
    attributes: Range<usize>,
    text: Range<usize>,
    /// Behind its last descendant.
    end: usize,
}

#[derive(Debug)]
struct Attribute {
    name: Range<usize>,
    value: Range<usize>,
}

/// A record that is being read, or was.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    names: String,
    /// All texts and values in the order of the file: an element's text is one range.
    texts: String,
    values: String,
    open: Vec<usize>,
}

impl Tree {
    /// Forgets all, and keeps the room.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.attributes.clear();
        self.names.clear();
        self.texts.clear();
        self.values.clear();
        self.open.clear();
    }

    /// What it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        self.names.len() + self.texts.len() + self.values.len() + COST * (self.nodes.len() + self.attributes.len())
    }

    /// Begins an element. `own` says whether its prefix is that of the root.
    pub(super) fn open(&mut self, local_name: &str, own: bool) {
        let name = self.name(local_name);
        let (attributes, text) = (self.attributes.len(), self.texts.len());
        self.open.push(self.nodes.len());
        self.nodes.push(Node { name, own, attributes: attributes..attributes, text: text..text, end: 0 });
    }

    fn name(&mut self, name: &str) -> Range<usize> {
        let from = self.names.len();
        self.names.extend(name.chars().map(|letter| letter.to_ascii_lowercase()));
        from..self.names.len()
    }

    /// Adds an attribute to the element that was begun last. `write` writes its value.
    pub(super) fn attribute(&mut self, local_name: &str, write: impl FnOnce(&mut String)) {
        let Some(node) = self.nodes.last().filter(|node| node.attributes.len() < MOST_ATTRIBUTES) else { return };
        let begin = node.attributes.start;
        let name = self.name(local_name);
        let from = self.values.len();
        write(&mut self.values);
        self.attributes.push(Attribute { name, value: from..self.values.len() });
        let end = self.attributes.len();
        if let Some(node) = self.nodes.last_mut() {
            node.attributes = begin..end;
        }
    }

    /// Where the next text goes.
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.texts
    }

    /// Ends the element that was begun last and has not ended.
    pub(super) fn close(&mut self) {
        let (end, text) = (self.nodes.len(), self.texts.len());
        if let Some(node) = self.open.pop().and_then(|at| self.nodes.get_mut(at)) {
            node.end = end;
            node.text.end = text;
        }
    }

    /// The record itself.
    pub(super) fn root(&self) -> Option<Element<'_>> {
        (!self.nodes.is_empty()).then_some(Element { tree: self, at: 0 })
    }
}

/// An element of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'t> {
    tree: &'t Tree,
    at: usize,
}

impl<'t> Element<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.at]
    }

    /// Its local name in lower case.
    pub(super) fn name(self) -> &'t str {
        &self.tree.names[self.node().name.clone()]
    }

    /// All text within, also that of elements within, without white space around it.
    pub(super) fn text(self) -> &'t str {
        self.tree.texts[self.node().text.clone()].trim()
    }

    /// The value of an attribute, by its local name in lower case.
    pub(super) fn attribute(self, name: &str) -> Option<&'t str> {
        let attributes = &self.tree.attributes[self.node().attributes.clone()];
        let found = attributes.iter().find(|attribute| &self.tree.names[attribute.name.clone()] == name)?;
        Some(self.tree.values[found.value.clone()].trim())
    }

    /// The elements directly within.
    pub(super) fn children(self) -> impl Iterator<Item = Element<'t>> {
        let (tree, end) = (self.tree, self.node().end);
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(Element { tree, at: next })?;
            next = child.node().end.max(next + 1);
            Some(child)
        })
    }

    /// The elements of a name directly within, of any namespace.
    pub(super) fn all(self, name: &str) -> impl Iterator<Item = Element<'t>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// Those of them that are of the record's own format.
    pub(super) fn all_own(self, name: &str) -> impl Iterator<Item = Element<'t>> {
        self.all(name).filter(|child| child.node().own)
    }

    /// The text of the first element of a name, of any namespace, that has any.
    pub(super) fn told(self, name: &str) -> Option<&'t str> {
        self.all(name).map(Element::text).find(|text| !text.is_empty())
    }

    /// The same of the record's own format.
    pub(super) fn told_own(self, name: &str) -> Option<&'t str> {
        self.all_own(name).map(Element::text).find(|text| !text.is_empty())
    }
}
