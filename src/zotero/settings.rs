//! Where Zotero's interfaces are, and the key of the web API.
//!
//! In: variables. Out: [`ZoteroSettings`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use crate::arxiv::{host, is_address, is_loopback};
use crate::error::{Result, ZoteroError};

/// The API of a Zotero that runs on this machine.
const LOCAL: &str = "http://localhost:23119/api";
/// Zotero's web API, version 3.
const WEB: &str = "https://api.zotero.org";
/// The name of the credential that systemd hands to a service.
const CREDENTIAL: &str = "relata-zotero";

/// Where Zotero's interfaces are.
#[derive(Clone, PartialEq, Eq)]
pub struct ZoteroSettings {
    /// Base address of the local API, without a closing slash.
    pub local: String,
    /// Base address of the web API, without a closing slash.
    pub web: String,
    /// The number of the user at zotero.org; else whose the key is.
    pub user: Option<String>,
    /// A key for the web API.
    pub key: Option<String>,
}

impl Default for ZoteroSettings {
    fn default() -> ZoteroSettings {
        ZoteroSettings { local: LOCAL.to_owned(), web: WEB.to_owned(), user: None, key: None }
    }
}

/// The key stays out of logs.
impl fmt::Debug for ZoteroSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ZoteroSettings { local, web, user, key } = self;
        f.debug_struct("ZoteroSettings")
            .field("local", local)
            .field("web", web)
            .field("user", user)
            .field("key", &key.as_ref().map(|_| "..."))
            .finish()
    }
}

impl ZoteroSettings {
    /// Reads `RELATA_ZOTERO_LOCAL`, `RELATA_ZOTERO_WEB`, `RELATA_ZOTERO_USER`, and the key: from
    /// `RELATA_ZOTERO_KEY`, from the file `relata-zotero` in `CREDENTIALS_DIRECTORY`, or from the
    /// file that `RELATA_ZOTERO_KEY_FILE` names, which only its owner may read. An empty variable
    /// counts as not set.
    ///
    /// # Errors
    /// [`ZoteroError::Address`], [`ZoteroError::Unencrypted`], [`ZoteroError::User`],
    /// [`ZoteroError::Key`], [`ZoteroError::KeyOpen`], [`ZoteroError::KeyFile`].
    pub fn from_vars(vars: impl Fn(&str) -> Option<OsString>) -> Result<ZoteroSettings> {
        let text = |name: &str| {
            let value = vars(name)?.to_string_lossy().trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let address = |name: &'static str, otherwise: &str| match text(name) {
            None => Ok(otherwise.to_owned()),
            Some(text) if !is_address(&text) => Err(ZoteroError::Address { name, text }),
            // Whoever listens on the way would have the key.
            Some(text) if !text.starts_with("https://") && !is_loopback(host(&text)) => {
                Err(ZoteroError::Unencrypted { name, text })
            }
            Some(text) => Ok(text.trim_end_matches('/').to_owned()),
        };
        let user = text("RELATA_ZOTERO_USER");
        if let Some(text) = user.as_ref().filter(|user| !user.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(ZoteroError::User { text: text.clone() }.into());
        }
        Ok(ZoteroSettings {
            local: address("RELATA_ZOTERO_LOCAL", LOCAL)?,
            web: address("RELATA_ZOTERO_WEB", WEB)?,
            user,
            key: key(&text)?,
        })
    }
}

fn key(text: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>> {
    if let Some(key) = text("RELATA_ZOTERO_KEY") {
        return if is_key(&key) { Ok(Some(key)) } else { Err(ZoteroError::Key.into()) };
    }
    let credential = text("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    if let Some(path) = credential.filter(|path| path.exists()) {
        return key_in(&path, false).map(Some);
    }
    text("RELATA_ZOTERO_KEY_FILE").map(|path| key_in(Path::new(&path), true)).transpose()
}

/// The key in a file. With `private`, nobody but its owner may have a right to it.
fn key_in(path: &Path, private: bool) -> Result<String> {
    let fault = |reason: String| ZoteroError::KeyFile { path: path.to_owned(), reason };
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|why| fault(why.to_string()))?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(ZoteroError::KeyOpen { path: path.to_owned(), mode }.into());
        }
    }
    #[cfg(not(unix))]
    let _ = private;
    let key = fs::read_to_string(path).map_err(|why| fault(why.to_string()))?;
    match key.trim() {
        key if is_key(key) => Ok(key.to_owned()),
        _ => Err(fault("it does not hold a key in one line".to_owned()).into()),
    }
}

/// Whether a text can be a key: what is sent in a header has no spaces and no line breaks.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<ZoteroSettings> {
        ZoteroSettings::from_vars(|name| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn an_address_is_encrypted_or_of_this_machine() {
        assert_eq!(read(&[("RELATA_ZOTERO_WEB", " ")]).unwrap(), ZoteroSettings::default());
        let code = |address: &str| read(&[("RELATA_ZOTERO_WEB", address)]).map(|read| read.web).map_err(|e| e.code());
        assert_eq!(code("http://127.0.0.1:1/"), Ok("http://127.0.0.1:1".to_owned()));
        assert_eq!(code("http://localhost:1/api"), Ok("http://localhost:1/api".to_owned()));
        assert_eq!(code("https://mirror.example"), Ok("https://mirror.example".to_owned()));
        for open in ["http://mirror.example", "http://127.0.0.1.example/", "http://localhost.example"] {
            assert_eq!(code(open), Err("zotero-unencrypted"), "{open}");
        }
        for wrong in ["localhost", "ftp://x", "https://"] {
            assert_eq!(code(wrong), Err("zotero-address"), "{wrong}");
        }
        assert_eq!(read(&[("RELATA_ZOTERO_USER", "ada")]).unwrap_err().code(), "zotero-user");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_comes_from_a_variable_a_credential_or_a_file_of_its_owner() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str, mode| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path.to_string_lossy().into_owned()
        };
        let key = |vars: &[(&str, &str)]| read(vars).map(|read| read.key).map_err(|error| error.code());
        let open = file("open", "secret\n", 0o644);
        assert_eq!(key(&[("RELATA_ZOTERO_KEY_FILE", &open)]), Err("zotero-key-open"));
        let own = file("own", " secret\r\n", 0o600);
        assert_eq!(key(&[("RELATA_ZOTERO_KEY_FILE", &own)]), Ok(Some("secret".to_owned())));
        for text in ["", "\n", "two\nlines", "two words"] {
            let wrong = file("wrong", text, 0o600);
            assert_eq!(key(&[("RELATA_ZOTERO_KEY_FILE", &wrong)]), Err("zotero-key-file"), "{text:?}");
        }
        file(CREDENTIAL, "of a service", 0o440);
        let credentials = folder.path().to_string_lossy().into_owned();
        let vars = [("RELATA_ZOTERO_KEY_FILE", own.as_str()), ("CREDENTIALS_DIRECTORY", &credentials)];
        assert_eq!(key(&vars), Err("zotero-key-file"), "two words are no key");
        file(CREDENTIAL, "service\n", 0o440);
        assert_eq!(key(&vars), Ok(Some("service".to_owned())));
        assert_eq!(key(&[vars[0], vars[1], ("RELATA_ZOTERO_KEY", "first")]), Ok(Some("first".to_owned())));
        assert_eq!(key(&[("RELATA_ZOTERO_KEY", "a b")]), Err("zotero-key"));
        let shown = format!("{:?}", read(&vars).unwrap());
        assert!(!shown.contains("service"), "{shown}");
    }
}
