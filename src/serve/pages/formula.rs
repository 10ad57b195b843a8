//! Formulas in titles and abstracts as MathML.
//!
//! In: text with `$...$`. Out: HTML: the text escaped, and each formula that can be read as
//! `<math>`; others stay as they were written. What the formula's reader writes is held against a
//! list of elements and attributes before it goes out: a formula can bring neither a link nor a
//! style nor a script, whatever that reader thinks of it. Colours are left out.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, PoisonError};

use pulldown_latex::config::RenderConfig;
use pulldown_latex::event::{Event, StateChange};
use pulldown_latex::{Parser, Storage, push_mathml};

/// The longest formula that is read, in bytes, and the most braces in it.
const LONGEST: usize = 400;
const DEEPEST: usize = 60;
/// The longest MathML of a formula, in bytes.
const MOST_MATHML: usize = 16 << 10;
/// Formulas that are remembered.
const REMEMBERED: usize = 4096;

/// Commands that name an address, a file or another command.
const REFUSED: [&str; 12] = [
    "\\def",
    "\\gdef",
    "\\edef",
    "\\xdef",
    "\\let",
    "\\newcommand",
    "\\renewcommand",
    "\\providecommand",
    "\\href",
    "\\url",
    "\\includegraphics",
    "\\html",
];

/// Elements of MathML that say how a formula looks, and no more.
const ELEMENTS: [&str; 22] = [
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "ms",
    "mtext",
    "mspace",
    "msup",
    "msub",
    "msubsup",
    "mover",
    "munder",
    "munderover",
    "mfrac",
    "msqrt",
    "mroot",
    "mtable",
    "mtr",
    "mtd",
    "mpadded",
    "mphantom",
];

/// Attributes of theirs.
const ATTRIBUTES: [&str; 19] = [
    "display",
    "displaystyle",
    "scriptlevel",
    "class",
    "stretchy",
    "symmetric",
    "minsize",
    "maxsize",
    "largeop",
    "movablelimits",
    "mathvariant",
    "width",
    "height",
    "depth",
    "linethickness",
    "form",
    "lspace",
    "rspace",
    "accent",
];

static KNOWN: LazyLock<Mutex<HashMap<String, Option<String>>>> = LazyLock::new(Mutex::default);

/// A text as HTML.
pub(super) fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some((before, formula, after)) = next(rest) {
        escape(before, &mut html);
        match remembered(formula) {
            Some(mathml) => html.push_str(&mathml),
            None => escape(&rest[before.len()..rest.len() - after.len()], &mut html),
        }
        rest = after;
    }
    escape(rest, &mut html);
    html
}

/// The text before the first formula, that formula, and the text behind it.
///
/// A dollar opens one unless a backslash stands before it or a space behind it, and closes one
/// unless a space stands before it or a digit behind it: prices are no formulas.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let bytes = text.as_bytes();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
            continue;
        }
        if bytes[at] != b'$' {
            at += 1;
            continue;
        }
        let wide = 1 + usize::from(bytes.get(at + 1) == Some(&b'$'));
        let behind = bytes.get(at + wide).copied();
        match open {
            Some((begin, width)) if width == wide => {
                let inner = &text[begin + width..at];
                let closes = !inner.ends_with(char::is_whitespace) && !behind.is_some_and(|byte| byte.is_ascii_digit());
                if closes && !inner.trim().is_empty() {
                    return Some((&text[..begin], inner, &text[at + wide..]));
                }
                // A price, perhaps: this dollar may open one instead.
                open = behind.filter(|byte| !byte.is_ascii_whitespace()).map(|_| (at, wide));
            }
            _ if behind.is_some_and(|byte| !byte.is_ascii_whitespace()) => open = Some((at, wide)),
            _ => {}
        }
        at += wide;
    }
    None
}

/// The MathML of a formula, made once; `None` for one that cannot be read.
fn remembered(formula: &str) -> Option<String> {
    if formula.len() > LONGEST {
        return None;
    }
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(formula) {
        return known.clone();
    }
    let made = catch_unwind(AssertUnwindSafe(|| mathml(formula))).unwrap_or(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(formula.to_owned(), made.clone());
    made
}

fn mathml(formula: &str) -> Option<String> {
    let too_deep = formula.bytes().filter(|byte| *byte == b'{').count() > DEEPEST;
    if too_deep || REFUSED.iter().any(|refused| formula.contains(refused)) {
        return None;
    }
    let storage = Storage::new();
    let mut events = Vec::new();
    for event in Parser::new(formula, &storage) {
        match event {
            Ok(Event::StateChange(StateChange::Color(_))) => {}
            Ok(event) if events.len() < LONGEST * 4 => events.push(Ok::<_, std::convert::Infallible>(event)),
            _ => return None,
        }
    }
    let mut mathml = String::new();
    push_mathml(&mut mathml, events.into_iter(), RenderConfig::default()).ok()?;
    (mathml.len() <= MOST_MATHML && is_plain(&mathml)).then_some(mathml)
}

/// Whether markup has only elements and attributes of the lists, all closed in their order.
fn is_plain(markup: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        if rest[..at].contains('>') {
            return false;
        }
        let Some(end) = rest[at..].find('>') else { return false };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.trim_end().split_once(' ').unwrap_or((tag.trim_end(), ""));
        if !ELEMENTS.contains(&name) || !are_plain(attributes) {
            return false;
        }
        if !empty {
            open.push(name);
        }
    }
    open.is_empty() && !rest.contains('>')
}

/// Whether attributes are `name="value"` with names of the list and values of letters and digits.
fn are_plain(attributes: &str) -> bool {
    let mut rest = attributes.trim_start();
    while !rest.is_empty() {
        let Some((name, behind)) = rest.split_once("=\"") else { return false };
        let Some((value, behind)) = behind.split_once('"') else { return false };
        let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || " .%-+".contains(c));
        if !ATTRIBUTES.contains(&name) || !plain {
            return false;
        }
        rest = behind.trim_start();
    }
    true
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_mathml_and_the_rest_is_escaped() {
        assert_eq!(
            html("a < b & $x^2$"),
            "a &lt; b &amp; <math display=\"inline\"><msup><mi>x</mi><mn>2</mn></msup></math>"
        );
        assert_eq!(html("$\\alpha$"), "<math display=\"inline\"><mi>\u{3b1}</mi></math>");
        assert!(html("rate $\\mathcal{O}(n \\log n)$ holds").contains("<mi>log</mi>"));
        let half = html("$\\frac{1}{2}$");
        assert!(half.contains("<mfrac>") && half.contains("<mn>1</mn>") && half.contains("<mn>2</mn>"), "{half}");
    }

    #[test]
    fn what_is_no_formula_stays_as_it_is_written() {
        for text in
            ["costs $5 and $10 a day", "a $ b $ c", "\\$x\\$", "$$", "$", "an open $x", "$\\undefinedcommand$", "${$"]
        {
            assert_eq!(html(text), text);
        }
        let long = format!("${}$", "x".repeat(LONGEST + 1));
        assert_eq!(html(&long), long);
    }

    #[test]
    fn a_formula_brings_no_markup_no_link_and_no_style() {
        for formula in [
            "$\\text{<script>alert(1)</script>}$",
            "$\\href{javascript:alert(1)}{x}$",
            "$\\url{https://evil.example}$",
            "$\\color{red} x$",
            "$\\textcolor{red}{x}$",
            "$\\colorbox{blue}{x}$",
            "$</math><img src=x onerror=alert(1)>$",
            "$\\operatorname{<b onclick=x>}$",
            "$x\" onmouseover=\"alert(1)$",
            "$\\unicode{60}script$",
            "$\\def\\a{\\a\\a}\\a$",
            "$\\htmlClass{x}{y}$",
            "$\\rule{10em}{10em}$",
        ] {
            let html = html(formula);
            assert!(!html.contains(" style=") && !html.contains("href=\""), "{formula}: {html}");
            for forbidden in ["<script", "<img", "<b ", "<a "] {
                assert!(!html.contains(forbidden), "{formula}: {html}");
            }
        }
        assert!(html("$\\color{red} x$").contains("<mi>x</mi>"), "colours are left out, the rest stays");
    }

    #[test]
    fn what_is_not_listed_is_not_plain() {
        assert!(is_plain("<math><mi>x</mi></math>") && is_plain("<mspace width=\"0.1em\" />"));
        for markup in [
            "<script>",
            "<mi>",
            "</mi>",
            "<mi onclick=\"x\"></mi>",
            "<mi style=\"x\"></mi>",
            "<mi class=\"a;b\"></mi>",
            "<mi class=a></mi>",
            "<mi>></mi>",
            "<mi><mo></mi></mo>",
            "<mi",
            "<math href=\"x\"></math>",
        ] {
            assert!(!is_plain(markup), "{markup}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn whatever_stands_between_dollars_gives_plain_html(
            parts in proptest::collection::vec(prop_oneof![
                Just("\\text{".to_owned()), Just("\\frac{".to_owned()), Just("}".to_owned()), Just("{".to_owned()),
                Just("\\begin{array}{c|c}".to_owned()), Just("\\end{array}".to_owned()), Just("&".to_owned()),
                Just("\\\\".to_owned()), Just("\\left(".to_owned()), Just("\\right.".to_owned()), Just("^".to_owned()),
                Just("_".to_owned()), Just("\\color{red}".to_owned()), Just("\\sqrt[".to_owned()), Just("]".to_owned()),
                Just("<script>".to_owned()), Just("\\hspace{1em}".to_owned()), Just("$".to_owned()), Just("'".to_owned()),
                "[a-z<>\"&'0-9 \\\\é]{0,4}", "\\\\[a-zA-Z]{1,8}",
            ], 0..24),
        ) {
            let html = html(&format!("${}$", parts.concat()));
            // What is neither MathML of the list nor escaped text would not pass.
            prop_assert!(is_plain(&html), "{html}");
        }
    }
}
