//! Makes an archive up: the same papers for the same seed.

use jiff::Timestamp;
use jiff::civil::Date;

use super::calendar::eastern;
use super::words::{
    CATEGORIES, COMMENTS, FORENAMES, JOURNALS, KEYNAMES, LICENSES, METHODS, OBJECTS, PLACES, QUALITIES, SENTENCES,
};
use super::world::{Author, Paper, World};

impl World {
    /// An archive of `papers` papers that are new on the days with a feed between two days, both
    /// included, as many each day. A quarter is replaced later, some several times; some are
    /// cross-listed later, a few withdrawn. Without a day with a feed there are no papers.
    pub(crate) fn generate(seed: u64, papers: usize, first_day: Date, last_day: Date) -> World {
        let mut world = World::default();
        let mut maker = Maker { random: fastrand::Rng::with_seed(seed), month: String::new(), number: 0 };
        let days = world.calendar.days(first_day, last_day);
        let mut made = Vec::with_capacity(papers);
        for (at, day) in days.iter().enumerate() {
            let window = world.calendar.window(*day);
            let count = papers * (at + 1) / days.len() - papers * at / days.len();
            let mut moments: Vec<Timestamp> = (0..count).map(|_| maker.within(window)).collect();
            moments.sort();
            made.extend(moments.into_iter().map(|submitted| maker.paper(submitted, *day)));
            if count == 0 {
                continue;
            }
            for _ in 0..count * 2 / 5 {
                let (at, submitted) = (maker.random.usize(..made.len()), maker.within(window));
                maker.alter(&mut made[at], submitted, *day);
            }
        }
        world.add(made);
        world
    }
}

/// Makes papers up, one after the other.
struct Maker {
    random: fastrand::Rng,
    /// The month of the last id: `2603`.
    month: String,
    /// The number of the last id in its month.
    number: u32,
}

impl Maker {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(..from.len())]
    }

    /// One of `from`, in `percent` of cases.
    fn maybe(&mut self, percent: u32, from: &[&str]) -> Option<String> {
        (self.random.u32(..100) < percent).then(|| self.pick(from).to_owned())
    }

    /// A moment between two.
    fn within(&mut self, window: (Timestamp, Timestamp)) -> Timestamp {
        let second = self.random.i64(window.0.as_second()..window.1.as_second());
        Timestamp::from_second(second).expect("a second between two timestamps")
    }

    /// The next id in the month of submission. A month may have 99,999.
    fn id(&mut self, submitted: Timestamp) -> String {
        let month = submitted.to_zoned(eastern()).strftime("%y%m").to_string();
        self.number = if self.month == month { self.number + 1 } else { 1 };
        assert!(self.number < 100_000, "more than 99,999 papers in a month: take more days");
        self.month = month;
        format!("{}.{:05}", self.month, self.number)
    }

    fn paper(&mut self, submitted: Timestamp, day: Date) -> Paper {
        let mut categories = vec![self.pick(CATEGORIES)];
        for _ in 0..self.random.usize(..3) {
            let further = self.pick(CATEGORIES);
            if !categories.contains(&further) {
                categories.push(further);
            }
        }
        let id = self.id(submitted);
        let mut paper = Paper::new(&id, submitted, day, &categories);
        paper.title = self.fill("{q} {m} for {o}");
        paper.title[..1].make_ascii_uppercase();
        paper.abstract_text = self.abstract_text();
        paper.authors = self.authors();
        paper.versions[0].size_kb = self.random.u32(20..9000);
        paper.comments = self.maybe(60, COMMENTS);
        paper.license = self.maybe(95, LICENSES);
        paper.journal_ref = self.maybe(10, JOURNALS);
        paper.doi = (self.random.u32(..100) < 15).then(|| format!("10.1234/made.up.{id}"));
        paper.report_no = (self.random.u32(..100) < 3).then(|| format!("MADE-UP-TH/{}", &id[..4]));
        paper.msc_class = self.maybe(4, &["60K35, 82B20", "14D20 (Primary), 14H60 (Secondary)", "68T07"]);
        paper
    }

    /// Changes a paper on a day after its first: mostly a version, else a category or a withdrawal.
    fn alter(&mut self, paper: &mut Paper, submitted: Timestamp, day: Date) {
        if paper.announced.iter().any(|one| one.day >= day) {
            return;
        }
        match self.random.u32(..100) {
            0..75 => paper.replace(submitted, day),
            75..98 => {
                let category = self.pick(CATEGORIES);
                if paper.categories.iter().all(|there| there != category) {
                    paper.cross_list(day, category);
                }
            }
            _ => paper.withdraw(submitted, day),
        }
    }

    fn abstract_text(&mut self) -> String {
        let mut sentences = Vec::with_capacity(9);
        for _ in 0..self.random.usize(4..10) {
            let sentence = self.pick(SENTENCES);
            sentences.push(self.fill(sentence));
        }
        sentences.join(" ")
    }

    fn authors(&mut self) -> Vec<Author> {
        let affiliated = self.random.u32(..100) < 8;
        let count = 1 + self.random.usize(..6);
        let mut authors = Vec::with_capacity(count);
        for _ in 0..count {
            let mut author = Author::new(self.pick(FORENAMES), self.pick(KEYNAMES));
            author.affiliation = affiliated.then(|| self.pick(PLACES).to_owned());
            author.suffix = self.maybe(1, &["Jr.", "III"]);
            authors.push(author);
        }
        authors
    }

    /// Fills the places of a template: `{m}` a method, `{o}` an object, `{q}` a quality, `{n}` a
    /// number.
    fn fill(&mut self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len() + 40);
        let mut parts = template.split('{');
        filled.push_str(parts.next().unwrap_or_default());
        for part in parts {
            match (part.chars().next(), part.get(2..)) {
                (Some('m'), Some(rest)) => filled.extend([self.pick(METHODS), rest]),
                (Some('o'), Some(rest)) => filled.extend([self.pick(OBJECTS), rest]),
                (Some('q'), Some(rest)) => filled.extend([self.pick(QUALITIES), rest]),
                (Some('n'), Some(rest)) => filled.extend([self.random.u32(2..40).to_string().as_str(), rest]),
                _ => filled.extend(["{", part]),
            }
        }
        filled
    }
}
