//! The front matter of Markdown: lines between two fences before the text, as Jekyll, Hugo and
//! Obsidian have them.
//!
//! In: the beginning of a file. Out: how many lines the front matter has, and the day that it
//! tells. Its lines describe the page and are no papers.

use jiff::civil::Date;

use super::{dates, moment};
use crate::paper::PartialDate;

/// Most lines of a front matter.
const MOST_LINES: usize = 1024;

/// Keys whose value is the day of the page, the best first.
const DAYS: [&str; 6] = ["date", "day", "pubdate", "publishdate", "published", "created"];

/// What stands before the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrontMatter {
    /// Lines, the fences included; 0 where there is none.
    pub lines: usize,
    /// The day of the page.
    pub day: Option<Date>,
}

/// The front matter of a text, if it begins with one: YAML between `---`, or TOML between `+++`.
pub(super) fn front_matter(text: &str) -> FrontMatter {
    let mut lines = text.lines().map(str::trim_end);
    let fence = lines.next().map(|line| line.trim_start_matches('\u{feff}')).unwrap_or_default();
    let (toml, separator) = match fence {
        "---" => (false, ':'),
        "+++" => (true, '='),
        _ => return FrontMatter::default(),
    };
    let mut found: Option<(usize, Date)> = None;
    let mut keys = 0;
    for (at, line) in lines.take(MOST_LINES).enumerate() {
        if line == fence || !toml && line == "..." {
            return FrontMatter { lines: at + 2, day: found.map(|(_, day)| day) };
        }
        let pair =
            line.split_once(separator).map(|(key, value)| (key.trim_end(), value)).filter(|(key, _)| is_key(key));
        if let Some((key, value)) = pair {
            keys += 1;
            if let Some(rank) = DAYS.iter().position(|known| key.eq_ignore_ascii_case(known))
                && found.is_none_or(|(best, _)| rank < best)
                && let Some(day) = day(value)
            {
                found = Some((rank, day));
            }
        } else if keys == 0 || !continues(line) {
            // A rule above a text.
            return FrontMatter::default();
        }
    }
    FrontMatter::default()
}

/// Whether this names a value: `date`, `last-update`, `"og:title"`.
fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"')
        && key.chars().all(|c| c.is_alphanumeric() || "_-.\"".contains(c))
}

/// Whether a line belongs to the key above it: an item, a part of a list or a text, a comment.
fn continues(line: &str) -> bool {
    line.is_empty() || line.starts_with([' ', '\t', ']', '}']) || line.starts_with("- ") || line.starts_with("# ")
}

/// The text behind the front matter.
pub(super) fn body(text: &str) -> &str {
    let lines = front_matter(text).lines;
    if lines == 0 {
        return text;
    }
    let at: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    &text[at..]
}

fn day(value: &str) -> Option<Date> {
    let bare = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    moment::written(bare).and_then(PartialDate::day).or_else(|| dates::first_in(bare))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_front_matter_is_told_with_its_day() {
        let found = |text: &str| {
            let FrontMatter { lines, day } = front_matter(text);
            (lines, day)
        };
        let day = Some(date(2026, 2, 14));
        assert_eq!(found("---\ntitle: Papers\ndate: 2026-02-14\ntags:\n- daily\n---\n\n# Papers\n"), (6, day));
        assert_eq!(
            found("---\r\ncreated: 2026-01-01\r\nDate: \"2026-02-14T08:00:00+08:00\" # ours\r\n---\r\n"),
            (4, day)
        );
        assert_eq!(found("\u{feff}+++\ndate = 2026-02-14\n+++\n"), (3, day));
        assert_eq!(found("---\ntitle: Papers\n...\nx"), (3, None));
        assert_eq!(found("---\n---\n"), (2, None));
        for text in [
            "",
            "# Papers\ndate: 2026-02-14\n",
            "---\ntitle: Papers\n",
            "---\nA rule above a text.\n---\n",
            "---\n## Reeds\n**Link:** x\n---\n",
            "---\n\nauthor: A\n---\n",
            "----\na: b\n----\n",
        ] {
            assert_eq!(found(text), (0, None), "{text}");
        }
        assert_eq!(body("---\na: b\n---\nIce\n"), "Ice\n");
        assert_eq!(body("Ice\n---\n"), "Ice\n---\n");
    }
}
