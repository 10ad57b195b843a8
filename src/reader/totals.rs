//! How many papers a digest says it holds.
//!
//! In: the lines before the first entry. Out: notes for each stated number that is not the number
//! found. Tables of contents nest (`  - [subtopic](#..) [Total: 3]` below
//! `- [topic](#..) [Total: 7]`): only their outermost level counts.

/// Most levels of a table of contents and most headlines that are kept: hostile input has no end of
/// them.
const MOST: usize = 64;

/// Stated totals.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Indentation of a level of the table of contents and its sum.
    levels: Vec<(usize, u64)>,
    /// Numbers in headlines, e.g. `Total Papers Today: 8`.
    headlines: Vec<u64>,
    /// Sum over the sections of a list, e.g. `推荐论文数: 3`.
    sections: Option<u64>,
}

impl Totals {
    /// Takes up what one line states, if anything.
    pub(super) fn line(&mut self, line: &str) {
        if let Some(total) = headline(line) {
            if self.headlines.len() < MOST && !self.headlines.contains(&total) {
                self.headlines.push(total);
            }
        } else if let Some(total) =
            line.trim_start().strip_prefix("推荐论文数:").and_then(|rest| rest.trim().parse().ok())
        {
            self.sections = Some(self.sections.unwrap_or(0u64).saturating_add(total));
        } else if let Some((indent, total)) = contents_line(line) {
            match self.levels.iter().position(|(known, _)| *known == indent) {
                Some(at) => self.levels[at].1 = self.levels[at].1.saturating_add(total),
                None if self.levels.len() < MOST => self.levels.push((indent, total)),
                None => {}
            }
        }
    }

    /// Compares with what was found.
    pub(super) fn notes(&self, entries: u64, skipped: u64) -> Vec<String> {
        let contents = self.levels.iter().min_by_key(|(indent, _)| *indent).map(|(_, sum)| *sum);
        let stated = contents.map(|sum| ("the table of contents", sum)).into_iter();
        let stated = stated.chain(self.headlines.iter().map(|&total| ("the headline", total)));
        let stated = stated.chain(self.sections.map(|sum| ("the list of sections", sum)));
        stated
            .filter(|(_, total)| *total != entries + skipped)
            .map(|(place, total)| match total {
                1 => format!("{place} states 1 paper, found {entries} and skipped {skipped}"),
                _ => format!("{place} states {total} papers, found {entries} and skipped {skipped}"),
            })
            .collect()
    }
}

/// `## Total Papers Today: 8`, `## 今日总计: 3 篇论文`.
fn headline(line: &str) -> Option<u64> {
    let text = line.trim_start_matches(['#', ' ']);
    let rest = text.strip_prefix("Total Papers Today:").or_else(|| text.strip_prefix("今日总计:"))?;
    leading_number(rest.trim_start())
}

/// `- [cs.LG](#cs.LG) [Total: 5]`, `- [cs.LG](#cslg) (1 篇)`,
/// `- [Uncategorized (8 papers)](#uncategorized)`.
fn contents_line(line: &str) -> Option<(usize, u64)> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let (name, rest) = text.strip_prefix("- [")?.split_once("](#")?;
    let after = rest.split_once(')')?.1.trim();
    let total = if let Some(number) = after.strip_prefix("[Total:") {
        leading_number(number.trim_start())?
    } else if let Some(number) = after.strip_prefix('(').filter(|number| number.contains('篇')) {
        leading_number(number)?
    } else {
        let (_, number) = name.rsplit_once('(')?;
        number.strip_suffix(" papers)").or_else(|| number.strip_suffix(" paper)"))?.parse().ok()?
    };
    Some((indent, total))
}

fn leading_number(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(lines: &[&str], entries: u64, skipped: u64) -> Vec<String> {
        let mut totals = Totals::default();
        lines.iter().for_each(|line| totals.line(line));
        totals.notes(entries, skipped)
    }

    #[test]
    fn stated_numbers_are_compared() {
        let contents = ["- [cs.LG](#cs.LG) [Total: 5]", "- [cs.CV](#cs.CV) [Total: 2]"];
        assert_eq!(notes(&contents, 6, 1), Vec::<String>::new());
        assert_eq!(notes(&contents, 6, 0), ["the table of contents states 7 papers, found 6 and skipped 0"]);
        assert_eq!(
            notes(&["- [a](#a) [Total: 3]", "  - [b](#a-b) [Total: 1]", "  - [c](#a-c) [Total: 2]"], 3, 0),
            Vec::<String>::new()
        );
        assert_eq!(
            notes(&["## 今日总计: 0 篇论文", "- [eess.SP](#eesssp) (1 篇)"], 1, 0),
            ["the headline states 0 papers, found 1 and skipped 0"]
        );
        assert_eq!(notes(&["## Total Papers Today: 1"], 2, 0), ["the headline states 1 paper, found 2 and skipped 0"]);
        assert_eq!(notes(&["- [Uncategorized (8 papers)](#uncategorized)"], 0, 8), Vec::<String>::new());
        assert_eq!(
            notes(&["推荐论文数: 3", "推荐论文数: 2"], 4, 0),
            ["the list of sections states 5 papers, found 4 and skipped 0"]
        );
        assert_eq!(notes(&["# Anything", "- [x](#x)"], 4, 0), Vec::<String>::new());
        let large = format!("- [x](#x) [Total: {}0]", u64::MAX);
        assert_eq!(notes(&[&large], 4, 0), Vec::<String>::new());
    }
}
