//! What reaches a terminal: width, colour, links, and nothing else that the terminal would obey.
//!
//! Standard output carries data and is plain when piped; colour, links and cutting to the width
//! happen only on a terminal, colour only without `NO_COLOR`, links only where it is known to show
//! them (or `FORCE_HYPERLINK=1` says so). Every text of foreign origin goes through [`printable`]
//! before it is printed.

use std::borrow::Cow;
use std::io::{self, Write};

use console::{Style, Term, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::{Error, Result};
use crate::text::neutral::{is_obeyed, is_unseen};

/// How standard output is named in errors.
const STDOUT: &str = "standard output";

/// Replaces what a terminal would obey (control characters, escapes, text direction overrides) by
/// spaces, and takes out what nobody sees.
///
/// The readers clean texts already; a library that somebody else wrote may not be clean.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_obeyed(c) || is_unseen(c)) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().filter(|c| !is_unseen(*c)).map(|c| if is_obeyed(c) { ' ' } else { c });
    Cow::Owned(shown.collect())
}

/// Standard output as a place for lines: knows its width, forgives a reader that went away.
pub(super) struct Page {
    out: io::BufWriter<io::Stdout>,
    width: Option<usize>,
    colour: bool,
    links: bool,
}

impl Page {
    /// The page of this process's standard output.
    pub(super) fn stdout() -> Page {
        let term = Term::stdout();
        let width = term.is_term().then(|| usize::from(term.size().1).max(40));
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = width.is_some() && !no_colour && console::colors_enabled();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let links = supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout) && !dumb;
        Page { out: io::BufWriter::new(io::stdout()), width, colour, links }
    }

    /// Text in a style, where colour is wanted.
    pub(super) fn styled(&self, style: &Style, text: &str) -> String {
        if self.colour { style.clone().force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    /// A text that nobody has made printable is made so here, unless colours of our own may stand
    /// in it.
    fn neutral<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.colour { Cow::Borrowed(text) } else { printable(text) }
    }

    /// Writes one line, cut to the width with an ellipsis on a terminal (wide characters take two
    /// columns).
    pub(super) fn line(&mut self, text: &str) -> Result<()> {
        let text = &*self.neutral(text);
        let written = match self.width {
            Some(width) => writeln!(self.out, "{}", truncate_str(text, width, "…")),
            None => writeln!(self.out, "{text}"),
        };
        written.map_err(Error::io(STDOUT))
    }

    /// Whether links are shown as links, so that their addresses need not be.
    pub(super) fn has_links(&self) -> bool {
        self.links
    }

    /// Writes one line like [`line`](Page::line), in which the first `name` is a link to an address
    /// of our own, where the terminal can.
    pub(super) fn linked(&mut self, text: &str, name: &str, address: &str) -> Result<()> {
        let text = &*self.neutral(text);
        let cut = match self.width {
            Some(width) => truncate_str(text, width, "…"),
            None => Cow::Borrowed(text),
        };
        // OSC 8, which is measured by nothing that cuts lines.
        let link = || cut.replacen(name, &format!("\u{1b}]8;;{address}\u{1b}\\{name}\u{1b}]8;;\u{1b}\\"), 1);
        let shown = if self.links { Cow::Owned(link()) } else { cut.clone() };
        writeln!(self.out, "{shown}").map_err(Error::io(STDOUT))
    }

    /// Writes a text over as many lines as it needs, indented.
    pub(super) fn paragraph(&mut self, text: &str, indent: usize) -> Result<()> {
        let width = self.width.unwrap_or(100).min(100).saturating_sub(indent).max(20);
        for line in wrapped(&self.neutral(text), width) {
            writeln!(self.out, "{:indent$}{line}", "").map_err(Error::io(STDOUT))?;
        }
        Ok(())
    }

    /// Writes a value behind its name, which takes `indent` columns with the space after it. Values
    /// are wrapped on a terminal only: one line each is easier to cut apart.
    pub(super) fn field(&mut self, name: &str, value: &str, indent: usize) -> Result<()> {
        let value = &*self.neutral(value);
        let lines = match self.width {
            Some(width) => wrapped(value, width.saturating_sub(indent).max(20)),
            None => vec![value.to_owned()],
        };
        for (at, line) in lines.iter().enumerate() {
            let written = match at {
                0 => writeln!(self.out, "{name} {line}"),
                _ => writeln!(self.out, "{:indent$}{line}", ""),
            };
            written.map_err(Error::io(STDOUT))?;
        }
        Ok(())
    }

    /// Writes one line whole, whatever the width: a path that is to be copied.
    pub(super) fn whole(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "{}", printable(text)).map_err(Error::io(STDOUT))
    }

    /// Writes one line of a text of our own as it is: a script, in which tabs count.
    pub(super) fn raw(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "{text}").map_err(Error::io(STDOUT))
    }

    /// Writes an answer of the service as indented JSON, its keys in the order of the alphabet.
    pub(super) fn answer(&mut self, answer: &impl serde::Serialize) -> Result<()> {
        self.json(&serde_json::to_value(answer).map_err(io::Error::from).map_err(Error::io(STDOUT))?)
    }

    /// Writes a value as indented JSON; what a terminal would obey is escaped, which JSON allows in
    /// strings only, and only there can it stand.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::from).map_err(Error::io(STDOUT))?;
        let mut safe = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '\n' && (is_obeyed(c) || is_unseen(c)) {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
            } else {
                safe.push(c);
            }
        }
        writeln!(self.out, "{safe}").map_err(Error::io(STDOUT))
    }

    /// Pushes everything out.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.out.flush().map_err(Error::io(STDOUT))
    }
}

/// Cuts a text into lines of at most `width` columns, at spaces or between wide characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let columns = console::measure_text_width(word.trim_end());
        let last = lines.len() - 1;
        if used + columns <= width {
            lines[last].push_str(word);
            used += console::measure_text_width(word);
            continue;
        }
        if columns <= width {
            lines.push(word.to_owned());
            used = console::measure_text_width(word);
            continue;
        }
        for c in word.chars() {
            let columns = console::measure_text_width(c.encode_utf8(&mut [0; 4]));
            if used + columns > width {
                lines.push(String::new());
                used = 0;
            }
            let last = lines.len() - 1;
            lines[last].push(c);
            used += columns;
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

/// Says something to the person, on standard error, with nothing in it that a terminal would obey.
pub(super) fn say(text: &str) {
    let mut err = io::stderr().lock();
    for line in text.lines() {
        // A closed standard error is no reason to fail.
        let _ = writeln!(err, "{}", printable(line));
    }
}

/// A progress bar on standard error; invisible where that is not a terminal.
pub(super) fn progress(total: u64, what: &'static str, template: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━━╌"));
    }
    bar.with_message(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        assert_eq!(printable("a\u{1b}[31mb\u{9b}c\u{202e}d\r\n"), "a [31mb c d  ");
        assert_eq!(printable("日本語 naïve"), "日本語 naïve");
    }

    #[test]
    fn lines_are_as_wide_as_allowed_and_wide_characters_count_twice() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("物理信息神经网络", 8), ["物理信息", "神经网络"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
