//! Papers straight from arXiv: its daily feed, OAI-PMH and its query interface.
//!
//! In: [`ArxivSettings`], which say where these are. Out: records as the reader makes them of
//! answers. A [`Client`] keeps to arXiv's rules
//! (<https://info.arxiv.org/help/api/tou.html>): one connection and three seconds between requests,
//! for all processes of the user together (`pace`), an own name, no content that is known already,
//! and rest where a server asks for it. Each address is a setting, so that a mirror serves as well.
//!
//! | what for | interface | module |
//! | --- | --- | --- |
//! | today's papers | daily Atom feed | `feed` |
//! | all papers, those since a day, what a feed missed | OAI-PMH, arXivRaw | `oai` |
//! | single papers | query interface, else OAI-PMH | `single` |
//!
//! The feed can be wrong without saying so, and dates in it are of no use; what is new is told by
//! ids, and `calendar` tells what should be out.

mod address;
mod calendar;
mod client;
mod clock;
mod feed;
mod oai;
mod pace;
mod settings;
mod single;

pub(crate) use address::{host, is_address, is_loopback};
pub use calendar::{
    announcement_before, day_in_new_york, first_datestamp, is_announcement_day, latest_announcement, on_or_before,
};
pub use client::{Client, Delay};
pub use clock::{Clock, SystemClock};
pub use feed::{Daily, MOST_ENTRIES};
pub use oai::{Listed, Page, Pages, Selection, set_of};
pub use settings::ArxivSettings;
pub use single::Singles;
