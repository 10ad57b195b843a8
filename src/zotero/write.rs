//! Works that are written into a library, by the web API alone.
//!
//! In: works as Zotero describes them, and the version of the library in which they were missing.
//! Out: what became of each. The server takes them only while the library still has this version,
//! so that one which the answer got lost of is found by looking again, and is not written twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{Collection, PAGE, RESTARTS, values};
use crate::error::{Result, ZoteroError};
use crate::paper::{ArxivId, Metadata};
use crate::reader::excerpt;
use crate::references::{self, Reference};
use crate::text::title::title_key;

/// Works of a request at most.
pub(crate) const MOST_AT_ONCE: usize = 50;

/// What the works of a library are known by.
#[derive(Debug, Default)]
pub(crate) struct Present {
    ids: BTreeSet<ArxivId>,
    dois: BTreeSet<String>,
    /// Titles of works that name no arXiv paper.
    titles: BTreeSet<String>,
}

/// What became of a request to write works.
#[derive(Debug)]
pub(crate) enum Posted {
    /// The server has looked at each.
    Done {
        /// The version of the library now.
        version: u64,
        /// For each work the key of its item, or why it was not written.
        works: Vec<std::result::Result<String, String>>,
    },
    /// The library has changed, or an earlier attempt was taken.
    Changed {
        /// Whether an earlier attempt may have been taken.
        doubtful: bool,
    },
    /// It was too much for one request.
    TooLarge,
}

impl Present {
    /// Whether a paper is among them, as imported references are matched: by id, by DOI, and by
    /// title where a work names no arXiv paper.
    pub(crate) fn has(&self, id: &ArxivId, paper: &Metadata) -> bool {
        let doi = paper.doi.as_ref().is_some_and(|doi| self.dois.contains(&doi.to_lowercase()));
        let title = || paper.title.as_ref().is_some_and(|title| self.titles.contains(&title_key(title)));
        self.ids.contains(id) || doi || title()
    }

    fn add(&mut self, reference: Reference) {
        if reference.ids.is_empty() {
            self.titles.extend(reference.title.map(|title| title_key(&title)).filter(|title| !title.is_empty()));
        }
        self.ids.extend(reference.ids);
        self.dois.extend(reference.doi.map(|doi| doi.to_lowercase()));
    }
}

impl Client {
    /// The works of the library that are newer than a version, those in the bin among them: what
    /// somebody has thrown away is not missing. Gives the version that this was read in.
    ///
    /// # Errors
    /// [`ZoteroError::Restless`]; what the server answers.
    pub(crate) fn present(&self, since: u64, present: &mut Present) -> Result<u64> {
        'again: for _ in 0..RESTARTS {
            let mut read = None;
            let mut next = Some(format!(
                "items/top?since={since}&includeTrashed=1&limit={PAGE}&sort=dateAdded&direction=asc&format=json"
            ));
            while let Some(path) = next {
                let Answer { version, body, link, .. } = self.get(&path, None)?;
                if *read.get_or_insert(version) != version {
                    continue 'again;
                }
                let works = values(&body).iter().filter_map(|item| references::of_item(item.as_object()?));
                works.for_each(|work| present.add(work));
                next = link;
            }
            return Ok(read.unwrap_or(since));
        }
        Err(ZoteroError::Restless.into())
    }

    /// Writes works, while the library has this version.
    ///
    /// # Errors
    /// What the server answers.
    pub(crate) fn create(&self, works: &[Value], version: u64) -> Result<Posted> {
        let answer = self.post("items", &Value::Array(works.to_vec()), version)?;
        Ok(match answer.status {
            412 => Posted::Changed { doubtful: answer.doubtful },
            413 => Posted::TooLarge,
            _ => Posted::Done {
                version: answer.version,
                works: (0..works.len()).map(|number| outcome(&answer.body, number)).collect(),
            },
        })
    }
}

/// What an answer says of a work: the key of its item, or why there is none.
fn outcome(body: &Value, number: usize) -> std::result::Result<String, String> {
    let of = |list: &str| body.get(list)?.get(number.to_string());
    let written = of("success").or_else(|| of("unchanged")).and_then(Value::as_str);
    let whole = || of("successful")?.get("key")?.as_str();
    if let Some(key) = written.or_else(whole) {
        return Ok(key.to_owned());
    }
    let Some(failed) = of("failed") else { return Err("the server does not say what became of it".to_owned()) };
    let code = failed.get("code").map_or_else(String::new, |code| format!("{code}: "));
    let message = failed.get("message").and_then(Value::as_str).unwrap_or_default();
    Err(excerpt(&format!("{code}{message}"), 200))
}

/// A paper as Zotero describes a preprint, in a collection.
pub(crate) fn preprint(id: &ArxivId, paper: &Metadata, categories: &[String], collection: &Collection) -> Value {
    let category = categories.first().map_or_else(String::new, |category| format!(" [{category}]"));
    let date = paper.published.map_or_else(
        || {
            let (year, month) = id.submitted();
            format!("{year:04}-{month:02}")
        },
        |date| date.to_string(),
    );
    json!({
        "itemType": "preprint",
        "title": paper.title,
        "creators": paper.authors.iter().map(|name| creator(name)).collect::<Vec<_>>(),
        "abstractNote": paper.abstract_text.as_deref().unwrap_or_default(),
        "repository": "arXiv",
        "archiveID": format!("arXiv:{id}"),
        "date": date,
        "DOI": paper.doi.clone().unwrap_or_else(|| format!("10.48550/arXiv.{id}")),
        "url": id.url(),
        "libraryCatalog": "arXiv.org",
        "extra": format!("arXiv:{id}{category}"),
        "tags": [],
        "collections": [collection.key],
        "relations": {},
    })
}

/// An author. The last word counts as the family name: arXiv does not tell.
fn creator(name: &str) -> Value {
    match name.rsplit_once(' ') {
        Some((first, last)) => json!({ "creatorType": "author", "firstName": first, "lastName": last }),
        None => json!({ "creatorType": "author", "name": name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ArxivId {
        ArxivId::parse(text).unwrap().0
    }

    fn paper(title: &str, doi: Option<&str>) -> Metadata {
        Metadata { title: Some(title.to_owned()), doi: doi.map(str::to_owned), ..Metadata::default() }
    }

    #[test]
    fn a_work_is_there_by_its_id_its_doi_or_where_it_names_no_paper_its_title() {
        let mut present = Present::default();
        for item in [
            json!({ "key": "A", "data": { "itemType": "preprint", "title": "Of Ice", "archiveID": "arXiv:2601.00001" } }),
            json!({ "key": "B", "data": { "itemType": "journalArticle", "title": "Of Hail", "DOI": "10.1000/HAIL" } }),
        ] {
            present.add(references::of_item(item.as_object().unwrap()).unwrap());
        }
        assert!(present.has(&id("2601.00001"), &paper("Another title", None)));
        assert!(present.has(&id("2601.00002"), &paper("Another title", Some("10.1000/hail"))));
        assert!(present.has(&id("2601.00003"), &paper("Of hail!", None)));
        assert!(!present.has(&id("2601.00004"), &paper("Of Ice", None)), "that is another paper of this title");
    }

    #[test]
    fn what_is_written_is_read_as_the_same_paper() {
        let metadata = Metadata {
            authors: vec!["Ada B. Example".to_owned(), "Consortium".to_owned()],
            abstract_text: Some("It melts.".to_owned()),
            ..paper("Of Ice", None)
        };
        let collection = Collection { key: "ICE".into(), name: "Ice".into(), subtree: BTreeSet::new(), version: 1 };
        for text in ["2601.00001", "hep-th/9901001"] {
            let written = preprint(&id(text), &metadata, &["cs.LG".to_owned()], &collection);
            let item = json!({ "key": "A", "data": written });
            let read = references::of_item(item.as_object().unwrap()).unwrap();
            assert_eq!(read.ids, BTreeSet::from([id(text)]));
            assert_eq!((read.title, read.abstract_text), (metadata.title.clone(), metadata.abstract_text.clone()));
            assert_eq!(read.authors, metadata.authors);
            assert_eq!(written["collections"], json!(["ICE"]));
        }
    }

    #[test]
    fn an_answer_tells_of_each_work() {
        let body = json!({
            "success": { "0": "AAAA2222" }, "successful": { "0": { "key": "AAAA2222" }, "2": { "key": "CCCC2222" } },
            "unchanged": {}, "failed": { "1": { "key": "", "code": 400, "message": "Invalid field" } },
        });
        let told: Vec<_> = (0..4).map(|number| outcome(&body, number)).collect();
        let unsaid = "the server does not say what became of it".to_owned();
        assert_eq!(told, [Ok("AAAA2222".into()), Err("400: Invalid field".into()), Ok("CCCC2222".into()), Err(unsaid)]);
    }
}
