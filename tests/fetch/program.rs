//! The program against the stand-in: it survives kills, and the guide's commands work.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use super::arxiv::{Endpoint, Fault};
use super::*;

/// A home with a library of its own, and the servers that its program asks. Their clock is that of
/// this machine, since the program's is.
struct Home {
    folder: TempDir,
    server: Server,
}

impl Home {
    fn new(world: World) -> Home {
        let server = Server::start(world, super::arxiv::machine());
        Home { folder: TempDir::new().expect("a folder"), server }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relata"));
        let at = |name: &str| self.folder.path().join(name);
        command.args(arguments).stdin(Stdio::null()).current_dir(self.folder.path());
        command.env("RELATA_LIBRARY", at("library.db")).env("RELATA_CACHE", at("cache")).env_remove("RELATA_OFFLINE");
        command.env("RELATA_MODEL", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert"));
        command.env("RELATA_ARXIV_FEED", self.server.feed()).env("RELATA_ARXIV_OAI", self.server.oai());
        command.env("RELATA_ARXIV_API", self.server.api()).env("RELATA_ARXIV_PAUSE_MS", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    fn dump(&self) -> String {
        let mut dump = Vec::new();
        let library = Library::open(&self.folder.path().join("library.db")).expect("a good library");
        assert_eq!(library.check().expect("checked"), []);
        library.dump(&mut dump).expect("readable");
        String::from_utf8(dump).expect("text")
    }
}

/// Four weeks of papers until today: the same ones whenever they are asked for, also past midnight.
fn recent(papers: usize) -> World {
    static TODAY: LazyLock<Date> = LazyLock::new(|| Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date());
    World::generate(3, papers, TODAY.saturating_sub(jiff::ToSpan::days(28)), *TODAY)
}

/// A harvest that is killed at random moments, again and again, ends as one that was not: no record
/// is lost, none stands twice, and a kill costs one page at most. `RELATA_FETCH_KILLS` says how
/// often; 12 times without it.
#[test]
fn a_harvest_that_is_killed_goes_on() {
    let kills = std::env::var("RELATA_FETCH_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let harvest = ["fetch", "--all", "--no-embed"];
    let whole = Home::new(recent(1200));
    whole.server.set_page_size(25);
    assert!(whole.run(&harvest).status.success());
    let (wanted, pages) = (whole.dump(), whole.server.requests().len());
    assert!(pages > 30, "{pages}");
    let (mut done, mut rounds, mut seed) = (0, 0, 5u64);
    while done < kills {
        rounds += 1;
        let home = Home::new(recent(1200));
        home.server.set_page_size(25);
        let mut killed = 0;
        let was_through = loop {
            let mut child =
                home.command(&harvest).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // A drawn number of requests later, a third of them at most, so that several kills fall
            // into one harvest; and at any moment of what a request takes.
            let drawn = (seed >> 33) as usize;
            let moment = home.server.requests().len() + drawn % (pages / 3);
            let more = Duration::from_micros((drawn / pages % 10_000) as u64);
            let ended = loop {
                match child.try_wait().expect("a child") {
                    Some(status) => break Some(status),
                    None if done < kills && home.server.requests().len() >= moment => {
                        std::thread::sleep(more);
                        break None;
                    }
                    None => std::thread::sleep(Duration::from_millis(1)),
                }
            };
            match ended {
                Some(status) => {
                    // Killed behind its last page, the harvest was through, and nothing is new.
                    let was_through = status.code() == Some(1) && killed > 0;
                    assert!(status.success() || was_through, "{status}");
                    break was_through;
                }
                None => {
                    child.kill().expect("killed");
                    child.wait().expect("gone");
                    (killed, done) = (killed + 1, done + 1);
                }
            }
        };
        assert_eq!(home.dump(), wanted, "after {killed} kills");
        let asked = home.server.requests().len();
        assert!(was_through || asked <= pages + killed, "{asked} requests for {pages} pages and {killed} kills");
    }
    assert!(rounds <= kills);
}

/// The commands of the guide, one after the other, as somebody types them.
#[test]
fn the_first_morning_is_as_the_guide_says() {
    let home = Home::new(recent(900));
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/first-morning.md"));
    let guide = guide.expect("the guide");
    let commands: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("    $ relata ")).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    let mut ended = Vec::new();
    for command in &commands {
        // The paper of the guide is none of the stand-in's.
        let known = home.server.world().papers()[0].id.clone();
        let command = command.replace("2602.10611", &known);
        let output = home.run(&command.split(' ').collect::<Vec<_>>());
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1)), "{command}: {code:?}\n{out}\n{err}");
        ended.push((command, code.unwrap_or(2), out.into_owned(), err.into_owned()));
    }
    let of = |begin: &str| ended.iter().find(|(command, ..)| command.starts_with(begin)).expect("in the guide");
    let (_, code, out, err) = of("fetch cs.LG");
    assert_eq!(*code, 0, "{err}");
    assert!(out.starts_with("cs.LG    ") && err.contains(" of the announcement of "), "{out}{err}");
    let again = ended.iter().find(|(command, ..)| command == "fetch").expect("in the guide");
    assert_eq!(again.1, 1, "nothing is new: {}", again.3);
    assert!(of("sources").2.contains("complete to "), "{}", of("sources").2);
    assert!(of("sources").3.contains("The feed was last read on 20"), "{}", of("sources").3);
    assert_eq!(of("fetch --since").1, 0);
    assert!(of("like").2.starts_with("changed 3; default: 3 liked"), "{}", of("like").2);
    assert!(of("today").2.contains(" new"), "{}", of("today").2);
}

/// What the three endings look like, and their exit codes.
#[test]
fn three_endings_have_three_codes_and_messages() {
    let home = Home::new(recent(900));
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let first = home.run(&["fetch", "cs.LG", "--no-embed"]);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let second = home.run(&["fetch", "--no-embed"]);
    assert_eq!(second.status.code(), Some(1), "{}", said(&second));
    assert!(said(&second).contains("Nothing "), "{}", said(&second));
    home.server.always(Endpoint::Feed, Fault::HtmlDenial);
    home.server.always(Endpoint::Oai, Fault::Unavailable { retry_after: None });
    let third = home.run(&["fetch", "hep-th", "--no-embed"]);
    assert_eq!(third.status.code(), Some(2), "{}", said(&third));
    let (out, err) = (String::from_utf8_lossy(&third.stdout), said(&third));
    assert!(out.contains("hep-th  failed (") && out.contains("Access Denied") && out.contains("HTTP 503"), "{out}");
    assert!(err.contains("Incomplete: what came is stored"), "{err}");
    // As JSON the same, with nothing else on standard output.
    let json = home.run(&["fetch", "hep-th", "--no-embed", "--json"]);
    let answer: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&answer["outcome"], &answer["categories"][0]["state"]), (&"incomplete".into(), &"failed".into()));
    let words = home.run(&["fetch", "cs.LG", "2602.10611"]);
    assert!(said(&words).contains("make two commands of it"), "{}", said(&words));
}
