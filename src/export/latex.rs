//! Texts as LaTeX that only typesets, for BibTeX.
//!
//! In: a neutral line, LaTeX already as arXiv has it, perhaps hostile. Out: the value of a field:
//! braces in pairs, mathematics closed, and no command but those of `latex.txt`, so that whoever
//! typesets a list of references runs nothing that a title says. All else is shown as text.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Commands that stay.
static COMMANDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("latex.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// Characters that may stand behind a backslash: accents, spaces, and what has a meaning without
/// it.
const SYMBOLS: &str = "\\%&#_{}$ ,;:!/\"'`^~=.-()[]|@+<>*";

/// A text as the value of a field.
pub(super) fn latex(text: &str) -> String {
    let text = braced(&single_carets(text));
    let open = dollars(&text) % 2 == 1;
    let mut safe = String::with_capacity(text.len() + 16);
    let mut mathematics = false;
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            let (command, after) = command(&rest[1..]);
            push_command(command, after, &mut safe);
            match command {
                "(" | "[" => mathematics = true,
                ")" | "]" => mathematics = false,
                _ => {}
            }
            rest = after;
            continue;
        }
        match c {
            '%' | '&' | '#' => safe.extend(['\\', c]),
            // One that nothing closes is a sum of money.
            '$' if open => safe.push_str("\\$"),
            '$' => {
                mathematics = !mathematics;
                safe.push(c);
            }
            '_' if !mathematics => safe.push_str("\\_"),
            '^' if !mathematics => safe.push_str("\\^{}"),
            c => safe.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    safe
}

/// A DOI or a category as the value of a field: no command at all.
pub(super) fn bare(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !"\\{}^$".contains(*c)).collect();
    kept.replace('%', "\\%").replace('#', "\\#").replace('&', "\\&")
}

/// The command behind a backslash, letters or one character, and what follows.
fn command(text: &str) -> (&str, &str) {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let length = if letters > 0 { letters } else { text.chars().next().map_or(0, char::len_utf8) };
    text.split_at(length)
}

fn push_command(command: &str, after: &str, safe: &mut String) {
    let address = command == "url" && ["{http://", "{https://"].iter().any(|begin| after.starts_with(begin));
    let symbol = command.chars().count() == 1 && SYMBOLS.contains(command);
    if symbol || address || COMMANDS.contains(command) {
        safe.push('\\');
    } else {
        safe.push_str("\\textbackslash{}");
    }
    safe.push_str(command);
}

/// `^^5c` is a backslash to TeX, also within a command.
fn single_carets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !(c == '^' && out.ends_with('^')) {
            out.push(c);
        }
    }
    out
}

/// Dollar signs that have no backslash before them.
fn dollars(text: &str) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for c in text.chars() {
        count += usize::from(c == '$' && !escaped);
        escaped = c == '\\' && !escaped;
    }
    count
}

/// A text in which braces are in pairs, or none are. BibTeX counts those behind a backslash too.
fn braced(line: &str) -> String {
    let mut depth = 0i32;
    let balanced = line.chars().all(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth >= 0
    }) && depth == 0;
    let mut safe = String::with_capacity(line.len());
    let mut escaped = false;
    for c in line.chars() {
        if !balanced && matches!(c, '{' | '}') {
            // Its backslash would else escape what comes next.
            if escaped {
                safe.pop();
            }
            escaped = false;
            continue;
        }
        safe.push(c);
        escaped = c == '\\' && !escaped;
    }
    // It would escape the brace that ends the field.
    if escaped {
        safe.pop();
    }
    safe
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Whether a text holds no command but those that stay, as TeX reads it.
    pub(in crate::export) fn commands_stay(text: &str) -> bool {
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            let (command, after) = command(&rest[at + 1..]);
            let address = command == "url" && after.starts_with("{http");
            let symbol = command.chars().count() == 1 && SYMBOLS.contains(command);
            if !symbol && !address && !COMMANDS.contains(command) {
                return false;
            }
            rest = after;
        }
        true
    }

    #[test]
    fn commands_that_only_typeset_stay_and_others_are_text() {
        for (text, written) in [
            (r"$\alpha_1^2$ and \emph{ice}", r"$\alpha_1^2$ and \emph{ice}"),
            (r"\input{/etc/passwd}", r"\textbackslash{}input{/etc/passwd}"),
            (r"\immediate\write18{id}", r"\textbackslash{}immediate\textbackslash{}write18{id}"),
            (r"a ^^5cinput x", r"a \^{}5cinput x"),
            (r"\^^69nput x", r"\^69nput x"),
            (r"\href{javascript:x}{y}", r"\textbackslash{}href{javascript:x}{y}"),
            (r"\url{https://x.example} \url{file:x}", r"\url{https://x.example} \textbackslash{}url{file:x}"),
            (r"Sand_Dunes #1 & 5% $x_1$", r"Sand\_Dunes \#1 \& 5\% $x_1$"),
            (r"costs $5", r"costs \$5"),
            (r#"Schr\"odinger \& Erd\H{o}s \_"#, r#"Schr\"odinger \& Erd\H{o}s \_"#),
            (r"\(a_1\) b_1", r"\(a_1\) b\_1"),
            ("\\\u{e9} \\@@input", "\\textbackslash{}\u{e9} \\@@input"),
        ] {
            assert_eq!(latex(text), written);
        }
        assert_eq!(bare(r"10.1/a_(b)\input{x}%"), r"10.1/a_(b)inputx\%");
    }
}
