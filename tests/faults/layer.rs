//! The fail layer (`layer.c`): built once, and put before programs.
//!
//! In: a fault. Out: the environment under which a program meets it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What happens to a program on its way to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It is killed before its n-th call.
    Kill(usize),
    /// It is killed in the middle of its n-th call, or right after one that has no middle.
    Torn(usize),
    /// The n-th call fails: the disk is broken.
    Broken(usize),
    /// The n-th call and all later ones fail.
    BrokenFrom(usize),
    /// The n-th call fails: there is no room.
    NoRoom(usize),
    /// The n-th call and all later ones fail for want of room.
    NoRoomFrom(usize),
    /// The disk has room for so many bytes.
    Room(u64),
}

impl Fault {
    /// Its kind, as the table names it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Fault::Kill(_) => "killed before a call",
            Fault::Torn(_) => "killed within a call",
            Fault::Broken(_) => "a call fails (EIO)",
            Fault::BrokenFrom(_) => "all calls from one on fail (EIO)",
            Fault::NoRoom(_) => "a call fails (ENOSPC)",
            Fault::NoRoomFrom(_) => "all calls from one on fail (ENOSPC)",
            Fault::Room(_) => "a small disk",
        }
    }

    /// Whether the program ends by the fault itself.
    pub(crate) fn kills(self) -> bool {
        matches!(self, Fault::Kill(_) | Fault::Torn(_))
    }

    /// Whether there is no room from some point on: who fails then can say so.
    pub(crate) fn fills_the_disk(self) -> bool {
        matches!(self, Fault::NoRoomFrom(_) | Fault::Room(_))
    }

    fn variables(self) -> Vec<(&'static str, String)> {
        let at = |number: usize, what: &str| vec![("FAULT_AT", number.to_string()), ("FAULT_DO", what.to_owned())];
        match self {
            Fault::Kill(number) => at(number, "kill"),
            Fault::Torn(number) => at(number, "torn"),
            Fault::Broken(number) => at(number, "eio"),
            Fault::BrokenFrom(number) => at(number, "eio-on"),
            Fault::NoRoom(number) => at(number, "enospc"),
            Fault::NoRoomFrom(number) => at(number, "enospc-on"),
            Fault::Room(bytes) => vec![("FAULT_ROOM", bytes.to_string())],
        }
    }
}

/// Puts the layer before a program, over the files of a folder; with a fault, and with a log of all
/// calls where one is asked for. Without either, only syncs are left out, which makes it quicker.
pub(crate) fn under(command: &mut Command, root: &Path, fault: Option<Fault>, log: Option<&Path>) {
    command.env("LD_PRELOAD", built()).env("FAULT_ROOT", root);
    command.envs(fault.map(Fault::variables).unwrap_or_default());
    if let Some(log) = log {
        command.env("FAULT_LOG", log);
    }
}

/// The layer as a shared object, built by the C compiler that builds SQLite as well.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/layer.c");
        let object = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("layer-{}.so", std::process::id()));
        let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&object).arg(&source);
        let done = compiler.output().expect("a C compiler");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        object
    })
}
