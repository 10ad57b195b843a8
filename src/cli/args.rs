//! The command line: what can be asked, in clap's terms. No behaviour lives here.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use jiff::civil::Date;

use crate::bulk::Format;
use crate::embed::{DeviceChoice, EngineChoice, Long, Precision, Role};
use crate::error::Error;
use crate::evaluate::Method;
use crate::export::Form;
use crate::facets::ROLES;
use crate::paper::Facet;
use crate::ranking::Weights;

use super::dates;
pub use crate::service::DEFAULT_PROFILE;

/// Semantic recommender for arXiv papers: reads daily digests, embeds the abstracts, answers what is related.
#[derive(Debug, Parser)]
#[command(name = "relata", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// Where papers, vectors and models are.
    #[command(flatten)]
    pub places: Places,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 nothing found, 2 error (also when some entries of a batch were skipped).";

/// Options that every command takes; `help.rs` shows them where they count.
#[derive(Debug, Args)]
pub struct Places {
    /// Library to use, one SQLite file [default: relata/library.db in the platform's data folder].
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "RELATA_LIBRARY",
        hide_env_values = true,
        help_heading = "Library"
    )]
    pub library: Option<PathBuf>,
    /// Embedding model: a known name (see `relata model list`) or a sentence-transformers folder
    /// [default: what the library was embedded with, else all-MiniLM-L6-v2].
    #[arg(
        long,
        global = true,
        value_name = "NAME|DIR",
        env = "RELATA_MODEL",
        hide_env_values = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub model: Option<String>,
    /// Number format to embed in: f32, int8 (CPU only; faster, with nearly the same vectors), f16 or bf16 (CUDA only).
    ///
    /// Vectors of different formats are never compared, except that f16 counts as f32
    /// [default: what the library was embedded in, else f32].
    #[arg(
        long,
        global = true,
        value_name = "PRECISION",
        value_parser = one_of::<Precision>(&["f32", "int8", "f16", "bf16"]),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub precision: Option<Precision>,
    /// What to do with texts longer than the model reads: truncate (drop the rest) or window (embed windows of 256 tokens and
    /// take their mean).
    ///
    /// Vectors of the two are never compared [default: as the library was embedded, else truncate].
    #[arg(
        long,
        global = true,
        value_name = "HOW",
        value_parser = one_of::<Long>(&["truncate", "window"]),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub long: Option<Long>,
    /// Device to embed on: auto, cpu, cuda, cuda:N, cuda:N,M,... (several cards) or metal.
    #[arg(
        long,
        global = true,
        value_name = "DEVICE",
        default_value = "auto",
        value_parser = str::parse::<DeviceChoice>,
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub device: DeviceChoice,
    /// Engine to embed with: own (Relata's kernels) or stock (candle's BERT, to compare with; slow; CPU and Metal only).
    #[arg(
        long,
        global = true,
        value_name = "ENGINE",
        default_value = "own",
        value_parser = one_of::<EngineChoice>(&["own", "stock"]),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub engine: EngineChoice,
    /// Never use the network to fetch a model.
    #[arg(
        long,
        global = true,
        env = "RELATA_OFFLINE",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new(),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub offline: bool,
}

const MODEL_AND_DEVICE: &str = "Model and device";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read digests, JSONL or metadata snapshots into the library and embed what is new.
    Add(Add),
    /// List the papers related to those you like.
    Recommend(Recommend),
    /// List the new papers that matter to your profile.
    Today(Today),
    /// Find papers by meaning and by words.
    Search(Search),
    /// Find the topics of the library, in up to three levels, or show the papers of one.
    Topics(super::topics::args::Topics),
    /// Write the papers with their topics and their positions on the map as a table for other tools.
    Export(super::topics::args::Export),
    /// Measure how well ranking methods find papers that people have judged to be related.
    Eval(Eval),
    /// Remember papers that you like; `relata recommend` then starts from them.
    Like(Opine),
    /// Remember papers that you want less of.
    Unlike(Opine),
    /// List, export, import or remove profiles: what you like and dislike, under a name.
    Profile(ProfileArgs),
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
    /// Print a script that completes commands and options in a shell.
    Completions(Completions),
    /// Print the manual page, or write one for each command into a folder.
    Man(Man),
}

/// `relata add`
#[derive(Debug, Args)]
pub struct Add {
    /// Files or folders to read; `-` reads standard input. The content tells the format; `.gz` is unpacked.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Do not embed now; the first command that needs vectors embeds the papers.
    #[arg(long)]
    pub no_embed: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata recommend`
#[derive(Debug, Args)]
pub struct Recommend {
    /// Papers you like: `2602.10611`, `arXiv:2602.10611v2`, `hep-th/9901001`, or links to them. Without any paper or
    /// --like-text, your profile is the question. A number means a paper of the last answer.
    #[arg(value_name = "ID|N")]
    pub ids: Vec<String>,
    /// Papers you like; the same as ID without the option.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub like: Vec<String>,
    /// Papers that you want less of.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub unlike: Vec<String>,
    /// Add what this profile likes and dislikes. Its papers are not among the answers.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Text that describes what you like, e.g. an abstract.
    #[arg(long, value_name = "TEXT")]
    pub like_text: Vec<String>,
    /// Compare papers by one aspect, beside the words of the whole: motivation, method, result or conclusion.
    ///
    /// This moves the order towards papers with, for example, the same method; papers on the same topic still come first. The text of the
    /// aspect comes from a digest that has it, else from sentences of the abstract; without any, the whole abstract is compared. A
    /// --like-text is compared as it is.
    #[arg(long, value_name = "FACET", value_parser = facet)]
    pub facet: Option<Facet>,
    /// Say why each paper is an answer: its sentence nearest to what you like, and the parts of the score. With --facet, show the
    /// whole text that was compared.
    #[arg(long)]
    pub why: bool,
    /// Options of the ranking.
    #[command(flatten)]
    pub ranking: Ranking,
    /// How the age of a like counts.
    #[command(flatten)]
    pub recency: Recency,
    /// Which answers to give.
    #[command(flatten)]
    pub selection: Selection,
}

/// `relata today`
#[derive(Debug, Args)]
pub struct Today {
    /// Digests, which are added to the library; those of the latest day among them are listed, or of all days since --since.
    /// Without any, the latest day of the library.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Profile to rank for.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Leave out what any list has shown for the profile before. Without it, the same day is listed again, and only what the lists
    /// of other days have shown is left out.
    #[arg(long, conflicts_with = "seen")]
    pub new: bool,
    /// Also list papers that were listed for the profile on other days, papers of earlier digests, and papers that nearly repeat an
    /// older one.
    #[arg(long)]
    pub seen: bool,
    /// Where no new paper matches well enough, show the nearest all the same.
    #[arg(long)]
    pub nearest: bool,
    /// Say why each paper is an answer: its sentence nearest to what you like, and the parts of the score.
    #[arg(long)]
    pub why: bool,
    /// Options of the ranking.
    #[command(flatten)]
    pub ranking: Ranking,
    /// How the age of a like counts.
    #[command(flatten)]
    pub recency: Recency,
    /// Which answers to give.
    #[command(flatten)]
    pub selection: Selection,
}

/// `relata eval`
#[derive(Debug, Args)]
pub struct Eval {
    /// File of judgements, one per line: `{"query": ID, "relevant": [ID, ...]}`, or `{"like": [ID, ...], "unlike": [ID, ...], "relevant":
    /// [ID, ...]}` for a profile. Every paper of the library can be an answer.
    #[arg(value_name = "JUDGEMENTS")]
    pub judgements: PathBuf,
    /// Ranking methods to measure, separated by commas: relata (what `recommend` does), highest, mean, cosine, mean-cosine, tfidf or
    /// bm25 [default: all; of one liked paper those that differ].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = method())]
    pub method: Vec<Method>,
    /// Also write what each method found to this file, one JSON line per judgement.
    #[arg(long, value_name = "FILE")]
    pub rankings: Option<PathBuf>,
    /// Options of the ranking.
    #[command(flatten)]
    pub ranking: Ranking,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata search`
#[derive(Debug, Args)]
pub struct Search {
    /// What to look for: words, the name of an author, or ids and links of papers. Without any, the papers that the filters
    /// leave are listed, the newest first.
    #[arg(value_name = "WORDS")]
    pub text: Vec<String>,
    /// Which answers to give.
    #[command(flatten)]
    pub selection: Selection,
}

/// How papers are ranked.
#[derive(Debug, Args)]
pub struct Ranking {
    /// Factor for a part of the score: meaning, associations, words or authors, e.g. `--weight authors=0.5,words=2`; 0 leaves
    /// the part out.
    #[arg(long, value_name = "PART=FACTOR", value_delimiter = ',', value_parser = weight)]
    pub weight: Vec<(String, f32)>,
    /// How much an answer's similarity to earlier answers lowers its score, from 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub diversity: f32,
}

/// How the age of a like counts.
#[derive(Debug, Args)]
pub struct Recency {
    /// Count a like half as much for every so many days that it is older than the latest [default: all count the same].
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub half_life: Option<f32>,
}

fn days(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(days) if days > 0.0 && days.is_finite() => Ok(days),
        _ => Err("expected a number of days above 0".into()),
    }
}

/// How many answers, and which papers may be among them.
#[derive(Debug, Args)]
pub struct Selection {
    /// Number of answers.
    #[arg(
        short,
        long = "count",
        visible_short_alias = 'n',
        visible_alias = "limit",
        value_name = "K",
        default_value_t = 10,
        value_parser = at_least_one
    )]
    pub k: usize,
    /// Only answers whose match is at least this, from 0 to 100: from 50 on most are of the same field, from 80 on most are
    /// on the same topic. Papers whose match is unknown stay [default: 50 in `today`, else 0].
    #[arg(long, value_name = "MATCH", value_parser = matched)]
    pub at_least: Option<f32>,
    /// Language of the digests' short texts: a code such as `en` or `zh` [default: that of LC_ALL, LC_MESSAGES or LANG]. Where a
    /// paper has none in it, the English one is shown, or a sentence of its abstract.
    #[arg(long, value_name = "CODE", value_parser = language)]
    pub language: Option<String>,
    /// Filters.
    #[command(flatten)]
    pub filters: Filters,
    /// Output format.
    #[arg(long, value_name = "FORM", value_parser = form(), default_value = "text")]
    pub format: Form,
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which papers are looked at.
#[derive(Clone, Debug, Args)]
pub struct Filters {
    /// Only papers in one of these categories: `cs.LG`, or a whole archive: `cs`; several with commas or spaces between them.
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',', help_heading = "Filters")]
    pub category: Vec<String>,
    /// Only papers of this day or later: 2026-06-09, 2026-06, today, yesterday, or how long ago: 7d, 2w, 3m, 1y. Days are UTC.
    #[arg(long, value_name = "DAY", value_parser = dates::since, help_heading = "Filters")]
    pub since: Option<Date>,
    /// Only papers of this day or earlier, in the same forms; a month means its last day.
    #[arg(long, value_name = "DAY", value_parser = dates::until, help_heading = "Filters")]
    pub until: Option<Date>,
    /// Only papers by this author. All words of the name must match; accents do not matter.
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub author: Vec<String>,
    /// No papers that contain this word or phrase.
    #[arg(long, value_name = "WORD", help_heading = "Filters")]
    pub exclude: Vec<String>,
}

/// `relata like` and `relata unlike`
#[derive(Debug, Args)]
pub struct Opine {
    /// Papers, by id or link, or by their number in the last answer: `relata like 1 3`.
    #[arg(required = true, value_name = "ID|N")]
    pub ids: Vec<String>,
    /// Profile to change.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Forget that you liked or disliked these papers.
    #[arg(long)]
    pub forget: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// The name of a profile.
#[derive(Debug, Args)]
pub struct ProfileName {
    /// Profile to use.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PROFILE)]
    pub profile: String,
}

/// `relata profile`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub struct ProfileArgs {
    /// What to do with profiles.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// The commands on profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles and how many papers each likes and dislikes.
    List {
        /// Print all of them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a profile as JSON, which `relata profile import` reads.
    Export {
        /// Profile to print [default: default].
        #[arg(value_name = "NAME", conflicts_with = "profile")]
        name: Option<String>,
        /// Profile to print; the same as NAME without the option.
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
    /// Like the papers of a file: BibTeX, RIS, CSL-JSON, CSV, an exported profile or a list of arXiv ids.
    ///
    /// Entries are matched with the library by arXiv id, DOI or title; entries that match no paper are named.
    Import {
        /// File to read, as Zotero and other reference managers export it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Profile to add the papers to [default: the name in an exported profile, else default].
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the interests of a profile: their papers, what they have in common and their share of the answers.
    Show {
        /// Profile to show.
        #[command(flatten)]
        profile: ProfileName,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Split an interest in two where its papers are least alike; the interests then stay as they are.
    Split {
        /// Number of the interest in `relata profile show`.
        interest: usize,
        /// Profile to change.
        #[command(flatten)]
        profile: ProfileName,
    },
    /// Join interests into one; the interests then stay as they are.
    Join {
        /// Numbers of the interests in `relata profile show`.
        #[arg(required = true, num_args = 2.., value_name = "INTEREST")]
        interests: Vec<usize>,
        /// Profile to change.
        #[command(flatten)]
        profile: ProfileName,
    },
    /// Forget what was split and joined: likeness decides again which papers are one interest.
    Regroup {
        /// Profile to change.
        #[command(flatten)]
        profile: ProfileName,
    },
    /// Forget a profile.
    Remove {
        /// Profile to forget.
        name: String,
    },
}

/// `relata show`
#[derive(Debug, Args)]
pub struct Show {
    /// Paper to show, by id or link, or by its number in the last answer.
    #[arg(value_name = "ID|N")]
    pub id: String,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata open`
#[derive(Debug, Args)]
pub struct OpenPages {
    /// Papers to open, by id or link, or by their number in the last answer.
    #[arg(required = true, value_name = "ID|N")]
    pub ids: Vec<String>,
}

/// `relata info`
#[derive(Debug, Args)]
pub struct Info {
    /// Paper to show, by id or link, or by its number in the last answer; without one, the library is shown.
    #[arg(value_name = "ID|N")]
    pub id: Option<String>,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata remove`
#[derive(Debug, Args)]
pub struct Remove {
    /// Papers to remove.
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata check`
#[derive(Debug, Args)]
pub struct Check {
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata reembed`
#[derive(Debug, Args)]
pub struct Reembed {
    /// Then delete the vectors of every other model.
    #[arg(long)]
    pub forget_others: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata embed`
#[derive(Debug, Args)]
pub struct Embed {
    /// Files or folders of papers, in any format that `relata add` reads; `-` reads standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// File to write: .npy (float32; ids in FILE.ids), .jsonl, .safetensors (ids in FILE.ids) or .parquet;
    /// `-` writes JSON lines to standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Output format, if the extension does not name it: npy, jsonl, safetensors or parquet.
    #[arg(long, value_name = "FORM")]
    pub format: Option<Format>,
    /// Read plain text, one text per line. The id of a text is its line number, counted on from file to file.
    #[arg(long)]
    pub lines: bool,
    /// Embed the texts as passages or as queries (some models use different prompts).
    #[arg(long = "as", value_name = "ROLE", value_parser = role(), default_value = "passage")]
    pub role: Role,
    /// Continue an interrupted run.
    #[arg(long)]
    pub resume: bool,
    /// Replace an existing output; without --resume, also discard what an interrupted run has embedded.
    #[arg(long)]
    pub force: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata man`
#[derive(Debug, Args)]
pub struct Man {
    /// Folder for relata.1, relata-recommend.1 and so on, such as ~/.local/share/man/man1; made where it is not there.
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<PathBuf>,
}

/// `relata completions`
#[derive(Debug, Args)]
#[command(after_help = super::completions::INSTALLATION)]
pub struct Completions {
    /// Shell to complete in.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// `relata model`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub struct Model {
    /// What to do with models.
    #[command(subcommand)]
    pub command: ModelCommand,
}

/// The commands on models. Without a name they use the model of `--model`, else the default.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the known models, and say which of them are on this machine.
    List {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model and check its checksums.
    Fetch {
        /// Model to fetch.
        name: Option<String>,
    },
    /// Check every file of a model against its checksum.
    Verify {
        /// Model to check.
        name: Option<String>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the folder of a model.
    Path {
        /// Model to locate.
        name: Option<String>,
    },
}

/// A way of ranking, with what each is for the help.
fn method() -> impl TypedValueParser<Value = Method> {
    named(&[
        ("relata", "What `recommend` does", Method::Relata),
        (
            "highest",
            "The highest score to a liked paper, by the signals of `recommend` and over all papers",
            Method::Highest,
        ),
        ("mean", "The mean score to the liked papers, likewise", Method::Mean),
        ("cosine", "The highest cosine to a liked paper", Method::Cosine),
        ("mean-cosine", "The mean cosine to the liked papers", Method::MeanCosine),
        (
            "tfidf",
            "The mean cosine of words to the liked papers, weighted as in `recommend`, over all papers",
            Method::Tfidf,
        ),
        ("bm25", "Keyword search for title and abstract; of several liked papers the rankings are fused", Method::Bm25),
    ])
}

/// A form of output, with what each is for the help.
fn form() -> impl TypedValueParser<Value = Form> {
    named(&[
        ("text", "Lines for a terminal", Form::Text),
        ("json", "One JSON object, as --json", Form::Json),
        ("markdown", "A digest page", Form::Markdown),
        ("jsonl", "A digest's JSON lines", Form::Jsonl),
        ("atom", "A feed", Form::Atom),
        ("bibtex", "BibTeX entries", Form::Bibtex),
        ("ris", "RIS entries", Form::Ris),
        ("csv", "A table with a header", Form::Csv),
        ("html", "A page for a browser, in one file without scripts", Form::Html),
    ])
}

/// What a text is to the model, with what each is for the help.
fn role() -> impl TypedValueParser<Value = Role> {
    named(&[
        ("passage", "A text to be found, such as an abstract", Role::Passage),
        ("query", "A question", Role::Query),
    ])
}

/// A value by its name; each name has a text for the help.
fn named<T: Copy + Send + Sync + 'static>(
    values: &'static [(&'static str, &'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let possible = values.iter().map(|(name, help, _)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(possible).try_map(move |name| {
        let found = values.iter().find(|(own, _, _)| *own == name).map(|(_, _, value)| *value);
        found.ok_or(Error::Internal("a value that is none of those that there are"))
    })
}

/// A value of a type that is read from its name, with all names for the help.
fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = Error> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

fn facet(text: &str) -> Result<Facet, String> {
    let names = ROLES.map(Facet::name).join(", ");
    ROLES.into_iter().find(|facet| facet.name() == text).ok_or_else(|| format!("no such facet; there are {names}"))
}

fn language(text: &str) -> Result<String, String> {
    super::language::code(text).ok_or_else(|| "expected the code of a language, such as en, zh or de".into())
}

fn matched(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(matched) if (0.0..=100.0).contains(&matched) => Ok(matched),
        _ => Err("expected a number from 0 to 100".into()),
    }
}

fn share(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

fn weight(text: &str) -> Result<(String, f32), String> {
    let (part, factor) = text.split_once('=').ok_or("expected PART=FACTOR, e.g. authors=0.5")?;
    if !Weights::PARTS.contains(&part) {
        return Err(format!("no such part; there are {}", Weights::PARTS.join(", ")));
    }
    match factor.parse::<f32>() {
        Ok(factor) if (0.0..=1000.0).contains(&factor) => Ok((part.to_owned(), factor)),
        _ => Err(format!("{factor} is no factor: a number from 0 to 1000")),
    }
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".into()),
        Ok(k) => Ok(k),
        Err(_) => Err("expected a whole number, at least 1".into()),
    }
}
