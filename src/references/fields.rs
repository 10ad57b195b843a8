//! What the fields of a reference mean, by the names that all formats share.
//!
//! In: names and values as a file gives them (`Publication Title`, `container-title`, `eprint`,
//! ...). Out: a [`Reference`]. Names are compared by their letters and digits alone. Ids count as
//! the reference's own where a program writes its own id there; in notes and attachments, which may
//! speak of other papers, only where nothing else names one.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::places::{bibcode, ids_in, leading_id, own_id};
use super::{Reference, title};
use crate::paper::ArxivId;
use crate::reader::excerpt;

/// The longest label, in characters.
const LONGEST_LABEL: usize = 200;

/// How many files of a reference are looked at.
const MOST_FILES: usize = 64;

/// Most authors of a reference that are kept.
const MOST_AUTHORS: usize = 1000;

/// What a field can tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The title; the lower number wins where a reference has several.
    Title(u8),
    /// The DOI.
    Doi,
    /// An id and nothing else.
    Id,
    /// A text that may name the reference's own id: `arXiv:2601.00001 [cs.LG]`, a link.
    Place,
    /// A text that may speak of other papers, but may also begin with the own id.
    Note,
    /// Files and links that belong to the reference.
    Attachment,
    /// Whose the id in `eprint` is.
    EprintType,
    /// The archive of an id in `eprint`, such as `math.GT`.
    EprintClass,
    /// The name of the reference in its file.
    Key,
    /// The abstract.
    Abstract,
    /// One author, or several in one text.
    Authors,
    /// The day on which somebody collected the reference.
    Added,
}

fn role(name: &str) -> Option<Role> {
    Some(match name {
        "title" | "ti" => Role::Title(0),
        "t1" | "articletitle" | "documenttitle" | "papertitle" | "primarytitle" | "itemtitle" | "displayname" => {
            Role::Title(1)
        }
        "ct" => Role::Title(2),
        "bt" => Role::Title(3),
        "doi" | "di" | "do" | "doilink" | "doiurl" | "electronicresourcenum" | "digitalobjectidentifier" => Role::Doi,
        "eprint" | "eprintid" | "arxiv" | "arxivid" | "arxivnumber" | "arxiveprint" | "archiveid" | "id"
        | "paperid" | "entryid" | "archivelocation" | "arxivurl" => Role::Id,
        "url" | "urls" | "link" | "links" | "ee" | "weblink" | "adsurl" | "bibcode" | "identifier" | "identifiers"
        | "landingpageurl" | "openaccesspdf" | "pdflink" | "pdfurl" | "linktopdf" | "ur" | "l1" | "l2" | "lk"
        | "sourceurl" | "arxivlink" | "uri" | "about" => Role::Place,
        "number" | "issue" | "reportnumber" | "reportno" | "volume" | "page" | "pages" | "eid" | "ar"
        | "articlenumber" | "callnumber" | "accessionnumber" | "accessionnum" | "an" | "m1" | "m3" | "c1" | "c2"
        | "c7" | "vl" | "is" | "sp" | "custom1" | "custom2" | "custom3" | "slaccitation" | "startingpage"
        | "pubmedid" => Role::Place,
        "journal"
        | "journaltitle"
        | "journalabbreviation"
        | "publicationtitle"
        | "publication"
        | "containertitle"
        | "booktitle"
        | "sourcetitle"
        | "secondarytitle"
        | "fulltitle"
        | "journalbook"
        | "howpublished"
        | "publisher"
        | "institution"
        | "organization"
        | "series"
        | "collectionnumber"
        | "archive"
        | "repository"
        | "type"
        | "genre"
        | "jo"
        | "jf"
        | "ja"
        | "j2"
        | "t2"
        | "t3"
        | "so"
        | "pb"
        | "venue"
        | "medium"
        | "source"
        | "versionof" => Role::Place,
        "note" | "notes" | "extra" | "addendum" | "n1" | "description" | "comment" | "comments" | "annote" => {
            Role::Note
        }
        "file" | "fileattachments" | "linkattachments" | "attachment" | "attachments" | "files" => Role::Attachment,
        "eprinttype" | "archiveprefix" => Role::EprintType,
        "eprintclass" | "primaryclass" => Role::EprintClass,
        "abstract" | "abstractnote" | "ab" | "n2" | "abst" => Role::Abstract,
        "author" | "authors" | "au" | "a1" => Role::Authors,
        "dateadded" | "datesubmitted" | "timestamp" => Role::Added,
        "key" | "citationkey" | "citekey" | "itemkey" | "identifierkey" => Role::Key,
        // BibDesk numbers the links of an entry.
        _ if name.starts_with("bdskurl") => Role::Place,
        _ => return None,
    })
}

/// Whether a column or a key of this name says what paper is meant.
pub(super) fn identifies(name: &str) -> bool {
    matches!(role(&normal(name)), Some(Role::Title(_) | Role::Doi | Role::Id))
}

/// Whether a name is one of those that are known.
pub(super) fn is_known(name: &str) -> bool {
    let name = normal(name);
    role(&name).is_some() || matches!(name.as_str(), "year" | "itemtype" | "publicationyear" | "py")
}

/// `Archive Location` and `archive_location` are `archivelocation`.
fn normal(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The fields of a reference, as far as they tell which paper is meant.
#[derive(Default)]
pub(super) struct Fields {
    title: Option<(u8, String)>,
    doi: Option<String>,
    key: String,
    ids: Vec<String>,
    eprint_types: Vec<String>,
    eprint_class: Option<String>,
    own: BTreeSet<ArxivId>,
    noted: BTreeSet<ArxivId>,
    attached: BTreeSet<ArxivId>,
    abstract_text: Option<String>,
    authors: Vec<String>,
    added: Option<Date>,
}

impl Fields {
    /// Takes a field; one of a name that tells nothing is left out.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let name = normal(name);
        let value = value.trim();
        let Some(role) = role(&name).filter(|_| !value.is_empty()) else { return };
        match role {
            Role::Title(rank) => {
                if self.title.as_ref().is_none_or(|(kept, _)| rank < *kept) {
                    self.title = Some((rank, value.to_owned()));
                }
            }
            Role::Doi => self.doi(value),
            Role::Id => self.ids.push(value.to_owned()),
            Role::Place => self.place(value),
            Role::Note => self.note(value),
            Role::Attachment => self.attach(value),
            Role::EprintType => self.eprint_types.push(value.to_ascii_lowercase()),
            Role::EprintClass => self.eprint_class = Some(value.to_owned()),
            Role::Key => self.key = value.to_owned(),
            Role::Abstract => _ = self.abstract_text.get_or_insert_with(|| value.to_owned()),
            Role::Authors => self.authors(value),
            Role::Added => self.added = self.added.or_else(|| value.get(..10)?.parse().ok()),
        }
    }

    /// The name of the reference in its file.
    pub(super) fn set_key(&mut self, key: &str) {
        self.key = key.trim().to_owned();
    }

    /// Whether no field has told anything.
    pub(super) fn is_empty(&self) -> bool {
        self.title.is_none()
            && self.doi.is_none()
            && self.ids.is_empty()
            && self.own.is_empty()
            && self.noted.is_empty()
    }

    /// Whether there is a title.
    pub(super) fn has_title(&self) -> bool {
        self.title.is_some()
    }

    /// Names as `A. Author and B. Author`, `Author, A.; Author, B.` or one by one.
    fn authors(&mut self, value: &str) {
        let value = title::plain(value);
        let names = value.split(';').flat_map(|part| part.split(" and "));
        let names = names.map(str::trim).filter(|name| !name.is_empty() && *name != "others").map(in_order);
        self.authors.extend(names.take(MOST_AUTHORS.saturating_sub(self.authors.len())));
    }

    fn doi(&mut self, value: &str) {
        self.own.extend(ids_in(value));
        if self.doi.is_none() {
            self.doi = doi(value);
        }
    }

    fn place(&mut self, value: &str) {
        self.own.extend(ids_in(value));
        // DBLP and Semantic Scholar write `abs/2601.00001` as the volume of the journal CoRR.
        self.own.extend(own_id(value.strip_prefix("abs/").unwrap_or(value)));
        self.own.extend(bibcode(value));
        let lower = value.get(..32.min(value.len())).unwrap_or_default().to_ascii_lowercase();
        let names_doi = lower.starts_with("doi")
            || lower.starts_with("10.")
            || lower.contains("://doi.org/")
            || lower.contains("://dx.doi.org/");
        if names_doi && self.doi.is_none() {
            self.doi = doi(value);
        }
    }

    /// Files stand as `name:place:type`, with `;` between them and colons escaped.
    fn attach(&mut self, value: &str) {
        for file in value.replace('\\', "").split(';').take(MOST_FILES) {
            let place = file.rsplit_once(':').map(|(place, kind)| if kind.starts_with("//") { file } else { place });
            self.attached.extend(ids_in(place.unwrap_or(file)));
        }
    }

    /// Zotero's field "Extra" holds a line for each thing that has no field of its own.
    fn note(&mut self, value: &str) {
        for line in value.lines() {
            let (name, rest) = line.split_once(':').unwrap_or(("", ""));
            match normal(name).as_str() {
                "doi" => self.doi(rest),
                "eprint" | "texeprint" | "arxivid" => self.ids.push(rest.trim().to_owned()),
                "texeprinttype" | "texarchiveprefix" => self.eprint_types.push(rest.trim().to_ascii_lowercase()),
                _ => self.noted.extend(leading_id(line)),
            }
        }
    }

    /// What they tell of the paper.
    pub(super) fn reference(&self, line: u64) -> Reference {
        let mut ids = self.own.clone();
        ids.extend(self.ids.iter().filter_map(|id| self.id(id)));
        let ids = [ids, self.noted.clone(), self.attached.clone()].into_iter().find(|ids| !ids.is_empty());
        let title = self.title.as_ref().map(|(_, title)| title::plain(title)).filter(|title| !title.is_empty());
        let named = title.as_deref().or(Some(&self.key).filter(|key| !key.is_empty()).map(String::as_str));
        let label = named.or(self.doi.as_deref()).or(self.ids.first().map(String::as_str)).unwrap_or_default();
        Reference {
            line,
            label: excerpt(label, LONGEST_LABEL),
            ids: ids.unwrap_or_default(),
            doi: self.doi.clone(),
            title,
            abstract_text: self.abstract_text.as_deref().map(title::plain).filter(|text| !text.is_empty()),
            authors: self.authors.clone(),
            added: self.added,
            ..Reference::default()
        }
    }

    /// The id in a field for ids: whole, or a number to which its archive stands in another field.
    fn id(&self, value: &str) -> Option<ArxivId> {
        const OTHERS: [&str; 11] =
            ["jstor", "pubmed", "pmid", "pmc", "googlebooks", "hal", "hdl", "ssrn", "biorxiv", "medrxiv", "chemrxiv"];
        if self.eprint_types.iter().any(|kind| OTHERS.contains(&kind.as_str())) {
            return None;
        }
        let archives = self.eprint_class.iter().chain(&self.eprint_types);
        own_id(value)
            .or_else(|| ids_in(value).into_iter().next())
            .or_else(|| archives.map(|archive| format!("{archive}/{value}")).find_map(|id| own_id(&id)))
    }
}

/// `Author, A.` as `A. Author`.
fn in_order(name: &str) -> String {
    match name.split_once(',') {
        Some((last, first)) if !first.trim().is_empty() => format!("{} {}", first.trim(), last.trim()),
        _ => name.trim_end_matches(',').to_owned(),
    }
}

/// A DOI without its address and escapes; arXiv's own are ids and no DOIs of articles.
pub(super) fn doi(text: &str) -> Option<String> {
    let text = text.replace("%2F", "/").replace("%2f", "/").replace("&lt;", "<").replace("&gt;", ">");
    let text: String = text.chars().filter(|letter| !matches!(letter, '\\' | '{' | '}')).collect();
    let at = text.find("10.")?;
    let doi = text[at..].split(|c: char| c.is_whitespace() || c.is_control()).next()?.trim_end_matches(['.', ',', ';']);
    let (registrant, rest) = doi.strip_prefix("10.")?.split_once('/')?;
    let valid = registrant.len() >= 3 && registrant.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (valid && !rest.is_empty() && registrant != "48550").then(|| doi.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fields: &[(&str, &str)]) -> (Vec<String>, Option<String>, Option<String>) {
        let mut all = Fields::default();
        fields.iter().for_each(|(name, value)| all.add(name, value));
        let Reference { ids, doi, title, .. } = all.reference(1);
        (ids.iter().map(ToString::to_string).collect(), doi, title)
    }

    fn ids(fields: &[(&str, &str)]) -> String {
        told(fields).0.join(" ")
    }

    #[test]
    fn a_title_is_what_is_called_so_and_no_journal() {
        let titles = [("Publication Title", "Journal of Snow"), ("Title", "On Snow"), ("Short Title", "Snow")];
        assert_eq!(told(&titles).2.as_deref(), Some("On Snow"));
        assert_eq!(told(&[("Source title", "Snow"), ("Article Title", "On Snow")]).2.as_deref(), Some("On Snow"));
        assert_eq!(told(&[("T1", "Second"), ("TI", "First")]).2.as_deref(), Some("First"));
        assert_eq!(told(&[("journal title", "Snow")]).2, None);
    }

    #[test]
    fn programs_write_the_id_in_many_places() {
        for (name, value) in [
            ("note", "arXiv:2602.00007 [cs.LG]"),
            ("note", "Preprint, available at arXiv:2602.00007"),
            ("extra", "Citation Key: snow\narXiv: 2602.00007 [cs]\nversion: 2"),
            ("extra", "tex.eprint: 2602.00007"),
            ("publisher", "arXiv:2602.00007 [physics.ao-ph]"),
            ("eprint", "https://arxiv.org/pdf/2602.00007.pdf"),
            ("volume", "abs/2602.00007"),
            ("journal", "CoRR abs/2602.00007"),
            ("journal", "CoRR, abs/2602.00007"),
            ("pages", "arXiv:2602.00007"),
            ("eid", "2602.00007"),
            ("number", "2602.00007v2"),
            ("adsurl", "https://ui.adsabs.harvard.edu/abs/2026arXiv260200007H"),
            ("DOI", "10.48550/ARXIV.2602.00007"),
            ("url", "https://doi.org/10.48550/arXiv.2602.00007"),
            ("file", ":http\\://arxiv.org/pdf/2602.00007v1:PDF"),
        ] {
            assert_eq!(ids(&[(name, value)]), "2602.00007", "{name} = {value}");
        }
    }

    #[test]
    fn ids_of_other_papers_are_left_alone() {
        assert_eq!(ids(&[("note", "Comment on arXiv:2602.00007")]), "");
        assert_eq!(ids(&[("abstract", "As in arXiv:2602.00007")]), "");
        assert_eq!(ids(&[("note", "arXiv:2602.00007"), ("eprint", "2602.00008")]), "2602.00008");
        assert_eq!(ids(&[("eprint", "2602.00007"), ("eprinttype", "hal")]), "");
    }

    #[test]
    fn archives_of_old_ids_stand_in_other_fields() {
        assert_eq!(
            ids(&[("eprint", "0309136"), ("archiveprefix", "arXiv"), ("primaryclass", "math.GT")]),
            "math/0309136"
        );
        assert_eq!(ids(&[("eprint", "9901001"), ("archivePrefix", "hep-th")]), "hep-th/9901001");
        assert_eq!(ids(&[("SLACcitation", "%%CITATION = HEP-TH/9901001;%%")]), "hep-th/9901001");
    }

    #[test]
    fn dois_lose_their_address_and_escapes() {
        let doi = |value| told(&[("doi", value)]).1;
        assert_eq!(doi("https://doi.org/10.1000/a_b.").as_deref(), Some("10.1000/a_b"));
        assert_eq!(doi("doi:10.1000/a\\_b{\\_}c").as_deref(), Some("10.1000/a_b_c"));
        assert_eq!(doi("https://doi.org/10.1000%2Fab").as_deref(), Some("10.1000/ab"));
        assert_eq!(doi("10.48550/arXiv.2602.00007"), None);
        assert_eq!(doi("10.1000/a\u{9b}b").as_deref(), Some("10.1000/a"), "what a terminal would obey ends it");
        assert_eq!(doi("version 10.2/3"), None);
        assert_eq!(told(&[("url", "https://doi.org/10.1000/ab")]).1.as_deref(), Some("10.1000/ab"));
        assert_eq!(told(&[("url", "https://example.org/10.1000/ab")]).1, None);
    }
}
