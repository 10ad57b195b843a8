//! `relata serve` as its clients see it: a process, a port, bytes.

mod answers;
mod api_page;
mod document;
mod guards;
mod jobs;
mod limits;
mod logs;
mod map;
mod pages;
mod settings;
mod support;
