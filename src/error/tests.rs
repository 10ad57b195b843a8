//! Every error has a code of its own, and docs/reference/errors.md lists all of them.

use std::collections::BTreeSet;
use std::fmt::Write;

/// The files of this folder that declare errors.
const DOMAINS: &[&str] = &[
    include_str!("mod.rs"),
    include_str!("bulk.rs"),
    include_str!("embedding.rs"),
    include_str!("library.rs"),
    include_str!("model.rs"),
    include_str!("profile.rs"),
    include_str!("query.rs"),
    include_str!("reading.rs"),
    include_str!("topics.rs"),
];

/// Without the targets of links into the source.
fn plain(words: &str) -> String {
    let (mut plain, mut rest) = (String::new(), words);
    while let Some((before, after)) = rest.split_once("](crate::") {
        plain.push_str(&before.replacen('[', "", 1));
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// The code and the documentation of each variant that a file declares; a variant that wraps a
/// domain has no code.
fn listed(file: &str) -> Vec<(String, String)> {
    let (_, body) = file.split_once("pub enum ").expect("an enum");
    let code = |variant: &str| {
        let arm = file.lines().find(|line| {
            let rest = line.split_once("Error::").and_then(|(_, rest)| rest.strip_prefix(variant));
            rest.is_some_and(|rest| rest.starts_with([' ', '(']) && line.contains("=>"))
        });
        arm.unwrap_or_else(|| panic!("{variant} has no code")).split('"').nth(1).map(str::to_owned)
    };
    let (mut found, mut told) = (Vec::new(), String::new());
    for line in body.lines().take_while(|line| *line != "}") {
        let Some(line) = line.strip_prefix("    ").filter(|line| !line.starts_with(' ')) else { continue };
        if let Some(words) = line.strip_prefix("/// ") {
            let words = plain(words);
            told = if told.is_empty() { words } else { format!("{told} {words}") };
        } else if line.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            let variant: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
            let told = std::mem::take(&mut told);
            found.extend(code(&variant).map(|code| (code, told)));
        }
    }
    found
}

#[test]
fn codes_are_unique_and_listed_in_the_reference() {
    let mut rows: Vec<(String, String)> = DOMAINS.iter().flat_map(|file| listed(file)).collect();
    assert!(rows.len() > 60, "{}", rows.len());
    let codes: BTreeSet<&str> = rows.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes.len(), rows.len());
    let well_formed = |code: &&str| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'));
    assert!(codes.iter().all(well_formed), "{codes:?}");

    rows.sort();
    let mut page = String::from(
        "# Errors\n\nWhat can go wrong, by the stable code that programs get (`Error::code`). The text of an error names file, line and cause, and what\nto do; it may change, its code does not. Made from `src/error/` and compared in a test (`RELATA_RENEW=1 cargo test codes_are` writes it anew).\n\n| code | what is wrong |\n| --- | --- |\n",
    );
    for (code, told) in &rows {
        writeln!(page, "| `{code}` | {} |", told.replace('|', "\\|")).expect("written");
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/errors.md");
    if std::env::var_os("RELATA_RENEW").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("docs/reference/errors.md"), page);
}
