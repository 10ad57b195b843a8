//! The command line: what can be asked, in clap's terms. No behaviour lives here.
//!
//! Each file has the arguments of a group of commands: [`asking`], [`profiles`], [`follows`],
//! [`annotations`], [`papers`], [`topics`], [`fetch`], [`models`] and [`program`]. [`places`] and
//! [`selection`] have the options that several commands share, [`values`] reads what an option is
//! given.

mod annotations;
mod asking;
mod fetch;
mod follows;
mod models;
mod papers;
mod places;
mod profiles;
mod program;
mod schedule;
mod selection;
mod serve;
pub(super) mod topics;
mod values;

use clap::{Parser, Subcommand};

pub(super) use annotations::{NoteArgs, ReadArgs, Tag};
pub(super) use asking::{Eval, Recommend, Search, Today};
pub(super) use fetch::{Fetch, SourcesArgs, SourcesCommand};
pub(super) use follows::{Follow, Followable, Unfollow};
pub(super) use models::{Embed, Model, ModelCommand};
pub(super) use papers::{Add, Check, ImportVectors, Info, OpenPages, Reembed, Remove, Show};
pub(super) use places::Places;
pub(super) use profiles::{Opine, ProfileArgs, ProfileCommand, ProfileName};
pub(super) use program::{Completions, ConfigArgs, ConfigCommand, Man, Mcp};
pub(super) use schedule::{ScheduleArgs, Scheduler};
pub(super) use selection::{Filters, Ranking, Recency, Selection};
pub(super) use serve::ServeArgs;

/// Semantic recommender for arXiv papers: reads daily digests, embeds the abstracts, answers what
/// is related.
#[derive(Debug, Parser)]
#[command(name = "relata", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// Where papers, vectors and models are.
    #[command(flatten)]
    pub places: Places,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 nothing found, 2 error (also when some entries of a batch were skipped).";

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read digests, JSONL or metadata snapshots into the library and embed what is new.
    Add(Add),
    /// Take vectors over that `relata embed` made on another machine, for papers that were added
    /// without being embedded (in builds with the feature `parquet` or `serve`).
    ImportVectors(ImportVectors),
    /// Fetch papers from arXiv: today's of some categories, all since a day, or single ones.
    Fetch(Fetch),
    /// List, add or remove the categories that `relata fetch` remembers.
    Sources(SourcesArgs),
    /// List the papers related to those you like.
    Recommend(Recommend),
    /// List the new papers that matter to your profile.
    Today(Today),
    /// Find papers by meaning and by words.
    Search(Search),
    /// Find the topics of the library, in up to three levels, or show the papers of one.
    Topics(topics::Topics),
    /// Write the papers with their topics and their positions on the map as a table for other
    /// tools.
    Export(topics::Export),
    /// Measure how well ranking methods find papers that people have judged to be related.
    Eval(Eval),
    /// Remember papers that you like; `relata recommend` then starts from them.
    Like(Opine),
    /// Remember papers that you want less of.
    Unlike(Opine),
    /// Follow authors, words and categories, whose new papers `relata today` lists first; or list
    /// what you follow.
    Follow(Follow),
    /// Follow authors, words and categories no longer.
    Unfollow(Unfollow),
    /// List, export, import or remove profiles: what you like and dislike, under a name.
    Profile(ProfileArgs),
    /// Note something of a paper.
    Note(NoteArgs),
    /// Give a paper tags, which filters ask for with --tag; or list the tags that there are.
    Tag(Tag),
    /// Note papers as read; --unread leaves these out of answers.
    Read(ReadArgs),
    /// Show everything about one paper.
    Show(Show),
    /// Open the arXiv page of papers in the browser, or print the links where there is no display.
    Open(OpenPages),
    /// Show the library in numbers, or everything about one paper.
    Info(Info),
    /// Remove papers from the library.
    Remove(Remove),
    /// Check the library for damage: database, keyword index, vectors.
    Check(Check),
    /// Embed every paper with the chosen model, and use that model from then on.
    Reembed(Reembed),
    /// Embed papers or lines of text to a file of vectors, without a library.
    Embed(Embed),
    /// List, fetch, verify or locate embedding models.
    Model(Model),
    /// Answer a client of the Model Context Protocol, an agent, at standard input and output (in
    /// builds with the feature `serve`).
    Mcp(Mcp),
    /// Open the library in a browser, answer programs in JSON and agents by MCP.
    Serve(ServeArgs),
    /// Show and change the configuration file.
    Config(ConfigArgs),
    /// Print what runs `relata today` every working day: units of systemd, a line for cron, a job
    /// of launchd or a workflow of GitHub Actions.
    Schedule(ScheduleArgs),
    /// Print a script that completes commands and options in a shell.
    Completions(Completions),
    /// Print the manual page, or write one for each command into a folder.
    Man(Man),
}
