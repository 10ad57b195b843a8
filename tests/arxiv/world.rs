//! The archive behind the servers: papers with their versions and announcements.
//!
//! In: papers, made up by [`World::generate`] or given to [`World::from_records`]. Out: what was
//! announced on a day, and what a paper is like on a day, from which all servers answer.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use super::calendar::Calendar;
use super::taxonomy::covers;

/// As what a paper is announced, in the order of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AnnounceType {
    New,
    Cross,
    Replace,
    ReplaceCross,
}

impl AnnounceType {
    /// Its name in the feed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            AnnounceType::New => "new",
            AnnounceType::Cross => "cross",
            AnnounceType::Replace => "replace",
            AnnounceType::ReplaceCross => "replace-cross",
        }
    }
}

/// One line of a listing: a paper on a day in a category.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    pub(crate) day: Date,
    pub(crate) category: String,
    pub(crate) kind: AnnounceType,
}

/// A version of a paper.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// When it was submitted.
    pub(crate) date: Timestamp,
    /// On which day it was announced.
    pub(crate) day: Date,
    pub(crate) size_kb: u32,
    /// arXiv's flags: `D` for files of other kinds than TeX, `I` for a withdrawal, empty for TeX.
    pub(crate) source_type: String,
}

/// An author, with accents as Unicode.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) forenames: String,
    pub(crate) keyname: String,
    pub(crate) suffix: Option<String>,
    pub(crate) affiliation: Option<String>,
}

impl Author {
    /// An author of no known affiliation.
    pub(crate) fn new(forenames: &str, keyname: &str) -> Author {
        Author { forenames: forenames.into(), keyname: keyname.into(), suffix: None, affiliation: None }
    }

    /// Forenames, family name and suffix.
    pub(crate) fn name(&self) -> String {
        let suffix = self.suffix.as_ref().map(|suffix| format!(" {suffix}")).unwrap_or_default();
        format!("{} {}{suffix}", self.forenames, self.keyname)
    }
}

/// A paper through all of its days.
#[derive(Clone, Debug)]
pub(crate) struct Paper {
    /// Its id without version.
    pub(crate) id: String,
    /// By date, at least one.
    pub(crate) versions: Vec<Version>,
    pub(crate) title: String,
    pub(crate) abstract_text: String,
    pub(crate) authors: Vec<Author>,
    /// The categories that it ever has, the primary one first.
    pub(crate) categories: Vec<String>,
    pub(crate) comments: Option<String>,
    pub(crate) report_no: Option<String>,
    pub(crate) msc_class: Option<String>,
    pub(crate) journal_ref: Option<String>,
    pub(crate) doi: Option<String>,
    pub(crate) license: Option<String>,
    /// By day.
    pub(crate) announced: Vec<Announcement>,
    /// Days on which its record was changed without an announcement.
    pub(crate) touched: Vec<Date>,
}

/// A paper as it is on a day.
pub(crate) struct State<'a> {
    pub(crate) paper: &'a Paper,
    /// The versions until then, at least one.
    pub(crate) versions: &'a [Version],
    /// The day of its last change.
    pub(crate) datestamp: Date,
    /// The categories until then, the primary one first.
    pub(crate) categories: Vec<&'a str>,
}

impl State<'_> {
    /// Its comment: of a withdrawn paper, that it is.
    pub(crate) fn comments(&self) -> Option<&str> {
        let withdrawn = self.versions.last().is_some_and(|version| version.source_type.contains('I'));
        if withdrawn { Some("This paper has been withdrawn by the authors") } else { self.paper.comments.as_deref() }
    }
}

impl Paper {
    /// A paper that is announced as new on a day, with a title and an abstract of its id.
    pub(crate) fn new(id: &str, submitted: Timestamp, day: Date, categories: &[&str]) -> Paper {
        let announce = |(at, category): (usize, &&str)| Announcement {
            day,
            category: (*category).to_owned(),
            kind: if at == 0 { AnnounceType::New } else { AnnounceType::Cross },
        };
        Paper {
            id: id.to_owned(),
            versions: vec![Version { date: submitted, day, size_kb: 100, source_type: String::new() }],
            title: format!("A study of {id}"),
            abstract_text: format!("We study {id}, and say what we find."),
            authors: vec![Author::new("Ada", "Example")],
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
            comments: None,
            report_no: None,
            msc_class: None,
            journal_ref: None,
            doi: None,
            license: Some("http://arxiv.org/licenses/nonexclusive-distrib/1.0/".into()),
            announced: categories.iter().enumerate().map(announce).collect(),
            touched: Vec::new(),
        }
    }

    /// A further version, announced in the categories that the paper has on that day.
    pub(crate) fn replace(&mut self, submitted: Timestamp, day: Date) {
        self.versions.push(Version { date: submitted, day, size_kb: 110, source_type: String::new() });
        let there: Vec<String> = self.at(day).iter().flat_map(|state| &state.categories).map(|c| (*c).into()).collect();
        for (at, category) in there.into_iter().enumerate() {
            let kind = if at == 0 { AnnounceType::Replace } else { AnnounceType::ReplaceCross };
            self.announced.push(Announcement { day, category, kind });
        }
        self.announced.sort_by_key(|one| one.day);
    }

    /// A further version by which the paper is withdrawn.
    pub(crate) fn withdraw(&mut self, submitted: Timestamp, day: Date) {
        self.replace(submitted, day);
        if let Some(last) = self.versions.last_mut() {
            last.source_type = "I".into();
            last.size_kb = 1;
        }
    }

    /// A further category from a day on.
    pub(crate) fn cross_list(&mut self, day: Date, category: &str) {
        self.categories.push(category.to_owned());
        self.announced.push(Announcement { day, category: category.to_owned(), kind: AnnounceType::Cross });
        self.announced.sort_by_key(|one| one.day);
    }

    /// The day of its last change until `day`; none before it was announced.
    pub(crate) fn datestamp(&self, day: Date) -> Option<Date> {
        let until = |one: &Date| *one <= day;
        let announced = self.announced.iter().map(|one| one.day).filter(until).max()?;
        Some(self.touched.iter().copied().filter(until).max().map_or(announced, |touched| touched.max(announced)))
    }

    /// What it is like on a day; none before it was announced.
    pub(crate) fn at(&self, day: Date) -> Option<State<'_>> {
        let datestamp = self.datestamp(day)?;
        let versions = self.versions.partition_point(|version| version.day <= day);
        let has = |category: &&str| self.announced.iter().any(|one| one.day <= day && one.category == *category);
        let categories = self.categories.iter().map(String::as_str).filter(has).collect();
        Some(State { paper: self, versions: &self.versions[..versions.max(1)], datestamp, categories })
    }
}

/// An entry of a listing.
pub(crate) struct Listed<'a> {
    pub(crate) kind: AnnounceType,
    pub(crate) paper: &'a Paper,
    /// The day of the listing.
    pub(crate) day: Date,
}

/// All papers, by id, and the days with announcements.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    papers: Vec<Paper>,
    pub(crate) calendar: Calendar,
    by_id: HashMap<String, usize>,
    by_day: HashMap<Date, Vec<usize>>,
}

impl World {
    /// An archive of given papers. Of two with one id the last stays.
    pub(crate) fn from_records(papers: Vec<Paper>) -> World {
        let mut world = World { papers, ..World::default() };
        world.index();
        world
    }

    /// Adds papers, or puts them in the place of those with their ids.
    pub(crate) fn add(&mut self, papers: Vec<Paper>) {
        self.papers.extend(papers);
        self.index();
    }

    /// Changes papers; `change` gets all of them, by id.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut [Paper])) {
        change(&mut self.papers);
        self.index();
    }

    /// The papers, by id.
    pub(crate) fn papers(&self) -> &[Paper] {
        &self.papers
    }

    /// The paper of an id without version.
    pub(crate) fn paper(&self, id: &str) -> Option<&Paper> {
        self.by_id.get(id).map(|at| &self.papers[*at])
    }

    /// What is announced on a day in categories or archives, in the order of the feed: by type,
    /// then by id, the greatest first. One entry a paper.
    pub(crate) fn announced(&self, day: Date, asked: &[&str]) -> Vec<Listed<'_>> {
        self.listed(&[day], |one| one.day == day && asked.iter().any(|name| covers(name, &one.category)))
    }

    /// The announcements on some days that fit, in the order of the feed. Of several of a paper,
    /// the first by type stays.
    pub(crate) fn listed(&self, days: &[Date], fits: impl Fn(&Announcement) -> bool) -> Vec<Listed<'_>> {
        let on_days: BTreeSet<usize> = days.iter().filter_map(|day| self.by_day.get(day)).flatten().copied().collect();
        let fitting = |at: usize| {
            let paper = &self.papers[at];
            let first = paper.announced.iter().filter(|one| fits(one)).min_by_key(|one| one.kind)?;
            Some(Listed { kind: first.kind, paper, day: first.day })
        };
        let mut listed: Vec<Listed<'_>> = on_days.into_iter().filter_map(fitting).collect();
        listed.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| b.paper.id.cmp(&a.paper.id)));
        listed
    }

    /// A bulk update: on a day the records of up to `count` papers that were announced before
    /// change, without an announcement. Gives their ids.
    pub(crate) fn bulk_update(&mut self, day: Date, count: usize) -> Vec<String> {
        let before = |paper: &&mut Paper| paper.announced.first().is_some_and(|one| one.day < day);
        let touch = |paper: &mut Paper| {
            paper.touched.push(day);
            paper.id.clone()
        };
        self.papers.iter_mut().filter(before).take(count).map(touch).collect()
    }

    fn index(&mut self) {
        self.papers.sort_by(|a, b| a.id.cmp(&b.id));
        self.papers.reverse();
        self.papers.dedup_by(|a, b| a.id == b.id);
        self.papers.reverse();
        self.by_id = self.papers.iter().enumerate().map(|(at, paper)| (paper.id.clone(), at)).collect();
        self.by_day.clear();
        for (at, paper) in self.papers.iter().enumerate() {
            for one in &paper.announced {
                let day = self.by_day.entry(one.day).or_default();
                if day.last() != Some(&at) {
                    day.push(at);
                }
            }
        }
    }
}
