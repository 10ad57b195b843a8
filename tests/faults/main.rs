//! The campaign of faults: every command is killed, starved of room, failed and cut from power, and
//! what it promised is held against what is left.
//!
//! `cargo test --test faults` runs the short form, some points of each fault; the long form prints
//! a table (docs/design/durability.md):
//!
//! ```text
//! cargo test --test faults -- --ignored --nocapture campaign
//! ```
#![cfg(target_os = "linux")]

#[path = "../arxiv/mod.rs"]
mod arxiv;
mod commands;
mod damage;
mod disk;
mod durable;
mod fetch;
mod full;
mod home;
mod judge;
mod layer;
mod sweep;
#[allow(dead_code)]
#[path = "../model_fetch/world.rs"]
mod world;

use std::collections::BTreeMap;

use sweep::{Tally, Undisturbed, sweep};

/// Whether a name is among those that `$FAULTS` asks for, several with `|` between; all without it.
fn asked(name: &str) -> bool {
    std::env::var("FAULTS").map_or(true, |names| names.split('|').any(|asked| asked == name))
}

/// Sweeps every command that is asked for, and prints the table.
fn sweep_all(each: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    println!("| command | fault | runs | survived | mended | wrong |\n| --- | --- | --- | --- | --- | --- |");
    for command in commands::ALL.iter().filter(|command| asked(command.name)) {
        let tallies: BTreeMap<&str, Tally> = sweep(command, each);
        for (kind, tally) in tallies {
            let Tally { runs, survived, mended, wrong: why } = tally;
            println!("| {} | {kind} | {runs} | {survived} | {mended} | {} |", command.name, why.len());
            why.iter().for_each(|why| println!("WRONG {why}"));
            wrong.extend(why);
        }
    }
    wrong
}

/// Prints how many calls that change files, and how many syncs, each command makes.
fn count_syncs() {
    println!("| command | calls | syncs of files | syncs of folders |\n| --- | --- | --- | --- |");
    for command in commands::ALL.iter().filter(|command| asked(command.name)) {
        let calls = Undisturbed::of(command).calls;
        let count = |kind: u8| calls.iter().filter(|call| call.kind == kind).count();
        println!("| {} | {} | {} | {} |", command.name, calls.len() - count(b'o'), count(b's'), count(b'd'));
    }
    println!();
}

#[test]
fn every_command_survives_some_of_every_fault() {
    let wrong = sweep_all(4);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "the long form takes an hour"]
fn campaign() {
    let each = std::env::var("FAULTS_EACH").ok().and_then(|each| each.parse().ok()).unwrap_or(200);
    count_syncs();
    let mut wrong = sweep_all(each);
    println!();
    wrong.extend(damage::sweep_damage(each * 5));
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}
