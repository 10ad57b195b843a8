//! What the query API can be searched for: terms joined by `AND`, `OR` and `ANDNOT`, from the left.
//!
//! In: the text of `search_query`, decoded. Out: whether a paper fits. Known fields are `cat` (with
//! `cs.*`), `ti`, `au`, `abs`, `id`, `all` and `submittedDate:[YYYYMMDDHHMM TO YYYYMMDDHHMM]`.
//! Brackets around terms are left out: `(cat:cs.LG OR cat:cs.AI) AND ti:x` is read from the left,
//! which is the same.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::world::{Author, State};

/// By what results are sorted.
pub(crate) enum Order {
    Relevance,
    Submitted { ascending: bool },
    Updated { ascending: bool },
}

impl Order {
    /// Reads `sortBy` and `sortOrder`.
    ///
    /// # Errors
    ///
    /// With the server's words, if there is no such order.
    pub(crate) fn parse(by: Option<&str>, order: Option<&str>) -> Result<Order, String> {
        let ascending = match order {
            None | Some("descending") => false,
            Some("ascending") => true,
            Some(_) => return Err("sortOrder must be in: ascending, descending".into()),
        };
        match by {
            None | Some("relevance") => Ok(Order::Relevance),
            Some("submittedDate") => Ok(Order::Submitted { ascending }),
            Some("lastUpdatedDate") => Ok(Order::Updated { ascending }),
            Some(_) => Err("sortBy must be in: relevance, lastUpdatedDate, submittedDate".into()),
        }
    }
}

/// How a term is joined to those before it.
#[derive(Clone, Copy)]
enum Joint {
    And,
    Or,
    AndNot,
}

/// A condition.
enum Term {
    Category(String),
    /// All categories that begin so, of `cs.*`.
    Categories(String),
    /// Text in a field, in small letters.
    Text(Field, String),
    /// Submitted between two moments, both included.
    Submitted(Timestamp, Timestamp),
}

/// Where text is looked for.
enum Field {
    Title,
    Authors,
    Abstract,
    Id,
    All,
}

/// A search.
pub(crate) struct Search(Vec<(Joint, Term)>);

impl Search {
    /// Reads the text of `search_query`.
    ///
    /// # Errors
    ///
    /// With the server's words, if a term cannot be read.
    pub(crate) fn parse(text: &str) -> Result<Search, String> {
        let (mut terms, mut joint) = (Vec::new(), Joint::And);
        for word in words(text) {
            match word.as_str() {
                "AND" => joint = Joint::And,
                "OR" => joint = Joint::Or,
                "ANDNOT" => joint = Joint::AndNot,
                term => {
                    terms.push((joint, Term::parse(term)?));
                    joint = Joint::And;
                }
            }
        }
        Ok(Search(terms))
    }

    /// Whether a paper fits.
    pub(crate) fn fits(&self, state: &State<'_>) -> bool {
        self.0.iter().fold(true, |so_far, (joint, term)| match joint {
            Joint::And => so_far && term.fits(state),
            Joint::Or => so_far || term.fits(state),
            Joint::AndNot => so_far && !term.fits(state),
        })
    }
}

/// Terms and what joins them. Quoted text and `[from TO to]` are of one piece.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut bracketed) = (Vec::new(), String::new(), false, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' | ']' => {
                bracketed = letter == '[';
                word.push(letter);
            }
            '(' | ')' if !quoted => {}
            ' ' if !quoted && !bracketed => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

impl Term {
    fn parse(text: &str) -> Result<Term, String> {
        let (field, value) = text.split_once(':').unwrap_or(("all", text));
        let small = value.to_lowercase();
        Ok(match field {
            "cat" => match value.strip_suffix('*') {
                Some(beginning) => Term::Categories(beginning.to_owned()),
                None => Term::Category(value.to_owned()),
            },
            "ti" => Term::Text(Field::Title, small),
            "au" => Term::Text(Field::Authors, small),
            "abs" => Term::Text(Field::Abstract, small),
            "id" => Term::Text(Field::Id, small),
            "all" => Term::Text(Field::All, small),
            "submittedDate" => {
                let bounds = value.trim_start_matches('[').trim_end_matches(']').split_once(" TO ");
                let (from, to) = bounds.ok_or_else(|| format!("cannot parse {text}"))?;
                Term::Submitted(moment(from)?, moment(to)?)
            }
            _ => return Err(format!("unknown field {field}")),
        })
    }

    fn fits(&self, state: &State<'_>) -> bool {
        match self {
            Term::Category(name) => state.categories.iter().any(|category| category == name),
            Term::Categories(beginning) => state.categories.iter().any(|category| category.starts_with(beginning)),
            Term::Text(field, text) => field.of(state).to_lowercase().contains(text),
            Term::Submitted(from, to) => (from..=to).contains(&&state.versions[0].date),
        }
    }
}

impl Field {
    fn of(&self, state: &State<'_>) -> String {
        let paper = state.paper;
        match self {
            Field::Title => paper.title.clone(),
            Field::Abstract => paper.abstract_text.clone(),
            Field::Id => paper.id.clone(),
            Field::Authors => paper.authors.iter().map(Author::name).collect::<Vec<_>>().join("\n"),
            Field::All => [Field::Title, Field::Authors, Field::Abstract].map(|field| field.of(state)).join("\n"),
        }
    }
}

/// `202603021400`, or with seconds, or a day alone, in UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    let padded = format!("{text:0<14}");
    let moment = DateTime::strptime("%Y%m%d%H%M%S", &padded).and_then(|moment| moment.to_zoned(TimeZone::UTC));
    moment.map(|moment| moment.timestamp()).map_err(|_| format!("cannot parse the date {text}"))
}
