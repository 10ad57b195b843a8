//! Fetching a model, which the campaign runs in a process of its own: this test program, with a toy
//! model on a hub on 127.0.0.1.

use std::process::Command;
use std::sync::OnceLock;

use relata::model::locate;

use crate::home::Home;
use crate::world::{FakeHub, Manner, World};

/// Stands for the arguments of the command.
pub(crate) const FETCH: &str = "(fetch a model)";
const HUB: &str = "FAULTS_HUB";

/// The command that fetches the toy into the cache of a home.
pub(crate) fn command(home: &Home) -> Command {
    static HUB_THAT_ANSWERS: OnceLock<FakeHub> = OnceLock::new();
    let hub = HUB_THAT_ANSWERS.get_or_init(|| FakeHub::start(&World::new().files, Manner::Good));
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "fetch::child", "--ignored", "--nocapture"]);
    home.settle(&mut command);
    command.env(HUB, &hub.endpoint);
    command
}

#[test]
#[ignore = "run by the campaign, in a process of its own"]
fn child() {
    let (Ok(hub), Some(cache)) = (std::env::var(HUB), std::env::var_os("RELATA_CACHE")) else { return };
    let mut world = World::new();
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
