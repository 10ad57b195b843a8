//! The command line: what can be asked, in clap's terms. No behaviour lives here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;

use crate::bulk::Format;
use crate::evaluate::Method;
use crate::export::Form;
use crate::facets::ROLES;
use crate::learned::Weights;
use crate::paper::Facet;

/// Semantic recommender for arXiv papers: reads daily digests, embeds the abstracts, answers what is related.
#[derive(Debug, Parser)]
#[command(name = "relata", version, max_term_width = 100, disable_help_subcommand = true, after_help = EXIT_CODES)]
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

/// Options that every command takes.
#[derive(Debug, Args)]
pub struct Places {
    /// The library: one SQLite file [default: relata/library.db in the platform's data folder].
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "RELATA_LIBRARY",
        hide_env_values = true,
        help_heading = "Places"
    )]
    pub library: Option<PathBuf>,
    /// Embedding model: a known name (see `relata model list`) or a sentence-transformers folder
    /// [default: all-MiniLM-L6-v2].
    #[arg(
        long,
        global = true,
        value_name = "NAME|DIR",
        env = "RELATA_MODEL",
        hide_env_values = true,
        help_heading = "Places"
    )]
    pub model: Option<String>,
    /// Where to embed: auto, cpu, cuda, cuda:N, cuda:N,M,... (several cards) or metal.
    #[arg(long, global = true, value_name = "DEVICE", default_value = "auto", help_heading = "Places")]
    pub device: String,
    /// What computes: own (Relata's kernels) or stock (candle's BERT, CPU and Metal, slow, to compare).
    #[arg(long, global = true, value_name = "ENGINE", default_value = "own", help_heading = "Places")]
    pub engine: String,
    /// In what numbers to embed: f32, int8 (faster, nearly the same vectors; CPU only), f16 or bf16 (CUDA only). f16
    /// counts as f32; vectors of other precisions never mix.
    #[arg(long, global = true, value_name = "PRECISION", default_value = "f32", help_heading = "Places")]
    pub precision: String,
    /// What becomes of texts longer than the model takes: truncate (the rest is not seen) or window (embedded in windows of
    /// 256 tokens, whose mean it is). Vectors of the two never mix.
    #[arg(long, global = true, value_name = "HOW", default_value = "truncate", help_heading = "Places")]
    pub long: String,
    /// Never use the network.
    #[arg(long, global = true, env = "RELATA_OFFLINE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Places")]
    pub offline: bool,
}

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
    /// Find what the library is about: topics in up to three levels, named, with their papers.
    Topics(super::topics::args::Topics),
    /// Write the papers with their topics, places on the map and vectors as a table for other tools.
    Export(super::topics::args::Export),
    /// Measure how well ways of ranking find what people have judged to be related.
    Eval(Eval),
    /// Remember papers that you like; `relata recommend` then needs no other question.
    Like(Opine),
    /// Remember papers that you want less of.
    Unlike(Opine),
    /// List, export, import or remove profiles: what you like and dislike, under a name.
    Profile(ProfileArgs),
    /// Show what the library holds, or all of one paper.
    Info(Info),
    /// Take papers out of the library.
    Remove(Remove),
    /// Check the library: database, keyword index, vectors.
    Check(Check),
    /// Embed every paper that the chosen model has not embedded yet; vectors of other models stay.
    Reembed(Reembed),
    /// Embed papers or lines of text to a file of vectors, without a library.
    Embed(Embed),
    /// List, fetch, verify or locate embedding models.
    Model(Model),
}

/// `relata add`
#[derive(Debug, Args)]
pub struct Add {
    /// Files or folders; `-` reads standard input. Formats are told by content; `.gz` is unpacked.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Leave embedding for later; the first command that needs vectors does it.
    #[arg(long)]
    pub no_embed: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata recommend`
#[derive(Debug, Args)]
pub struct Recommend {
    /// Papers you like: `2602.10611`, `arXiv:2602.10611v2`, `hep-th/9901001`, or links to them. Without any, and without
    /// --like-text, what your profile likes is the question.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub like: Vec<String>,
    /// Papers you do not want more of.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub unlike: Vec<String>,
    /// Also what this profile likes and dislikes; its papers are no answers.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A text that says what you like, e.g. an abstract.
    #[arg(long, value_name = "TEXT")]
    pub like_text: Vec<String>,
    /// Compare only this of the papers: motivation, method, result or conclusion. From digests that tell it, else from the abstract's own
    /// sentences; a --like-text is taken as it stands.
    #[arg(long, value_name = "FACET", value_parser = facet)]
    pub facet: Option<Facet>,
    /// Also say why: the sentence nearest to what you like, or the whole of what --facet compares, and the parts of the score.
    #[arg(long)]
    pub why: bool,
    /// How papers are ranked.
    #[command(flatten)]
    pub ranking: Ranking,
    /// What the answers must be like.
    #[command(flatten)]
    pub selection: Selection,
}

/// `relata today`
#[derive(Debug, Args)]
pub struct Today {
    /// Digests of the day, which are added to the library. Without any, the papers of the library since --since, or else of its
    /// latest day.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// For whom.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Also papers that this has listed for the profile before, those that earlier digests listed, and those that nearly repeat an older
    /// one.
    #[arg(long)]
    pub seen: bool,
    /// In what form.
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub format: Form,
    /// Also say why: the sentence nearest to what you like, and the parts of the score.
    #[arg(long)]
    pub why: bool,
    /// How papers are ranked.
    #[command(flatten)]
    pub ranking: Ranking,
    /// What the answers must be like.
    #[command(flatten)]
    pub selection: Selection,
}

/// `relata eval`
#[derive(Debug, Args)]
pub struct Eval {
    /// Judgements: one `{"query": ID, "relevant": [ID, ...]}` a line; the pool is the whole library.
    #[arg(value_name = "JUDGEMENTS")]
    pub judgements: PathBuf,
    /// Ways of ranking, with commas between them: relata (what `recommend` does), cosine, tfidf or bm25 [default: all of them].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_enum)]
    pub method: Vec<Method>,
    /// How papers are ranked.
    #[command(flatten)]
    pub ranking: Ranking,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata search`
#[derive(Debug, Args)]
pub struct Search {
    /// What to look for.
    pub text: String,
    /// What the answers must be like.
    #[command(flatten)]
    pub selection: Selection,
}

/// How papers are ranked.
#[derive(Debug, Args)]
pub struct Ranking {
    /// How much a part of the score counts beside its default: meaning, associations, words or authors; 0 leaves it out,
    /// e.g. `--weight authors=0.5,words=2`.
    #[arg(long, value_name = "PART=FACTOR", value_delimiter = ',', value_parser = weight)]
    pub weight: Vec<(String, f32)>,
    /// How much the likeness of an answer to those before it counts against its score, from 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub diversity: f32,
}

/// How many answers, and which papers may be among them.
#[derive(Debug, Args)]
pub struct Selection {
    /// Number of answers.
    #[arg(short, long = "count", value_name = "K", default_value_t = 10, value_parser = at_least_one)]
    pub k: usize,
    /// Which papers.
    #[command(flatten)]
    pub filters: Filters,
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which papers are looked at.
#[derive(Debug, Args)]
pub struct Filters {
    /// Only papers in one of these categories: `cs.LG`, or a whole archive: `cs`; several with commas, `cs.LG,stat.ML`, or named again.
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',', help_heading = "Filters")]
    pub category: Vec<String>,
    /// Only papers of this day or later.
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Filters")]
    pub since: Option<Date>,
    /// Only papers of this day or earlier.
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Filters")]
    pub until: Option<Date>,
    /// Only papers by this author; every word of the name counts, accents do not.
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub author: Vec<String>,
    /// No papers with this word or phrase.
    #[arg(long, value_name = "WORD", help_heading = "Filters")]
    pub exclude: Vec<String>,
}

/// `relata like` and `relata unlike`
#[derive(Debug, Args)]
pub struct Opine {
    /// Papers of the library.
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// In which profile.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Take back what was said of them.
    #[arg(long)]
    pub forget: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// The name of a profile.
#[derive(Debug, Args)]
pub struct ProfileName {
    /// The profile.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PROFILE)]
    pub profile: String,
}

/// The profile where none is named.
pub const DEFAULT_PROFILE: &str = "default";

/// `relata profile`
#[derive(Debug, Args)]
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
    /// Print a profile as JSON, which `import` reads.
    Export {
        /// Which.
        #[command(flatten)]
        profile: ProfileName,
    },
    /// Like the papers of a file: BibTeX, RIS, CSL-JSON, CSV, an exported profile or a list of arXiv ids. Entries are matched with the
    /// library by arXiv id, DOI or title; those that are not are named.
    Import {
        /// The file, as Zotero and other reference managers export it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Into which profile [default: that which an exported profile names, else default].
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget a profile.
    Remove {
        /// Which.
        name: String,
    },
}

/// `relata info`
#[derive(Debug, Args)]
pub struct Info {
    /// A paper; without one, the library.
    pub id: Option<String>,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata remove`
#[derive(Debug, Args)]
pub struct Remove {
    /// Papers to take out.
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
    /// Afterwards drop the vectors of every other model.
    #[arg(long)]
    pub forget_others: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata embed`
#[derive(Debug, Args)]
pub struct Embed {
    /// Files or folders of papers, in any form that `relata add` reads; `-` reads standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// The file to write: .npy (float32; ids in FILE.ids), .jsonl, .safetensors (ids in FILE.ids) or .parquet;
    /// `-` writes JSON lines to standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The form, where the extension does not name it: npy, jsonl, safetensors or parquet.
    #[arg(long, value_name = "FORM")]
    pub format: Option<Format>,
    /// Read plain text, one text a line; ids are line numbers from 1, counted on from file to file.
    #[arg(long)]
    pub lines: bool,
    /// As what the model takes the texts, where it makes a difference.
    #[arg(long = "as", value_name = "ROLE", value_enum, default_value_t = TextRole::Passage)]
    pub role: TextRole,
    /// Go on from what an interrupted run has embedded.
    #[arg(long)]
    pub resume: bool,
    /// Replace the output; without --resume also drop what an interrupted run has embedded.
    #[arg(long)]
    pub force: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What a text is to the model.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum TextRole {
    /// Something to be found, such as an abstract.
    Passage,
    /// A question.
    Query,
}

/// `relata model`
#[derive(Debug, Args)]
pub struct Model {
    /// What to do with models.
    #[command(subcommand)]
    pub command: ModelCommand,
}

/// The commands on models. The model is the named one, else that of `--model`, else the default.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the known models, and which of them are here.
    List {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model now and check its sums.
    Fetch {
        /// Which model.
        name: Option<String>,
    },
    /// Hash every file of a model and compare with its sums.
    Verify {
        /// Which model.
        name: Option<String>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the folder in which a model lies.
    Path {
        /// Which model.
        name: Option<String>,
    },
}

fn facet(text: &str) -> Result<Facet, String> {
    let names = ROLES.map(Facet::name).join(", ");
    ROLES.into_iter().find(|facet| facet.name() == text).ok_or_else(|| format!("no such facet; there are {names}"))
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
        Err(error) => Err(format!("{error}")),
    }
}
