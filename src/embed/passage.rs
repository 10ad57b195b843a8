//! Which text of a paper is embedded: title and abstract in, one passage out.
//!
//! The recipe has a name, [`PASSAGE_RECIPE`], that stands in every fingerprint: vectors of another recipe never mix.

/// Name and version of the recipe of [`passage`]. Raise the number whenever any passage changes.
pub const PASSAGE_RECIPE: &str = "title-abstract/1";

/// The text of a paper that is embedded: title and abstract, each stripped, joined by one newline.
///
/// A missing or blank abstract gives the title alone, a blank title the abstract alone.
///
/// ```
/// use relata::embed::passage;
/// assert_eq!(passage(" On Tides ", Some("They turn.\n")), "On Tides\nThey turn.");
/// assert_eq!(passage("On Tides", None), "On Tides");
/// ```
pub fn passage(title: &str, abstract_text: Option<&str>) -> String {
    let title = strip(title);
    match abstract_text.map(strip) {
        None | Some("") => title.to_owned(),
        Some(body) if title.is_empty() => body.to_owned(),
        Some(body) => format!("{title}\n{body}"),
    }
}

/// White space as Python's `str.strip` sees it: Unicode's and the four ASCII separators (file, group, record, unit).
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_stripped_and_joined_by_one_newline() {
        assert_eq!(passage("\u{a0}On\u{3000}Tides\u{1f}", Some("\n They\n turn. \t")), "On\u{3000}Tides\nThey\n turn.");
        assert_eq!(passage("On Tides", Some(" \n ")), "On Tides");
        assert_eq!(passage(" ", Some("They turn.")), "They turn.");
        assert_eq!(passage("", None), "");
    }
}
