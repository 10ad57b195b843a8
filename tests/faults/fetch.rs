//! Fetching: a model, which the campaign runs in a process of its own: this test program, with a
//! toy model on a hub on 127.0.0.1; and papers, from the stand-in of arXiv's servers.

use std::process::Command;
use std::sync::OnceLock;

use jiff::{Timestamp, ToSpan};
use relata::model::locate;

use crate::arxiv::{Server, World, machine};
use crate::home::Home;
use crate::world::{FakeHub, Manner, World as Toy};

/// Stands for the arguments of the command.
pub(crate) const FETCH: &str = "(fetch a model)";
const HUB: &str = "FAULTS_HUB";

/// The command that fetches the toy into the cache of a home.
pub(crate) fn command(home: &Home) -> Command {
    static HUB_THAT_ANSWERS: OnceLock<FakeHub> = OnceLock::new();
    let hub = HUB_THAT_ANSWERS.get_or_init(|| FakeHub::start(&Toy::new().files, Manner::Good));
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "fetch::child", "--ignored", "--nocapture"]);
    home.settle(&mut command);
    command.env(HUB, &hub.endpoint);
    command
}

/// The program with the stand-in of arXiv's servers, whose clock is that of this machine: the last
/// four weeks of a small archive, in pages of 40 records.
pub(crate) fn from_arxiv(home: &Home, arguments: &[&str]) -> Command {
    static ARXIV: OnceLock<Server> = OnceLock::new();
    let server = ARXIV.get_or_init(|| {
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let server = Server::start(World::generate(5, 200, today.saturating_sub(28.days()), today), machine());
        server.set_page_size(40);
        server
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_relata"));
    home.settle(command.args(arguments));
    command.env_remove("RELATA_OFFLINE").env("RELATA_ARXIV_PAUSE_MS", "1");
    command.env("RELATA_ARXIV_FEED", server.feed()).env("RELATA_ARXIV_OAI", server.oai());
    command.env("RELATA_ARXIV_API", server.api());
    command
}

#[test]
#[ignore = "run by the campaign, in a process of its own"]
fn child() {
    let (Ok(hub), Some(cache)) = (std::env::var(HUB), std::env::var_os("RELATA_CACHE")) else { return };
    let mut world = Toy::new();
    (world.settings.endpoint, world.settings.cache) = (hub, cache.into());
    match locate(&world.choice(), &world.settings, &mut |_| ()) {
        Ok(found) => {
            for (path, bytes) in &world.files {
                assert!(std::fs::read(found.root.join(path)).is_ok_and(|read| read == *bytes), "{path}");
            }
            println!("fetched {} files", found.files.len());
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    }
}
