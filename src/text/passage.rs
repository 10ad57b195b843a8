//! The passage of a paper: which text of it is embedded, under the recipe's name
//! `title-abstract/1`.
//!
//! In: title and abstract as stored. Out: both stripped, joined by one newline, which is what
//! sentence-transformers users feed it. The name goes into the fingerprint of every vector, so a
//! changed recipe never mixes with an old one.

/// Name of the recipe below; it changes whenever the text made by [`passage`] would.
pub const RECIPE: &str = "title-abstract/1";

/// Title and abstract, each stripped, joined by one newline; the title alone where there is no
/// abstract.
pub fn passage(title: &str, abstract_text: Option<&str>) -> String {
    let title = title.trim();
    match abstract_text.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => format!("{title}\n{text}"),
        None => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::passage;

    #[test]
    fn title_and_abstract_are_stripped_and_joined() {
        assert_eq!(passage(" A title ", Some("\tText.\n")), "A title\nText.");
        assert_eq!(passage("A title", Some("  ")), "A title");
        assert_eq!(passage("A title", None), "A title");
    }
}
