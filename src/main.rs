//! `relata`: see `relata --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    relata::cli::run(std::env::args_os())
}
