//! How work that takes long asks whether it is to go on.

use crate::error::Result;

/// Asked again and again, by any thread, whether work is to go on; an error of it ends the work.
pub type InterruptCheck<'a> = &'a (dyn Fn() -> Result<()> + Sync);
