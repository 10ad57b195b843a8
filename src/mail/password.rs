//! A password, and where it is kept.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::error::{Error, MailError, Result};

/// A password, which nothing shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// A password.
    pub fn new(password: impl Into<String>) -> Password {
        Password(password.into())
    }

    /// Reads a password from a file that holds nothing else. With `private`, nobody but its owner
    /// may have a right to it.
    ///
    /// # Errors
    /// [`MailError::PasswordOpen`], [`MailError::PasswordFile`], [`Error::Io`].
    pub fn from_file(path: &Path, private: bool) -> Result<Password> {
        #[cfg(unix)]
        if private {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).map_err(Error::io(path))?.permissions().mode() & 0o7777;
            if mode & 0o077 != 0 {
                return Err(MailError::PasswordOpen { path: path.to_owned(), mode }.into());
            }
        }
        #[cfg(not(unix))]
        let _ = private;
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let password = text.strip_suffix('\n').unwrap_or(&text).trim_end_matches('\r');
        if password.is_empty() || password.chars().any(char::is_control) {
            return Err(MailError::PasswordFile { path: path.to_owned() }.into());
        }
        Ok(Password(password.to_owned()))
    }

    pub(super) fn show(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("...")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_password_is_read_from_a_file_that_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let read = |text: &[u8], mode, private| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            Password::from_file(&path, private).map(|password| password.0).map_err(|error| error.code())
        };
        assert_eq!(read(b"open sesame \n", 0o600, true), Ok("open sesame ".to_owned()));
        assert_eq!(read(b"windows\r\n", 0o400, true), Ok("windows".to_owned()));
        for mode in [0o640, 0o604, 0o644] {
            assert_eq!(read(b"secret", mode, true), Err("mail-password-open"));
        }
        // The service manager has its own way of keeping a credential to one service.
        assert_eq!(read(b"secret", 0o440, false), Ok("secret".to_owned()));
        for text in [&b""[..], b"\n", b"two\nlines\n", b"\xff"] {
            assert_eq!(read(text, 0o600, true), Err("mail-password-file"));
        }
        assert_eq!(Password::from_file(&folder.path().join("none"), true).unwrap_err().code(), "io");
    }
}
