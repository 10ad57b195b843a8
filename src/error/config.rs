//! What can go wrong with the configuration file.

use std::path::PathBuf;

/// Errors of the configuration file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A configuration file that is not TOML, or has keys or values that nothing reads.
    #[error("the configuration file {path} has {}{}", count(faults), lines(faults), path = path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What is wrong, in the order of the lines.
        faults: Vec<ConfigFault>,
    },
    /// A key that is no setting.
    #[error("there is no setting {key}; the nearest is {nearest}")]
    UnknownKey {
        /// As asked for.
        key: String,
        /// The setting of the most similar name.
        nearest: &'static str,
    },
    /// A value that a setting does not take.
    #[error("{key} does not take {value:?}: expected {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// As given.
        value: String,
        /// What it takes.
        expected: String,
    },
    /// A user without a folder for configuration.
    #[error("this user has no folder for configuration files (no HOME?)")]
    NoFolder,
}

/// What is wrong in a line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong there. It never holds a value of a key that is not known, which may be a
    /// secret.
    pub what: String,
}

impl ConfigError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::Faulty { .. } => "configuration-faulty",
            ConfigError::UnknownKey { .. } => "unknown-setting",
            ConfigError::Value { .. } => "setting-refused",
            ConfigError::NoFolder => "no-configuration-folder",
        }
    }
}

fn count(faults: &[ConfigFault]) -> String {
    if faults.len() == 1 { "a fault:".to_owned() } else { format!("{} faults:", faults.len()) }
}

fn lines(faults: &[ConfigFault]) -> String {
    faults.iter().map(|fault| format!("\n  line {}: {}", fault.line, fault.what)).collect()
}
