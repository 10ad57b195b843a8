//! A filter: what papers must fulfil to be among the answers.
//!
//! In: categories, dates, authors, words to leave out and whether withdrawn papers count. Out: the
//! conditions that `matching` looks up, and whatever else depends on all parts of a filter. Every
//! function here takes a filter apart by naming all of its parts, so that a new part cannot be
//! forgotten in any of them: the compiler refuses the program until each says what the new part
//! means to it. The test below adds one and sees that.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// What papers must fulfil. Empty lists and `None` ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// In at least one of these categories, primary or not, whatever the case. `cs` and `cs.*`
    /// stand for the archive. One text may hold several, with spaces between them.
    #[serde(rename = "category")]
    pub categories: Vec<String>,
    /// On this day or later: that of publication, or the best that is known.
    pub since: Option<Date>,
    /// On this day or earlier.
    pub until: Option<Date>,
    /// By at least one of these authors. All words of a name must occur in one author's name,
    /// whatever the accents, case and order; a single Latin letter also stands for a word that
    /// begins with it.
    #[serde(rename = "author")]
    pub authors: Vec<String>,
    /// None of these in title or abstract; several words mean that phrase. Word by word: `graph`
    /// leaves `graphs` in.
    pub exclude: Vec<String>,
    /// Also papers that were withdrawn, by their authors or by arXiv. They are left out otherwise.
    pub withdrawn: bool,
    /// With at least one of these tags of the user's, whatever the case of Latin letters.
    #[serde(rename = "tag")]
    pub tags: Vec<String>,
    /// Only papers that the user has not noted as read.
    pub unread: bool,
}

/// What a filter asks for, part by part. A paper passes that fulfils all conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition<'a> {
    /// In at least one of these categories.
    AnyCategory(Vec<&'a str>),
    /// By at least one of these authors.
    AnyAuthor(&'a [String]),
    /// From a day on, up to a day.
    Dates(Option<Date>, Option<Date>),
    /// With none of these words or phrases.
    NoPhrase(&'a [String]),
    /// With at least one of these tags.
    AnyTag(&'a [String]),
    /// Not read.
    Unread,
    /// Not withdrawn.
    NotWithdrawn,
}

impl Filter {
    /// A filter that every paper passes that is not withdrawn. The methods below say what a paper
    /// must fulfil.
    ///
    /// ```
    /// use relata::library::Filter;
    ///
    /// let filter = Filter::new().categories(["cs.LG", "stat.ML"]).since(jiff::civil::date(2026, 2, 1));
    /// assert!(filter.until.is_none());
    /// ```
    pub fn new() -> Filter {
        Filter::default()
    }

    /// In at least one of these categories, or of those of earlier calls.
    #[must_use]
    pub fn categories(mut self, categories: impl IntoIterator<Item = impl Into<String>>) -> Filter {
        self.categories.extend(categories.into_iter().map(Into::into));
        self
    }

    /// By at least one of these authors, or of those of earlier calls.
    #[must_use]
    pub fn authors(mut self, authors: impl IntoIterator<Item = impl Into<String>>) -> Filter {
        self.authors.extend(authors.into_iter().map(Into::into));
        self
    }

    /// None of these words or phrases, nor of those of earlier calls.
    #[must_use]
    pub fn exclude(mut self, phrases: impl IntoIterator<Item = impl Into<String>>) -> Filter {
        self.exclude.extend(phrases.into_iter().map(Into::into));
        self
    }

    /// Also papers that were withdrawn.
    #[must_use]
    pub fn withdrawn(mut self, withdrawn: bool) -> Filter {
        self.withdrawn = withdrawn;
        self
    }

    /// With at least one of these tags, or of those of earlier calls.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Filter {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Only papers that are not read.
    #[must_use]
    pub fn unread(mut self, unread: bool) -> Filter {
        self.unread = unread;
        self
    }

    /// On this day or later.
    #[must_use]
    pub fn since(mut self, day: Date) -> Filter {
        self.since = Some(day);
        self
    }

    /// On this day or earlier.
    #[must_use]
    pub fn until(mut self, day: Date) -> Filter {
        self.until = Some(day);
        self
    }

    /// Whether it asks for nothing: every paper passes, but for those that are withdrawn.
    pub fn is_empty(&self) -> bool {
        self.conditions().iter().all(|condition| *condition == Condition::NotWithdrawn)
    }

    /// The conditions of a filter; those of parts that ask for nothing are left out.
    pub(super) fn conditions(&self) -> Vec<Condition<'_>> {
        let Filter { categories, since, until, authors, exclude, withdrawn, tags, unread } = self;
        let mut conditions = Vec::new();
        let categories: Vec<&str> = categories.iter().flat_map(|text| text.split_whitespace()).collect();
        if !categories.is_empty() {
            conditions.push(Condition::AnyCategory(categories));
        }
        if !authors.is_empty() {
            conditions.push(Condition::AnyAuthor(authors));
        }
        if since.is_some() || until.is_some() {
            conditions.push(Condition::Dates(*since, *until));
        }
        if !exclude.is_empty() {
            conditions.push(Condition::NoPhrase(exclude));
        }
        if !tags.is_empty() {
            conditions.push(Condition::AnyTag(tags));
        }
        if *unread {
            conditions.push(Condition::Unread);
        }
        if !withdrawn {
            conditions.push(Condition::NotWithdrawn);
        }
        conditions
    }

    /// The first and the last day, where they are in the wrong order, so that no paper passes.
    pub fn empty_period(&self) -> Option<(Date, Date)> {
        let Filter { categories: _, since, until, authors: _, exclude: _, withdrawn: _, tags: _, unread: _ } = self;
        since.zip(*until).filter(|(since, until)| since > until)
    }

    /// What makes a selection of papers the same one tomorrow: the parts that are asked for, by
    /// name, sorted and each value once. `None` where days are asked for, since the calendar
    /// decides which papers those are, and where unread papers are, since somebody reads them.
    pub fn lasting(&self) -> Option<BTreeMap<&'static str, Vec<String>>> {
        let Filter { categories, since, until, authors, exclude, withdrawn, tags, unread } = self;
        if since.is_some() || until.is_some() || *unread {
            return None;
        }
        let withdrawn = if *withdrawn { vec!["too".to_owned()] } else { Vec::new() };
        let parts = [
            ("author", authors),
            ("category", categories),
            ("exclude", exclude),
            ("tag", tags),
            ("withdrawn", &withdrawn),
        ];
        let sorted = |values: &Vec<String>| {
            let mut values = values.clone();
            values.sort_unstable();
            values.dedup();
            values
        };
        Some(parts.map(|(name, values)| (name, sorted(values))).into_iter().filter(|(_, v)| !v.is_empty()).collect())
    }

    /// What names the papers that pass, for a title: categories and authors.
    pub fn subjects(&self) -> (&[String], &[String]) {
        let Filter { categories, since: _, until: _, authors, exclude: _, withdrawn: _, tags: _, unread: _ } = self;
        (categories, authors)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const SOURCE: &str = include_str!("filter.rs");

    /// Compiles this file without its tests, and without what its derives need; gives what the
    /// compiler says.
    fn compile(edit: impl Fn(String) -> String) -> (bool, String) {
        let own = SOURCE.split("#[cfg(test)]").next().unwrap_or_default();
        let own = own
            .replace("use jiff::civil::Date;", "type Date = u32;")
            .replace(", serde::Serialize, serde::Deserialize, schemars::JsonSchema", "");
        let own: Vec<&str> = own.lines().filter(|line| !line.trim_start().starts_with("#[serde")).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("filter.rs");
        std::fs::write(&file, edit(own.join("\n").replace("pub(super)", "pub"))).expect("written");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--out-dir"]);
        let ended = command.arg(folder.path()).arg(&file).output().expect("the compiler starts");
        (ended.status.success(), String::from_utf8_lossy(&ended.stderr).into_owned())
    }

    #[test]
    fn a_new_part_of_a_filter_is_refused_until_everything_that_depends_on_all_parts_knows_it() {
        let (compiles, said) = compile(|source| source);
        assert!(compiles, "{said}");
        let (compiles, said) = compile(|source| {
            source.replacen("pub unread: bool,", "pub unread: bool,\n    pub language: Vec<String>,", 1)
        });
        assert!(!compiles);
        // E0027: a pattern that does not mention a field. Once in each function that takes a filter
        // apart.
        assert_eq!(said.matches("error[E0027]: pattern does not mention field `language`").count(), 4, "{said}");
        let (compiles, said) = compile(|source| source.replace("    NotWithdrawn,\n", "    NotWithdrawn,\n Language,"));
        assert!(compiles, "a new condition is refused by `matching` and not here: {said}");
    }

    #[test]
    fn what_asks_for_nothing_is_no_condition() {
        let filter = Filter { categories: vec![String::new()], ..Filter::default() };
        assert!(Filter::default().is_empty() && filter.is_empty());
        let filter = Filter { categories: vec!["cs.LG stat.ML".to_owned()], ..Filter::default() };
        let category = Condition::AnyCategory(vec!["cs.LG", "stat.ML"]);
        assert_eq!(filter.conditions(), [category.clone(), Condition::NotWithdrawn]);
        assert!(!filter.is_empty());
        assert_eq!(filter.withdrawn(true).conditions(), [category]);
        assert!(Filter::new().withdrawn(true).is_empty() && Filter::new().withdrawn(true).conditions().is_empty());
    }

    #[test]
    fn a_selection_lasts_whatever_the_order_of_its_parts_unless_it_is_of_days() {
        let of = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let one = Filter { categories: of(&["b", "a", "b"]), exclude: of(&["ice"]), ..Filter::default() };
        let lasting = BTreeMap::from([("category", of(&["a", "b"])), ("exclude", of(&["ice"]))]);
        assert_eq!(one.lasting(), Some(lasting));
        assert_eq!(Filter::default().lasting(), Some(BTreeMap::new()));
        assert_eq!(Filter::new().withdrawn(true).lasting(), Some(BTreeMap::from([("withdrawn", of(&["too"]))])));
        let dated = Filter { since: Some(jiff::civil::date(2026, 1, 1)), ..one };
        assert_eq!(dated.lasting(), None);
    }

    #[test]
    fn unknown_parts_are_refused_by_name() {
        let refused = serde_json::from_str::<Filter>(r#"{"categories": ["cs.LG"]}"#).expect_err("refused");
        assert!(refused.to_string().contains("unknown field `categories`, expected one of `category`"), "{refused}");
        let filter: Filter = serde_json::from_str(r#"{"category": ["cs.LG"], "since": "2026-01-01"}"#).expect("read");
        assert_eq!(filter.since, Some(jiff::civil::date(2026, 1, 1)));
    }
}
