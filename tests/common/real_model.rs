//! Where the tests find all-MiniLM-L6-v2: the way the product finds it, fetched where it is not
//! here yet.

use std::path::PathBuf;

use relata::model::{Choice, Settings, locate};

/// The folder of the real model.
pub(crate) fn real_model_folder() -> PathBuf {
    let settings = Settings::from_env().expect("a cache folder");
    let folder = locate(&Choice::parse(None), &settings, &mut |_| {});
    folder.unwrap_or_else(|error| panic!("the tests need the default model: {error}")).root
}
