//! `relata schedule`: what runs the daily list by itself.

use clap::{Args, ValueEnum};

use super::ProfileName;

/// `relata schedule`
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    /// What starts programs on the machine.
    #[arg(value_name = "SCHEDULER", value_enum)]
    pub scheduler: Scheduler,
    /// When, on every working day: hour and minute in the machine's time zone, for github-actions
    /// in UTC.
    #[arg(long, value_name = "HH:MM", default_value = "07:30", value_parser = time)]
    pub at: (u8, u8),
    /// Profile to list for.
    #[command(flatten)]
    pub profile: ProfileName,
    /// More options of `relata today`, such as `-- -k 20 --at-least 60`.
    #[arg(last = true, value_name = "OPTION", value_parser = visible)]
    pub options: Vec<String>,
}

/// What starts programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scheduler {
    /// A service and a timer of systemd, for a user on Linux.
    Systemd,
    /// A line of a crontab.
    Cron,
    /// A job of launchd, on macOS.
    Launchd,
    /// A workflow of GitHub Actions.
    GithubActions,
}

fn time(text: &str) -> Result<(u8, u8), String> {
    let digits = |text: &str, most: u8| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number <= most)
    };
    let parts = text.split_once(':').and_then(|(hour, minute)| Some((digits(hour, 23)?, digits(minute, 59)?)));
    parts.ok_or_else(|| "expected hour and minute, such as 07:30".into())
}

fn visible(text: &str) -> Result<String, String> {
    match text.chars().any(char::is_control) {
        true => Err("a scheduler takes no line breaks and no other control characters".into()),
        false => Ok(text.to_owned()),
    }
}
