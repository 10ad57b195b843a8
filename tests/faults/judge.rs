//! What became of a home after a fault.
//!
//! In: a home after a command was disturbed. Out: whether it holds what was promised. What was
//! said is there; of a change in one step there is the old state or the new one; `check` finds
//! nothing, or names what it then mends; and the same command, run again, ends well and leaves what
//! it leaves where nothing disturbs it, file by file.

use crate::commands::Disturbed;
use crate::home::{Content, Ended, Home};
use crate::layer::Fault;
use crate::sweep::Undisturbed;

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All that was promised holds.
    Survived,
    /// The library was damaged; `check` named the damage and mended it.
    Mended,
    /// A promise was broken.
    Wrong(String),
}

/// After a command that met a fault.
pub(crate) fn after_fault(
    command: &Disturbed,
    undisturbed: &Undisturbed,
    home: &Home,
    fault: Fault,
    ended: &Ended,
) -> Verdict {
    let Ended { code, stdout, stderr } = ended;
    if stderr.contains("panicked") || (code.is_none() && !fault.kills()) {
        return Verdict::Wrong(format!("it did not end by itself: {ended:?}"));
    }
    if code.is_some_and(|code| code != 0) {
        if stderr.is_empty() {
            return Verdict::Wrong("it failed without a word".to_owned());
        }
        if fault.fills_the_disk() && !stderr.contains("no room") && !stderr.contains("No space left") {
            return Verdict::Wrong(format!("it does not say that there is no room: {stderr}"));
        }
    }
    let said = !command.says.is_empty()
        && (stdout.contains(command.says) || stderr.contains(command.says))
        && code.is_none_or(|code| code == 0);
    judged(command, undisturbed, home, said || *code == Some(0) && command.one_step)
}

/// After a power cut, before which a command had said `stdout`.
pub(crate) fn after_cut(command: &Disturbed, undisturbed: &Undisturbed, home: &Home, stdout: &str) -> Verdict {
    judged(command, undisturbed, home, !command.says.is_empty() && stdout.contains(command.says))
}

fn judged(command: &Disturbed, undisturbed: &Undisturbed, home: &Home, said: bool) -> Verdict {
    let mended = match checked(command, home, said, undisturbed) {
        Ok(mended) => mended,
        Err(why) => return Verdict::Wrong(why),
    };
    let again = home.run(command.arguments);
    if !again.code.is_some_and(|code| command.again.contains(&code)) {
        return Verdict::Wrong(format!("the next run fails: {again:?}"));
    }
    if !command.then.is_empty() {
        home.run(command.then);
    }
    match home.content() {
        Err(why) => Verdict::Wrong(format!("after the next run: {why}")),
        Ok(content) if content != undisturbed.after => {
            Verdict::Wrong(format!("after the next run: {}", difference(&content, &undisturbed.after)))
        }
        Ok(_) if mended => Verdict::Mended,
        Ok(_) => Verdict::Survived,
    }
}

/// Whether it had to be mended.
fn checked(command: &Disturbed, home: &Home, said: bool, undisturbed: &Undisturbed) -> Result<bool, String> {
    if command.damaged {
        return Ok(false);
    }
    let found = home.library();
    let check = home.run(&["check"]);
    let nothing = check.stderr.contains("is empty");
    if check.code != Some(0) && !nothing {
        let repair = home.run(&["check", "--repair", "papers.jsonl"]);
        let check = home.run(&["check"]);
        return if check.code == Some(0) { Ok(true) } else { Err(format!("damaged: {repair:?} {check:?}")) };
    }
    let found = found.map_err(|why| format!("the library does not open: {why}"))?;
    let (old, new) = (&undisturbed.before.library, &undisturbed.after.library);
    if said && found != *new {
        return Err(format!("what was said is not there: {}", lines_apart(&found, new)));
    }
    if command.one_step && found != *old && found != *new {
        return Err(format!("neither old nor new: {}", lines_apart(&found, new)));
    }
    Ok(false)
}

fn difference(found: &Content, expected: &Content) -> String {
    if found.library != expected.library {
        return lines_apart(&found.library, &expected.library);
    }
    let only = |a: &Content, b: &Content| {
        a.files.keys().filter(|name| !b.files.contains_key(*name)).cloned().collect::<Vec<_>>().join(", ")
    };
    let other = |name: &&String| expected.files.get(*name).is_some_and(|bytes| *bytes != found.files[*name]);
    let other: Vec<&str> = found.files.keys().filter(other).map(String::as_str).collect();
    let (more, fewer) = (only(found, expected), only(expected, found));
    format!("files: beyond [{more}], missing [{fewer}], other [{}]", other.join(", "))
}

/// Lines of either text that the other has not, the first few.
fn lines_apart(found: &str, expected: &str) -> String {
    let beyond = |a: &str, b: &str| {
        let others: std::collections::HashSet<&str> = b.lines().collect();
        let lines = a.lines().filter(|line| !others.contains(line)).take(3);
        lines.map(|line| line.chars().take(100).collect::<String>()).collect::<Vec<_>>().join(" | ")
    };
    format!("beyond [{}], missing [{}]", beyond(found, expected), beyond(expected, found))
}
