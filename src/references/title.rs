//! Titles without the markup of the programs that wrote them.
//!
//! In: a title with LaTeX (`Schr{\"o}dinger`, `\textit{in vivo}`), HTML (`CO<sub>2</sub>`,
//! `&ouml;`) or letters with separate accents. Out: composed Unicode on one line. Formulas between
//! dollar signs stay as they are: so do those of arXiv's own titles.

use quick_xml::escape::resolve_html5_entity;
use unicode_normalization::UnicodeNormalization;

use crate::reader::clean;

/// The longest name of an entity, and the longest tag, in bytes.
const LONGEST_ENTITY: usize = 32;
const LONGEST_TAG: usize = 256;

/// A title as people read it.
pub(super) fn plain(title: &str) -> String {
    // Crossref escapes what was escaped already: `&amp;ouml;`.
    let unescaped = without_entities(&without_entities(title));
    let text = without_latex(&without_tags(&unescaped));
    clean(&text.nfc().collect::<String>())
}

/// `&ouml;`, `&#246;` and `&#xf6;` are ö; an ampersand that begins nothing known stays.
fn without_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, entity(&rest[1..end])?))) {
            Some((end, letter)) => {
                out.push_str(&letter);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else { return resolve_html5_entity(name).map(str::to_owned) };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|letter| !letter.is_control()).map(String::from)
}

/// Takes out the tags of HTML, JATS and MathML; `a < b > c` stays.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LONGEST_TAG).position(|byte| byte == b'>');
        match end.filter(|end| is_tag(&rest[1..*end])) {
            Some(end) => rest = &rest[end + 1..],
            None => {
                out.push('<');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_tag(inside: &str) -> bool {
    const NAMES: [&str; 27] = [
        "i",
        "b",
        "em",
        "strong",
        "sub",
        "sup",
        "span",
        "p",
        "br",
        "sc",
        "scp",
        "u",
        "tt",
        "title",
        "a",
        "div",
        "font",
        "h1",
        "h2",
        "small",
        "code",
        "math",
        "italic",
        "bold",
        "inline-formula",
        "tex-math",
        "style",
    ];
    let inside = inside.strip_prefix('/').unwrap_or(inside).trim_end_matches('/');
    let end = inside.find(char::is_whitespace).unwrap_or(inside.len());
    let name = inside[..end].to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || ["jats:", "mml:", "m:"].iter().any(|space| name.starts_with(space))
}

/// Resolves accents, takes out commands of formatting and the braces that keep capitals; formulas
/// and unknown commands stay.
fn without_latex(text: &str) -> String {
    if !text.contains(['\\', '{', '}', '~', '$']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '{', '}', '~', '$']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = match rest.as_bytes()[0] {
            b'\\' => command(rest, &mut out),
            b'$' => formula(rest, &mut out),
            b'~' => {
                out.push(' ');
                &rest[1..]
            }
            _ => &rest[1..],
        };
    }
    out.push_str(rest);
    out
}

/// Copies a formula; a dollar sign that has no second one stays by itself.
fn formula<'a>(text: &'a str, out: &mut String) -> &'a str {
    let length = text[1..].find('$').map_or(1, |end| end + 2);
    out.push_str(&text[..length]);
    &text[length..]
}

/// Resolves a command, or copies its backslash; gives what follows.
fn command<'a>(text: &'a str, out: &mut String) -> &'a str {
    let body = &text[1..];
    let Some(first) = body.chars().next() else {
        out.push('\\');
        return body;
    };
    if let Some(mark) = accent(first)
        && let Some(rest) = accented(&body[first.len_utf8()..], mark, out)
    {
        return rest;
    }
    if !first.is_ascii_alphabetic() {
        // `\&`, `\%`, `\_` and the like mean the letter; `\ ` and `\,` a space.
        let space = matches!(first, ' ' | ',' | ';' | ':' | '\\' | '/' | '!' | '-');
        out.push(if space { ' ' } else { first });
        return &body[first.len_utf8()..];
    }
    let end = body.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    if is_formatting(name) {
        return rest.trim_start();
    }
    match letters(name) {
        Some(letters) => {
            out.push_str(letters);
            rest.strip_prefix(' ').unwrap_or(rest)
        }
        None => {
            out.push('\\');
            out.push_str(name);
            rest
        }
    }
}

/// Commands that change only how the text looks.
fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "textit"
            | "textbf"
            | "textsc"
            | "texttt"
            | "textrm"
            | "textsf"
            | "textup"
            | "textsl"
            | "textmd"
            | "textnormal"
            | "emph"
            | "em"
            | "it"
            | "bf"
            | "sc"
            | "tt"
            | "rm"
            | "sf"
            | "sl"
            | "itshape"
            | "bfseries"
            | "scshape"
            | "upshape"
            | "normalfont"
            | "mbox"
            | "text"
            | "hbox"
            | "ensuremath"
            | "protect"
            | "relax"
            | "noopsort"
            | "uppercase"
            | "lowercase"
            | "NoCaseChange"
            | "textsuperscript"
            | "textsubscript"
            | "underline"
            | "uline"
            | "small"
            | "large"
            | "mkbibquote"
            | "mkbibemph"
            | "enquote"
            | "textcolor"
            | "url"
            | "boldmath"
    )
}

/// The letters that a command stands for.
fn letters(name: &str) -> Option<&'static str> {
    Some(match name {
        "ss" => "ß",
        "o" => "ø",
        "O" => "Ø",
        "l" => "ł",
        "L" => "Ł",
        "ae" => "æ",
        "AE" => "Æ",
        "oe" => "œ",
        "OE" => "Œ",
        "aa" => "å",
        "AA" => "Å",
        "i" => "ı",
        "j" => "ȷ",
        "dj" => "đ",
        "DJ" => "Đ",
        "dh" => "ð",
        "th" => "þ",
        "textendash" => "–",
        "textemdash" => "—",
        "textquoteright" | "textquotesingle" => "’",
        "textquoteleft" => "‘",
        "textquotedblleft" => "“",
        "textquotedblright" => "”",
        "textasciitilde" => "~",
        "textbackslash" => "\\",
        "textbar" => "|",
        "textdollar" => "$",
        "textunderscore" => "_",
        "ldots" | "dots" | "textellipsis" => "…",
        "TeX" => "TeX",
        "LaTeX" => "LaTeX",
        "texttrademark" => "™",
        "textregistered" => "®",
        "textdegree" => "°",
        "textmu" => "μ",
        _ => return None,
    })
}

/// The combining mark of an accent's command.
fn accent(command: char) -> Option<char> {
    Some(match command {
        '`' => '\u{300}',
        '\'' => '\u{301}',
        '^' => '\u{302}',
        '~' => '\u{303}',
        '=' => '\u{304}',
        'u' => '\u{306}',
        '.' => '\u{307}',
        '"' => '\u{308}',
        'r' => '\u{30a}',
        'H' => '\u{30b}',
        'v' => '\u{30c}',
        'd' => '\u{323}',
        'c' => '\u{327}',
        'k' => '\u{328}',
        'b' => '\u{331}',
        _ => return None,
    })
}

/// Writes the letter that an accent stands on, with the accent after it: `"o`, `'{e}`, `c{c}`,
/// `v s`, `'\i`. `None` where the command is none of an accent: `\c` begins `\cite` as well.
fn accented<'a>(text: &'a str, mark: char, out: &mut String) -> Option<&'a str> {
    let of_letter = matches!(mark, '\u{306}' | '\u{30a}'..='\u{30c}' | '\u{323}'..='\u{331}');
    if of_letter && !text.starts_with(['{', ' ', '\\']) {
        return None;
    }
    let text = text.trim_start_matches(' ');
    let inside = text.strip_prefix('{');
    let body = inside.unwrap_or(text);
    let dotless = body.strip_prefix('\\');
    let letter = dotless.unwrap_or(body).chars().next()?;
    if !letter.is_alphabetic() || dotless.is_some() && !matches!(letter, 'i' | 'j') {
        return None;
    }
    let rest = &dotless.unwrap_or(body)[letter.len_utf8()..];
    let rest = if inside.is_some() { rest.strip_prefix('}')? } else { rest };
    out.push(letter);
    out.push(mark);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_becomes_letters() {
        for (latex, text) in [
            (r#"{Schr{\"o}dinger} Operators"#, "Schrödinger Operators"),
            (r#"Schr\"odinger, Schr\"{o}dinger, Schr{\"{o}}dinger"#, "Schrödinger, Schrödinger, Schrödinger"),
            (r#"Erd\H{o}s, \v{C}ech, Fran\c{c}ois, \c cedilla, na{\"\i}ve"#, "Erdős, Čech, François, çedilla, naïve"),
            (r"{\L}ukasz, Stra{\ss}e, \O sterg{\aa}rd", "Łukasz, Straße, Østergård"),
            (r"Slow \textit{in vivo} {\em Glaciers} \& \emph{Ice}~Caps", "Slow in vivo Glaciers & Ice Caps"),
            (r"A $\alpha_{s}$-Decay of {B}", r"A $\alpha_{s}$-Decay of B"),
            (r"Cost of \$5 \cite{a} \unknown{X}", r"Cost of $5 \citea \unknownX"),
            (r"100\% of {{It}}", "100% of It"),
            (r"ends in \", r"ends in \"),
            (r#"ends in \""#, r#"ends in ""#),
            ("costs $5", "costs $5"),
        ] {
            assert_eq!(plain(latex), text, "{latex}");
        }
    }

    #[test]
    fn html_becomes_text() {
        for (html, text) in [
            ("Schr&ouml;dinger &amp; G&#246;del &#x3b1;", "Schrödinger & Gödel α"),
            ("<i>In vivo</i> CO<sub>2</sub> of <span class=\"nocase\">pH</span>", "In vivo CO2 of pH"),
            ("&amp;lt;i&amp;gt;Ice&amp;lt;/i&amp;gt;", "Ice"),
            ("<jats:title>Ice</jats:title> <mml:math><mml:mi>x</mml:mi></mml:math>", "Ice x"),
            ("R&D; if a < b > c & d", "R&D; if a < b > c & d"),
            ("&;&&#0;&#x110000;", "&;&&#0;&#x110000;"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn separate_accents_are_composed_and_lines_joined() {
        assert_eq!(plain("Schro\u{308}dinger\n   Operators\u{1b}[31m"), "Schrödinger Operators");
    }
}
