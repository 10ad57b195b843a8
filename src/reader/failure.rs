//! Failure text: what a summariser wrote when it had nothing to say.
//!
//! In: one field. Out: the text worth keeping, or nothing. Some 7 % of the generated fields of real
//! digests are such text, and an embedded or shown `Error` is worse than a gap that another source
//! can fill. How much is suspected depends on who wrote the field: titles ask questions and even
//! begin with `<think>`, as authors please. The phrases are those of `data/failure-texts.txt`.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::text::word_lists;

const FILE: &str = include_str!("../../data/failure-texts.txt");

/// A title, unless it is one of the ways in which programs write "none" or a template's empty slot.
pub(super) fn real_title(text: &str) -> Option<&str> {
    let text = text.trim();
    let bare = bare(text);
    let nothing = text.is_empty() || is_dashes(&bare) || is_any("nothing", &bare) || is_placeholder(&bare);
    (!nothing).then_some(text)
}

/// A field that was copied from arXiv, as an abstract or a comment, unless failure text stands in
/// its place.
pub(super) fn real_copy(text: &str) -> Option<&str> {
    let text = text.trim();
    (!is_failure(text)).then_some(text)
}

/// The part of a generated field that is real text, `None` where the field stands for "missing".
///
/// A leading `<think>...</think>` block is cut off, also an empty one. A field that merely talks
/// about `<think>` is real text: a block of a few characters in the middle of a sentence is left
/// alone.
pub(super) fn real_text(text: &str) -> Option<&str> {
    let text = after_thinking(text)?.trim();
    (!is_failure(text)).then_some(text)
}

fn after_thinking(text: &str) -> Option<&str> {
    let trimmed = text.trim_start();
    let Some(inner) = strip_prefix_ignoring_case(trimmed, "<think>") else { return Some(text) };
    // No end: the model's answer never came.
    let (thought, rest) = inner.split_once("</think>")?;
    let mentions_only = !thought.trim().is_empty() && thought.chars().count() < 8;
    Some(if mentions_only { text } else { rest })
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The longest text that can be a message instead of a summary, in bytes.
const LONGEST_MESSAGE: usize = 300;

/// Whether a trimmed field is a way of saying that there is nothing.
pub fn is_failure(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if text.len() > LONGEST_MESSAGE {
        return false;
    }
    let bare = bare(text);
    is_dashes(&bare)
        || ["nothing", "whole", "echoes"].iter().any(|section| is_any(section, &bare))
        || is_outcome(&bare)
        || is_error_message(&bare)
        || is_placeholder(&bare)
        || is_prompt_question(&bare)
        || is_chinese_no_mention(&bare)
}

/// The phrases of a section of the file.
fn phrases(section: &str) -> &'static [&'static str] {
    static SECTIONS: OnceLock<HashMap<&str, Vec<&str>>> = OnceLock::new();
    let sections = SECTIONS.get_or_init(|| {
        let mut sections = HashMap::<_, Vec<&str>>::new();
        word_lists::lines(FILE).for_each(|(heading, phrase)| sections.entry(heading).or_default().push(phrase));
        sections
    });
    sections.get(section).map_or(&[], Vec::as_slice)
}

/// Whether a text is a phrase of a section.
fn is_any(section: &str, text: &str) -> bool {
    phrases(section).contains(&text)
}

/// Lower case, without quotes, emphasis and closing full stop.
fn bare(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '*' | '`' | '_' | '“' | '”'))
        .trim_end_matches(['.', '。', '!', '！'])
        .to_lowercase()
}

fn is_dashes(bare: &str) -> bool {
    bare.chars().all(|c| matches!(c, '-' | '—' | '–' | '.' | '/' | '?'))
}

fn is_outcome(bare: &str) -> bool {
    let words: Vec<&str> = bare.split_whitespace().collect();
    matches!(words.as_slice(), [part, action, outcome]
        if is_any("parts", part) && is_any("actions", action) && is_any("outcomes", outcome))
}

fn is_error_message(bare: &str) -> bool {
    let begins = |beginning: &&str| {
        let rest = bare.strip_prefix(beginning);
        // `failed to` is whole words, `error:` ends by itself.
        rest.is_some_and(|rest| !(beginning.ends_with(char::is_alphabetic) && rest.starts_with(char::is_alphabetic)))
    };
    phrases("beginnings").iter().any(begins) && bare.len() <= 200
}

/// `{tldr}`, also `{{tldr}}`: a template's slot that was never filled.
fn is_placeholder(bare: &str) -> bool {
    let inner = bare.trim_start_matches('{').trim_end_matches('}');
    inner.len() < bare.len()
        && bare.starts_with('{')
        && bare.ends_with('}')
        && !inner.is_empty()
        && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Nothing but questions about the paper: the prompt, not an answer.
fn is_prompt_question(bare: &str) -> bool {
    if !bare.ends_with('?') || !phrases("asked about").iter().any(|subject| bare.contains(subject)) {
        return false;
    }
    bare.split('?').map(str::trim).filter(|sentence| !sentence.is_empty()).all(|sentence| {
        !sentence.contains(". ") && sentence.split_whitespace().next().is_some_and(|word| is_any("asking", word))
    })
}

/// `该摘要没有提供具体的结论`: the abstract does not say.
fn is_chinese_no_mention(bare: &str) -> bool {
    let subject = phrases("chinese subjects").iter().any(|subject| bare.starts_with(subject));
    let silent = phrases("chinese verbs").iter().any(|verb| bare.contains(verb));
    subject && silent && bare.chars().count() <= 30
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_text_is_missing() {
        for text in [
            "",
            "  ",
            "Error",
            "error.",
            "None",
            "N/A",
            "null",
            "-",
            "**N/A**",
            "Summary generation failed",
            "Motivation analysis unavailable",
            "Method extraction failed",
            "Result analysis unavailable",
            "Conclusion extraction failed",
            "错误：AI分析失败。",
            "错误：AI分析失败.",
            "Not mentioned in abstract",
            "未在摘要中提及。",
            "摘要中未提及",
            "该摘要没有提供具体的结论。",
            "Skipped",
            "{tldr}",
            "{ai_Abstract}",
            "{{motivation}}",
            "What problem is the paper trying to solve? What is the motivation for this work?",
            "How did the paper solve the problem? What is the proposed method?",
            "What are the main results of the paper?",
            "method of this paper",
            "Error code: 429 - rate limit",
            "<think>\nLet me see what the authors did",
            "<think>I should answer</think>",
            "<think></think> None",
        ] {
            assert_eq!(real_text(text), None, "{text:?}");
        }
    }

    #[test]
    fn real_text_stays() {
        for text in [
            "Error bars shrink by half.",
            "API errors are counted for a year.",
            "None of the earlier methods scale to a million nodes.",
            "What makes a lemma hard? We measure it.",
            "Can models see? What is the proposed method? It is pruning.",
            "$\\{x\\}$ is closed under unions.",
            "{0, 1}-valued games",
            "Long <think> traces overshadow short <answer> segments.",
            "<think>和</think>标签之间的内容被移除",
            "摘要中未提及的限制在附录中讨论，并给出了三个反例来说明方法在稀疏图上的失效情况。",
        ] {
            assert_eq!(real_text(text), Some(text), "{text:?}");
        }
    }

    #[test]
    fn every_section_of_the_file_is_asked_for() {
        let mut counts = std::collections::BTreeMap::new();
        for (heading, phrase) in word_lists::lines(FILE) {
            assert_eq!(phrase, bare(phrase), "as fields are compared");
            assert!(
                phrases(heading).iter().filter(|other| **other == phrase).count() == 1,
                "{phrase} stands there twice"
            );
            *counts.entry(heading).or_insert(0) += 1;
        }
        let expected = [
            ("actions", 5),
            ("asked about", 6),
            ("asking", 7),
            ("beginnings", 7),
            ("chinese subjects", 5),
            ("chinese verbs", 5),
            ("echoes", 5),
            ("nothing", 4),
            ("outcomes", 4),
            ("parts", 11),
            ("whole", 35),
        ];
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn titles_may_be_anything_but_nothing() {
        for text in ["None", "N/A", "{title}", "", "-"] {
            assert_eq!(real_title(text), None, "{text:?}");
        }
        for text in
            ["<think> Let us see </think> Lessons from Thinking Aloud", "How does this work?", "Error", "Skipped"]
        {
            assert_eq!(real_title(text), Some(text), "{text:?}");
        }
    }

    #[test]
    fn a_leading_thought_is_cut_off() {
        assert_eq!(real_text("<think>\nThe user wants a summary.\n</think>\n\n提出一种新方法"), Some("提出一种新方法"));
        assert_eq!(real_text("<think>\n\n</think>\nA new bound."), Some("A new bound."));
    }
}
