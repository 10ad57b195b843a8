//! The parts of JSON texts, before they are parsed.
//!
//! In: a text that begins with values, an array or an object. Out: its values, elements or
//! members, each where it stands, so that one that is broken has a line and costs no other.

/// A part of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Where it begins, in bytes.
    pub at: usize,
    pub text: &'a str,
}

/// The elements of the array, or the members of the object, that a text begins with.
pub(super) fn inside<'a>(whole: Part<'a>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let (mut begin, mut depth) = (1, 0_usize);
    let mut scan = Scan::new(whole.text);
    while let Some((at, byte)) = scan.next() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ended = depth == 0 && matches!(byte, b']' | b'}');
        if ended || (depth == 1 && byte == b',') {
            parts.extend(trimmed(whole, begin, at));
            begin = at + 1;
        }
        if ended {
            return parts;
        }
    }
    // The text ends within the array; the last element may be cut off, and is parsed to see.
    parts.extend(trimmed(whole, begin.min(whole.text.len()), whole.text.len()));
    parts
}

/// The values of a text one after another, as JSON lines hold them: each from the bracket at which
/// it begins to the one at which it ends.
pub(super) fn values(text: &str) -> Vec<Part<'_>> {
    let whole = Part { at: 0, text };
    let mut parts = Vec::new();
    let (mut begin, mut depth) = (None, 0_usize);
    let mut scan = Scan::new(text);
    while let Some((at, byte)) = scan.next() {
        match byte {
            b'[' | b'{' => {
                begin.get_or_insert(at);
                depth += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0
            && let Some(begin) = begin.take()
        {
            parts.extend(trimmed(whole, begin, at + 1));
        }
    }
    if let Some(begin) = begin {
        parts.extend(trimmed(whole, begin, text.len()));
    }
    parts
}

/// The name and the value of a member.
pub(super) fn member<'a>(part: Part<'a>) -> Option<(String, Part<'a>)> {
    let mut scan = Scan::new(part.text);
    let (colon, _) = std::iter::from_fn(|| scan.next()).find(|(_, byte)| *byte == b':')?;
    let name = serde_json::from_str(&part.text[..colon]).ok()?;
    Some((name, trimmed(part, colon + 1, part.text.len())?))
}

fn trimmed<'a>(whole: Part<'a>, begin: usize, end: usize) -> Option<Part<'a>> {
    let text = whole.text.get(begin..end)?;
    let start = begin + text.len() - text.trim_start().len();
    let text = text.trim();
    (!text.is_empty()).then_some(Part { at: whole.at + start, text })
}

/// Walks over the bytes outside of strings.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Scan<'a> {
        Scan { text: text.as_bytes(), at: 0 }
    }

    fn next(&mut self) -> Option<(usize, u8)> {
        let at = self.at;
        let byte = *self.text.get(at)?;
        self.at += 1;
        if byte == b'"' {
            while let Some(inside) = self.text.get(self.at) {
                self.at += if *inside == b'\\' { 2 } else { 1 };
                if *inside == b'"' {
                    break;
                }
            }
        }
        Some((at, byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(parts: Vec<Part<'_>>) -> Vec<(usize, &str)> {
        parts.into_iter().map(|part| (part.at, part.text)).collect()
    }

    #[test]
    fn elements_and_members_are_found_where_they_stand() {
        let text = r#"[ {"a": [1, 2], "b": "]},\""} , 3,]"#;
        let parts = inside(Part { at: 0, text });
        assert_eq!(texts(parts.clone()), [(2, r#"{"a": [1, 2], "b": "]},\""}"#), (32, "3")]);
        let members = inside(parts[0]);
        assert_eq!(texts(members.clone()), [(3, r#""a": [1, 2]"#), (16, r#""b": "]},\"""#)]);
        let (name, value) = member(members[1]).expect("a member");
        assert_eq!((name.as_str(), value.at, value.text), ("b", 21, r#""]},\"""#));
    }

    #[test]
    fn what_is_cut_off_is_the_last() {
        assert_eq!(texts(inside(Part { at: 0, text: r#"[{"a": 1}, {"b"# })), [(1, r#"{"a": 1}"#), (11, r#"{"b"#)]);
        assert_eq!(texts(inside(Part { at: 0, text: "[" })), []);
        assert_eq!(texts(inside(Part { at: 0, text: r#"["a\"# })), [(1, r#""a\"#)]);
    }

    #[test]
    fn values_follow_one_another() {
        assert_eq!(
            texts(values("{\"a\": 1}\n[2] {\"b\": \"}\"}{\"c\"")),
            [(0, "{\"a\": 1}"), (9, "[2]"), (13, "{\"b\": \"}\"}"), (23, "{\"c\"")]
        );
    }
}
