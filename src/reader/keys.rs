//! The keys under which programs write the fields of a paper.
//!
//! In: a key of a JSON object or a heading of a table. Out: the [`Field`] that stands there, and
//! its rank among the keys of the same field. The key sets are those of arXiv's snapshot, of
//! digests, of arXiv's API clients (arxiv.py, feedparser), of Semantic Scholar, OpenAlex, Hugging
//! Face, DataCite and Kaggle's tables.

use crate::paper::Facet;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The identifier, or identifiers by kind.
    Id,
    /// An address that may hold the identifier.
    Link,
    Title,
    Abstract,
    /// OpenAlex' abstract, taken apart into words.
    InvertedAbstract,
    Authors,
    /// Family name, given name and suffix of each author: arXiv's snapshot.
    ParsedAuthors,
    PrimaryCategory,
    Categories,
    /// May be categories, or anything.
    Tags,
    Comment,
    Doi,
    Journal,
    License,
    /// That the paper was withdrawn.
    Withdrawal,
    Code,
    Published,
    Updated,
    /// The day of arXiv's snapshot.
    UpdateDate,
    /// All versions with their times.
    Versions,
    /// The number of the version.
    Version,
    RecommendedDate,
    /// Generated texts.
    Ai,
    Radar,
    Summary(Facet),
    /// An object that holds the fields of the paper.
    Inner,
}

/// Longest key that can be one of these, in bytes.
const LONGEST: usize = 40;

/// The field of a key and its rank, 0 being the best. Case, spaces and punctuation do not matter.
pub(super) fn field(key: &str) -> Option<(Field, u8)> {
    if key.len() > LONGEST {
        return None;
    }
    let mut buffer = [0u8; LONGEST];
    let mut length = 0;
    let mut last = b'_';
    for byte in key.bytes() {
        let byte = match byte {
            b' ' | b'-' | b':' | b'.' | b'_' | b'@' | b'/' => b'_',
            _ => byte.to_ascii_lowercase(),
        };
        if byte == b'_' && last == b'_' {
            continue;
        }
        buffer[length] = byte;
        length += 1;
        last = byte;
    }
    let key = std::str::from_utf8(&buffer[..length]).ok()?.trim_end_matches('_');
    known(key)
}

fn known(key: &str) -> Option<(Field, u8)> {
    let found = match key {
        "arxiv_id" | "arxivid" | "arxiv" | "arxiv_number" | "arxiv_identifier" => (Field::Id, 0),
        "id" => (Field::Id, 1),
        "paper_id" | "paperid" | "entry_id" | "short_id" | "identifier" | "eprint" | "arxiv_url_id" => (Field::Id, 2),
        "externalids" | "external_ids" | "ids" | "identifiers" => (Field::Id, 3),
        "abs" | "abs_url" | "abstract_url" | "arxiv_url" | "arxiv_link" | "url" | "link" | "paper_url" => {
            (Field::Link, 0)
        }
        "pdf" | "pdf_url" | "pdf_link" | "html_url" | "links" | "href" | "source_url" | "landing_page_url" | "guid"
        | "primary_location" | "best_oa_location" | "locations" | "open_access" | "paper_link" | "paper_page"
        | "extra" => (Field::Link, 1),
        "title" => (Field::Title, 0),
        "paper_title" | "display_name" | "titles" | "article_title" => (Field::Title, 1),
        "abstract" => (Field::Abstract, 0),
        "summary" | "abstract_note" | "abstracts" | "paper_abstract" | "abstract_text" | "abstracttext" => {
            (Field::Abstract, 1)
        }
        "description" | "descriptions" => (Field::Abstract, 2),
        "abstract_inverted_index" => (Field::InvertedAbstract, 0),
        "authors" => (Field::Authors, 0),
        "author" | "authorships" | "creators" | "author_names" | "author_list" | "authors_list" | "paper_authors"
        | "author_s" => (Field::Authors, 1),
        "authors_parsed" => (Field::ParsedAuthors, 0),
        "primary_category" | "primary_cat" | "main_category" | "arxiv_primary_category" => (Field::PrimaryCategory, 0),
        "cate" => (Field::PrimaryCategory, 1),
        "category" => (Field::PrimaryCategory, 2),
        "categories" | "arxiv_categories" | "categories_list" | "category_list" => (Field::Categories, 0),
        "subjects" | "subject" | "terms" | "primary_subject" => (Field::Categories, 1),
        "tags" => (Field::Tags, 0),
        "comment" | "comments" | "arxiv_comment" | "arxiv_comments" => (Field::Comment, 0),
        "doi" | "arxiv_doi" => (Field::Doi, 0),
        "journal_ref" | "arxiv_journal_ref" | "journal_reference" => (Field::Journal, 0),
        "license" => (Field::License, 0),
        "withdrawal" => (Field::Withdrawal, 0),
        "withdrawn" | "is_withdrawn" => (Field::Withdrawal, 1),
        "code_url" | "code" | "code_link" | "github" | "githubrepo" | "github_url" | "repo_url" => (Field::Code, 0),
        "published" | "published_parsed" | "publishedat" | "published_at" | "published_date" => (Field::Published, 0),
        "submitted"
        | "submitted_date"
        | "submission_date"
        | "submitted_at"
        | "first_submitted"
        | "publish_date"
        | "publication_date"
        | "publicationdate"
        | "date_of_publication"
        | "date_published"
        | "date_submitted"
        | "publish_time" => (Field::Published, 1),
        "date" | "created" | "created_at" | "pubdate" | "published_time" => (Field::Published, 2),
        "announced" | "announced_date" | "announce_date" | "originally_announced" => (Field::Published, 3),
        "updated" | "updated_parsed" => (Field::Updated, 0),
        "updated_at" | "updated_date" | "last_updated" | "updatedat" | "date_updated" | "last_revised" => {
            (Field::Updated, 1)
        }
        "update_date" => (Field::UpdateDate, 0),
        "versions" => (Field::Versions, 0),
        "version" | "latest_version" => (Field::Version, 0),
        "tldr" | "tl_dr" => (Field::Summary(Facet::Tldr), 0),
        "ai_summary" => (Field::Summary(Facet::Summary), 0),
        "recommended_date" => (Field::RecommendedDate, 0),
        "ai" => (Field::Ai, 0),
        "research_radar" => (Field::Radar, 0),
        "paper" | "attributes" | "metadata" | "payload" | "source" | "document" | "article" | "fields" => {
            (Field::Inner, 0)
        }
        _ => return None,
    };
    Some(found)
}

/// The field of a generated text in an `AI` object.
pub(super) fn generated(key: &str) -> Option<Facet> {
    Some(match key {
        "tldr" | "task" => Facet::Tldr,
        "motivation" => Facet::Motivation,
        "method" => Facet::Method,
        "result" | "results" => Facet::Result,
        "conclusion" => Facet::Conclusion,
        "summary" | "ai_summary" => Facet::Summary,
        "keywords" => Facet::Keywords,
        "title_translation" => Facet::TitleTranslation,
        "translation" | "abstract_translation" => Facet::AbstractTranslation,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter() {
        for key in ["journal-ref", "journal_ref", "Journal Ref", "arxiv:journal_ref", "JOURNAL.REF"] {
            assert_eq!(field(key), Some((Field::Journal, 0)), "{key}");
        }
        assert_eq!(field("externalIds"), Some((Field::Id, 3)));
        assert_eq!(field("_source"), Some((Field::Inner, 0)));
        for key in ["", "score", "titles of all the papers that there are in here", "é"] {
            assert_eq!(field(key), None, "{key}");
        }
    }
}
