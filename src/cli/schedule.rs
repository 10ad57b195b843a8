//! `relata schedule`: what runs `relata today` on every working day, as text for a scheduler.
//!
//! In: the scheduler, the time, the profile and more options. Out: its configuration, with comments
//! that say how to install it. Nothing is installed. Each scheduler reads a command line by rules
//! of its own, so each has its own way of quoting.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::service::DEFAULT_PROFILE;

use super::Outcome;
use super::args::{ScheduleArgs, Scheduler};
use super::terminal::Page;

/// arXiv's working days and hours, for whoever chooses a time.
const ANNOUNCEMENTS: [&str; 3] = [
    "arXiv announces papers Monday to Friday: the list of a day is out by 00:30 in New York, which is",
    "04:30 UTC in summer and 05:30 UTC in winter. Where that is later than this time of the day, run it",
    "a day later: Tuesday to Saturday.",
];

/// What a mail needs on a machine that is new each time.
const MAIL_FROM_ACTIONS: [&str; 2] = [
    "A mail needs its server there, too: a step before that writes ~/.config/relata/config.toml with",
    "mail.server, mail.from and mail.user, and RELATA_MAIL_PASSWORD from a secret in `env` of the last step.",
];

/// What is run, and when.
#[derive(Debug)]
struct Job {
    /// The program, with its whole path.
    program: String,
    /// Its arguments.
    arguments: Vec<String>,
    /// Name of the job, fit for files.
    name: String,
    /// The profile, for people.
    profile: String,
    /// Hour and minute.
    at: (u8, u8),
    /// Where launchd writes what is printed.
    log: String,
}

pub(super) fn run(library: Option<&Path>, asked: &ScheduleArgs, page: &mut Page) -> Result<Outcome> {
    let program = match super::PROGRAM.get() {
        Some(program) => program.clone(),
        None => std::env::current_exe().map_err(Error::io("the program"))?,
    };
    let home = dirs::home_dir().unwrap_or_else(|| PathBuf::from("/"));
    let job = Job::new(&program, library, &home, asked)?;
    job.text(asked.scheduler).lines().try_for_each(|line| page.raw(line))?;
    Ok(Outcome::Done)
}

/// The name of a profile's job, fit for files.
fn name(profile: &str) -> String {
    match profile {
        DEFAULT_PROFILE => "relata-today".to_owned(),
        profile => format!("relata-today-{}", crate::text::neutral::file_name(profile)),
    }
}

/// How each form of a profile's schedule is stopped again, by what it is for.
pub(super) fn how_to_stop(profile: &str) -> [(&'static str, String); 4] {
    let name = name(profile);
    let stop = |scheduler| stop(scheduler, &name);
    [
        ("systemd", stop(Scheduler::Systemd)),
        ("cron", stop(Scheduler::Cron)),
        ("launchd", stop(Scheduler::Launchd)),
        ("GitHub Actions", stop(Scheduler::GithubActions)),
    ]
}

/// What stops a job.
fn stop(scheduler: Scheduler, name: &str) -> String {
    match scheduler {
        Scheduler::Systemd => format!("systemctl --user disable --now {name}.timer"),
        Scheduler::Cron => "crontab -e, and take out the line that runs relata today".to_owned(),
        Scheduler::Launchd => {
            format!("launchctl bootout gui/$(id -u)/{name}; rm ~/Library/LaunchAgents/{name}.plist")
        }
        Scheduler::GithubActions => format!("delete .github/workflows/{name}.yml from its repository"),
    }
}

impl Job {
    fn new(program: &Path, library: Option<&Path>, home: &Path, asked: &ScheduleArgs) -> Result<Job> {
        let profile = asked.profile.profile.clone();
        let mut arguments = Vec::new();
        // On another machine the program and the library lie elsewhere.
        let here = asked.scheduler != Scheduler::GithubActions;
        if let Some(library) = library.filter(|library| here && !library.as_os_str().is_empty()) {
            let library = std::path::absolute(library).map_err(Error::io(library))?;
            arguments.extend(["--library".to_owned(), shown(&library)?]);
        }
        arguments.push("today".to_owned());
        if profile != DEFAULT_PROFILE {
            arguments.extend(["--profile".to_owned(), profile.clone()]);
        }
        let name = name(&profile);
        arguments.extend(asked.options.iter().cloned());
        let log = shown(&home.join("Library/Logs").join(format!("{name}.log")))?;
        let program = if here { shown(program)? } else { "relata".to_owned() };
        let profile = crate::text::neutral::line(&profile).into_owned();
        Ok(Job { program, arguments, name, profile, at: asked.at, log })
    }

    fn text(&self, scheduler: Scheduler) -> String {
        match scheduler {
            Scheduler::Systemd => self.systemd(),
            Scheduler::Cron => self.cron(),
            Scheduler::Launchd => self.launchd(),
            Scheduler::GithubActions => self.github_actions(),
        }
    }

    fn systemd(&self) -> String {
        let Job { name, profile, at: (hour, minute), .. } = self;
        let program = systemd(&self.program, false);
        let arguments: Vec<String> = self.arguments.iter().map(|argument| systemd(argument, true)).collect();
        let arguments = arguments.join(" ");
        let about = comments("# ", &ANNOUNCEMENTS);
        let profile = profile.replace('%', "%%");
        let stop = stop(Scheduler::Systemd, name);
        format!(
            "# Two files. Put this part into ~/.config/systemd/user/{name}.service\n\
             [Unit]\n\
             Description=New arXiv papers for {profile}\n\
             \n\
             [Service]\n\
             Type=oneshot\n\
             ExecStart={program} {arguments}\n\
             # 1 says that there is no new paper.\n\
             SuccessExitStatus=1\n\
             \n\
             # And this part into ~/.config/systemd/user/{name}.timer, then run:\n\
             #   systemctl --user daemon-reload\n\
             #   systemctl --user enable --now {name}.timer\n\
             #   journalctl --user -u {name}.service    shows the lists\n\
             # To stop it: {stop}\n\
             # The time is that of this machine. A day that it sleeps through is made up for.\n\
             {about}\
             [Unit]\n\
             Description=New arXiv papers for {profile}, every working day\n\
             \n\
             [Timer]\n\
             OnCalendar=Mon..Fri *-*-* {hour:02}:{minute:02}:00\n\
             Persistent=true\n\
             \n\
             [Install]\n\
             WantedBy=timers.target\n"
        )
    }

    fn cron(&self) -> String {
        let (hour, minute) = self.at;
        let command = self.shell().replace('%', "\\%");
        let stop = stop(Scheduler::Cron, &self.name);
        let about = comments("# ", &ANNOUNCEMENTS);
        format!(
            "# Add these lines to your crontab: crontab -e\n\
             # To stop it: {stop}\n\
             # The time is that of this machine, and cron mails you the lists.\n\
             {about}\
             {minute} {hour} * * 1-5 {command}\n"
        )
    }

    fn launchd(&self) -> String {
        let Job { name, at: (hour, minute), .. } = self;
        let words = [&self.program].into_iter().chain(&self.arguments);
        let words: String = words.fold(String::new(), |mut all, word| {
            let _ = writeln!(all, "    <string>{}</string>", xml(word));
            all
        });
        let days: String = (1..=5).fold(String::new(), |mut all, day| {
            let _ = writeln!(
                all,
                "    <dict><key>Weekday</key><integer>{day}</integer><key>Hour</key><integer>{hour}</integer>\
                 <key>Minute</key><integer>{minute}</integer></dict>"
            );
            all
        });
        let about = comments("     ", &ANNOUNCEMENTS);
        let (log, stop) = (xml(&self.log), stop(Scheduler::Launchd, name));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!-- Put this into ~/Library/LaunchAgents/{name}.plist, then run:\n\
             \x20      launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{name}.plist\n\
             \x20    To stop it: {stop}\n\
             \x20    The time is that of this machine. The lists are added to the log that is named below.\n\
             {about}-->\n\
             <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\">\n\
             <dict>\n\
             \x20 <key>Label</key>\n\
             \x20 <string>{name}</string>\n\
             \x20 <key>ProgramArguments</key>\n\
             \x20 <array>\n\
             {words}\
             \x20 </array>\n\
             \x20 <key>StartCalendarInterval</key>\n\
             \x20 <array>\n\
             {days}\
             \x20 </array>\n\
             \x20 <key>StandardOutPath</key>\n\
             \x20 <string>{log}</string>\n\
             \x20 <key>StandardErrorPath</key>\n\
             \x20 <string>{log}</string>\n\
             </dict>\n\
             </plist>\n"
        )
    }

    fn github_actions(&self) -> String {
        let Job { name, at: (hour, minute), .. } = self;
        // Actions reads its own expressions wherever they stand.
        let command = self.shell().replace("${{", "${{ '${{' }}");
        let stop = stop(Scheduler::GithubActions, name);
        let mails = self.arguments.iter().any(|argument| argument == "--mail" || argument.starts_with("--mail="));
        let mail = if mails { comments("# ", &MAIL_FROM_ACTIONS) } else { String::new() };
        let about = comments("# ", &ANNOUNCEMENTS);
        format!(
            "# Put this into .github/workflows/{name}.yml of a repository of yours, and name in RELATA_SOURCE the\n\
             # repository that Relata is built from. The time is UTC; GitHub may start it later. The list stands in\n\
             # the summary of each run, and the library is kept from run to run in the cache.\n\
             # To stop it: {stop}\n\
             {mail}\
             {about}\
             name: {name}\n\
             on:\n\
             \x20 schedule:\n\
             \x20   - cron: \"{minute} {hour} * * 1-5\"\n\
             \x20 workflow_dispatch:\n\
             permissions:\n\
             \x20 contents: read\n\
             jobs:\n\
             \x20 today:\n\
             \x20   runs-on: ubuntu-latest\n\
             \x20   steps:\n\
             \x20     - uses: actions/cache@v4\n\
             \x20       with:\n\
             \x20         path: |\n\
             \x20           ~/.cargo/bin\n\
             \x20           ~/.local/share/relata\n\
             \x20           ~/.cache/relata\n\
             \x20         key: relata-${{{{ github.run_id }}}}\n\
             \x20         restore-keys: relata-\n\
             \x20     - name: Build Relata once\n\
             \x20       env:\n\
             \x20         RELATA_SOURCE: https://github.com/OWNER/relata\n\
             \x20       run: command -v relata || cargo install --locked --git \"$RELATA_SOURCE\" relata\n\
             \x20     - name: Today's papers\n\
             \x20       run: |\n\
             \x20         # 1 says that there is no new paper.\n\
             \x20         {command} >> \"$GITHUB_STEP_SUMMARY\" || [ $? -eq 1 ]\n"
        )
    }

    /// The command line for a POSIX shell.
    fn shell(&self) -> String {
        let words = [&self.program].into_iter().chain(&self.arguments);
        words.map(|word| shell(word)).collect::<Vec<_>>().join(" ")
    }
}

/// A path as text.
///
/// # Errors
/// [`Error::Io`] for one that no scheduler can be told.
fn shown(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    let refused =
        || std::io::Error::new(std::io::ErrorKind::InvalidInput, "a path that is no plain text cannot be scheduled");
    text.map(str::to_owned).ok_or_else(|| Error::io(path)(refused()))
}

fn comments(before: &str, lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{before}{line}\n")).collect()
}

/// A word of a command of systemd. In arguments it puts variables in; in the path of the program
/// only specifiers.
fn systemd(word: &str, argument: bool) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    let escaped = if argument { escaped.replace('$', "$$") } else { escaped };
    format!("\"{escaped}\"")
}

/// A word for a POSIX shell, in quotes where it has any sign that might mean something.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::args::ProfileName;
    use super::*;

    fn job(scheduler: Scheduler, profile: &str, options: &[&str]) -> Job {
        let asked = ScheduleArgs {
            scheduler,
            at: (7, 5),
            profile: ProfileName { profile: profile.to_owned() },
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        let library = Path::new("/data/my papers/50% $x.db");
        let library = (profile != DEFAULT_PROFILE).then_some(library);
        Job::new(Path::new("/opt/it's here/relata"), library, Path::new("/Users/a"), &asked).expect("a job")
    }

    fn text(scheduler: Scheduler, profile: &str, options: &[&str]) -> String {
        job(scheduler, profile, options).text(scheduler)
    }

    #[test]
    fn systemd_is_told_its_own_quotes() {
        let plain = text(Scheduler::Systemd, "default", &[]);
        assert!(plain.contains("\nExecStart=\"/opt/it's here/relata\" \"today\"\n"), "{plain}");
        assert!(plain.contains("\nOnCalendar=Mon..Fri *-*-* 07:05:00\n"), "{plain}");
        assert!(plain.contains("/relata-today.timer") && plain.contains("SuccessExitStatus=1"), "{plain}");
        let odd = text(Scheduler::Systemd, "sea ice 5%", &["--exclude", "a \"b\" \\ $c"]);
        let command = "ExecStart=\"/opt/it's here/relata\" \"--library\" \"/data/my papers/50%% $$x.db\" \"today\" \
                       \"--profile\" \"sea ice 5%%\" \"--exclude\" \"a \\\"b\\\" \\\\ $$c\"\n";
        assert!(odd.contains(command), "{odd}");
        assert!(odd.contains("/relata-today-sea_20ice_205_25.service"), "{odd}");
    }

    #[test]
    fn cron_gets_one_line_for_the_shell_with_percent_signs_kept() {
        let odd = text(Scheduler::Cron, "it's 5%", &["-k", "20"]);
        let line = odd.lines().last().expect("a line");
        assert_eq!(
            line,
            "5 7 * * 1-5 '/opt/it'\\''s here/relata' --library '/data/my papers/50\\% $x.db' today --profile \
             'it'\\''s 5\\%' -k 20"
        );
        assert!(odd.lines().rev().skip(1).all(|line| line.starts_with("# ")), "{odd}");
    }

    #[test]
    fn launchd_gets_xml() {
        let odd = text(Scheduler::Launchd, "a <b> & c", &[]);
        let mut reader = quick_xml::Reader::from_str(&odd);
        while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
        let texts = odd.split("<string>").skip(1).filter_map(|rest| rest.split("</string>").next());
        let strings: Vec<_> = texts.map(|text| quick_xml::escape::unescape(text).expect("escaped")).collect();
        let name = "relata-today-a_20_3Cb_3E_20_26_20c";
        let log = format!("/Users/a/Library/Logs/{name}.log");
        let own =
            ["/opt/it's here/relata", "--library", "/data/my papers/50% $x.db", "today", "--profile", "a <b> & c"];
        let expected: Vec<&str> = [name].into_iter().chain(own).chain([log.as_str(), log.as_str()]).collect();
        assert_eq!(strings, expected);
        for day in 1..=5 {
            let day = format!(
                "<key>Weekday</key><integer>{day}</integer><key>Hour</key><integer>7</integer><key>Minute</key><integer>5</integer>"
            );
            assert_eq!(odd.matches(&day).count(), 1);
        }
    }

    #[test]
    fn actions_run_the_program_of_their_own_machine() {
        let odd = text(Scheduler::GithubActions, "a ${{ secrets.X }}", &[]);
        assert!(odd.contains("\n    - cron: \"5 7 * * 1-5\"\n"), "{odd}");
        assert!(
            odd.contains("          relata today --profile 'a ${{ '${{' }} secrets.X }}' >> \"$GITHUB_STEP_SUMMARY\"")
        );
        assert!(odd.contains("key: relata-${{ github.run_id }}\n") && !odd.contains("my papers"), "{odd}");
        assert!(!odd.contains("RELATA_MAIL_PASSWORD"), "{odd}");
        let mailed = text(Scheduler::GithubActions, "default", &["--mail", "a@b.example"]);
        assert!(mailed.contains("\n# mail.server, mail.from and mail.user, and RELATA_MAIL_PASSWORD"), "{mailed}");
        assert!(mailed.contains("# To stop it: delete .github/workflows/relata-today.yml "), "{mailed}");
    }
}
