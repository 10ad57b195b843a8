//! Every fault of the stand-in, alone and in pairs, on a morning: never a wrong "nothing new",
//! never a lost paper, and a message of what happened.
//!
//! `RELATA_FETCH_PAIRS=all` tries all pairs; without it every seventh.

use super::arxiv::{Endpoint, Fault};
use super::*;

/// The faults that concern a morning. What is missing is a paper of the day.
fn of_a_morning() -> Vec<(Endpoint, Fault)> {
    let world = usual_world();
    let missing = announced(&world, date(2026, 3, 3), &["cs.LG"]).into_iter().take(1).collect::<Vec<_>>();
    let examples = Fault::examples().into_iter().filter(|(endpoint, _)| *endpoint != Endpoint::Api);
    examples
        .map(|(endpoint, fault)| match fault {
            Fault::Missing(_) => (endpoint, Fault::Missing(missing.clone())),
            fault => (endpoint, fault),
        })
        .collect()
}

/// One morning with faults that stay, and the next without.
fn try_with(faults: &[(Endpoint, Fault)]) {
    let bench = Bench::usual(MONDAY);
    bench.fetch(&morning());
    bench.clock.set(TUESDAY);
    for (endpoint, fault) in faults {
        bench.server.always(*endpoint, fault.clone());
    }
    let fetched = bench.fetch(&morning());
    let told = format!("{faults:?}: {fetched:?}");
    let today = announced(&bench.server.world(), date(2026, 3, 3), &CATEGORIES);
    let missing: BTreeSet<String> = today.difference(&bench.ids()).cloned().collect();
    // What a feed leaves out without a sign is found when it is compared, at the latest in a week;
    // a cross-list of an old paper stands in no other source.
    let world = bench.server.world();
    let young = |id: &String| world.paper(id).is_some_and(|paper| paper.versions[0].day >= date(2026, 2, 20));
    let left_out =
        |id: &String| faults.iter().any(|(_, fault)| matches!(fault, Fault::Missing(ids) if ids.contains(id)));
    let lost = missing.iter().filter(|id| young(id) && !left_out(id)).count();
    match fetched.outcome {
        FetchOutcome::Nothing => panic!("a wrong \"nothing new\": {told}"),
        FetchOutcome::New => assert_eq!(lost, 0, "lost without a word: {told}"),
        FetchOutcome::Incomplete => {
            for row in &fetched.categories {
                let uncertain = matches!(row.state, CategoryState::Stale | CategoryState::Failed);
                assert_eq!(uncertain, row.complete < Some(date(2026, 3, 3)), "{told}");
                assert!(!uncertain || row.reason.as_ref().is_some_and(|reason| !reason.is_empty()), "{told}");
            }
        }
    }
    drop(world);
    // The next morning catches up with all of it.
    bench.server.heal();
    bench.clock.set("2026-03-04T14:00:00Z");
    let fetched = bench.fetch(&morning().reconcile(true));
    assert_eq!(fetched.outcome, FetchOutcome::New, "{told}, then {fetched:?}");
    let ids = bench.ids();
    let world = bench.server.world();
    for day in [3, 4] {
        let young = |id: &String| world.paper(id).is_some_and(|paper| paper.versions[0].day >= date(2026, 2, 20));
        let lost: Vec<String> = announced(&world, date(2026, 3, day), &CATEGORIES)
            .into_iter()
            .filter(|id| young(id) && !ids.contains(id))
            .collect();
        assert_eq!(lost, Vec::<String>::new(), "of 2026-03-0{day}: {told}");
    }
}

#[test]
fn each_fault_alone() {
    for fault in of_a_morning() {
        try_with(&[fault]);
    }
}

#[test]
fn faults_in_pairs() {
    let faults = of_a_morning();
    let every = if std::env::var("RELATA_FETCH_PAIRS").is_ok_and(|asked| asked == "all") { 1 } else { 7 };
    let pairs = (0..faults.len()).flat_map(|first| (first + 1..faults.len()).map(move |second| (first, second)));
    let mut tried = 0;
    for (first, second) in pairs.step_by(every) {
        try_with(&[faults[first].clone(), faults[second].clone()]);
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}
