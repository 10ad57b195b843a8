//! Lists of words in data files (`data/`), in sections under a heading in brackets.
//!
//! In: the text of a file. Out: its lines, each with the heading that it stands under. Empty lines
//! and lines that begin with `#` are left out.

/// The lines of a file with their headings, in order; a line before any heading stands under an
/// empty one.
pub(crate) fn lines(file: &str) -> impl Iterator<Item = (&str, &str)> {
    let written = file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut heading = "";
    written.filter_map(move |line| match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
        Some(named) => {
            heading = named;
            None
        }
        None => Some((heading, line)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_under_their_headings() {
        let file = "# What it is.\nbefore\n\n[ice cold]\n  snow \n# why\nhail\n[warm]\n";
        assert_eq!(lines(file).collect::<Vec<_>>(), [("", "before"), ("ice cold", "snow"), ("ice cold", "hail")]);
    }
}
