//! Cues: words by which a sentence tells the role that it has in an abstract, from
//! `data/facet-cues.txt`.
//!
//! In: the file. Out: for a word the cues that begin with it, and for a label the role that it
//! names.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::roles::ROLES;
use crate::paper::Facet;
use crate::text::word_lists;

const FILE: &str = include_str!("../../data/facet-cues.txt");

/// A cue as it is looked for.
pub(super) struct Cue {
    /// Its words, in lower case.
    pub words: Vec<&'static str>,
    /// The place among [`ROLES`] of the role that it speaks for.
    pub role: usize,
    /// Whether it tells much.
    pub strong: bool,
}

/// All cues and labels.
pub(super) struct Cues {
    /// Cues with their numbers, by their first words.
    cues: HashMap<&'static str, Vec<(usize, Cue)>>,
    /// Places among [`ROLES`], by labels in lower case and without a plural `s`.
    labels: HashMap<&'static str, usize>,
}

impl Cues {
    /// Those of the file.
    pub(super) fn built_in() -> &'static Cues {
        static BUILT_IN: OnceLock<Cues> = OnceLock::new();
        BUILT_IN.get_or_init(|| Cues::read(FILE))
    }

    fn read(file: &'static str) -> Cues {
        let (mut cues, mut labels) = (HashMap::new(), HashMap::new());
        for (number, (heading, line)) in word_lists::lines(file).enumerate() {
            let Some((role, kind)) = section(heading) else { continue };
            match kind {
                Kind::Label => _ = labels.insert(line, role),
                Kind::Strong | Kind::Weak => {
                    let words: Vec<&str> = line.split(' ').collect();
                    let cue = Cue { role, strong: kind == Kind::Strong, words };
                    cues.entry(cue.words[0]).or_insert_with(Vec::new).push((number, cue));
                }
            }
        }
        Cues { cues, labels }
    }

    /// The cues whose first word this is, each with a number of its own.
    pub(super) fn beginning_with(&self, word: &str) -> &[(usize, Cue)] {
        self.cues.get(word).map_or(&[], Vec::as_slice)
    }

    /// The place among [`ROLES`] of what a label names.
    pub(super) fn labelled(&self, label: &str) -> Option<usize> {
        self.labels.get(label).copied()
    }
}

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Strong,
    Weak,
    Label,
}

/// The role and the kind that a heading names, as `method weak` does.
fn section(heading: &str) -> Option<(usize, Kind)> {
    let (role, kind) = heading.split_once(' ')?;
    let role = Facet::from_name(role).and_then(|facet| ROLES.iter().position(|role| *role == facet))?;
    let kind = match kind {
        "strong" => Kind::Strong,
        "weak" => Kind::Weak,
        "labels" => Kind::Label,
        _ => return None,
    };
    Some((role, kind))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_section_of_the_file_is_read() {
        let mut seen = BTreeSet::new();
        let mut sections = BTreeSet::new();
        for (heading, line) in word_lists::lines(FILE) {
            assert!(section(heading).is_some(), "[{heading}] names no role with strong, weak or labels");
            sections.insert(heading);
            assert_eq!(line, line.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
            assert!(seen.insert((heading.ends_with("labels"), line)), "{line} stands there twice");
        }
        assert_eq!(sections.len(), 12);
        let own = Cues::built_in();
        let counted = |role: usize, strong: bool| {
            own.cues.values().flatten().filter(|(_, cue)| (cue.role, cue.strong) == (role, strong)).count()
        };
        let counts: Vec<[usize; 2]> = (0..4).map(|role| [counted(role, true), counted(role, false)]).collect();
        assert_eq!(counts, [[45, 15], [64, 20], [50, 13], [41, 19]]);
        assert_eq!(own.labels.len(), 22);
    }

    #[test]
    fn cues_are_found_by_their_first_words() {
        let cues =
            Cues::read("[result weak]\nice\n[method strong]\nice melts\n[conclusion labels]\nend\n[other]\nsnow");
        let ice: Vec<(&[&str], usize, bool)> =
            cues.beginning_with("ice").iter().map(|(_, cue)| (cue.words.as_slice(), cue.role, cue.strong)).collect();
        assert_eq!(ice, [(&["ice"][..], 2, false), (&["ice", "melts"][..], 1, true)]);
        assert!(cues.beginning_with("melts").is_empty() && cues.beginning_with("snow").is_empty());
        assert_eq!((cues.labelled("end"), cues.labelled("ice")), (Some(3), None));
    }
}
