//! Reads the configuration file, and changes single lines of it.
//!
//! In: TOML. Out: for each key its value as one would type it, with its line; or all that is wrong,
//! line by line. A change keeps comments, order and layout of all else.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use toml_edit::{Document, DocumentMut, Item, Table, TableLike, TomlError, Value};

use super::keys::{Key, Kind, key, nearest};
use crate::error::{ConfigError, ConfigFault, Error, Result};
use crate::files;

/// The value of a setting, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Line {
    /// As one would type it.
    pub text: String,
    /// The line, from 1 on.
    pub number: usize,
}

/// What a file sets, by key.
pub(in crate::cli) type Settings = BTreeMap<&'static str, Line>;

/// The text of a file; nothing where there is none.
pub(super) fn text(path: &Path) -> Result<String> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        faulty(path, vec![ConfigFault { line, what: "this is not UTF-8".to_owned() }])
    })
}

/// Reads the settings of a text.
///
/// # Errors
/// [`ConfigError::Faulty`] with every fault of the file.
pub(super) fn settings(path: &Path, text: &str) -> Result<Settings> {
    let document = Document::parse(text).map_err(|error| syntax(path, text, &error))?;
    let (mut settings, mut faults) = (Settings::new(), Vec::new());
    for leaf in leaves(document.as_table(), "", text) {
        match leaf.read() {
            Ok((key, line)) => drop(settings.insert(key.name, line)),
            Err(what) => faults.push(ConfigFault { line: leaf.line, what }),
        }
    }
    faults.sort_by_key(|fault| fault.line);
    if faults.is_empty() { Ok(settings) } else { Err(faulty(path, faults)) }
}

/// A key of a file with what it is set to.
struct Leaf<'a> {
    name: String,
    line: usize,
    value: Option<&'a Value>,
}

impl Leaf<'_> {
    fn read(&self) -> std::result::Result<(&'static Key, Line), String> {
        let name = &self.name;
        let key = key(name).ok_or_else(|| format!("there is no setting {name}; the nearest is {}", nearest(name)))?;
        let expected = || format!("{name}: expected {}", key.kind.expected());
        let text = self.value.and_then(|value| typed(key.kind, value)).ok_or_else(expected)?;
        if !key.kind.takes(&text) {
            return Err(format!("{}, and not {text:?}", expected()));
        }
        Ok((key, Line { text, number: self.line }))
    }
}

/// A value as one would type it, if it has the type.
fn typed(kind: Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Flag, Value::Boolean(value)) => Some(value.value().to_string()),
        (Kind::Count | Kind::Match | Kind::Port, Value::Integer(value)) => Some(value.value().to_string()),
        (Kind::Match, Value::Float(value)) => Some(value.value().to_string()),
        (kind, Value::String(value)) if kind.is_text() => Some(value.value().clone()),
        (Kind::Several, Value::Array(values)) => {
            let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
            // What has a comma in it would be read as two.
            texts.filter(|texts| texts.iter().all(|text| !text.contains(','))).map(|texts| texts.join(","))
        }
        _ => None,
    }
}

/// All keys of a table and of those in it, each by its whole name.
fn leaves<'a>(table: &'a dyn TableLike, before: &str, text: &str) -> Vec<Leaf<'a>> {
    let mut found = Vec::new();
    for (name, item) in table.iter() {
        let span = table.key(name).and_then(toml_edit::Key::span);
        let line = line_of(text, span.map_or(0, |span| span.start));
        let name = format!("{before}{name}");
        match item.as_table_like() {
            Some(inner) => found.extend(leaves(inner, &format!("{name}."), text)),
            None => found.push(Leaf { name, line, value: item.as_value() }),
        }
    }
    found
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}

fn syntax(path: &Path, text: &str, error: &TomlError) -> Error {
    let line = line_of(text, error.span().map_or(0, |span| span.start));
    let what = error.message().lines().collect::<Vec<_>>().join(", ");
    faulty(path, vec![ConfigFault { line, what }])
}

fn faulty(path: &Path, faults: Vec<ConfigFault>) -> Error {
    ConfigError::Faulty { path: path.to_owned(), faults }.into()
}

/// Sets a key in a file, which is made where it is not there.
///
/// # Errors
/// [`ConfigError::Value`] for a value that the setting does not take; [`ConfigError::Faulty`] where
/// the file is no TOML; [`Error::Io`].
pub(in crate::cli) fn set(path: &Path, key: &'static Key, typed: &str) -> Result<()> {
    if !key.kind.takes(typed) {
        let value = typed.to_owned();
        return Err(ConfigError::Value { key: key.name, value, expected: key.kind.expected() }.into());
    }
    let mut document = editable(path)?;
    let value = match key.kind {
        Kind::Flag => Value::from(typed == "true"),
        Kind::Count | Kind::Match | Kind::Port => match (typed.parse::<i64>(), typed.parse::<f64>()) {
            (Ok(whole), _) => Value::from(whole),
            (Err(_), Ok(number)) => Value::from(number),
            (Err(_), Err(_)) => return Err(Error::Internal("a number that is none")),
        },
        _ => Value::from(typed),
    };
    let (tables, last) = key.name.rsplit_once('.').unwrap_or(("", key.name));
    let mut within: &mut dyn TableLike = document.as_table_mut();
    for name in tables.split('.').filter(|name| !name.is_empty()) {
        let inner = within.entry(name).or_insert_with(|| Item::Table(Table::new()));
        if !inner.is_table_like() {
            *inner = Item::Table(Table::new());
        }
        within = inner.as_table_like_mut().ok_or(Error::Internal("a table that is none"))?;
    }
    match within.get_mut(last).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => drop(within.insert(last, Item::Value(value))),
    }
    write(path, &document.to_string())
}

/// Takes a key out of a file, be it one that is no setting. Whether it was there.
///
/// # Errors
/// [`ConfigError::Faulty`] where the file is no TOML; [`Error::Io`].
pub(in crate::cli) fn unset(path: &Path, name: &str) -> Result<bool> {
    let mut document = editable(path)?;
    let (tables, last) = name.rsplit_once('.').unwrap_or(("", name));
    let mut within: &mut dyn TableLike = document.as_table_mut();
    for table in tables.split('.').filter(|name| !name.is_empty()) {
        let Some(inner) = within.get_mut(table).and_then(Item::as_table_like_mut) else { return Ok(false) };
        within = inner;
    }
    if within.remove(last).is_none() {
        return Ok(false);
    }
    write(path, &document.to_string())?;
    Ok(true)
}

fn editable(path: &Path) -> Result<DocumentMut> {
    let text = text(path)?;
    text.parse::<DocumentMut>().map_err(|error| syntax(path, &text, &error))
}

/// Puts a text in the place of the file, whole or not at all. One that is new is for its owner
/// alone; another keeps its permissions, and a link leads where it led.
fn write(path: &Path, text: &str) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = fs::metadata(&target).map(|there| there.permissions()).ok();
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        files::create_folders(folder).map_err(Error::io(folder))?;
    }
    let written = files::replace(&target, |beside| {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(beside)?;
        file.write_all(text.as_bytes())?;
        permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions))
    });
    written.map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Vec<(&'static str, String, usize)>, String> {
        let settings = settings(Path::new("c.toml"), text).map_err(|error| error.to_string())?;
        Ok(settings.into_iter().map(|(key, line)| (key, line.text, line.number)).collect())
    }

    #[test]
    fn settings_are_read_in_any_spelling_of_toml() {
        let text = "# mine\nlibrary = 'a.db'\noffline = true\n\n[today]\nk = 5\nat_least = 62.5\n";
        let expected = [
            ("library", "a.db".to_owned(), 2),
            ("offline", "true".to_owned(), 3),
            ("today.at_least", "62.5".to_owned(), 7),
            ("today.k", "5".to_owned(), 6),
        ];
        assert_eq!(read(text).unwrap(), expected);
        let hosts = |value: &str| read(&format!("serve.host = {value}")).map(|all| all[0].1.clone());
        assert_eq!(hosts("['a.example', 'b.example:80']").unwrap(), "a.example,b.example:80");
        assert_eq!(hosts("'a.example,b.example'").unwrap(), "a.example,b.example");
        for wrong in ["[]", "[1]", "['a,b']", "3"] {
            assert!(hosts(wrong).unwrap_err().contains("serve.host: expected texts with commas"), "{wrong}");
        }
        for other in ["today.k = 5", "today = { k = 5 }", "[today]\r\n'k' = 0x5\r\n"] {
            assert_eq!(read(other).unwrap()[0].1, "5", "{other}");
        }
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn every_fault_is_named_with_its_line_and_no_secret() {
        let text = "libary = 'hidden'\nmodel = 3\n[today]\nk = 'ten'\nat_least = 101\ncount = 1\n[[profile]]\n";
        assert_eq!(
            read(text).unwrap_err(),
            "the configuration file c.toml has 6 faults:\n  \
             line 1: there is no setting libary; the nearest is library\n  \
             line 2: model: expected a name or a path\n  \
             line 4: today.k: expected a whole number, at least 1\n  \
             line 5: today.at_least: expected a number from 0 to 100, and not \"101\"\n  \
             line 6: there is no setting today.count; the nearest is today.k\n  \
             line 7: profile: expected a text in one line"
        );
        let syntax = read("model = 'a'\ndevice = cpu\n").unwrap_err();
        assert!(syntax.starts_with("the configuration file c.toml has a fault:\n  line 2: "), "{syntax}");
        let twice = read("model = 'a'\nmodel = 'b'\n").unwrap_err();
        assert!(twice.contains("line 2: ") && twice.contains("duplicate key"), "{twice}");
    }

    #[test]
    fn a_change_keeps_all_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/config.toml");
        let now = || fs::read_to_string(&path).unwrap();
        let set = |name: &str, value: &str| set(&path, key(name).unwrap(), value);
        set("today.k", "5").unwrap();
        assert_eq!(now(), "[today]\nk = 5\n");
        fs::write(&path, "# mine\nmodel = 'a' # why\n\n[today] # list\nk = 5\n# end\n").unwrap();
        set("model", "it's").unwrap();
        set("today.at_least", "60").unwrap();
        set("offline", "true").unwrap();
        let expected =
            "# mine\nmodel = \"it's\" # why\noffline = true\n\n[today] # list\nk = 5\nat_least = 60\n# end\n";
        assert_eq!(now(), expected);
        assert!(unset(&path, "today.k").unwrap());
        assert!(!unset(&path, "today.k").unwrap() && !unset(&path, "none.at.all").unwrap());
        assert_eq!(now(), expected.replace("k = 5\n", ""));
        let refused = set("today.k", "ten").unwrap_err().to_string();
        assert_eq!(refused, "today.k does not take \"ten\": expected a whole number, at least 1");
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_its_owners_and_a_link_stays_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("config.toml"), folder.path().join("link.toml"));
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        set(&path, key("model").unwrap(), "a").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        set(&link, key("model").unwrap(), "b").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((mode(), fs::read_to_string(&path).unwrap().as_str()), (0o640, "model = \"b\"\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
