//! `recommend --like 2602.10611`: the same as `relata recommend --like 2602.10611`.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let own = [OsString::from("relata"), OsString::from("recommend")];
    relata::cli::run(own.into_iter().chain(std::env::args_os().skip(1)))
}
