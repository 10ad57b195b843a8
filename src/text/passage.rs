//! The passage of a paper: which text of it is embedded, under the recipe's name
//! `title-abstract/1`.
//!
//! In: title and abstract as stored. Out: both stripped, joined by one newline, which is what
//! sentence-transformers users feed it. The name goes into the fingerprint of every vector, so a
//! changed recipe never mixes with an old one.

use sha2::{Digest, Sha256};

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

/// SHA-256 of an embedded text, kept with its vector: it tells whether a paper still has the text
/// that a vector is of, also where the vector was made elsewhere.
pub fn passage_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::{passage, passage_hash};

    #[test]
    fn the_hash_is_sha_256_of_the_bytes() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(passage_hash("abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(passage_hash("abc")[28..], [0xf2, 0x00, 0x15, 0xad]);
    }

    #[test]
    fn title_and_abstract_are_stripped_and_joined() {
        assert_eq!(passage(" A title ", Some("\tText.\n")), "A title\nText.");
        assert_eq!(passage("A title", Some("  ")), "A title");
        assert_eq!(passage("A title", None), "A title");
    }
}
