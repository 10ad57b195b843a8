//! arXiv's feeds and answers in XML: what is read from each form, as a file and as an answer.

use jiff::civil::date;
use relata::paper::{Entry, SourceKind};
use relata::reader::{Announce, AnswerError, AnswerKind, Format, Token, read_answer};

use super::{bytes, collect, show};

/// The files below `tests/data`.
pub(crate) const NAMES: [&str; 5] =
    ["arxiv-daily.atom", "arxiv-daily.rss", "arxiv-api.xml", "oai-raw.xml", "oai-formats.xml"];

fn only(entries: &[relata::reader::Record]) -> &Entry {
    &entries[0].entry
}

#[test]
fn the_daily_feed_in_atom() {
    let answer = read_answer("2026-03-03.atom", &bytes("arxiv-daily.atom"));
    assert_eq!((&answer.kind, answer.complete), (&AnswerKind::Atom, true));
    assert_eq!(answer.title.as_deref(), Some("cs.LG, physics.ao-ph updates on arXiv.org"));
    assert_eq!(answer.updated.as_deref(), Some("2026-03-03T05:00:12.345678+00:00"));
    assert_eq!((answer.skipped.len(), answer.errors.len(), answer.notes.len()), (0, 0, 0));
    let announced: Vec<_> =
        answer.records.iter().map(|record| (record.entry.id.as_str(), record.announce, record.announced_on)).collect();
    let day = Some(date(2026, 3, 3));
    assert_eq!(
        announced,
        [
            ("2603.00101", Some(Announce::New), day),
            ("2603.00077", Some(Announce::Cross), day),
            ("2511.04242", Some(Announce::Replace), day),
            ("math/0309136", Some(Announce::ReplaceCross), day),
        ]
    );
    let entry = only(&answer.records);
    assert_eq!(entry.title.as_deref(), Some("Slow glaciers & the $L^2$ norm of ice"));
    let told = "Ice moves when nobody looks. It moves for all $x < 1$.";
    assert_eq!(entry.abstract_text.as_deref(), Some(told));
    assert_eq!(entry.authors, ["Ada Quill", "Bo O'Finn", r#"J\"org M\'arsh"#]);
    assert_eq!(entry.categories, ["cs.LG", "physics.ao-ph"]);
    assert_eq!(entry.license.as_deref(), Some("http://creativecommons.org/licenses/by/4.0/"));
    assert_eq!((entry.published, entry.updated), (None, None), "its day is that of the announcement");
    let precedence = entry.precedence;
    assert_eq!((precedence.version, precedence.date, precedence.kind), (1, day, SourceKind::RawJsonl));
    let listings: Vec<_> = answer.records.iter().map(|record| record.entry.listing.as_ref()).collect();
    assert!(listings[..2].iter().all(|listing| listing.is_some_and(|listing| listing.date == day)));
    assert_eq!(listings[0].map(|listing| listing.file.as_str()), Some("2026-03-03.atom"));
    assert_eq!(listings[2..], [None, None], "a new version is no news");
    let replaced = &answer.records[2].entry;
    assert_eq!(replaced.precedence.version, 3);
    assert_eq!(replaced.journal.as_deref(), Some("J. Reeds 12 (2026) 34-56"));
    assert_eq!(replaced.doi.as_deref(), Some("10.5555/reeds.2026.12"));
    assert_eq!(replaced.abstract_text.as_deref(), Some("Reeds bend."));
}

#[test]
fn what_a_feed_does_not_say_costs_no_paper_of_the_day() {
    let feed = String::from_utf8(bytes("arxiv-daily.atom")).unwrap();
    // An announcement of a kind that is not known yet, and one that only the summary tells.
    let odd = feed.replace("<arxiv:announce_type>new<", "<arxiv:announce_type>revived<");
    let told = feed.replace("<arxiv:announce_type>replace</arxiv:announce_type>", "");
    let listed = |feed: &str| {
        let records = read_answer("day.atom", feed.as_bytes()).records.into_iter();
        records.map(|record| (record.announce, record.entry.listing.is_some())).collect::<Vec<_>>()
    };
    let (new, cross) = ((Some(Announce::New), true), (Some(Announce::Cross), true));
    let (replace, both) = ((Some(Announce::Replace), false), (Some(Announce::ReplaceCross), false));
    assert_eq!(listed(&feed), [new, cross, replace, both]);
    assert_eq!(listed(&odd), [(None, true), cross, replace, both]);
    assert_eq!(listed(&told), [new, cross, replace, both]);
}

#[test]
fn the_daily_feed_in_rss_says_what_that_in_atom_says() {
    let atom = read_answer("day", &bytes("arxiv-daily.atom"));
    let rss = read_answer("day", &bytes("arxiv-daily.rss"));
    assert_eq!((&rss.kind, rss.complete), (&AnswerKind::Rss, true));
    assert_eq!(rss.title.as_deref(), Some("cs.LG updates on arXiv.org"));
    assert_eq!(rss.updated.as_deref(), Some("Tue, 03 Mar 2026 05:00:09 +0000"));
    assert_eq!(rss.records.len(), 2);
    for (one, other) in rss.records.iter().zip([&atom.records[0], &atom.records[2]]) {
        let mut one = one.clone();
        one.entry.line = other.entry.line;
        assert_eq!(one, *other);
    }
}

#[test]
fn an_answer_of_the_query_api() {
    let answer = read_answer("api.xml", &bytes("arxiv-api.xml"));
    assert_eq!((&answer.kind, answer.complete), (&AnswerKind::Api, true));
    assert_eq!((answer.total_results, answer.start_index), (Some(2), Some(0)));
    let entry = only(&answer.records);
    assert_eq!((entry.id.as_str(), entry.precedence.version), ("2603.00101", 2));
    assert_eq!(entry.precedence.date, Some(date(2026, 3, 3)));
    assert_eq!(entry.title.as_deref(), Some("Slow glaciers and the norm of ice"));
    assert_eq!(entry.authors, ["Ada Quill", "Bo O'Finn"]);
    assert_eq!(entry.categories, ["physics.ao-ph", "cs.LG"], "the primary one first, and classes of MSC left out");
    assert_eq!(entry.published, Some(date(2026, 3, 1).into()));
    assert_eq!(entry.updated, Some(date(2026, 3, 3).into()));
    assert_eq!(entry.comment.as_deref(), Some("12 pages, 3 figures"));
    assert_eq!(entry.journal.as_deref(), Some("Ann. Ice 3 (2026) 1"));
    assert_eq!(entry.doi.as_deref(), Some("10.5555/ice.2026.3"));
    assert_eq!(entry.listing, None);
    assert_eq!(answer.records[1].entry.id.as_str(), "hep-th/9901001");
    assert_eq!(answer.records[1].entry.precedence.version, 3);
    assert!(answer.records.iter().all(|record| record.announce.is_none() && record.announced_on.is_none()));
}

#[test]
fn a_page_of_records_in_arxivs_raw_format() {
    let answer = read_answer("page.xml", &bytes("oai-raw.xml"));
    assert_eq!((&answer.kind, answer.complete), (&AnswerKind::Oai, true));
    assert_eq!(answer.updated.as_deref(), Some("2026-03-04T03:30:00Z"));
    let token = "verb%3DListRecords%26metadataPrefix%3DarXivRaw%26from%3D2026-03-03%26skip%3D2";
    assert_eq!(answer.token, Some(Token::More(token.to_owned())));
    assert_eq!(answer.token_expires, Some("2026-03-05T00:00:00Z".parse().unwrap()));
    let record = &answer.records[0];
    assert_eq!(record.datestamp, Some(date(2026, 3, 3)));
    assert_eq!(record.sets, ["cs:cs:LG", "physics:physics:ao-ph"]);
    let entry = &record.entry;
    let precedence = entry.precedence;
    let expected = (2, Some(date(2026, 3, 3)), SourceKind::Snapshot);
    assert_eq!((precedence.version, precedence.date, precedence.kind), expected);
    assert_eq!(entry.line, 6);
    assert_eq!(entry.title.as_deref(), Some("Slow glaciers & the $L^2$ norm of ice"));
    let told = "Ice moves when nobody looks. It moves for all $x < 1$.";
    assert_eq!(entry.abstract_text.as_deref(), Some(told));
    assert_eq!(entry.authors, ["A. Quill", "B. O'Finn", r#"C. M\"arsh"#]);
    assert_eq!(entry.categories, ["cs.LG", "physics.ao-ph"]);
    assert_eq!(entry.published, Some(date(2026, 3, 1).into()));
    assert_eq!(entry.updated, Some(date(2026, 3, 2).into()));
    assert_eq!(entry.comment.as_deref(), Some("12 pages, 3 figures"));
    assert_eq!(entry.journal.as_deref(), Some("Ann. Ice 3 (2026) 1"));
    assert_eq!(entry.doi.as_deref(), Some("10.5555/ice.2026.3"));
    assert_eq!(entry.license.as_deref(), Some("http://creativecommons.org/licenses/by/4.0/"));
    assert_eq!((entry.withdrawal.as_deref(), entry.listing.as_ref()), (None, None));
    let withdrawn = &answer.records[1].entry;
    assert_eq!((withdrawn.line, withdrawn.withdrawal.as_deref()), (35, Some("yes")));
    assert_eq!(withdrawn.published, Some(date(1999, 1, 1).into()));
    assert_eq!(withdrawn.updated, Some(date(2026, 3, 2).into()));
}

#[test]
fn other_formats_of_oai_pmh() {
    let answer = read_answer("page.xml", &bytes("oai-formats.xml"));
    assert_eq!(answer.token, Some(Token::Last));
    let [parts, core, old] = &answer.records[..] else { panic!("three records") };
    assert_eq!(parts.entry.authors, ["Ada Quill", "Bo O'Finn Jr", "ICE Collaboration"]);
    assert_eq!(parts.entry.precedence.version, 0, "this format does not tell it");
    assert_eq!(parts.entry.published, Some(date(2026, 3, 1).into()));
    assert_eq!(parts.entry.updated, Some(date(2026, 3, 2).into()));
    assert_eq!(parts.entry.comment.as_deref(), Some("12 pages"));
    assert_eq!(core.entry.id.as_str(), "2603.00102");
    assert_eq!(core.entry.authors, ["Cy Marsh", "ICE Collaboration"]);
    assert_eq!(core.entry.abstract_text.as_deref(), Some("A lake keeps no memory of its rivers."));
    assert_eq!(core.entry.comment.as_deref(), Some("9 pages"));
    assert_eq!(core.entry.categories, ["cs.LG", "hep-th"]);
    assert_eq!(core.entry.published, Some(date(2026, 2, 27).into()));
    assert_eq!(core.entry.updated, Some(date(2026, 3, 2).into()));
    assert_eq!(core.entry.doi.as_deref(), Some("10.5555/lakes.7"));
    assert_eq!(core.entry.journal.as_deref(), Some("J. Lakes 7 (2026) 8"));
    assert_eq!(old.entry.authors, ["Ada Quill", "Di Fenner"]);
    assert_eq!(old.entry.title.as_deref(), Some("Reeds in a storm"));
    let skipped: Vec<_> = answer.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(
        skipped,
        [
            "page.xml:52: the record of oai:arXiv.org:2603.00104 is marked as deleted",
            "page.xml:55: metadata in the format mods are not read; take arXivRaw",
        ]
    );
}

#[test]
fn files_are_read_as_answers_are() {
    for (name, format, entries) in [
        (NAMES[0], Format::Atom, 4),
        (NAMES[1], Format::Rss, 2),
        (NAMES[2], Format::Api, 2),
        (NAMES[3], Format::Oai, 2),
        (NAMES[4], Format::Oai, 3),
    ] {
        let (found, report) = collect(name, &*bytes(name)).unwrap();
        assert_eq!((report.format, report.entries), (format, entries), "{name}");
        let read: Vec<_> = found
            .into_iter()
            .filter_map(|one| match one {
                relata::reader::Reading::Entry(entry) => Some(entry),
                relata::reader::Reading::Skipped(_) => None,
            })
            .collect();
        let answer: Vec<_> = read_answer(name, &bytes(name)).records.into_iter().map(|record| record.entry).collect();
        assert_eq!(read, answer, "{name}");
    }
}

#[test]
fn errors_of_the_server_are_said() {
    let error = |code: &str, message: &str| AnswerError { code: code.to_owned(), message: message.to_owned() };
    for (text, kind, expected, shown) in [
        (
            "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><request>https://oaipmh.arxiv.org/oai</request>\n\
             <error code='noRecordsMatch'>No records match.</error></OAI-PMH>",
            AnswerKind::Oai,
            vec![error("noRecordsMatch", "No records match.")],
            "x.xml:2: arXiv's server answered with an error: noRecordsMatch: No records match.\n\
             OAI-PMH answer: 0 entries, 1 skipped\n",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>ArXiv Query: id_list=12</title>\
             <opensearch:totalResults>1</opensearch:totalResults>\n<entry>\
             <id>http://arxiv.org/api/errors#incorrect_id_format_for_12</id><title>Error</title>\
             <summary>incorrect id format for 12</summary></entry></feed>",
            AnswerKind::Api,
            vec![error("incorrect_id_format_for_12", "incorrect id format for 12")],
            "x.xml:2: arXiv's server answered with an error: incorrect_id_format_for_12: incorrect id format for 12\n\
             API answer: 0 entries, 1 skipped\n",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><id>http://rss.arxiv.org/atom/cs.XX</id>\n\
             <title>Feed error for query: cs.XX</title>\n<subtitle>Bad archive</subtitle></feed>",
            AnswerKind::Atom,
            vec![error("", "Feed error for query: cs.XX"), error("", "Bad archive")],
            "x.xml:2: arXiv's server answered with an error: Feed error for query: cs.XX\n\
             x.xml:3: arXiv's server answered with an error: Bad archive\nAtom feed: 0 entries, 2 skipped\n",
        ),
    ] {
        let answer = read_answer("x.xml", text.as_bytes());
        assert_eq!((answer.kind, answer.errors, answer.complete), (kind, expected, true), "{text}");
        assert_eq!(show("x.xml", text.as_bytes()), shown, "{text}");
    }
}

#[test]
fn a_day_without_papers_is_a_feed() {
    let feed = "<?xml version='1.0'?>\n<!-- a weekend -->\n<rss version='2.0'><channel><title>cs.LG updates on \
                arXiv.org</title><skipDays><day>Sunday</day></skipDays></channel></rss>";
    let answer = read_answer("2026-03-07.rss", feed.as_bytes());
    assert_eq!((answer.kind.is_feed(), answer.records.len(), answer.complete), (true, 0, true));
    assert_eq!(
        show("2026-03-07.rss", feed.as_bytes()),
        "RSS feed: 0 entries, 0 skipped\n\
         note: the feed has no entries, as on days on which arXiv announces nothing\n"
    );
}

#[test]
fn what_is_no_such_answer_is_described() {
    for (text, expected) in [
        ("", "nothing"),
        ("Rate exceeded.", "a text that begins with \"Rate exceeded.\""),
        (
            "<!DOCTYPE html>\n<HTML><head><TITLE>\nAccess  Denied</TITLE></head>",
            "an HTML page titled \"Access Denied\"",
        ),
        ("<html><body>no title", "an HTML page"),
        ("<sitemap>", "XML that begins with <sitemap>"),
    ] {
        let answer = read_answer("x", text.as_bytes());
        assert_eq!(answer.kind, AnswerKind::Other(expected.to_owned()));
        assert_eq!((answer.records.len(), answer.skipped.len(), answer.token), (0, 0, None));
    }
}

/// A page of OAI-PMH with these records.
fn page(records: &str) -> String {
    format!("<OAI-PMH>\n<ListRecords xmlns:arXiv='x'>\n{records}\n</ListRecords>\n</OAI-PMH>\n")
}

fn raw(number: u32, title: &str) -> String {
    format!(
        "<record><header><identifier>oai:arXiv.org:2603.{number:05}</identifier></header><metadata><arXivRaw>\
         <title>{title}</title></arXivRaw></metadata></record>"
    )
}

/// What is read of a page: titles, and what is skipped.
fn titles(page: &str) -> (Vec<String>, Vec<String>) {
    let answer = read_answer("p", page.as_bytes());
    let titles = answer.records.iter().map(|record| record.entry.title.clone().unwrap_or_default());
    (titles.collect(), answer.skipped.iter().map(ToString::to_string).collect())
}

#[test]
fn hostile_titles_are_text_and_cleaned_as_everywhere() {
    for (written, expected) in [
        ("A &lt;script&gt;alert(1)&lt;/script&gt;lake", "A lake"),
        ("<![CDATA[A <script>alert(1)</script>lake]]>", "A lake"),
        ("A &#27;[31mred\u{1b}[2J lake", "A red lake"),
        ("A \u{202e}lake&#x202e; of&#0; ice&#xD;", "A lake of ice"),
        ("A &quot;lake&quot; &apos;of&apos; ice &amp; &#x3b1;", "A \"lake\" 'of' ice & α"),
        ("A &lol; lake &nosuch", "A &lol; lake &nosuch"),
        ("A<!-- comment --> <i>lake</i>", "A lake"),
    ] {
        assert_eq!(titles(&page(&raw(1, written))), (vec![expected.to_owned()], vec![]), "{written}");
    }
}

#[test]
fn entities_are_never_expanded_and_it_is_said() {
    let laughs = format!(
        "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>\n{}",
        page(&raw(1, "A &b; lake &f;"))
    );
    let answer = read_answer("p", laughs.as_bytes());
    assert_eq!(answer.records[0].entry.title.as_deref(), Some("A &b; lake &f;"));
    assert_eq!(answer.notes, ["the DOCTYPE defines entities; they are left as they are written"]);
    let shown = show("p", laughs.as_bytes());
    assert!(shown.ends_with("note: the DOCTYPE defines entities; they are left as they are written\n"), "{shown}");
}

#[test]
fn what_is_broken_costs_one_record_and_is_named() {
    let good = |number| raw(number, "Good");
    for (bad, reason) in [
        (raw(2, "a < b"), "p:4: this record is broken: </arXivRaw> comes before the end of what it holds"),
        (raw(2, "</abstract>"), "p:4: this record is broken: </abstract> ends no element"),
        ("<record><header>".to_owned(), "p:4: this record is broken: it does not end before the next one begins"),
        (raw(2, &"<x>".repeat(100)), "p:4: this record is broken: elements are nested more than 64 deep"),
        (raw(2, &"of ".repeat(1 << 19)), "p:4: the title has 1572863 bytes, at most 4096 are accepted"),
        (raw(2, &"<y/>".repeat(1 << 18)), "p:4: this record is broken: it is longer than 4194304 bytes"),
        (
            raw(99_999, "x").replace("99999", "9999999"),
            "p:4: \"oai:arXiv.org:2603.9999999\" is not an arXiv id (\"x\")",
        ),
    ] {
        let (titles, skipped) = titles(&page(&[good(1), bad, good(3)].join("\n")));
        assert_eq!((titles.len(), skipped), (2, vec![reason.to_owned()]), "{reason}");
    }
}

#[test]
fn a_record_on_one_line_of_many_mebibytes_keeps_its_characters() {
    // The pieces in which such a line comes end within characters.
    for shift in 0..3 {
        let long = format!("{}{}", "x".repeat(shift), "冰川é".repeat(2000));
        let records: String =
            (1..400).map(|number| raw(number, &format!("冰{number}")) + &format!("<x>{long}</x>")).collect();
        let answer = read_answer("p", page(&records).as_bytes());
        assert_eq!((answer.records.len(), answer.skipped.len(), answer.complete), (399, 0, true));
        assert!(answer.notes.is_empty(), "{:?}", answer.notes);
        let title = answer.records[398].entry.title.as_deref();
        assert_eq!((title, answer.records[398].entry.line), (Some("冰399"), 3));
    }
}

#[test]
fn a_text_without_end_is_said_and_takes_bounded_memory() {
    let endless =
        page(&format!("{}\n<record><x>{}</x></record>\n{}", raw(1, "Good"), "y".repeat(9 << 20), raw(3, "Lost")));
    let answer = read_answer("p", endless.as_bytes());
    assert_eq!((answer.records.len(), answer.complete), (1, false));
    assert_eq!(answer.notes, ["the XML cannot be read from line 4 on: a tag or a text is too long"]);
    assert_eq!(answer.skipped[0].to_string(), "p:4: this record is broken: a tag or a text is too long");
}

#[test]
fn other_encodings_and_packings() {
    let text = page(&raw(1, "Smør and ice"));
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (bytes, notes) in [(text.clone().into_bytes(), 0), (latin, 1), (wide, 0)] {
        let answer = read_answer("p", &bytes);
        assert_eq!(answer.records[0].entry.title.as_deref(), Some("Smør and ice"));
        assert_eq!((answer.notes.len(), answer.complete, answer.records[0].entry.line), (notes, true, 3));
    }
}

#[test]
fn a_feed_of_relata_itself_is_read_without_its_reasons() {
    let feed = "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:relata:today:x</id><title>x</title><entry>\
                <id>https://arxiv.org/abs/2603.00001</id><title>Ice</title><updated>2026-03-02T00:00:00Z</updated>\
                <published>2026-03-01T00:00:00Z</published><author><name>Ada Quill</name></author>\
                <category term='cs.LG'/><summary>shares ice and snow\n\nIce bends.</summary></entry></feed>";
    let answer = read_answer("own.atom", feed.as_bytes());
    let entry = only(&answer.records);
    assert_eq!(entry.abstract_text.as_deref(), Some("Ice bends."));
    assert_eq!((entry.published, entry.updated), (Some(date(2026, 3, 1).into()), Some(date(2026, 3, 2).into())));
    assert_eq!(entry.listing.as_ref().map(|listing| (listing.file.as_str(), listing.date)), Some(("own.atom", None)));
}

#[test]
fn xml_without_papers_of_arxiv_is_no_format() {
    for text in [
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>A blog</title><entry><id>1</id></entry></feed>",
        "<?xml version='1.0'?><note>arXiv</note>",
    ] {
        let error = collect("x.xml", text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("an XML file or feed without papers of arXiv"), "{error}");
    }
}
