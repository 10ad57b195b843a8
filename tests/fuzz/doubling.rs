//! Twice the input takes at most 2.2 times the memory, at once and altogether.
//!
//! Memory that is asked for altogether stands for work. Inputs are those in which something grows
//! without end: a title, a list, a word, a filter, nesting.

use std::path::Path;

use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Long, Role};
use relata::library::{Filter, Library, Matching};
use relata::{ArxivId, Entry, reader, references};

use crate::allocator::{Usage, alone_in_sqlite, measure, measure_sqlite};
use crate::corpus;

/// What twice the input may take, in tenths.
const MOST: u64 = 22;
/// What does not count: buffers that are the same for all inputs, in bytes.
const FREE: u64 = 1 << 16;

/// Something that is called with an input of a size.
type Call<'a> = &'a dyn Fn(&str);

fn doubled(what: &str, size: usize, input: &dyn Fn(usize) -> String, call: Call<'_>) {
    // The first call fills what is made once.
    call(&input(64));
    let took = |size: usize| {
        let input = input(size);
        measure(|| call(&input)).1
    };
    let (one, two) = (took(size), took(2 * size));
    for (kind, of) in
        [("at once", (|usage: &Usage| usage.peak) as fn(&Usage) -> u64), ("altogether", |usage| usage.total)]
    {
        let (one, two) = (of(&one), of(&two));
        assert!(10 * two <= MOST * one + 10 * FREE, "{what}: {one} bytes {kind} for {size}, {two} for twice as much");
    }
}

fn read_papers(text: &str) {
    let _ = reader::read_from(Path::new("some.file"), text.as_bytes(), &mut |_| Ok(()));
}

fn read_references(text: &str) {
    let _ = references::read_bytes(Path::new("some.file"), text.as_bytes());
}

/// A text around words, a word again and again, or one without end.
fn around(before: &'static str, word: &'static str, after: &'static str) -> Box<dyn Fn(usize) -> String> {
    Box::new(move |size| format!("{before}{}{after}", word.repeat(size / word.len())))
}

#[test]
fn papers_take_memory_in_proportion() {
    let line =
        "{\"id\": \"2603.00001\", \"title\": \"Reeds\", \"abstract\": \"Reeds bend.\", \"authors\": [\"A. Quill\"]}\n";
    for (what, input) in [
        ("lines of JSON", around("", line, "")),
        ("a title in JSON", around("{\"id\": \"2603.00001\", \"title\": \"", "of ", "\"}\n")),
        (
            "an abstract of one word",
            around("{\"id\": \"2603.00001\", \"title\": \"a\", \"abstract\": \"", "x", "\"}\n"),
        ),
        ("an abstract of tags", around("{\"id\": \"2603.00001\", \"title\": \"a\", \"abstract\": \"", "<b", "\"}\n")),
        (
            "an abstract of entities",
            around("{\"id\": \"2603.00001\", \"title\": \"a\", \"abstract\": \"", "&amp;amp", "\"}\n"),
        ),
        (
            "authors in JSON",
            around("{\"id\": \"2603.00001\", \"title\": \"a\", \"authors\": [", "\"A. Quill\", ", "\"B\"]}\n"),
        ),
        (
            "authors in a text",
            around("{\"id\": \"2603.00001\", \"title\": \"a\", \"authors\": \"", "A. Quill and ", "B\"}\n"),
        ),
        ("lists within lists", around("{\"id\": \"2603.00001\", \"title\": ", "[", "\n")),
        ("mappings within mappings", around("", "{\"a\":", "\n")),
        ("keys of JSON", around("{", "\"id\": \"2603.00001\", ", "\"title\": \"a\"}\n")),
        (
            "a digest",
            around(
                "<div id=toc></div>\n\n",
                "### [1] [T](https://arxiv.org/abs/2603.00001)\n*A*\n\nTL;DR: x\n\n<details>\nAbstract: y\n\n</details>\n\n",
                "",
            ),
        ),
        (
            "a digest without an end of an entry",
            around(
                "<div id=toc></div>\n\n### [1] [T](https://arxiv.org/abs/2603.00001)\n<details>\nAbstract: ",
                "y\n",
                "",
            ),
        ),
        ("a table", around("id,title,abstract\n", "2603.00001,\"A\",x\n", "")),
        ("a table with a stray quote", around("id,title,abstract\n2603.00001,5\" disk,x\n", "\n", "")),
        (
            "a page",
            around(
                "<!DOCTYPE html><dl>",
                "<dt><a href=\"/abs/2603.00012\">x</a><dd><div class='list-title'>T</div>\n",
                "",
            ),
        ),
        ("a tag without end", around("<!DOCTYPE html><a href=\"/abs/2603.00012\">x</a><p", "\nclass ", "")),
        ("tags without end", around("<!DOCTYPE html><a href=\"/abs/2603.00012\">x</a>", "<", "")),
        (
            "a mail",
            around(
                "",
                "\\\\\narXiv:2603.00011\nDate: Mon, 2 Mar 2026 00:00:00 GMT\n\nTitle: T\nAuthors: A\nCategories: cs.LG\n\\\\\n  Text.\n",
                "",
            ),
        ),
        (
            "rows of Markdown",
            around("|Title|PDF|\n|---|---|\n", "|**T**|[2603.00008](http://arxiv.org/abs/2603.00008)|\n", ""),
        ),
    ] {
        doubled(what, 120_000, &*input, &read_papers);
    }
}

#[test]
fn feeds_take_memory_in_proportion() {
    let list = "<OAI-PMH><ListRecords>arxiv";
    let raw = "<OAI-PMH><ListRecords>arxiv<record><metadata><arXivRaw><id>2603.00001</id>";
    let entry = "<feed>arxiv<entry><id>oai:arXiv.org:2603.00001v1</id>";
    let parts = "<feed>arxiv<entry><id>oai:arXiv.org:2603.00001v1</id><title>";
    for (what, input) in [
        (
            "records",
            around(
                list,
                "<record><metadata><arXivRaw><id>2603.00001</id><title>T</title></arXivRaw></metadata></record>",
                "</ListRecords></OAI-PMH>",
            ),
        ),
        ("records that do not end", around(list, "<record><header>", "")),
        ("records that are cut", around(list, "<record><x></record></y>", "")),
        ("entries", around("<feed>arxiv", "<entry><id>oai:arXiv.org:2603.00001v1</id><title>T</title></entry>", "")),
        ("a title", around(parts, "of ", "</title></entry></feed>")),
        ("references to characters", around(parts, "&#65;", "</title></entry></feed>")),
        ("references to nothing", around(parts, "&lol;", "</title></entry></feed>")),
        ("signs of references", around(parts, "& ", "</title></entry></feed>")),
        ("sections of CDATA", around(parts, "<![CDATA[a]]>", "</title></entry></feed>")),
        ("a section without end", around(parts, "<![CDATA[a", "")),
        ("comments", around(parts, "<!---->", "</title></entry></feed>")),
        ("a comment without end", around(parts, "<!--", "")),
        ("a tag without end", around(entry, "<a b='", "")),
        ("attributes", around("<feed>arxiv<entry><a ", "b='c' ", "/></entry></feed>")),
        ("elements", around(entry, "<a/>", "</entry></feed>")),
        ("elements within elements", around(entry, "<a>", "")),
        ("containers within containers", around("arxiv", "<feed>", "")),
        ("ends of nothing", around(entry, "</a>", "")),
        ("versions", around(raw, "<version><date>x</date></version>", "</arXivRaw></metadata></record>")),
        ("authors", around(raw, "<authors>A and </authors>", "</arXivRaw></metadata></record>")),
        (
            "authors in parts",
            around(
                "<arXiv><id>2603.00001</id><authors>",
                "<author><keyname>A</keyname></author>",
                "</authors></arXiv>",
            ),
        ),
        ("categories", around(entry, "<category term='cs.LG'/>", "</entry></feed>")),
        ("entities that are defined", around("<!DOCTYPE a [", "<!ENTITY a 'b'>", "]><feed>arxiv</feed>")),
    ] {
        doubled(what, 120_000, &*input, &read_papers);
        doubled(what, 120_000, &*input, &|text| drop(reader::read_answer("x", text.as_bytes())));
    }
}

#[test]
fn references_take_memory_in_proportion() {
    for (what, input) in [
        ("a title in BibTeX", around("@article{a, title = {", "of ", "}}\n")),
        ("entries of BibTeX", around("", "@article{a, title = {Ice}, eprint = {2601.00001}}\n", "")),
        ("braces within braces", around("@article{a, title = {", "{", "}}\n")),
        ("an entry that does not end", around("@article{a, title = {Ice", "\n@article{b, title = {Snow", "")),
        ("a title in RIS", around("TY  - JOUR\nTI  - ", "of ", "\nER  - \n")),
        ("records of RIS", around("", "TY  - JOUR\nTI  - Ice\nER  - \n\n", "")),
        ("one word in RIS", around("TY  - JOUR\nTI  - ", "a", "\nER  - \n")),
        ("a title in CSV", around("Title,DOI\n\"", "of ", "\",\n")),
        ("stray quotes of a table", around("\"Title\";\"DOI\"\n", "\"\n", "")),
        ("a title in JSON", around("[{\"id\": \"a\", \"title\": \"", "of ", "\"}]")),
        ("lists within lists of JSON", around("", "[", "")),
        ("items of YAML", around("references:\n", "- id: a\n  title: Ice\n", "")),
        ("lists within lists of YAML", around("references:\n- title: ", "[", "\n")),
        (
            "records of XML",
            around("<xml><records>", "<record><titles><title>Ice</title></titles></record>", "</records></xml>"),
        ),
        ("elements within elements", around("<xml><records>", "<record>", "")),
        ("comments before a table", around("", "# !!\n", "")),
        ("tags of EndNote without a title", around("", "%0 Book\n", "")),
        ("a list of ids", around("", "2601.00001\n", "")),
        ("ids on a line", around("", "2601.00001 ", "\n")),
    ] {
        doubled(what, 120_000, &*input, &read_references);
    }
    for (what, word) in
        [("ids in a text", "arXiv:2601.00001 "), ("almost ids", "arXiv:"), ("one word", "a"), ("brackets", "[")]
    {
        doubled(what, 120_000, &*around("", word, ""), &|text| drop((ArxivId::find_in(text), ArxivId::parse(text))));
    }
}

/// A library of a few papers, in memory.
fn library() -> Library {
    let mut library = Library::in_memory().expect("a library");
    let entries: Vec<Entry> = (0..50)
        .map(|number| {
            let mut entry = corpus::entry(number, &format!("Slow ice of glacier {number}"));
            entry.authors = vec![format!("Ada Example{}", number % 7)];
            entry
        })
        .collect();
    library.merge(&entries).expect("merged");
    library
}

#[test]
fn filters_take_memory_in_proportion() {
    let _alone = alone_in_sqlite();
    let library = library();
    let words = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
    for (what, input) in [
        ("texts", around("", "ice|", "ice")),
        ("words of a text", around("", "ice ", "ice")),
        ("one word", around("", "i", "")),
        ("letters of other scripts", around("", "冰川", "")),
    ] {
        doubled(&format!("{what} to leave out"), 60_000, &*input, &|text| {
            let _ = library.matching(&Filter::new().exclude(words(text)));
        });
        doubled(&format!("{what} of authors"), 60_000, &*input, &|text| {
            let _ = library.matching(&Filter::new().authors(words(text)));
        });
        doubled(&format!("{what} of categories"), 60_000, &*input, &|text| {
            let _ = library.matching(&Filter::new().categories(words(text)));
        });
    }
}

/// What SQLite itself takes for a question: no more for a longer one than for one that is long
/// already, or twice as much.
#[test]
fn questions_take_memory_of_sqlite_in_proportion() {
    let _alone = alone_in_sqlite();
    let library = library();
    let calls: [(&str, Call<'_>); 6] = [
        ("words that are searched", &|text| drop(library.keyword_scores(text, &Matching::All, 10))),
        ("words that papers hold", &|text| drop(library.holding(text))),
        ("a title that is looked for", &|text| drop(library.closest(text, 3))),
        ("a name that is looked for", &|text| drop(library.by_author(text))),
        ("a text to leave out", &|text| drop(library.matching(&Filter::new().exclude([text])))),
        ("an author to keep", &|text| drop(library.matching(&Filter::new().authors([text])))),
    ];
    for (what, call) in calls {
        for (kind, word) in [("words", "slow ice of glacier "), ("one word", "i"), ("other words", "of the ")] {
            let took = |size: usize| {
                let text = word.repeat(size / word.len());
                call(&text);
                measure_sqlite(|| call(&text))
            };
            let (one, two) = (took(60_000), took(120_000));
            assert!(10 * two <= MOST * one + 10 * FREE, "{what}, {kind}: {one} bytes, and {two} for twice as much");
            assert!(two < 64 << 20, "{what}, {kind}: {two} bytes");
        }
    }
}

#[test]
fn texts_take_memory_in_proportion() {
    // On one thread, so that all memory is counted.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    for model in ["tiny-bert", "tiny-roberta", "tiny-xlm-roberta"] {
        for long in [Long::Truncate, Long::Window] {
            let options = EmbedderOptions::new().device(DeviceChoice::Cpu).long(long);
            let embedder = Embedder::load(&corpus::here("tests/models").join(model), &options).expect("a model");
            for (what, word) in [
                ("words", "ice "),
                ("one word", "a"),
                ("another word", "ab1"),
                ("signs", "."),
                ("spaces", " "),
                ("letters with marks", "e\u{301}"),
            ] {
                pool.install(|| {
                    let size = if long == Long::Window { 1500 } else { 8000 };
                    doubled(&format!("{what} to {model} ({long:?})"), size, &*around("", word, ""), &|text| {
                        embedder.embed(&[text], Role::Passage).expect("a vector");
                    });
                });
            }
        }
    }
}
