//! A week with daily lists, line by line.

use std::fmt::Write;

use crate::support::{Home, Invented, digest, invented, without_match};

/// A paper about ice, or about something else.
fn paper(number: usize, ice: bool) -> Invented {
    let subjects = ["harbours", "sparrows", "bread", "copper", "theatres", "wool"];
    let subject = subjects[number % subjects.len()];
    let text = match ice {
        true => format!(
            "Graph cuts for glaciers number{number} are drawn on maps of ice by hand{number}. Glaciers in valley{number} move."
        ),
        false => format!(
            "Old {subject} are weighed{number} against new {subject}{number}, which few{number} remember and none{number} sell."
        ),
    };
    let title = if ice { format!("Graph cuts for glaciers number{number}") } else { format!("On {subject}, {number}") };
    Invented { id: format!("2602.{number:05}"), title, text, authors: format!("Nobody Known{number}"), ..invented(0) }
}

#[test]
fn a_week_reads_as_it_should() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..60).map(invented).collect::<Vec<_>>()));
    home.write("2026-02-16.md", digest(&[paper(1, false), paper(2, true), paper(3, false), paper(4, true)]));
    home.write("2026-02-17.md", digest(&[paper(4, true), paper(5, true), paper(6, false)]));
    home.write("2026-02-18.md", digest(&[paper(7, false), paper(8, false)]));
    let mut week = String::new();
    for line in [
        "add 2026-01-05.md",
        "like 2601.00001",
        "today 2026-02-16.md",
        "today 2026-02-16.md",
        "like 1",
        "today 2026-02-17.md",
        "today --new",
        "today 2026-02-18.md",
        "today 2026-02-18.md --nearest -k 1",
    ] {
        let ended = home.run(&line.split(' ').collect::<Vec<_>>());
        writeln!(week, "$ relata {line}\n{}{}[{}]\n", ended.stdout, ended.stderr, ended.code).expect("written");
    }
    // The match of a paper follows a curve that is calibrated elsewhere.
    let week: String = week.lines().map(|line| format!("{}\n", without_match(line))).collect();
    insta::assert_snapshot!(week.trim_end(), @r#"
    $ relata add 2026-01-05.md
    added 60, updated 0, unchanged 0, skipped 0, embedded 60
    [0]

    $ relata like 2601.00001
    changed 1; default: 1 liked, 0 disliked
    [0]

    $ relata today 2026-02-16.md
    2026-02-16: 4 papers, 4 new, 2 with a match of 50 or more
      1  NN  2602.00002  Graph cuts for glaciers number2
              https://arxiv.org/abs/2602.00002 · 2026-02-16 · cs.LG · Nobody Known2 · like 2601.00001 · shares Graph cuts, glaciers
              About Graph cuts for glaciers number2.
      2  NN  2602.00004  Graph cuts for glaciers number4
              https://arxiv.org/abs/2602.00004 · 2026-02-16 · cs.LG · Nobody Known4 · like 2601.00001 · shares Graph cuts, glaciers
              About Graph cuts for glaciers number4.
    [0]

    $ relata today 2026-02-16.md
    2026-02-16: 4 papers, 4 new, 2 with a match of 50 or more
      1  NN  2602.00002  Graph cuts for glaciers number2
              https://arxiv.org/abs/2602.00002 · 2026-02-16 · cs.LG · Nobody Known2 · like 2601.00001 · shares Graph cuts, glaciers
              About Graph cuts for glaciers number2.
      2  NN  2602.00004  Graph cuts for glaciers number4
              https://arxiv.org/abs/2602.00004 · 2026-02-16 · cs.LG · Nobody Known4 · like 2601.00001 · shares Graph cuts, glaciers
              About Graph cuts for glaciers number4.
    [0]

    $ relata like 1
    changed 1; default: 2 liked, 0 disliked
    [0]

    $ relata today 2026-02-17.md
    2026-02-17: 3 papers, 2 new, 1 with a match of 50 or more
      1  NN  2602.00005  Graph cuts for glaciers number5
              https://arxiv.org/abs/2602.00005 · 2026-02-17 · cs.LG · Nobody Known5 · like 2602.00002 · shares Graph cuts, glaciers, drawn
              About Graph cuts for glaciers number5.
    Left out: 1 known from earlier digests (--seen lists them too).
    [0]

    $ relata today --new
    2026-02-17: 3 papers, 1 new, none with a match of 50 or more (--nearest shows the nearest)
    Left out: 1 known from earlier digests, 1 listed before (--seen lists them too).
    [1]

    $ relata today 2026-02-18.md
    2026-02-18: 2 papers, 2 new, none with a match of 50 or more (--nearest shows the nearest)
    [1]

    $ relata today 2026-02-18.md --nearest -k 1
    2026-02-18: 2 papers, 2 new, none with a match of 50 or more
      1  NN  2602.00008  On bread, 8
              https://arxiv.org/abs/2602.00008 · 2026-02-18 · cs.LG · Nobody Known8 · like 2602.00002
              About On bread, 8.
    [1]
    "#);
}
