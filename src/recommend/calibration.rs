//! Scores as a match from 0 to 100 that means the same in every library, for every question and whatever else was found.
//!
//! In: a score, in standard deviations over the papers of a library. Out: 50 for a paper of the same field, 80 for one on the same topic, 95
//! for one that one would cite. The curve runs straight between knots that were read off the tuning halves of the judgements;
//! docs/quality.md says what became of it on the others.

/// (score, match) of a paper to one liked paper: nine of ten pairs of one reading list from 5 on, the median of pairs under one heading at 12,
/// nine of ten cited papers below 21.
const ONE: [(f32, f32); 5] = [(0.0, 10.0), (5.0, 50.0), (12.0, 80.0), (21.0, 95.0), (45.0, 100.0)];

/// Of a paper to several liked papers, which say more of a topic: the median of a group's other papers is at 14.5, 17 and 18 for two,
/// five and ten likes.
const SEVERAL: [(f32, f32); 5] = [(0.0, 10.0), (5.0, 50.0), (16.0, 80.0), (26.0, 95.0), (50.0, 100.0)];

/// Of a paper to a short text, which has fewer words to share and no authors: of papers found by the heading of their group the median is at
/// 9.4, and nine of ten are below 14.5.
const TEXT: [(f32, f32); 5] = [(0.0, 10.0), (4.5, 50.0), (9.5, 80.0), (15.0, 95.0), (30.0, 100.0)];

/// Of a paper to so many liked papers or long texts.
pub fn to_papers(score: f32, liked: usize) -> f32 {
    between(if liked == 1 { &ONE } else { &SEVERAL }, score)
}

/// Of a paper to a short text that somebody looks for.
pub fn to_text(score: f32) -> f32 {
    between(&TEXT, score)
}

/// 0 far below the first knot, 100 from the last on; rises with the score.
fn between(knots: &[(f32, f32)], score: f32) -> f32 {
    let (first, last) = (knots[0], knots[knots.len() - 1]);
    if score <= first.0 {
        // Falls off towards 0 and never below.
        return first.1 * (score - first.0).exp();
    }
    let line =
        |pair: &[(f32, f32)]| pair[0].1 + (pair[1].1 - pair[0].1) * (score - pair[0].0) / (pair[1].0 - pair[0].0);
    knots.windows(2).find(|pair| score <= pair[1].0).map_or(last.1, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_rises_with_the_score_from_0_to_100() {
        for knots in [ONE, SEVERAL, TEXT] {
            for (score, matched) in knots {
                assert!((between(&knots, score) - matched).abs() < 1e-4);
            }
            let all: Vec<f32> = (-200..600).map(|tenth| between(&knots, tenth as f32 / 10.0)).collect();
            assert!(all.is_sorted() && all[0] >= 0.0 && all[0] < 0.01 && all[799] == 100.0);
        }
    }
}
