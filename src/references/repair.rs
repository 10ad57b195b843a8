//! The fields of a BibTeX entry whose braces are not balanced.
//!
//! In: the text of an entry, from its key up to where the next entry seems to begin. Out: its
//! fields, each from a `name =` at the beginning of a line or after a comma up to the next. One
//! brace too many in an abstract then costs neither the title nor the link.

/// The longest name of a field.
const LONGEST_NAME: usize = 40;

/// The key and the fields of a broken entry. `None` where the entry has no end: it was cut off.
pub(super) fn fields(entry: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let entry = entry.trim_end_matches([' ', '\t', '\n', ',']).strip_suffix(['}', ')'])?;
    let mut starts: Vec<Start<'_>> = Vec::new();
    for (at, _) in entry.match_indices('=') {
        starts.extend(start(entry, at));
    }
    let key = entry.split([',', '=', '\n']).next().unwrap_or_default().trim();
    let ends = starts.iter().skip(1).map(|next| next.begin).chain([entry.len()]);
    let fields = starts.iter().zip(ends).map(|(start, end)| (start.name, bare(&entry[start.value..end])));
    let fields: Vec<_> = fields.collect();
    (!fields.is_empty()).then_some((key, fields))
}

struct Start<'a> {
    begin: usize,
    name: &'a str,
    value: usize,
}

/// The field whose equals sign stands at `at`.
fn start(entry: &str, at: usize) -> Option<Start<'_>> {
    let before = entry[..at].trim_end();
    let tail = before.bytes().rev().take(LONGEST_NAME + 1);
    let length = tail.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
    if length == 0 || length > LONGEST_NAME {
        return None;
    }
    let begin = before.len() - length;
    let parted = before[..begin].trim_end_matches([' ', '\t']);
    let first = parted.is_empty() || parted.ends_with([',', '\n', '}', '"']);
    first.then_some(Start { begin, name: &before[begin..], value: at + 1 })
}

/// A value without what encloses it.
fn bare(value: &str) -> &str {
    let value = value.trim().trim_end_matches([',', ' ', '\n', '\t']);
    value.trim_matches(['{', '}', '"', ' ', '\n', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whatever_the_braces() {
        let entry =
            "key, abstract={better by 15{{\\%}.}, title = {On Snow},\n url={https://arxiv.org/abs/2602.00007}}\n";
        let (key, found) = fields(entry).expect("an entry");
        assert_eq!(key, "key");
        assert_eq!(
            found,
            [("abstract", "better by 15{{\\%}."), ("title", "On Snow"), ("url", "https://arxiv.org/abs/2602.00007")]
        );
        assert_eq!(fields("key, title={Never closed\n"), None);
        assert_eq!(fields("key}"), None);
    }
}
