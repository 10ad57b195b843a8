//! Options that several commands share: which papers are looked at, how they are ranked, and which
//! become answers.

use clap::Args;
use jiff::civil::Date;

use super::super::dates;
use super::values::{at_least_one, days, form, language, matched, share, weight};
use crate::export::Form;

/// How papers are ranked.
#[derive(Debug, Args)]
pub(crate) struct Ranking {
    /// Factor for a part of the score: meaning, associations, words or authors, e.g. `--weight
    /// authors=0.5,words=2`; 0 leaves the part out.
    #[arg(long, value_name = "PART=FACTOR", value_delimiter = ',', value_parser = weight)]
    pub weight: Vec<(String, f32)>,
    /// How much an answer's similarity to earlier answers lowers its score, from 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub diversity: f32,
}

/// How the age of a like counts.
#[derive(Debug, Args)]
pub(crate) struct Recency {
    /// Count a like half as much for every so many days that it is older than the latest [default:
    /// all count the same].
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub half_life: Option<f32>,
}

/// How many answers, and which papers may be among them.
#[derive(Debug, Args)]
pub(crate) struct Selection {
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
    /// Only answers whose match is at least this, from 0 to 100: from 50 on most are of the same
    /// field, from 80 on most are on the same topic. Papers whose match is unknown stay [default:
    /// 50 in `today`, else 0].
    #[arg(long, value_name = "MATCH", value_parser = matched)]
    pub at_least: Option<f32>,
    /// Language of the digests' short texts: a code such as `en` or `zh` [default: that of LC_ALL,
    /// LC_MESSAGES or LANG]. Where a paper has none in it, the English one is shown, or a sentence
    /// of its abstract.
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
    /// Only papers in one of these categories: `cs.LG`, or a whole archive: `cs`; several with
    /// commas or spaces between them.
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',', help_heading = "Filters")]
    pub category: Vec<String>,
    /// Only papers of this day or later: 2026-06-09, 2026-06, today, yesterday, or how long ago:
    /// 7d, 2w, 3m, 1y. Days are UTC.
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
    /// Also papers that were withdrawn, by their authors or by arXiv, which are left out otherwise;
    /// they are marked.
    #[arg(long, help_heading = "Filters")]
    pub withdrawn: bool,
    /// Only papers that you gave this tag; of several tags, papers with any of them.
    #[arg(long, value_name = "TAG", help_heading = "Filters")]
    pub tag: Vec<String>,
    /// Only papers that you have not noted as read.
    #[arg(long, help_heading = "Filters")]
    pub unread: bool,
}
