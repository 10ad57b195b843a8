//! As much of Markdown as the checks need: which lines are code, which spans are, where links lead,
//! what headings are called.

/// A line of a document.
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// Its text as it stands there.
    pub text: &'a str,
    /// Whether it belongs to a block of code, fenced or indented. The fences themselves do.
    pub code: bool,
}

/// The lines of a document.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut fenced, mut indented, mut blank, mut list) = (false, false, true, false);
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let fence = line.trim_start().starts_with("```");
        let deep = line.starts_with("    ");
        if !fenced && !fence {
            if line.trim().is_empty() {
                blank = true;
            } else {
                // Within a list, an indented paragraph belongs to its item.
                indented = deep && (indented || (blank && !list));
                list = is_item(line) || (list && (line.starts_with(' ') || !blank));
                blank = false;
            }
        }
        let code = fenced || fence || (indented && !line.trim().is_empty());
        fenced ^= fence;
        lines.push(Line { number: at + 1, text: line, code });
    }
    lines
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    line.starts_with("- ") || line.starts_with("* ") || (digits > 0 && line[digits..].starts_with(". "))
}

/// The code spans of the prose, each with the number of the line that it begins in.
pub(crate) fn spans(text: &str) -> Vec<(usize, String)> {
    let mut spans = Vec::new();
    for (number, paragraph) in paragraphs(text) {
        for (at, part) in paragraph.split('`').enumerate() {
            if at % 2 == 1 {
                let before = paragraph.split('`').take(at).map(|part| part.matches('\n').count()).sum::<usize>();
                spans.push((number + before, part.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
        }
    }
    spans
}

/// Where links and pictures of the prose lead, each with the number of its line.
pub(crate) fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, paragraph) in paragraphs(text) {
        let prose: String = paragraph.split('`').step_by(2).collect::<Vec<_>>().join("_");
        for (at, _) in prose.match_indices("](") {
            let target = prose[at + 2..].split(')').next().unwrap_or_default();
            links.push((number + prose[..at].matches('\n').count(), target.to_owned()));
        }
    }
    links
}

/// Runs of lines that are no code, each with the number of its first line.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let mut paragraphs: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for line in lines(text) {
        let prose = !line.code && !line.text.trim().is_empty();
        match paragraphs.last_mut().filter(|_| open) {
            Some((_, paragraph)) if prose => {
                paragraph.push('\n');
                paragraph.push_str(line.text);
            }
            _ if prose => paragraphs.push((line.number, line.text.to_owned())),
            _ => {}
        }
        open = prose;
    }
    paragraphs
}

/// The anchors of a document's headings, as GitHub makes them.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for line in lines(text).iter().filter(|line| !line.code) {
        let heading = line.text.trim_start_matches('#');
        if heading.len() == line.text.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor: String = heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-");
        let same = anchors.iter().filter(|known| **known == anchor).count();
        anchors.push(if same == 0 { anchor } else { format!("{anchor}-{same}") });
    }
    anchors
}

#[test]
fn code_and_prose_are_told_apart() {
    let text = "# A `b` C, d\n\nSee [x\ny](z.md#a) and `src/a b`.\n\n    $ code [n](n)\n\n- item\n\n    [in](item.md)\n\n```\n[f](f)\n```\n";
    let targets: Vec<(usize, String)> = links(text);
    assert_eq!(targets, [(4, "z.md#a".to_owned()), (10, "item.md".to_owned())]);
    assert_eq!(spans(text), [(1, "b".to_owned()), (4, "src/a b".to_owned())]);
    assert_eq!(anchors(text), ["a-b-c-d"]);
    let code: Vec<usize> = lines(text).iter().filter(|line| line.code).map(|line| line.number).collect();
    assert_eq!(code, [6, 12, 13, 14]);
}
