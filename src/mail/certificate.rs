//! Certificates of one's own: those that a mail server may show beside what Mozilla's list vouches
//! for.
//!
//! In: a file. Out: certificates that a connection trusts.

use std::fmt;
use std::fs;
use std::path::Path;

use lettre::transport::smtp::client::{Certificate, TlsParameters};

use crate::error::{Error, MailError, Result};

/// Where a certificate in PEM begins.
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Certificates that are trusted beside Mozilla's list: a server's own, or those of an authority.
#[derive(Clone)]
pub struct Certificates(Certificate);

impl Certificates {
    /// Reads one or several certificates in PEM.
    ///
    /// # Errors
    /// [`Error::Io`]; [`MailError::Certificate`] where the file holds none, or one that is damaged.
    pub fn from_file(path: &Path) -> Result<Certificates> {
        let refused = |cause: String| MailError::Certificate { path: path.to_owned(), cause };
        let bytes = fs::read(path).map_err(Error::io(path))?;
        if !String::from_utf8_lossy(&bytes).contains(BEGIN) {
            return Err(refused("there is none in PEM".to_owned()).into());
        }
        let certificates = Certificate::from_pem(&bytes).map_err(|error| refused(error.to_string()))?;
        // Each is looked at when it is added.
        let tried = TlsParameters::builder("localhost".to_owned()).add_root_certificate(certificates.clone()).build();
        tried.map_err(|error| refused(error.to_string()))?;
        Ok(Certificates(certificates))
    }

    pub(super) fn own(&self) -> Certificate {
        self.0.clone()
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("...")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.pem");
        let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "AAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", damaged, BEGIN] {
            fs::write(&path, text).unwrap();
            let refused = Certificates::from_file(&path).unwrap_err();
            assert_eq!(refused.code(), "mail-certificate", "{text}");
            assert!(refused.to_string().starts_with(&path.display().to_string()), "{refused}");
        }
        assert_eq!(Certificates::from_file(&folder.path().join("none")).unwrap_err().code(), "io");
    }
}
