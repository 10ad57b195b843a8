//! When papers are announced.

use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::arxiv::{Calendar, World};

#[test]
fn a_feed_follows_every_evening_from_sunday_to_thursday() {
    let calendar = Calendar::default();
    let days = calendar.days(date(2026, 3, 1), date(2026, 3, 14));
    let expected: Vec<Date> = [2, 3, 4, 5, 6, 9, 10, 11, 12, 13].into_iter().map(|day| date(2026, 3, day)).collect();
    assert_eq!(days, expected);
}

#[test]
fn evenings_of_holidays_have_no_announcement() {
    let mut calendar = Calendar::default();
    // Thanksgiving of 2026 is 26 November, a Thursday: Friday has no feed.
    assert!(calendar.is_announced(date(2026, 11, 26)));
    assert!(!calendar.is_announced(date(2026, 11, 27)));
    // 24 and 25 December 2025 are Wednesday and Thursday.
    assert!(calendar.is_announced(date(2025, 12, 24)));
    assert!(!calendar.is_announced(date(2025, 12, 25)));
    assert!(!calendar.is_announced(date(2025, 12, 26)));
    // Memorial Day is the last Monday in May, Labor Day the first in September.
    assert!(!calendar.is_announced(date(2026, 5, 26)));
    assert!(!calendar.is_announced(date(2026, 9, 8)));
    assert!(calendar.is_announced(date(2026, 3, 4)));
    calendar.close(date(2026, 3, 3));
    assert!(!calendar.is_announced(date(2026, 3, 4)));
    assert_eq!(calendar.previous(date(2026, 3, 5)), date(2026, 3, 3));
}

#[test]
fn submission_closes_at_two_in_the_afternoon_of_new_york() {
    let calendar = Calendar::default();
    let window = |day| {
        let (from, to): (Timestamp, Timestamp) = calendar.window(day);
        (from.to_string(), to.to_string())
    };
    let text = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    // Monday's feed is of Thursday and Friday, Tuesday's of the weekend and Monday.
    assert_eq!(window(date(2026, 3, 2)), text("2026-02-26T19:00:00Z", "2026-02-27T19:00:00Z"));
    assert_eq!(window(date(2026, 3, 3)), text("2026-02-27T19:00:00Z", "2026-03-02T19:00:00Z"));
    // The clocks change on 8 March.
    assert_eq!(window(date(2026, 3, 10)), text("2026-03-06T19:00:00Z", "2026-03-09T18:00:00Z"));
    // No announcement on Thanksgiving: the feed of Monday has two days.
    assert_eq!(window(date(2026, 11, 30)), text("2026-11-25T19:00:00Z", "2026-11-27T19:00:00Z"));
}

#[test]
fn made_up_papers_depend_on_the_seed_alone_and_keep_the_calendar() {
    let make = |seed| World::generate(seed, 300, date(2026, 2, 26), date(2026, 3, 4));
    let (world, again, other) = (make(1), make(1), make(2));
    assert_eq!(format!("{:?}", world.papers()), format!("{:?}", again.papers()));
    assert_ne!(format!("{:?}", world.papers()), format!("{:?}", other.papers()));
    assert_eq!(world.papers().len(), 300);
    for paper in world.papers() {
        let first = &paper.versions[0];
        let (from, to) = world.calendar.window(first.day);
        assert!(from <= first.date && first.date < to, "{}", paper.id);
        assert!(paper.announced.iter().all(|one| world.calendar.is_announced(one.day)), "{}", paper.id);
        let month = if first.date < "2026-03-01T05:00:00Z".parse().unwrap() { "2602." } else { "2603." };
        assert!(paper.id.starts_with(month), "{} of {}", paper.id, first.date);
    }
    let replaced = world.papers().iter().filter(|paper| paper.versions.len() > 1).count();
    assert!((40..120).contains(&replaced), "{replaced}");
}
