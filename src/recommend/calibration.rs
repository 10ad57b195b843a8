//! Scores as a match from 0 to 100 that means the same in every library, for every question and
//! whatever else was found.
//!
//! In: a score, in standard deviations over the papers of a library. Out: 50 from where a paper is
//! as likely as not in one reading list with the question (the same field), 80 from where it is as
//! likely as not under the same heading (the same topic), 95 from where one paper as likely as not
//! cites the other. The curve runs straight between knots that were read off the tuning halves of
//! the judgements (`benches/judgements/match.py --half tune --by-score`); docs/benchmarks.md says
//! what became of it on the others.

/// (score, match) of a paper to the only liked paper. Of answers with scores of 9 to 10, .53 are in
/// one list with it; of 22 to 24, .50 are under one heading; of 22 to 30, .46 are cited by it, and
/// above .65.
const ONE: [(f32, f32); 5] = [(0.0, 10.0), (9.0, 50.0), (22.0, 80.0), (26.0, 95.0), (45.0, 100.0)];

/// Of a paper to an interest of several, who say more of a topic. Of answers with scores of 11 to
/// 12, .53, .51 and .39 are in one list with two, five and ten of a heading; of 30 to 35, .49, .46
/// and .42 are under it, and above .69.
const SEVERAL: [(f32, f32); 5] = [(0.0, 10.0), (11.0, 50.0), (31.0, 80.0), (38.0, 95.0), (60.0, 100.0)];

/// Of a paper to an interest of one among others, whose papers have a small say in it. Of answers
/// with scores of 8 to 9, .50 are in a list with one of two papers of different headings; of 30 to
/// 35, .47 are under one of these headings.
const ONE_AMONG_OTHERS: [(f32, f32); 5] = [(0.0, 10.0), (8.5, 50.0), (31.0, 80.0), (38.0, 95.0), (60.0, 100.0)];

/// Of a paper to a short text, which has fewer words to share and no authors. Of answers to the
/// heading of a group with scores of 8 to 11, .50 are in its list, of 11 to 15 .22 under it, from
/// 15 on .36.
const TEXT: [(f32, f32); 5] = [(0.0, 10.0), (9.5, 50.0), (20.0, 80.0), (26.0, 95.0), (40.0, 100.0)];

/// Of a paper to liked papers or long texts: `own` of them are the interest, `with_a_say` count in
/// its score.
pub(crate) fn to_papers(score: f32, own: usize, with_a_say: usize) -> f32 {
    let knots = match (own, with_a_say) {
        (_, 1) => &ONE,
        (1, _) => &ONE_AMONG_OTHERS,
        _ => &SEVERAL,
    };
    between(knots, score)
}

/// Of a paper to a short text that somebody looks for.
pub(crate) fn to_text(score: f32) -> f32 {
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
        for knots in [ONE, SEVERAL, ONE_AMONG_OTHERS, TEXT] {
            for (score, matched) in knots {
                assert!((between(&knots, score) - matched).abs() < 1e-4);
            }
            let all: Vec<f32> = (-200..700).map(|tenth| between(&knots, tenth as f32 / 10.0)).collect();
            assert!(all.is_sorted() && all[0] >= 0.0 && all[0] < 0.01 && all[899] == 100.0);
        }
    }
}
