//! Markup and boilerplate around a text, taken off when it is read.
//!
//! In: a title or a text as feeds, pages and exports hand it on: with HTML's tags and entities,
//! behind `Abstract:` or arXiv's `arXiv:2603.00001v2 Announce Type: new Abstract:`, before `△
//! Less`. Out: the text itself. LaTeX stays as it is, and so does what only looks like a tag: `a <
//! b`, `<think>`, an average `<p>` that is never closed.

use std::borrow::Cow;

use quick_xml::escape::resolve_html5_entity;

use crate::paper::ArxivId;

/// Longest tag, in bytes.
const LONGEST_TAG: usize = 1024;
/// Longest name of an entity.
const LONGEST_ENTITY: usize = 32;

/// Tags that are taken out, where they are closed or have attributes.
const TAGS: &[&str] = &[
    "p",
    "b",
    "i",
    "em",
    "strong",
    "sub",
    "sup",
    "span",
    "a",
    "tt",
    "u",
    "s",
    "small",
    "big",
    "font",
    "div",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "italic",
    "bold",
    "sc",
    "center",
    "blockquote",
    "script",
    "style",
    "inline-formula",
    "tex-math",
    "title",
    "sec",
];
/// Tags that part words.
const BLOCKS: &[&str] =
    &["p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "blockquote", "title", "sec"];

/// A text without HTML's entities and tags.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    // Feeds escape what was escaped before.
    for _ in 0..2 {
        if !text.contains('&') {
            break;
        }
        match decoded(&text, true) {
            Some(decoded) => text = Cow::Owned(decoded),
            None => break,
        }
    }
    match text.contains('<').then(|| untagged(&text)).flatten() {
        Some(plain) => Cow::Owned(plain),
        None => text,
    }
}

/// A text of Markdown without HTML's tags, and with characters in the place of references, once:
/// a text that was written as `&lt;p>` is `<p>` there, and no tag.
pub(super) fn of_markdown(text: &str) -> Cow<'_, str> {
    let untagged = if text.contains('<') { untagged(text) } else { None };
    match untagged {
        Some(plain) => Cow::Owned(decoded(&plain, false).unwrap_or(plain)),
        None => decoded(text, false).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

/// With characters in the place of entities; `None` where there are none. `\&` is LaTeX's sign,
/// where references are not what Markdown escapes with.
fn decoded(text: &str, latex: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut changed) = (text, false);
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].split_once(';').map(|(name, _)| name).filter(|name| name.len() <= LONGEST_ENTITY);
        let escaped = latex && out.ends_with('\\');
        match name.filter(|_| !escaped).and_then(|name| entity(name).map(|found| (name, found))) {
            Some((name, found)) => {
                out.push_str(&found);
                rest = &rest[name.len() + 2..];
                changed = true;
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

fn entity(name: &str) -> Option<Cow<'static, str>> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some(Cow::Owned(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).to_string()));
    }
    resolve_html5_entity(name).map(Cow::Borrowed)
}

/// A tag at the beginning of a text.
struct Tag<'t> {
    name: &'t str,
    closing: bool,
    attributes: &'t str,
    length: usize,
}

impl Tag<'_> {
    /// The address that a link leads to.
    fn address(&self) -> Option<&str> {
        let (_, rest) = self.attributes.split_once("href=")?;
        let address = rest.trim_start_matches(['"', '\'']).split(['"', '\'', ' ']).next()?;
        address.starts_with("http").then_some(address)
    }
}

fn tag(text: &str) -> Option<Tag<'_>> {
    let body = text.strip_prefix('<')?;
    let end = body
        .bytes()
        .take(LONGEST_TAG)
        .position(|byte| matches!(byte, b'>' | b'<'))
        .filter(|&end| body.as_bytes()[end] == b'>')?;
    let inner = &body[..end];
    let (closing, inner) = match inner.strip_prefix('/') {
        Some(rest) => (true, rest),
        None => (false, inner),
    };
    let inner = inner.strip_suffix('/').unwrap_or(inner).trim_end();
    let length = inner.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-'))).unwrap_or(inner.len());
    let (name, after) = inner.split_at(length);
    let name = name.strip_prefix("jats:").unwrap_or(name);
    let attributed = after.starts_with(char::is_whitespace) && after.contains('=');
    let proper = !name.is_empty() && (after.is_empty() || attributed);
    proper.then_some(Tag { name, closing, attributes: after, length: end + 2 })
}

/// Without tags; `None` where there are none. A tag counts where its other half stands in the text
/// as well.
fn untagged(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let has = |half: &str, name: &str| lower.contains(&format!("{half}{}", name.to_ascii_lowercase()));
    let mut known: Vec<(String, bool)> = Vec::new();
    let mut paired = |name: &str| match known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, paired)) => *paired,
        None => {
            let opened = has("<", &format!("{name}>")) || has("<", &format!("{name} ")) || has("<jats:", name);
            let paired = opened && (has("</", &format!("{name}>")) || has("</jats:", name));
            known.push((name.to_owned(), paired));
            paired
        }
    };
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut changed, mut hidden) = (text, false, None::<&str>);
    let mut link: Option<(usize, String)> = None;
    while let Some(at) = rest.find('<') {
        if hidden.is_none() {
            out.push_str(&rest[..at]);
        }
        rest = &rest[at..];
        let found = tag(rest).filter(|tag| {
            let name = TAGS.iter().any(|known| known.eq_ignore_ascii_case(tag.name));
            let alone = matches!(tag.name.to_ascii_lowercase().as_str(), "br" | "hr")
                || tag.name == "p" && at == 0 && out.is_empty();
            alone || name && (!tag.attributes.is_empty() || paired(tag.name))
        });
        let Some(tag) = found else {
            if hidden.is_none() {
                out.push('<');
            }
            rest = &rest[1..];
            continue;
        };
        changed = true;
        rest = &rest[tag.length..];
        let name = tag.name.to_ascii_lowercase();
        match hidden {
            Some(open) if tag.closing && open == name => hidden = None,
            Some(_) => {}
            // What a script does is no text.
            None if !tag.closing && name == "script" && paired("script") => hidden = Some("script"),
            None if !tag.closing && name == "style" && paired("style") => hidden = Some("style"),
            None if BLOCKS.contains(&name.as_str()) => out.push(' '),
            // The signs of LaTeX, where words would run together without one.
            None if name == "sup" && !tag.closing && rest.starts_with(is_exponent) => out.push('^'),
            None if name == "sub" && !tag.closing && rest.starts_with(char::is_alphabetic) => out.push('_'),
            None if name == "a" && !tag.closing => link = tag.address().map(|address| (out.len(), address.to_owned())),
            // Where a link leads to is part of what it says.
            None if name == "a" => {
                if let Some((from, address)) = link.take().filter(|(from, address)| !out[*from..].contains(address)) {
                    out.push_str(if out.len() > from { " (" } else { "(" });
                    out.push_str(&address);
                    out.push(')');
                }
            }
            None => {}
        }
    }
    if hidden.is_none() {
        out.push_str(rest);
    }
    changed.then_some(out)
}

fn is_exponent(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '-' | '+' | '−' | '–')
}

/// A title without `Title:` before it and arXiv's `(arXiv:2603.00001v2 [cs.LG] UPDATED)` behind it,
/// and the version that the latter names.
pub(super) fn title(text: &str) -> (&str, Option<u32>) {
    let body = after_label(text, &["title"]).unwrap_or(text);
    let end = body.trim_end();
    let feed = end.strip_suffix(')').and_then(|rest| rest.rsplit_once("(arXiv:")).and_then(|(title, stamp)| {
        // A title may name another paper in parentheses; the feed's stamp has a category.
        let stamp = stamp.contains('[').then_some(stamp)?;
        let stamp = stamp.trim_end_matches("UPDATED").trim_end_matches("CROSS LISTED");
        let (_, version) = ArxivId::parse(&format!("arXiv:{stamp}"))?;
        Some((title.trim_end().trim_end_matches('.'), version))
    });
    feed.unwrap_or((body, None))
}

/// An abstract without what arXiv's feeds and pages put around it, and the version that they name.
pub(super) fn abstract_text(text: &str) -> (&str, Option<u32>) {
    let (mut body, mut version) = (text.trim_start(), None);
    if let Some((announced, rest)) = announcement(body) {
        (body, version) = (rest, announced);
    }
    while let Some(rest) = after_label(body, &["abstract", "摘要"]) {
        body = rest;
    }
    // A page of search results has the beginning of the text, `▽ More`, the whole text, `△ Less`.
    if let Some((_, rest)) = body.split_once("▽ More").filter(|(_, rest)| !rest.trim().is_empty()) {
        body = rest;
    }
    let kept = body.trim_end();
    (kept.strip_suffix("△ Less").or_else(|| kept.strip_suffix("▽ More")).unwrap_or(kept), version)
}

/// `arXiv:2603.00001v2 Announce Type: replace-cross`: the version and what follows.
fn announcement(text: &str) -> Option<(Option<u32>, &str)> {
    let (stamp, rest) = text.split_once("Announce Type:")?;
    let (_, version) = ArxivId::parse(stamp.trim())?;
    let rest = rest.trim_start();
    let kind = rest.find(|c: char| !(c.is_ascii_alphabetic() || c == '-')).unwrap_or(rest.len());
    Some((version, rest[kind..].trim_start()))
}

/// The word by which such a text says how it is announced: `new`, `replace-cross`.
pub(super) fn announce_type(text: &str) -> Option<&str> {
    let (_, rest) = announcement(text)?;
    let (before, _) = text.split_at(text.len() - rest.len());
    before.rsplit_once("Announce Type:").map(|(_, kind)| kind.trim())
}

/// What follows one of these words and a mark at the beginning of a text.
fn after_label<'t>(text: &'t str, labels: &[&str]) -> Option<&'t str> {
    let text = text.trim_start();
    let bare = text.trim_start_matches(['*', '_', '#', ' ']);
    let rest = labels.iter().find_map(|label| {
        let start = bare.get(..label.len())?;
        start.eq_ignore_ascii_case(label).then(|| &bare[label.len()..])
    })?;
    let rest = rest.trim_start_matches(['*', '_']);
    let after = rest.strip_prefix([':', '：', '—', '–'])?;
    let after = after.trim_start_matches(['*', '_']).trim_start();
    (!after.is_empty()).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_and_tags_go() {
        for (text, expected) in [
            ("Andr&eacute; &amp; Bo &lt; Cy&#39;s &#x3b1;", "André & Bo < Cy's α"),
            ("Caf&amp;eacute;", "Café"),
            ("<p>We bend <i>reeds</i>.</p><p>They stand.</p>", " We bend reeds.  They stand. "),
            ("&lt;p&gt;Reeds&lt;/p&gt;", " Reeds "),
            ("<jats:p>Reeds</jats:p>", " Reeds "),
            ("H<sub>2</sub>O at 10<sup>-3</sup> and the 1<sup>st</sup>", "H2O at 10^-3 and the 1st"),
            ("a<br/>b<br>c", "a b c"),
            ("see <a href=\"https://x.example\">this</a>.", "see this (https://x.example)."),
            ("E<sub>up</sub>", "E_up"),
            ("A <script>alert(1)</script>lake", "A lake"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn references_of_markdown_are_read_once() {
        assert_eq!(of_markdown("Caf&eacute; &lt;b>x&lt;/b> &amp;lt; <i>y</i>"), "Café <b>x</b> &lt; y");
    }

    #[test]
    fn what_only_looks_like_markup_stays() {
        for text in [
            "a < b and x<y>z",
            "the average <p> grows, <i> is an index",
            "Long <think> traces overshadow <answer> segments",
            "AT\\&T; and R&D; of Q&A",
            "$\\langle x \\rangle$ & $a&b$",
            "if x<i and y>p then",
            "<S> and <x>",
        ] {
            assert_eq!(plain(text), text, "{text}");
        }
    }

    #[test]
    fn boilerplate_goes_and_tells_the_version() {
        for (text, expected, version) in [
            ("arXiv:2603.00001v2 Announce Type: replace-cross \nAbstract: We bend reeds.", "We bend reeds.", Some(2)),
            ("arXiv:2603.00001v1 Announce Type: new Abstract: We bend.", "We bend.", Some(1)),
            ("Abstract: We bend reeds.", "We bend reeds.", None),
            ("**Abstract:** We bend reeds.", "We bend reeds.", None),
            ("ABSTRACT—We bend reeds.", "We bend reeds.", None),
            ("We bend reeds.\n        △ Less", "We bend reeds.\n        ", None),
            ("We bend… ▽ More We bend reeds. △ Less", " We bend reeds. ", None),
            ("Abstract interpretation bends reeds.", "Abstract interpretation bends reeds.", None),
            ("Announce Type: a study", "Announce Type: a study", None),
            ("Abstract:", "Abstract:", None),
        ] {
            assert_eq!(abstract_text(text), (expected, version), "{text}");
        }
        for (text, expected, version) in [
            ("Title: Reeds", "Reeds", None),
            ("Title:Reeds", "Reeds", None),
            ("Reeds. (arXiv:2603.00001v3 [cs.LG] UPDATED)", "Reeds", Some(3)),
            ("Title insurance for reeds", "Title insurance for reeds", None),
            ("Reeds (a study)", "Reeds (a study)", None),
            ("Comment on: Reeds (arXiv:2603.00001)", "Comment on: Reeds (arXiv:2603.00001)", None),
        ] {
            assert_eq!(title(text), (expected, version), "{text}");
        }
    }
}
