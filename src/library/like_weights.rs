//! How much liked papers and texts count, where somebody has said so.
//!
//! In: a profile, its papers and texts, a weight. Out: rows that keep it. Interests are found anew
//! whenever they are asked for, so a weight that somebody gives an interest is kept with each paper
//! and text that it holds: the share of an interest follows from the weights of its own. A like
//! without a weight takes that of the interest that it falls into (`recommend::weights`).

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, TransactionBehavior, params};

use super::Library;
use super::faults::Faults;
use crate::error::Result;
use crate::paper::{ArxivId, LikeWeight};

impl ToSql for LikeWeight {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::from(self.hundredths()).into())
    }
}

impl FromSql for LikeWeight {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<LikeWeight> {
        let stored = value.as_i64()?;
        let weight = u16::try_from(stored).ok().and_then(LikeWeight::of_hundredths);
        weight.ok_or(FromSqlError::OutOfRange(stored))
    }
}

impl Library {
    /// Says how much liked papers and texts (by key) of a profile count, in one transaction; `None`
    /// takes back what was said.
    ///
    /// # Errors
    /// What the library reports; then nothing has changed.
    pub fn set_weights(
        &mut self,
        profile: &str,
        papers: &[(ArxivId, Option<LikeWeight>)],
        texts: &[(String, Option<LikeWeight>)],
    ) -> Result<()> {
        let profile = &*self.profile_called(profile)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for (id, weight) in papers {
            weigh(&transaction, profile, id, *weight).in_library(path)?;
        }
        for (key, weight) in texts {
            transaction
                .prepare_cached("UPDATE profile_texts SET weight = ?3 WHERE profile = ?1 AND key = ?2")
                .and_then(|mut statement| statement.execute(params![profile, key, weight]))
                .in_library(path)?;
        }
        transaction.commit().in_library(path)
    }
}

/// Says how much a liked paper counts.
pub(super) fn weigh(
    connection: &Connection,
    profile: &str,
    id: &ArxivId,
    weight: Option<LikeWeight>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE profile_papers SET weight = ?3 WHERE profile = ?1 AND id = ?2 AND liked")?
        .execute(params![profile, id.as_str(), weight])
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::super::{Opinion, ProfileText};
    use super::*;

    #[test]
    fn weights_stay_with_what_is_liked_and_go_with_it() {
        let mut library = Library::in_memory().expect("a library");
        let [liked, other, disliked] =
            ["2602.00001", "2602.00002", "2602.00003"].map(|id| ArxivId::parse(id).expect("an id").0);
        let opinions = [
            (liked.clone(), Some(Opinion::Liked)),
            (other.clone(), Some(Opinion::Liked)),
            (disliked.clone(), Some(Opinion::Disliked)),
        ];
        library.set_opinions("ice", &opinions).expect("entered");
        let text = ProfileText { title: "Slow ice".to_owned(), ..ProfileText::default() }.identified().expect("a key");
        library.add_texts("ice", std::slice::from_ref(&text)).expect("added");
        let half = LikeWeight::new(0.5);
        let papers = [(liked.clone(), half), (disliked.clone(), half), (other.clone(), LikeWeight::new(0.0))];
        library.set_weights("ice", &papers, &[(text.key.clone(), half)]).expect("set");
        let profile = library.profile("ice").expect("read");
        assert_eq!(profile.weights.keys().collect::<Vec<_>>(), [&liked, &other], "a disliked paper has no weight");
        assert_eq!(profile.texts[0].weight, half);
        // What is liked once more keeps its weight; what is forgotten or disliked in between does
        // not.
        library.set_opinions("ice", &[(liked.clone(), Some(Opinion::Liked))]).expect("entered");
        assert_eq!(library.profile("ice").expect("read").weights.get(&liked).copied(), half);
        for opinion in [None, Some(Opinion::Disliked)] {
            library.set_opinions("ice", &[(other.clone(), opinion)]).expect("entered");
            library.set_opinions("ice", &[(other.clone(), Some(Opinion::Liked))]).expect("entered");
            assert_eq!(library.profile("ice").expect("read").weights.get(&other), None, "{opinion:?}");
            library.set_weights("ice", &[(other.clone(), half)], &[]).expect("set");
        }
        library.set_weights("ice", &[(liked.clone(), None)], &[(text.key, None)]).expect("set");
        let profile = library.profile("ice").expect("read");
        assert_eq!((profile.weights.get(&liked), profile.texts[0].weight), (None, None));
        assert_eq!(library.check().expect("checked"), []);
    }
}
