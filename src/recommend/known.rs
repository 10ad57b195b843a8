//! What a library teaches, with what has been made of liked papers by it.
//!
//! In: the liked papers of a question. Out: their views, and the interests that they are. Questions
//! of a profile that likes a thousand papers differ in what may be an answer, and by a like more or
//! less: what is made of the liked ones is most of the work, and the same again. A paper whose
//! text, authors and vector are as they were has the views that it had; a question whose views,
//! groups and weights are as they were has the interests that it had. All of that is compared, not
//! told by a number, so an answer is the same with a memory and without.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ndarray::Array2;

use super::asked::{Described, Wanted};
use crate::library::{PaperRow, PaperText};
use crate::ranking::{Interest, Learned, PaperFeatures};

/// With fewer liked papers, making their views is quicker than what remembering them takes from
/// those of a large profile.
const WORTH_REMEMBERING: usize = 20;
/// Liked papers whose views are remembered, of about 10 kB each; of a question that likes more,
/// all.
const PAPERS: usize = 4096;
/// Questions whose interests are remembered: the profiles that one server answers in turn.
const QUESTIONS: usize = 4;
/// Interests of several papers that are remembered, of some 20 kB each.
const INTERESTS: usize = 1000;

/// See the top of the module.
#[derive(Debug)]
pub(crate) struct Known {
    learned: Learned,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    papers: HashMap<PaperRow, (PaperText, Arc<PaperFeatures>)>,
    /// The latest last.
    questions: VecDeque<Arc<Wanted>>,
    /// How alike the liked papers and texts of the latest question are.
    alike: Option<Arc<Alike>>,
    interests: HashMap<InterestKey, Remembered>,
}

/// How alike some papers and texts are.
#[derive(Debug)]
struct Alike {
    features: Vec<Arc<PaperFeatures>>,
    /// Each with each, see [`Learned::compare_all`].
    values: Arc<Array2<f32>>,
}

/// Where the views of an interest's papers lie, and the bits of how much each counts.
type InterestKey = Vec<(usize, u32)>;

#[derive(Debug)]
struct Remembered {
    interest: Arc<Interest>,
    /// Nothing else comes to lie where they do while they are kept.
    _features: Vec<Arc<PaperFeatures>>,
}

impl From<Learned> for Known {
    fn from(learned: Learned) -> Known {
        Known { learned, memory: Mutex::default() }
    }
}

impl Deref for Known {
    type Target = Learned;

    fn deref(&self) -> &Learned {
        &self.learned
    }
}

impl Known {
    /// What the library teaches.
    pub(crate) fn learned(&self) -> &Learned {
        &self.learned
    }

    /// The views of liked papers, in their order.
    pub(super) fn features_of_liked(&self, papers: &[PaperText]) -> Vec<Arc<PaperFeatures>> {
        if papers.len() < WORTH_REMEMBERING {
            return self.learned.features(papers).into_iter().map(Arc::new).collect();
        }
        let mut views: Vec<Option<Arc<PaperFeatures>>> = {
            let memory = self.memory();
            let same = |paper: &PaperText| {
                memory.papers.get(&paper.row).filter(|(text, _)| text == paper).map(|(_, views)| Arc::clone(views))
            };
            papers.iter().map(same).collect()
        };
        let (places, new): (Vec<usize>, Vec<PaperText>) = papers
            .iter()
            .enumerate()
            .filter(|(at, _)| views[*at].is_none())
            .map(|(at, paper)| (at, paper.clone()))
            .unzip();
        let made: Vec<Arc<PaperFeatures>> = self.learned.features(&new).into_iter().map(Arc::new).collect();
        let mut memory = self.memory();
        if memory.papers.len() + made.len() > PAPERS {
            let asked: HashSet<PaperRow> = papers.iter().map(|paper| paper.row).collect();
            memory.papers.retain(|row, _| asked.contains(row));
        }
        for ((place, paper), made) in places.into_iter().zip(new).zip(made) {
            memory.papers.insert(paper.row, (paper, Arc::clone(&made)));
            views[place] = Some(made);
        }
        views.into_iter().flatten().collect()
    }

    /// The interests of what is liked.
    pub(super) fn wanted(&self, described: Described) -> Arc<Wanted> {
        if described.features.len() < WORTH_REMEMBERING {
            return Arc::new(Wanted::of(self, described));
        }
        if let Some(same) = self.memory().questions.iter().find(|wanted| wanted.described == described) {
            return Arc::clone(same);
        }
        // With no lock held: others may ask meanwhile.
        let wanted = Arc::new(Wanted::of(self, described));
        let mut memory = self.memory();
        if memory.questions.len() >= QUESTIONS {
            memory.questions.pop_front();
        }
        memory.questions.push_back(Arc::clone(&wanted));
        wanted
    }

    /// How alike each two of some papers and texts are, see [`Learned::compare_all`].
    pub(super) fn alike(&self, features: &[Arc<PaperFeatures>]) -> Arc<Array2<f32>> {
        if features.len() < WORTH_REMEMBERING {
            return Arc::new(self.learned.compare_all(features));
        }
        let latest = self.memory().alike.clone();
        let places: HashMap<usize, usize> =
            latest.iter().flat_map(|latest| latest.features.iter().map(address).zip(0..)).collect();
        let before: Vec<Option<usize>> =
            features.iter().map(|features| places.get(&address(features)).copied()).collect();
        let nothing = Arc::default();
        let compared = latest.as_ref().map_or(&nothing, |latest| &latest.values);
        let values = Arc::new(self.learned.compare_new(features, &before, compared));
        self.memory().alike = Some(Arc::new(Alike { features: features.to_vec(), values: Arc::clone(&values) }));
        values
    }

    /// What papers and texts ask for together, each with how much it counts (above 0). `liked`: how
    /// much is liked in all.
    pub(super) fn interest_of_liked(
        &self,
        members: &[(&Arc<PaperFeatures>, f32)],
        liked: usize,
    ) -> Option<Arc<Interest>> {
        let make = || {
            let members: Vec<(&PaperFeatures, f32)> =
                members.iter().map(|(features, weight)| (&***features, *weight)).collect();
            self.learned.interest(&members).map(Arc::new)
        };
        // One of a single paper is made as quickly as it is found, and those of small questions
        // would only take the place of others: their views are made anew each time.
        if members.len() < 2 || liked < WORTH_REMEMBERING {
            return make();
        }
        let key: InterestKey = members.iter().map(|(features, weight)| (address(features), weight.to_bits())).collect();
        if let Some(same) = self.memory().interests.get(&key) {
            return Some(Arc::clone(&same.interest));
        }
        let interest = make()?;
        let features = members.iter().map(|(features, _)| Arc::clone(features)).collect();
        let remembered = Remembered { interest: Arc::clone(&interest), _features: features };
        let mut memory = self.memory();
        if memory.interests.len() >= INTERESTS {
            memory.interests.clear();
        }
        memory.interests.insert(key, remembered);
        Some(interest)
    }

    /// Whoever panicked has left it whole: an entry is written in one step.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where views lie, which tells them from all others for as long as they are kept.
fn address(features: &Arc<PaperFeatures>) -> usize {
    Arc::as_ptr(features).addr()
}
