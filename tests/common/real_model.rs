//! Where the tests find all-MiniLM-L6-v2.

use std::path::PathBuf;

/// The folder of the real model.
pub fn real_model_folder() -> PathBuf {
    match std::env::var_os("RELATA_TEST_MODEL") {
        Some(folder) => folder.into(),
        None => panic!("set RELATA_TEST_MODEL to a folder that holds all-MiniLM-L6-v2"),
    }
}
