//! The recipes of the justfile run what `.ci/run` runs, so that who uses one finds what the other
//! would.

use super::{assert_none, root};

#[test]
fn recipes_run_what_decides_whether_a_change_lands() {
    // The published package has no `.ci`.
    let Ok(script) = std::fs::read_to_string(root().join(".ci/run")) else { return };
    let recipes = std::fs::read_to_string(root().join("justfile")).expect("the justfile");
    let checks =
        |line: &&str| ["cargo ", "RUSTDOCFLAGS=", "packages=", "tests/"].iter().any(|begin| line.starts_with(begin));
    let lines: Vec<&str> = script.lines().map(str::trim).filter(checks).collect();
    assert!(lines.len() > 5, "checks are found: {lines:?}");
    let missing = |line: &&&str| !recipes.contains(**line);
    let faults: Vec<String> =
        lines.iter().filter(missing).map(|line| format!("no recipe of the justfile runs: {line}")).collect();
    assert_none(&faults);
}
