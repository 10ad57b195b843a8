//! A disk as a power cut leaves it.
//!
//! In: a folder before a command, and the log of what the command did to it (`layer.c`). Out: what
//! the folder may hold if the power fails after any call of it. A file keeps for certain what it
//! held at its last sync, a folder the names that it had at its own. What came later may be there
//! or not.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One call that a program made, as the layer logs it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub kind: u8,
    inode: u64,
    number: i64,
    pub bytes: Vec<u8>,
}

/// All calls of a log.
pub(crate) fn calls(log: &Path) -> Vec<Call> {
    let bytes = fs::read(log).unwrap_or_default();
    let (mut calls, mut rest) = (Vec::new(), &bytes[..]);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = std::str::from_utf8(&rest[..end]).expect("a head");
        let mut words = head.split(' ');
        let mut word = || words.next().expect("a word");
        let kind = word().as_bytes()[0];
        let (inode, number) = (word().parse().expect("an inode"), word().parse().expect("a number"));
        let length: usize = word().parse().expect("a length");
        let bytes = rest[end + 1..][..length].to_vec();
        calls.push(Call { kind, inode, number, bytes });
        rest = &rest[end + 1 + length + 1..];
    }
    calls
}

/// What of the calls that no sync made certain is there after the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Names as they were last, contents as they were synced.
    NewNames,
    /// Names and contents as they were synced.
    OldNames,
    /// Names either way; each block of 4096 bytes that was written is there or not, by this seed.
    Mixed(u64),
}

#[derive(Clone, Debug)]
enum Node {
    File(usize),
    Folder(usize),
    Link(PathBuf),
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

#[derive(Clone, Debug, Default)]
struct Content {
    synced: Vec<u8>,
    since: Vec<Change>,
}

#[derive(Clone, Debug, Default)]
struct Folder {
    synced: BTreeMap<Vec<u8>, Node>,
    now: BTreeMap<Vec<u8>, Node>,
}

/// The files below a folder, each with what is certain of it.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    files: Vec<Content>,
    folders: Vec<Folder>,
    inodes: HashMap<u64, usize>,
}

impl Disk {
    /// What lies there now, all of it synced.
    pub(crate) fn of(root: &Path) -> Disk {
        let root = root.canonicalize().expect("a folder");
        let mut disk = Disk { root: root.clone(), files: Vec::new(), folders: Vec::new(), inodes: HashMap::new() };
        disk.take_in(&root);
        disk
    }

    fn take_in(&mut self, path: &Path) -> usize {
        let number = self.folders.len();
        self.folders.push(Folder::default());
        for entry in fs::read_dir(path).expect("a folder").flatten() {
            let about = entry.metadata().expect("a file");
            let node = if about.is_dir() {
                Node::Folder(self.take_in(&entry.path()))
            } else if about.is_symlink() {
                Node::Link(fs::read_link(entry.path()).expect("a link"))
            } else {
                let content = Content { synced: fs::read(entry.path()).expect("a file"), since: Vec::new() };
                self.new_file(about.ino(), content)
            };
            self.folders[number].now.insert(entry.file_name().as_bytes().to_vec(), node);
        }
        self.folders[number].synced = self.folders[number].now.clone();
        number
    }

    fn new_file(&mut self, inode: u64, content: Content) -> Node {
        self.inodes.insert(inode, self.files.len());
        self.files.push(content);
        Node::File(self.files.len() - 1)
    }

    /// One call further.
    pub(crate) fn follow(&mut self, call: &Call) {
        let number = usize::try_from(call.number).expect("a size or an offset");
        let path = || PathBuf::from(OsStr::from_bytes(&call.bytes));
        match call.kind {
            b'n' => {
                let node = self.new_file(call.inode, Content::default());
                self.name(&path(), Some(node));
            }
            b'm' => {
                self.folders.push(Folder::default());
                self.name(&path(), Some(Node::Folder(self.folders.len() - 1)));
            }
            b'w' => self.change(call.inode, Change::Write(number, call.bytes.clone())),
            b't' => self.change(call.inode, Change::Resize(number)),
            b's' => {
                if let Some(file) = self.inodes.get(&call.inode) {
                    let content = &mut self.files[*file];
                    content.since.drain(..).for_each(|change| change.apply(&mut content.synced));
                }
            }
            b'd' => {
                if let Some(folder) = self.folder(&path()) {
                    self.folders[folder].synced = self.folders[folder].now.clone();
                }
            }
            b'r' => {
                let (from, to) = two(&call.bytes);
                let node = self.name(&from, None);
                self.name(&to, node);
            }
            b'l' => {
                let (target, path) = two(&call.bytes);
                let hard = self.inodes.get(&call.inode).filter(|_| call.inode != 0).map(|file| Node::File(*file));
                self.name(&path, Some(hard.unwrap_or(Node::Link(target))));
            }
            b'u' | b'x' => drop(self.name(&path(), None)),
            _ => {}
        }
    }

    fn change(&mut self, inode: u64, change: Change) {
        let file = self.inodes.get(&inode).expect("a file that was there or was made");
        self.files[*file].since.push(change);
    }

    fn folder(&self, path: &Path) -> Option<usize> {
        let below = path.strip_prefix(&self.root).ok()?;
        below.iter().try_fold(0, |folder, name| match self.folders[folder].now.get(name.as_bytes()) {
            Some(Node::Folder(number)) => Some(*number),
            _ => None,
        })
    }

    /// Gives a name to a node, or takes one away; gives what had it.
    fn name(&mut self, path: &Path, node: Option<Node>) -> Option<Node> {
        let folder = self.folder(path.parent()?)?;
        let name = path.file_name()?.as_bytes().to_vec();
        let names = &mut self.folders[folder].now;
        let before = names.remove(&name);
        if let Some(node) = node {
            names.insert(name, node);
        }
        before
    }

    /// Writes to an empty folder what a power cut leaves here.
    pub(crate) fn cut(&self, cut: Cut, to: &Path) {
        let mut coins = fastrand::Rng::with_seed(if let Cut::Mixed(seed) = cut { seed } else { 0 });
        let new_names = match cut {
            Cut::NewNames => true,
            Cut::OldNames => false,
            Cut::Mixed(_) => coins.bool(),
        };
        let contents: Vec<Vec<u8>> = self.files.iter().map(|content| content.after(cut, &mut coins)).collect();
        self.write_folder(0, new_names, &contents, to);
    }

    fn write_folder(&self, folder: usize, new_names: bool, contents: &[Vec<u8>], to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        let names = if new_names { &self.folders[folder].now } else { &self.folders[folder].synced };
        for (name, node) in names {
            let path = to.join(OsStr::from_bytes(name));
            match node {
                Node::File(file) => fs::write(path, &contents[*file]).expect("a file"),
                Node::Folder(number) => self.write_folder(*number, new_names, contents, &path),
                Node::Link(target) => std::os::unix::fs::symlink(target, path).expect("a link"),
            }
        }
    }
}

impl Content {
    fn after(&self, cut: Cut, coins: &mut fastrand::Rng) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        if !matches!(cut, Cut::Mixed(_)) {
            return bytes;
        }
        for change in &self.since {
            match change {
                Change::Write(offset, written) => {
                    for (at, block) in written.chunks(4096).enumerate() {
                        if coins.bool() {
                            Change::Write(offset + at * 4096, block.to_vec()).apply(&mut bytes);
                        }
                    }
                }
                Change::Resize(_) if coins.bool() => change.clone().apply(&mut bytes),
                Change::Resize(_) => {}
            }
        }
        bytes
    }
}

impl Change {
    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Change::Resize(size) => bytes.resize(size, 0),
            Change::Write(offset, written) => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[offset..end].copy_from_slice(&written);
            }
        }
    }
}

fn two(bytes: &[u8]) -> (PathBuf, PathBuf) {
    let middle = bytes.iter().position(|byte| *byte == 0).expect("two paths");
    let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
    (path(&bytes[..middle]), path(&bytes[middle + 1..]))
}
