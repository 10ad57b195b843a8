//! Writes XML into one buffer, without a tree.

/// An XML document in the making.
pub(crate) struct Xml(String);

impl Xml {
    /// A document that begins with its declaration.
    pub(crate) fn new(bytes: usize) -> Xml {
        let mut text = String::with_capacity(bytes);
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Xml(text)
    }

    /// A part of a document.
    pub(crate) fn part() -> Xml {
        Xml(String::new())
    }

    /// Adds a part.
    pub(crate) fn append(&mut self, part: Xml) -> &mut Xml {
        self.0.push_str(&part.0);
        self
    }

    /// Writes markup as it is.
    pub(crate) fn raw(&mut self, markup: &str) -> &mut Xml {
        self.0.push_str(markup);
        self
    }

    /// Writes text, escaped, which may stand in an attribute as well.
    pub(crate) fn text(&mut self, text: &str) -> &mut Xml {
        escape(&mut self.0, text);
        self
    }

    /// Writes an element that holds text alone, on a line of its own.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) -> &mut Xml {
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(name).raw(">\n")
    }

    /// Like [`Xml::leaf`], where there is something to say.
    pub(crate) fn maybe(&mut self, name: &str, text: Option<&str>) -> &mut Xml {
        if let Some(text) = text {
            self.leaf(name, text);
        }
        self
    }

    /// The document.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Escapes the five, and control characters as references, which XML 1.0 forbids and servers send.
fn escape(into: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let control;
        let instead = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            0..=8 | 11..=31 | 127 => {
                control = format!("&#{byte};");
                &control
            }
            _ => continue,
        };
        into.push_str(&text[from..at]);
        into.push_str(instead);
        from = at + 1;
    }
    into.push_str(&text[from..]);
}
