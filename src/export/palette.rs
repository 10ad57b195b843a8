//! The colours of pages, from `data/palette.txt`.
//!
//! In: the name of a section of the file. Out: its colours as CSS variables for light, dark and
//! print, and by name for programs that draw on a canvas.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::text::word_lists;

const FILE: &str = include_str!("../../data/palette.txt");

/// In a column: as in light.
const AS_IN_LIGHT: &str = "-";

/// A way in which a page is seen, with the query and the selector that tell it.
struct Scheme {
    name: &'static str,
    /// What browsers draw their own parts for: `light` or `dark`.
    drawn: &'static str,
    media: Option<&'static str>,
    /// `data-theme` is what a reader has chosen on the page.
    selector: &'static str,
}

const LIGHT: Scheme = Scheme { name: "light", drawn: "light", media: None, selector: ":root" };
const DARK: Scheme = Scheme { name: "dark", drawn: "dark", media: None, selector: ":root[data-theme=\"dark\"]" };
const DARK_SYSTEM: Scheme = Scheme {
    name: "dark",
    drawn: "dark",
    media: Some("(prefers-color-scheme: dark)"),
    selector: ":root:not([data-theme=\"light\"])",
};
const PRINT: Scheme = Scheme {
    name: "print",
    drawn: "light",
    media: Some("print"),
    selector: ":root, :root[data-theme], :root:not([data-theme=\"light\"])",
};

/// The colours of a section.
pub(crate) struct Palette {
    colours: Vec<Colour>,
}

struct Colour {
    name: &'static str,
    light: &'static str,
    dark: &'static str,
    print: &'static str,
}

impl Colour {
    /// A row of the file; `None` where it is none.
    fn read(row: &'static str) -> Option<Colour> {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [name, light, dark, print] = columns[..] else { return None };
        let or_light = |colour| if colour == AS_IN_LIGHT { light } else { colour };
        Some(Colour { name, light, dark: or_light(dark), print: or_light(print) })
    }

    fn of(&self, scheme: &str) -> &'static str {
        match scheme {
            "dark" => self.dark,
            "print" => self.print,
            _ => self.light,
        }
    }
}

impl Palette {
    /// The colours of a section, in the order of the file; none where there is no such section.
    pub(crate) fn of(section: &str) -> Palette {
        let rows = word_lists::lines(FILE).filter(|(heading, _)| *heading == section);
        Palette { colours: rows.filter_map(|(_, row)| Colour::read(row)).collect() }
    }

    /// A style sheet that gives every colour as a variable, `--ground` and so on.
    pub(crate) fn css(&self) -> String {
        let mut css = String::new();
        // Of rules that both hold, the later one wins.
        for Scheme { name, drawn, media, selector } in [LIGHT, DARK, DARK_SYSTEM, PRINT] {
            let mut rule = format!("{selector} {{ color-scheme: {drawn};");
            for colour in &self.colours {
                let _ = write!(rule, " --{}: {};", colour.name, colour.of(name));
            }
            rule.push_str(" }");
            let _ = match media {
                Some(media) => writeln!(css, "@media {media} {{ {rule} }}"),
                None => writeln!(css, "{rule}"),
            };
        }
        css
    }

    /// The colours by scheme (`light`, `dark`, `print`) and name.
    pub(crate) fn by_scheme(&self) -> BTreeMap<&'static str, BTreeMap<&'static str, &'static str>> {
        let named = |scheme: &str| self.colours.iter().map(|colour| (colour.name, colour.of(scheme))).collect();
        [LIGHT, DARK, PRINT].map(|scheme| (scheme.name, named(scheme.name))).into()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn every_row_is_read_and_every_name_is_there_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (section, row) in word_lists::lines(FILE) {
            assert!(["map", "topics", "icon", "list", "pages"].contains(&section), "[{section}]");
            let colour = Colour::read(row).unwrap_or_else(|| panic!("not four columns: {row}"));
            assert!(!colour.light.is_empty() && !colour.dark.is_empty() && !colour.print.is_empty(), "{row}");
            assert!(seen.insert((section, colour.name)), "{row} stands there twice");
        }
        assert_eq!(seen.len(), 30);
    }

    #[test]
    fn a_palette_is_a_style_sheet_and_a_table() {
        let palette = Palette { colours: ["ice | #eee | #111 | #fff", "snow | #ddd | - | -"].map(read).into() };
        assert_eq!(
            palette.css(),
            ":root { color-scheme: light; --ice: #eee; --snow: #ddd; }\n\
             :root[data-theme=\"dark\"] { color-scheme: dark; --ice: #111; --snow: #ddd; }\n\
             @media (prefers-color-scheme: dark) { :root:not([data-theme=\"light\"]) { color-scheme: dark; --ice: #111; \
             --snow: #ddd; } }\n\
             @media print { :root, :root[data-theme], :root:not([data-theme=\"light\"]) { color-scheme: light; --ice: #fff; \
             --snow: #ddd; } }\n"
        );
        let table = palette.by_scheme();
        assert_eq!((table["light"]["ice"], table["dark"]["ice"], table["print"]["ice"]), ("#eee", "#111", "#fff"));
        assert_eq!((table["dark"]["snow"], table["print"]["snow"]), ("#ddd", "#ddd"));
        assert!(Palette::of("nothing").colours.is_empty());
    }

    fn read(row: &'static str) -> Colour {
        Colour::read(row).expect("four columns")
    }

    #[test]
    fn texts_are_legible_on_every_ground() {
        for (section, texts) in
            [("map", &["ink", "soft", "quiet", "accent"][..]), ("list", &["ink", "quiet", "accent"])]
        {
            for (scheme, colours) in Palette::of(section).by_scheme() {
                for text in texts {
                    let contrast = contrast(colours[text], colours["ground"]);
                    assert!(
                        contrast >= 4.5,
                        "{text} on the ground of {section} in {scheme}: {contrast:.2} (WCAG 2 AA: 4.5)"
                    );
                }
            }
        }
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-4);
    }

    /// The contrast of two colours as WCAG 2 counts it, from 1 to 21.
    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(colour: &str) -> f64 {
        let linear = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).expect("two digits");
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5)
    }

    #[test]
    fn no_file_of_a_page_has_a_colour_of_its_own() {
        let mut files = Vec::new();
        page_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        assert!(files.len() >= 15, "{files:?}");
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a text");
            for (number, line) in text.lines().enumerate() {
                let found = literal_colour(line);
                assert_eq!(found, None, "{}:{}: a colour belongs in data/palette.txt", file.display(), number + 1);
            }
        }
    }

    /// Style sheets, templates, programs and pictures below a folder.
    fn page_files(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                page_files(&path, files);
            } else if extension.is_some_and(|extension| ["css", "html", "js", "svg"].contains(&extension)) {
                files.push(path);
            }
        }
    }

    #[test]
    fn colours_are_found_in_a_line() {
        for line in
            ["a { color: #fff; }", "ink: \"#26241f\"", "fill='%234a7fd6'", "rgb(0 0 0 / .25)", "oklch(0.5 0.1 20)"]
        {
            assert!(literal_colour(line).is_some(), "{line}");
        }
        for line in ["a { border: 1px solid black }", "p { background: white; }"] {
            assert!(literal_colour(line).is_some(), "{line}");
        }
        for line in ["#head { color: var(--ink); }", "&#12345;", "css = `rgb(${r} ${g})`", "// papers: grey", "x #1"] {
            assert_eq!(literal_colour(line), None, "{line}");
        }
    }

    /// The first colour in a line, if there is one: by digits, by a function, or as a value in a
    /// style sheet by its name.
    fn literal_colour(line: &str) -> Option<&str> {
        // The stroke of a mask decides where the colour shows, not which it is.
        let mask = line.contains("--icon: url(");
        if mask || line.trim_start().starts_with("//") {
            return None;
        }
        let by_digits = line.match_indices(['#']).chain(line.match_indices("%23")).find_map(|(at, sign)| {
            let digits = &line[at + sign.len()..];
            let end = digits.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(digits.len());
            let hex = matches!(end, 3 | 4 | 6 | 8) && digits[..end].bytes().all(|byte| byte.is_ascii_hexdigit());
            (hex && !line[..at].ends_with('&')).then(|| &digits[..end])
        });
        let by_function =
            ["rgb(", "rgba(", "hsl(", "hwb(", "lab(", "lch(", "oklab(", "oklch("].into_iter().find(|name| {
                line.match_indices(name)
                    .any(|(at, _)| line[at + name.len()..].starts_with(|c: char| c.is_ascii_digit()))
            });
        let by_name = || {
            let value = line.split_once(": ").map_or("", |(_, value)| value);
            let mut words = value.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            words.find(|word| ["black", "white", "red", "green", "blue", "gray", "grey", "silver"].contains(word))
        };
        by_digits.or(by_function).or_else(by_name)
    }
}
