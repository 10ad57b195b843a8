//! Options and variables that a command does not use: a wrong one is an error nevertheless, before
//! anything is done.

use crate::support::{Ended, Home};

fn refused(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = home.command(arguments);
    command.envs(variables.iter().copied());
    let Ended { code, stdout, stderr } = Ended::from(command.output().expect("the program starts"));
    assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?} {variables:?}: {stderr}");
    stderr
}

#[test]
fn what_a_command_does_not_use_is_checked() {
    let home = Home::tiny();
    for (arguments, says) in [
        (&["--precision", "bogus", "info"][..], "invalid value 'bogus' for '--precision"),
        (&["info", "--device", "bogus"], "device bogus is not a device"),
        (&["--engine", "bogus", "profile", "list"], "invalid value 'bogus' for '--engine"),
        (&["--long", "bogus", "model", "list"], "invalid value 'bogus' for '--long"),
        (&["--device", "cpu", "--precision", "f16", "info"], "precision f16"),
        (&["--engine", "stock", "--precision", "int8", "info"], "precision int8"),
        (&["--device", "cuda", "--engine", "stock", "info"], "device cuda:0"),
        (&["--model", "unheard-of", "info"], "unheard-of"),
        (&["topics", "--cosine", "nan"], "expected a number from -1 to 1"),
        (&["topics", "--cosine", "1.5"], "expected a number from -1 to 1"),
        (&["topics", "--into", "a", "--threshold", "inf"], "expected a number from -1 to 1"),
        (&["export", "--csv", "x.csv", "--cosine", "x"], "expected a number from -1 to 1"),
        (&["recommend", "2602.10611", "--diversity", "nan"], "expected a number from 0 to 1"),
        (&["recommend", "2602.10611", "--half-life", "nan"], "expected a number of days above 0"),
        (&["eval", "x.jsonl", "--weight", "authors=nan"], "nan is no factor"),
        (&["today", "--at-least", "nan"], "expected a number from 0 to 100"),
    ] {
        let said = refused(&home, arguments, &[]);
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}

#[test]
fn variables_that_a_command_does_not_use_are_checked() {
    let home = Home::tiny();
    let said = refused(&home, &["info"], &[("RELATA_CPU", "abacus")]);
    assert!(said.contains("RELATA_CPU=abacus") && said.contains("portable"), "{said}");
    let plain = Home::real();
    let said = refused(&plain, &["info"], &[("RELATA_MODEL", "unheard-of")]);
    assert!(said.contains("unheard-of"), "{said}");
    // An empty one is one that is not set, and a folder may come later.
    for (name, value) in [("RELATA_CPU", ""), ("RELATA_MODEL", ""), ("RELATA_MODEL", "./not-mounted-yet")] {
        let mut command = plain.command(&["info", "--json"]);
        command.env(name, value);
        // The library is empty, so that nothing is found.
        assert_eq!(Ended::from(command.output().expect("the program starts")).code, 1, "{name}={value}");
    }
}
