//! `relata eval`: a table of methods and metrics.

use crate::error::Result;
use crate::evaluate::{Estimate, METRICS, Outcome as Measured};
use crate::service::Evaluate;

use super::answers::factors;
use super::args::Eval;
use super::terminal::{Page, say};
use super::{Context, Outcome};

/// What is shown of judgements that ask with one paper, and with several.
const SHOWN_OF_ONE: [&str; 5] = ["ndcg@10", "p@5", "recall@20", "mrr", "similarity@10"];
const SHOWN_OF_SEVERAL: [&str; 5] = ["ndcg@20", "recall@50", "p@5", "mrr", "similarity@10"];

pub(super) fn run(context: &Context, asked: &Eval, page: &mut Page) -> Result<Outcome> {
    let request = Evaluate {
        judgements: asked.judgements.clone(),
        methods: asked.method.clone(),
        factors: factors(&asked.ranking.weight),
        diversity: asked.ranking.diversity,
    };
    let evaluated = context.relata.evaluate(&request)?;
    let whole = evaluated.wrong == 0;
    if evaluated.queries == 0 {
        say("No judgement is left whose query and at least one relevant paper are in the library.");
        return Ok(if whole { Outcome::Nothing } else { Outcome::Partial });
    }
    if let Some(file) = &asked.rankings {
        evaluated.write_rankings(file)?;
    }
    if asked.json {
        page.answer(&evaluated)?;
    } else {
        let shown = if evaluated.several { SHOWN_OF_SEVERAL } else { SHOWN_OF_ONE };
        write_table(page, &evaluated.outcomes, evaluated.queries, shown)?;
    }
    Ok(if whole { Outcome::Done } else { Outcome::Partial })
}

fn write_table(page: &mut Page, outcomes: &[Measured], queries: usize, shown: [&str; 5]) -> Result<()> {
    page.line(&format!("{queries} queries, 95 % intervals"))?;
    let width = outcomes.iter().map(|outcome| outcome.method.name().len()).max().unwrap_or(0).max(8);
    let heads: Vec<String> = shown.iter().map(|metric| format!("{metric:<22}")).collect();
    page.line(format!("{:<width$} {}", "method", heads.concat()).trim_end())?;
    for outcome in outcomes {
        let of = |name: &&str| METRICS.iter().position(|metric| metric == name).map(|at| outcome.metrics[at]);
        let cells = shown.iter().filter_map(of).map(|Estimate { mean, low, high }| {
            let cell = format!("{mean:.3} [{low:.3}, {high:.3}]  ");
            format!("{cell:<22}")
        });
        page.line(format!("{:<width$} {}", outcome.method.name(), cells.collect::<String>()).trim_end())?;
    }
    Ok(())
}
