//! The announcement of a day, by the feed and where that is in doubt by OAI-PMH.

use super::arxiv::{Endpoint, Fault};
use super::*;

#[test]
fn a_usual_morning_takes_one_request_and_everything_that_is_announced() {
    let bench = Bench::usual(TUESDAY);
    let fetched = bench.fetch(&morning());
    let wanted = announced(&bench.server.world(), date(2026, 3, 3), &CATEGORIES);
    assert!(wanted.len() > 10, "{}", wanted.len());
    assert_eq!(bench.ids(), wanted);
    assert_eq!((fetched.outcome, fetched.requests), (FetchOutcome::New, 1));
    assert_eq!(fetched.added.added as usize, wanted.len());
    assert_eq!(states(&fetched), [CategoryState::New; 3]);
    assert_eq!(fetched.day, Some(date(2026, 3, 3)));
    assert!(fetched.categories.iter().all(|row| row.complete == Some(date(2026, 3, 3))));
    let seen = bench.server.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path, "/atom/cs.LG+hep-th+math.AG");
    assert!(seen[0].header("user-agent").is_some_and(|agent| agent.starts_with("relata/")), "{:?}", seen[0].headers);
    // All of them are listed on the day.
    let library = bench.library();
    assert_eq!(library.listed_on(date(2026, 3, 3)).unwrap().rows().len(), wanted.len());
    // The same once more: one question, which is answered by 304, and nothing is new.
    let read = || bench.relata.sources().unwrap().feed.map(|feed| (feed.day, feed.fetched.to_string()));
    assert_eq!(read(), Some((date(2026, 3, 3), TUESDAY.to_owned())));
    bench.clock.set("2026-03-03T15:00:00Z");
    let again = bench.fetch(&Fetch::new(Vec::<String>::new()).embed(false));
    assert_eq!((again.outcome, again.requests, again.added.papers()), (FetchOutcome::Nothing, 1, 0));
    assert_eq!(states(&again), [CategoryState::UpToDate; 3]);
    assert_eq!(bench.server.requests()[1].status, 304);
    assert_eq!(read(), Some((date(2026, 3, 3), "2026-03-03T15:00:00Z".to_owned())));
}

#[test]
fn days_that_were_left_out_are_caught_up_with() {
    let bench = Bench::usual(MONDAY);
    bench.fetch(&morning());
    bench.clock.set("2026-03-05T12:00:00Z");
    let fetched = bench.fetch(&morning());
    assert_eq!(fetched.outcome, FetchOutcome::New, "{fetched:?}");
    let world = bench.server.world();
    let ids = bench.ids();
    for day in 2..=5 {
        let mut missing = announced(&world, date(2026, 3, day), &CATEGORIES);
        // OAI-PMH does not tell an old paper's cross-list from a new version.
        missing.retain(|id| world.paper(id).is_some_and(|paper| paper.versions[0].day >= date(2026, 2, 23)));
        missing.retain(|id| !ids.contains(id));
        assert_eq!(missing, BTreeSet::new(), "of 2026-03-0{day}");
    }
    assert!(fetched.categories.iter().all(|row| row.complete == Some(date(2026, 3, 5))));
    // The feed has missed nothing: nobody asked for it on these days.
    assert!(fetched.categories.iter().all(|row| row.missed.is_empty() && row.new > 5), "{fetched:?}");
}

#[test]
fn nothing_is_announced_at_the_weekend() {
    let bench = Bench::usual("2026-02-27T12:00:00Z");
    bench.fetch(&morning());
    bench.clock.set("2026-02-28T12:00:00Z");
    let fetched = bench.fetch(&morning());
    assert_eq!((fetched.outcome, fetched.requests), (FetchOutcome::Nothing, 1));
    assert_eq!(states(&fetched), [CategoryState::NothingAnnounced; 3]);
    assert!(fetched.categories.iter().all(|row| row.reason.is_none()));
    // Who begins on a Saturday gets the papers of Friday.
    let bench = Bench::usual("2026-02-28T12:00:00Z");
    let fetched = bench.fetch(&morning());
    assert_eq!((fetched.outcome, fetched.requests), (FetchOutcome::New, 4));
    assert!(
        announced(&bench.server.world(), date(2026, 2, 27), &["math.AG"]).iter().any(|id| bench.ids().contains(id))
    );
    assert_eq!(bench.fetch(&morning()).outcome, FetchOutcome::Nothing);
    // Who begins over the end of a year gets those of the days before.
    let world = World::generate(5, 300, date(2026, 12, 14), date(2026, 12, 23));
    let bench = Bench::new(world, "2026-12-25T14:00:00Z");
    assert_eq!(bench.fetch(&Fetch::new(["cs.LG"]).embed(false)).outcome, FetchOutcome::New);
    assert_eq!(bench.server.requests().len(), 3, "the feed, and OAI-PMH for one day and for more");
    let fetched = bench.fetch(&Fetch::new(["math.AG"]).embed(false));
    assert_eq!((fetched.day, fetched.announced), (Some(date(2026, 12, 25)), Some(date(2026, 12, 23))));
    // What was left out on Friday is caught up with on Saturday.
    let bench = Bench::usual("2026-02-26T12:00:00Z");
    bench.fetch(&morning());
    bench.clock.set("2026-02-28T12:00:00Z");
    let fetched = bench.fetch(&morning());
    assert_eq!(fetched.outcome, FetchOutcome::New, "{fetched:?}");
    let primary = announced(&bench.server.world(), date(2026, 2, 27), &["math.AG"]);
    assert!(!primary.is_empty());
    assert!(fetched.categories.iter().all(|row| row.complete == Some(date(2026, 2, 27))), "{fetched:?}");
}

#[test]
fn a_run_that_ended_before_all_was_settled_is_gone_on_with() {
    // On a Saturday the feed was read and the papers came, but nobody noted that all are here.
    let bench = Bench::usual("2026-02-28T12:00:00Z");
    bench.server.always(Endpoint::Oai, Fault::Unavailable { retry_after: None });
    assert_eq!(bench.fetch(&morning()).outcome, FetchOutcome::Incomplete);
    bench.server.heal();
    let papers = morning().since(date(2026, 2, 20)).until(date(2026, 2, 28));
    assert!(bench.fetch(&papers).added.added > 0);
    assert!(bench.relata.sources().unwrap().categories.iter().all(|row| row.complete.is_none()));
    // The feed is as it was, and what OAI-PMH lists is known: that is no stale source.
    let fetched = bench.fetch(&morning());
    assert_eq!(fetched.outcome, FetchOutcome::Nothing, "{fetched:?}");
    assert_eq!(states(&fetched), [CategoryState::NothingAnnounced; 3]);
    assert!(fetched.categories.iter().all(|row| row.complete == Some(date(2026, 2, 27))), "{fetched:?}");
}

#[test]
fn a_feed_that_is_empty_on_a_working_day_is_not_believed() {
    let bench = Bench::usual(MONDAY);
    bench.fetch(&morning());
    bench.clock.set(TUESDAY);
    bench.server.always(Endpoint::Feed, Fault::NoEntries);
    let fetched = bench.fetch(&morning());
    assert_eq!(fetched.outcome, FetchOutcome::New, "{fetched:?}");
    assert!(fetched.categories.iter().any(|row| !row.missed.is_empty()));
    assert_eq!(fetched.requests, 4, "the feed, and OAI-PMH for each category");
}

#[test]
fn a_category_that_is_stale_is_fetched_from_oai_and_the_others_are_not() {
    let bench = Bench::usual(MONDAY);
    bench.fetch(&morning());
    bench.clock.set(TUESDAY);
    bench.server.always(Endpoint::Feed, Fault::StaleCategory("math.AG".to_owned()));
    let fetched = bench.fetch(&morning());
    assert_eq!((fetched.outcome, fetched.requests), (FetchOutcome::New, 2), "{fetched:?}");
    let missed: Vec<usize> = fetched.categories.iter().map(|row| row.missed.len()).collect();
    assert_eq!((missed[0], missed[2]), (0, 0));
    assert!(missed[1] > 0);
    // The stale feed's papers were listed on Monday, and are not listed again.
    let library = bench.library();
    let of = |day| library.listed_on(day).unwrap();
    let monday = announced(&bench.server.world(), date(2026, 3, 2), &["math.AG"]);
    for id in monday {
        let row = library.row_of(&id.parse().unwrap()).unwrap().unwrap();
        assert!(of(date(2026, 3, 2)).rows().contains(&row) && !of(date(2026, 3, 3)).rows().contains(&row), "{id}");
    }
    let reason = fetched.categories[1].reason.as_deref();
    assert_eq!(reason, Some("the feed announces nothing that was not here before"));
}

#[test]
fn what_a_feed_leaves_out_is_found_by_reconciling_and_named() {
    let bench = Bench::usual(MONDAY);
    bench.fetch(&morning());
    bench.clock.set(TUESDAY);
    let wanted = announced(&bench.server.world(), date(2026, 3, 3), &["cs.LG"]);
    let own = |id: &&String| {
        bench.server.world().paper(id).is_some_and(|paper| paper.versions.len() == 1 && paper.categories[0] == "cs.LG")
    };
    let left_out: Vec<String> = wanted.iter().filter(own).take(2).cloned().collect();
    assert_eq!(left_out.len(), 2);
    bench.server.always(Endpoint::Feed, Fault::Missing(left_out.clone()));
    let fetched = bench.fetch(&morning());
    assert_eq!((fetched.outcome, fetched.requests), (FetchOutcome::New, 1));
    assert!(left_out.iter().all(|id| !bench.ids().contains(id)));
    let reconciled = bench.fetch(&morning().reconcile(true));
    let missed: Vec<String> = reconciled.categories[0].missed.iter().map(ToString::to_string).collect();
    assert!(left_out.iter().all(|id| missed.contains(id)), "{missed:?}");
    assert_eq!(reconciled.outcome, FetchOutcome::New);
    assert!(left_out.iter().all(|id| bench.ids().contains(id)));
    // Without being asked to, a week later.
    let third = bench.fetch(&morning());
    assert_eq!(third.requests, 1);
}

#[test]
fn cross_lists_and_replacements_are_taken_where_they_are_asked_for() {
    let day = date(2026, 3, 3);
    let ids = |request: Fetch| {
        let bench = Bench::usual(TUESDAY);
        bench.fetch(&request.embed(false));
        bench.ids()
    };
    let world = usual_world();
    let of = |kinds: &[AnnounceType]| -> BTreeSet<String> {
        let listed = world.announced(day, &["cs.LG"]);
        listed.into_iter().filter(|listed| kinds.contains(&listed.kind)).map(|listed| listed.paper.id.clone()).collect()
    };
    let (new, cross, replace) = (AnnounceType::New, AnnounceType::Cross, AnnounceType::Replace);
    let replace_cross = AnnounceType::ReplaceCross;
    assert_eq!(ids(Fetch::new(["cs.LG"])), of(&[new, cross]));
    assert_eq!(ids(Fetch::new(["cs.LG"]).replacements(true)), of(&[new, cross, replace, replace_cross]));
    // Without cross-lists only the papers of the category itself count.
    let own = ids(Fetch::new(["cs.LG"]).cross_lists(false));
    assert!(own.is_subset(&of(&[new])) && !own.is_empty());
    assert!(own.iter().all(|id| world.paper(id).is_some_and(|paper| paper.categories[0] == "cs.LG")));
}

#[test]
fn papers_that_were_harvested_the_night_before_are_listed_in_the_morning() {
    // OAI-PMH has them at 22:30 in New York, the feed at midnight.
    let bench = Bench::usual(MONDAY);
    bench.fetch(&morning());
    bench.clock.set("2026-03-03T03:45:00Z");
    bench.fetch(&morning().since(date(2026, 3, 2)));
    let tuesday = announced(&bench.server.world(), date(2026, 3, 3), &["math.AG"]);
    bench.clock.set(TUESDAY);
    let fetched = bench.fetch(&morning());
    let math = &fetched.categories[1];
    assert_eq!((math.state, math.complete), (CategoryState::UpToDate, Some(date(2026, 3, 3))), "{fetched:?}");
    let library = bench.library();
    let listed = library.listed_on(date(2026, 3, 3)).unwrap();
    for id in &tuesday {
        let row = library.row_of(&id.parse().unwrap()).unwrap().unwrap();
        assert!(listed.rows().contains(&row), "{id}");
    }
    assert!(tuesday.len() > 2);
}
