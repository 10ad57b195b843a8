//! A folder of daily lists that any web server can serve: for each profile an Atom feed (RFC 4287)
//! and a page for each day, and one page that leads to all of them.
//!
//! In: the list of a day. Out: in the folder `NAME.atom` with the last 14 days, `NAME/DAY.html`,
//! `NAME/DAY.atom` with the entries of that day, from which the feed is put together, and
//! `index.html`. Every file is replaced whole, nothing in it is of the clock, and a second run of a
//! day replaces that day and no other.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use askama::Template;

use super::palette::Palette;
use super::{Chosen, Heading, atom, html, neutral};
use crate::error::{Error, Result};
use crate::files::replace;
use crate::paper::PartialDate;
use crate::text::neutral::{file_name, of_file_name};

/// Days of the feed. Older ones stay in the archive.
const DAYS: usize = 14;

const STYLE: &str = include_str!("page/list.css");

#[derive(Template)]
#[template(path = "archive.html")]
struct Index<'a> {
    css: &'a str,
    profiles: Vec<Archive>,
}

/// The archive of a profile.
struct Archive {
    name: String,
    file: String,
    /// The latest first.
    days: Vec<PartialDate>,
}

/// Writes the list of a day into a folder, which is made where it is not there. `heading` names the
/// profile. Anybody may read what is served, so notes, tags and read marks are left out.
///
/// # Errors
/// [`Error::Io`] names the file that could not be written; each file is the old or the new one.
pub fn write_archive(folder: &Path, heading: &Heading<'_>, day: PartialDate, chosen: &[Chosen<'_>]) -> Result<()> {
    let clean: Vec<neutral::Clean> = chosen.iter().map(neutral::Clean::for_others).collect();
    let chosen: &[Chosen<'_>] = &clean.iter().map(neutral::Clean::chosen).collect::<Vec<_>>();
    let heading = neutral::heading(heading);
    let file = file_name(heading.name);
    let own = folder.join(&file);
    fs::create_dir_all(&own).map_err(Error::io(&own))?;
    let of_day = Heading { title: format!("{}, {day}", heading.title), ..heading.clone() };
    put(&own.join(format!("{day}.html")), &|out| html::write(&of_day, chosen, out))?;
    put(&own.join(format!("{day}.atom")), &|out| atom::day(&of_day, day, chosen, out))?;
    let days = days(&own)?;
    let latest = days.first().copied().unwrap_or(day);
    let mut entries = Vec::new();
    for day in days.iter().take(DAYS) {
        let path = own.join(format!("{day}.atom"));
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        entries.push(atom::entries(&text).to_owned());
    }
    put(&folder.join(format!("{file}.atom")), &|out| atom::days(&heading, &file, latest, &entries, out))?;
    let index = index(folder)?;
    put(&folder.join("index.html"), &|out| writeln!(out, "{}", index.trim_end()))
}

/// The page that leads to all days of all profiles.
fn index(folder: &Path) -> Result<String> {
    let mut profiles = Vec::new();
    for name in names(folder)? {
        if folder.join(format!("{name}.atom")).is_file() && folder.join(&name).is_dir() {
            profiles.push(Archive { name: of_file_name(&name), days: days(&folder.join(&name))?, file: name });
        }
    }
    let css = Palette::of("list").css() + STYLE;
    let page = Index { css: &css, profiles }.render();
    page.map_err(|error| Error::io(folder)(io::Error::other(error)))
}

/// The days of an archive whose entries are there, the latest first.
fn days(folder: &Path) -> Result<Vec<PartialDate>> {
    let mut days: Vec<PartialDate> = names(folder)?
        .into_iter()
        .filter_map(|name| {
            let name = name.strip_suffix(".atom")?;
            name.parse::<PartialDate>().ok().filter(|day| day.to_string() == name)
        })
        .collect();
    days.reverse();
    Ok(days)
}

/// The names of what is in a folder, in their order.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        names.extend(entry.map_err(Error::io(folder))?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// Replaces a file whole.
fn put(path: &Path, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let written = replace(path, |beside| {
        let mut out = io::BufWriter::new(fs::File::create(beside)?);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::library::{Library, Paper};
    use crate::paper::{Entry, Metadata};
    use crate::{ArxivId, Precedence, SourceKind};

    fn papers(numbers: &[u32]) -> Vec<Paper> {
        let mut library = Library::in_memory().unwrap();
        let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
        let entry = |number: &u32| Entry {
            metadata: Metadata {
                title: Some(format!("</title>]]> <entry> {number} & <script>alert(1)</script>")),
                authors: vec!["A <b>".to_owned()],
                ..Metadata::default()
            },
            ..Entry::new(ArxivId::parse(&format!("2602.{number:05}")).unwrap().0, precedence, 1)
        };
        let entries: Vec<Entry> = numbers.iter().map(entry).collect();
        library.merge(&entries).unwrap();
        let ids: Vec<ArxivId> = entries.into_iter().map(|entry| entry.id).collect();
        library.set_tags(&ids, &["private".to_owned()], false).unwrap();
        ids.iter().map(|id| library.paper(id).unwrap().unwrap()).collect()
    }

    fn publish(folder: &Path, profile: &str, day: &str, numbers: &[u32]) {
        let papers = papers(numbers);
        let chosen = |paper| Chosen { paper, score: None, matched: None, text: None, why: "like".to_owned() };
        let chosen: Vec<Chosen<'_>> = papers.iter().map(chosen).collect();
        let heading = Heading { title: format!("New papers for {profile}"), command: "today", name: profile };
        write_archive(folder, &heading, day.parse().unwrap(), &chosen).unwrap();
    }

    /// The texts of an element of a feed, in order; the feed must be well-formed.
    fn texts(path: &Path, element: &str) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        let mut reader = Reader::from_str(&text);
        while reader.read_event().expect("well-formed") != Event::Eof {}
        let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
        let found = text.split(&begin).skip(1).filter_map(|rest| rest.split(&end).next());
        found.map(|text| quick_xml::escape::unescape(text).unwrap().into_owned()).collect()
    }

    fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for name in names(folder).unwrap() {
            let path = folder.join(&name);
            if path.is_dir() {
                files.extend(all(&path).into_iter().map(|(own, bytes)| (format!("{name}/{own}"), bytes)));
            } else {
                files.push((name, fs::read(&path).unwrap()));
            }
        }
        files
    }

    #[test]
    fn feeds_of_an_archive_are_read_by_a_parser_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for day in 1..=3 {
            publish(folder, "a <b> & \"c\"", &format!("2026-02-{day:02}"), &[day, day + 20]);
        }
        let read = |name: &str| {
            let bytes = fs::read(folder.join(name)).unwrap();
            atom_syndication::Feed::read_from(&bytes[..]).expect("a feed")
        };
        let file = file_name("a <b> & \"c\"");
        let feed = read(&format!("{file}.atom"));
        let ids: Vec<&str> = feed.entries.iter().map(|entry| entry.id.as_str()).collect();
        let own = "urn:relata:archive:a%20%3Cb%3E%20%26%20%22c%22";
        let expected: Vec<String> = [(3, 3), (3, 23), (2, 2), (2, 22), (1, 1), (1, 21)]
            .map(|(day, number)| format!("{own}:2026-02-0{day}:2602.{number:05}"))
            .to_vec();
        assert_eq!((feed.id.as_str(), ids), (own, expected.iter().map(String::as_str).collect()));
        let links: Vec<_> = feed.links.iter().map(|link| (link.rel.as_str(), link.href.clone())).collect();
        assert_eq!(links, [("self", format!("{file}.atom")), ("alternate", format!("{file}/2026-02-03.html"))]);
        assert_eq!(feed.title.value, "New papers for a <b> & \"c\"");
        assert_eq!(feed.updated.to_rfc3339(), "2026-02-03T00:00:00+00:00");
        assert!(feed.extensions.is_empty());
        for (entry, number) in feed.entries.iter().zip([3, 23, 2, 22, 1, 21]) {
            let title = format!("</title>]]> <entry> {number} & <script>alert(1)</script>");
            assert_eq!(entry.title.value, title);
            assert_eq!(entry.links[0].href, format!("https://arxiv.org/abs/2602.{number:05}"));
            assert_eq!((entry.authors[0].name.as_str(), entry.extensions.len()), ("A <b>", 0));
        }
        let day = read(&format!("{file}/2026-02-02.atom"));
        assert_eq!((day.id, day.entries), (format!("{own}:2026-02-02"), feed.entries[2..4].to_vec()));
    }

    #[test]
    fn a_feed_has_the_last_days_and_a_second_run_changes_its_own_day_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for day in (1..=16).rev() {
            publish(folder, "sea/ice", &format!("2026-02-{day:02}"), &[day, day + 20]);
        }
        let feed = folder.join("sea_2Fice.atom");
        let ids = texts(&feed, "id");
        assert_eq!((ids.len(), ids[0].as_str()), (1 + 28, "urn:relata:archive:sea%2Fice"));
        assert_eq!(ids[1], "urn:relata:archive:sea%2Fice:2026-02-16:2602.00016");
        assert_eq!(ids[28], "urn:relata:archive:sea%2Fice:2026-02-03:2602.00023");
        let updated = texts(&feed, "updated");
        assert_eq!((updated[0].as_str(), updated[28].as_str()), ("2026-02-16T00:00:00Z", "2026-02-03T00:00:00Z"));
        assert!(!fs::read_to_string(&feed).unwrap().contains("private"), "tags are the user's own");
        let title = "</title>]]> <entry> 16 & <script>alert(1)</script>";
        assert_eq!(texts(&feed, "title")[..2], ["New papers for sea/ice", title]);
        let page = fs::read_to_string(folder.join("sea_2Fice/2026-02-16.html")).unwrap();
        assert!(page.contains("New papers for sea/ice, 2026-02-16") && !page.contains("<script>"), "{page}");
        assert!(!page.contains("private"), "{page}");
        let index = fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(index.contains("<h2>sea/ice</h2>"), "{index}");
        assert_eq!(index.matches("href=\"sea_2Fice/2026-02-").count(), 16, "{index}");

        let before = all(folder);
        publish(folder, "sea/ice", "2026-02-10", &[10, 30]);
        assert_eq!(all(folder), before);
        publish(folder, "sea/ice", "2026-02-10", &[11]);
        let changed: Vec<String> =
            all(folder).into_iter().zip(before).filter(|(now, before)| now != before).map(|(now, _)| now.0).collect();
        assert_eq!(changed, ["sea_2Fice/2026-02-10.atom", "sea_2Fice/2026-02-10.html", "sea_2Fice.atom"]);
        assert_eq!(texts(&feed, "id").len(), 1 + 27);
        publish(folder, "sea/ice", "2026-02-10", &[]);
        assert_eq!(texts(&feed, "id").len(), 1 + 26);
        publish(folder, "other", "2026-02-10", &[1]);
        assert_eq!(texts(&folder.join("other.atom"), "id").len(), 2);
        let index = fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(index.contains("<h2>other</h2>") && index.contains("<h2>sea/ice</h2>"), "{index}");
    }
}
