//! Files of every format, from the bytes to what each entry is known by.

use std::path::Path;

use super::*;

/// Line, ids, DOI and title of each entry, or the line and cause of one that cannot be read.
fn told(text: &str) -> Vec<String> {
    told_of(text.as_bytes())
}

fn told_of(bytes: &[u8]) -> Vec<String> {
    let entry = |entry: std::result::Result<Reference, Skipped>| match entry {
        Ok(Reference { line, ids, doi, title, disliked, .. }) => {
            let ids: Vec<&str> = ids.iter().map(ArxivId::as_str).collect();
            let unlike = if disliked { " unlike" } else { "" };
            let (doi, title) = (doi.unwrap_or_default(), title.unwrap_or_default());
            format!("{line}|{}|{doi}|{title}{unlike}", ids.join(" "))
        }
        Err(skipped) => format!("{}: {}", skipped.line, skipped.reason),
    };
    let read = read_bytes(Path::new("mine"), bytes).expect("a known format");
    read.entries.into_iter().map(entry).collect()
}

const TWO: [&str; 2] = ["2601.00001||Slow Glaciers", "|10.1000/xyz.2|Bridges"];

/// The two entries that many files here hold, at these lines.
fn two(first: u64, second: u64) -> [String; 2] {
    [format!("{first}|{}", TWO[0]), format!("{second}|{}", TWO[1])]
}

#[test]
fn bibtex_names_papers_in_many_ways() {
    let text = "% written by hand\n\
        @string{acm = \"ACM\"}\n\
        @article{one,\n  title = {{Slow} Glaciers},\n  eprint = {2601.00001},\n  archivePrefix = {arXiv},\n}\n\n\
        @misc{two, title={Bridges}, howpublished={arXiv:2601.00002v3 [cs.LG]}, publisher = acm}\n\
        @article{three, title={Violins}, doi={https://doi.org/10.1000/xyz.1}, url={http://arxiv.org/abs/2601.00003}}\n\
        @online{four, title={Enzymes}, doi={10.48550/arXiv.2601.00004}}\n\
        @article{five, title={Auctions}, journal={arXiv preprint arXiv:2601.00005}}\n\
        @comment{not an entry}\n";
    assert_eq!(
        told(text),
        [
            "3|2601.00001||Slow Glaciers",
            "9|2601.00002||Bridges",
            "10|2601.00003|10.1000/xyz.1|Violins",
            "11|2601.00004||Enzymes",
            "12|2601.00005||Auctions",
        ]
    );
}

#[test]
fn letters_that_grow_in_lower_case_move_nothing() {
    let text = "@misc{a, title={Ice}, howpublished={\u{130}arxiv}}\n@misc{b, title={Snow}, howpublished={\u{130}arXiv:2601.00001}}\n";
    assert_eq!(told(text), ["1|||Ice", "2|2601.00001||Snow"]);
}

#[test]
fn bibtex_is_read_as_bibtex_reads_it() {
    let text = "Free text, mail me @ home or me@home (office).\n\
        @comment without braces\n\
        @comment{\n@misc{old, title={Not an entry}}\n}\n\
        % @misc{older, title={Not an entry}}\n\
        @preamble{\"\\newcommand{\\x}{y}\"}\n\
        @string(js = \"J. Snow\")\n\
        @article(one,\n  title = \"Slow {\\\"o} Glaciers\",\n  journal = js # \", part \" # 2, month = jan # \"~5\",\n)\n\
        \t@ARTICLE {two ,\n  TITLE = {Bridges\n    of Steel} ,\n  abstract = {First line.\n@ second line, see\n@article in the text\n}\n}\n\
        @misc{three, title={Violins}, , year={2026},} @misc{four, title={Enzymes} year={2026}}\n\
        @misc{, title={Auctions}}\n\
        @misc{six key with spaces,\n% a comment\n title={Proofs}}\n\
        @misc{title={No key}}\n\
        @misc{one, title={After a comma}},\n\
        @misc{two, title={At the end}}";
    assert_eq!(
        told(text),
        [
            "9|||Slow ö Glaciers",
            "13|||Bridges of Steel",
            "21|||Violins",
            "21|||Enzymes",
            "22|||Auctions",
            "23|||Proofs",
            "26|||No key",
            "27|||After a comma",
            "28|||At the end",
        ]
    );
}

#[test]
fn a_bad_entry_is_named_and_costs_no_other() {
    let text =
        "@article{one, title={Slow glaciers}}\n@article{two, title={Never closed\n\n@article{three, title={Violins}}\n";
    let told = told(text);
    assert_eq!((told.len(), told[0].as_str(), told[2].as_str()), (3, "1|||Slow glaciers", "4|||Violins"));
    assert!(told[1].starts_with("2: this entry cannot be read: "), "{}", told[1]);
}

#[test]
fn unbalanced_braces_cost_no_field_and_no_entry() {
    let text = "@article{a, title={Slow Glaciers}, abstract={by 15{{\\%}.}, url={https://arxiv.org/abs/2601.00001}}\n\
        @article{b, title={Bridges}}\n\
        @article{c,\n  file = {Reed \\{of ice.pdf:/x.pdf:application/pdf},\n  title={Violins},\n  eprint={2601.00003}\n}\n\
        @article{d,\n  abstract = {one too many}},\n  title = {Enzymes},\n  eprint = {2601.00004}\n}\n\
        @article{e, title={Auctions}, abstract={As they say:\n@article{x,\n title={Not an entry}}\n}}\n";
    assert_eq!(
        told(text),
        [
            "1|2601.00001||Slow Glaciers",
            "2|||Bridges",
            "3|2601.00003||Violins",
            "8|2601.00004||Enzymes",
            "13|||Auctions",
        ]
    );
}

#[test]
fn entries_inherit_what_they_name() {
    let text = "@xdata{ours, eprinttype={arxiv}, primaryclass={math.GT}}\n@online{y, xdata={none, ours}, eprint={0309136}}\n\
        @inproceedings{z, crossref={proc}, title={Bridges}}\n@proceedings{proc, title={Proceedings}}\n";
    assert_eq!(told(text), ["1|||", "2|math/0309136||", "3|||Bridges", "4|||Proceedings"]);
}

#[test]
fn abbreviations_do_not_grow() {
    let mut text = format!("@string{{a0 = {{{}}}}}\n", "x".repeat(2000));
    for level in 0..50 {
        text += &format!("@string{{a{} = a{level} # a{level} # a{level}}}\n", level + 1);
    }
    text += "@misc{a, title = a50 # a50}\n";
    let read = read_bytes(Path::new("mine"), text.as_bytes()).expect("read");
    let title = read.entries[0].as_ref().expect("an entry").title.as_deref().expect("a title");
    assert_eq!(title.len(), 2 * 1024);
}

#[test]
fn ris_is_read_whatever_stands_around_it() {
    let first = "TY  - JOUR\nTI  - Slow Glaciers\nUR  - https://arxiv.org/abs/2601.00001v2\nER  - \n\n";
    let second = "TY  - JOUR\nTI  - Bridges\nDO  - 10.1000/xyz.2\nER  - \n";
    assert_eq!(told(&format!("{first}{second}")), two(1, 6));
    assert_eq!(told(&format!("\u{feff}{first}{second}").replace('\n', "\r\n")), two(1, 6));
    assert_eq!(told(&format!("{first}{second}").replace("  - ", " - ")), two(1, 6));
    assert_eq!(told(&format!("{first}{second}").replace("ER  - \n", "")), two(1, 5));
    let provider = "Provider: An Index\nContent: text/plain; charset=\"UTF-8\"\n\n";
    assert_eq!(told(&format!("{provider}{first}{second}")), two(4, 9));
    let ovid = format!(
        "1. \n{first}Link to the full text: none\nC1  - Database: Index\n\nSearch Strategy:\n1  bridge.ti.\n2. \n{second}"
    );
    assert_eq!(told(&ovid), two(2, 13));
    let late =
        "DB  - Index\nTI  - Slow Glaciers\nAB  - NA\nTY  - JOUR\nUR  - https://arxiv.org/abs/2601.00001\nER  - \n";
    assert_eq!(told(&format!("{late}{second}")), two(1, 7));
}

#[test]
fn titles_of_ris_go_on_and_journals_are_none() {
    let text = "TY  - JOUR\nT1  - Slow\n  Glaciers\nJO  - Journal of Ice\nT2  - Ice\nN1  - arXiv:2601.00001\nER  - \n\
        TY  - GEN\nAU  - Moor\nER  -\n";
    assert_eq!(
        told(text),
        ["1|2601.00001||Slow Glaciers", "8: this record has neither a title, nor a DOI, nor an arXiv id"]
    );
}

#[test]
fn other_tagged_forms_are_read() {
    let nbib = "\nPMID- 1\nOWN - NLM\nTI  - Slow\n      Glaciers\nAB  - As in arXiv:2601.00009.\nAID - arXiv:2601.00001 [pii]\n\n\
        PMID- 2\nTI  - Bridges\nLID - 10.1000/xyz.2 [doi]\nJT  - Journal of Steel\n";
    assert_eq!(told(nbib), two(2, 9));
    let endnote = "%0 Journal Article\n%T Slow Glaciers\n%J arXiv preprint arXiv:2601.00001\n%X Abstract\n\nsecond paragraph\n\n\
        %0 Journal Article\n%A Marsh, Eva\n%T Bridges\n%R 10.1000/xyz.2\n%J Journal of Steel\n";
    assert_eq!(told(endnote), two(1, 8));
    let wos = "\u{feff}FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Moor, G\nTI Slow\n   Glaciers\nSO ARXIV\nAR arXiv:2601.00001\nER\n\n\
        PT J\nTI Bridges\nSO Journal of Steel\nDI 10.1000/xyz.2\nER\n\nEF";
    assert_eq!(told(wos), two(3, 11));
}

#[test]
fn tables_are_read_in_every_dialect() {
    let rows = "\"Key\",\"Title\",\"Publication Title\",\"DOI\",\"Url\",\"Extra\"\n\
        \"A\",\"Slow Glaciers\",\"Ice\",\"\",\"http://arxiv.org/abs/2601.00001\",\"arXiv:2601.00001 [cs]\"\n\
        \"B\",\"Bridges\",\"Steel\",\"10.1000/xyz.2\",\"\",\"\"\n";
    assert_eq!(told(rows), two(2, 3));
    assert_eq!(told(&rows.replace(',', ";")), two(2, 3));
    assert_eq!(told(&rows.replace(',', "\t")), two(2, 3));
    assert_eq!(told(&format!("\u{feff}{}", rows.replace('\n', "\r\n"))), two(2, 3));
    assert_eq!(told(&format!("sep=;\r\n{}", rows.replace(',', ";"))), two(3, 4));
    assert_eq!(told(&format!("About the data: exported on 2026-01-05\n{rows}")), two(3, 4));
    let utf16: Vec<u8> = rows.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(told_of(&utf16), two(2, 3));
}

#[test]
fn columns_are_known_by_their_names() {
    for (header, first, second) in [
        (
            "Authors,Title,Year,Source title,DOI,Link",
            "M,Slow Glaciers,2026,Ice,10.48550/arXiv.2601.00001,",
            "M,Bridges,2026,Steel,10.1000/xyz.2,",
        ),
        (
            "PMID,Title,Authors,Citation,Journal/Book,DOI",
            "1,Slow Glaciers,M,x,arXiv: 2601.00001,",
            "2,Bridges,M,y,Steel,10.1000/xyz.2",
        ),
        ("PT\tAU\tTI\tSO\tAR\tDI", "J\tM\tSlow Glaciers\tARXIV\t2601.00001\t", "J\tM\tBridges\tSTEEL\t\t10.1000/xyz.2"),
        (
            "Article Title,Source Title,DOI,DOI Link,Article Number",
            "Slow Glaciers,arXiv,,,2601.00001",
            "Bridges,Steel,10.1000/xyz.2,,",
        ),
        (
            "Identifier;Author;Title;Journal;DOI;Eprint",
            "a;M;Slow Glaciers;CoRR;;2601.00001",
            "b;M;Bridges;Steel;10.1000/xyz.2;",
        ),
        (
            "Document Title,Publication Title,DOI,PDF Link",
            "Slow Glaciers,x,,https://arxiv.org/pdf/2601.00001",
            "Bridges,Steel,10.1000/xyz.2,",
        ),
    ] {
        assert_eq!(told(&format!("{header}\n{first}\n{second}\n")), two(2, 3), "{header}");
    }
    assert_eq!(told("arxiv_id,name\n2601.00001,one\n2601.00002,two\n"), ["2|2601.00001||", "3|2601.00002||"]);
}

#[test]
fn quotes_in_tables_cost_at_most_their_row() {
    let text = "Key,Title,DOI,Url\nA,\"Slow\" Glaciers,,http://arxiv.org/abs/2601.00001\nB,Bridges,10.1000/xyz.2,\n";
    assert_eq!(told(text), two(2, 3));
    let over_lines = "Key,Title,Abstract,DOI,Url\nA,Slow Glaciers,\"First\n\n@ second, \"\"quoted\"\"\n@article{x,\",,http://arxiv.org/abs/2601.00001\nB,Bridges,x,10.1000/xyz.2,\n";
    assert_eq!(told(over_lines), two(2, 6));
    let open =
        "Key,Title,DOI,Url\nA,\"Slow Glaciers,,http://arxiv.org/abs/2601.00001\nB,Bridges,10.1000/xyz.2,\nC,Snow,,\n";
    assert_eq!(told(open)[1..], ["3||10.1000/xyz.2|Bridges", "4|||Snow"]);
    assert_eq!(told(open)[0], "2|2601.00001||Slow Glaciers");
    let empty = "Title,DOI\nSnow,\n,\n,,x\n\nIce,\n";
    assert_eq!(told(empty), ["2|||Snow", "4: this row has neither a title, nor a DOI, nor an arXiv id", "6|||Ice"]);
}

#[test]
fn json_of_many_programs_is_read() {
    let csl = r#"[{"id": "a", "title": "Slow Glaciers", "number": "arXiv:2601.00001"},
        {"id": "b", "title": "Bridges", "DOI": "10.1000/xyz.2", "container-title": "Steel"}, {"title": 3}]"#;
    let csl = told(csl);
    assert_eq!(csl[..2], two(1, 2));
    assert!(csl[2].starts_with("2: entry 3 cannot be read"), "{}", csl[2]);
    let api = "[{\"key\": \"A\", \"library\": {\"id\": 1, \"name\": \"x\"}, \"data\": {\"itemType\": \"preprint\", \"title\": \"Slow Glaciers\", \"archiveID\": \"arXiv:2601.00001\"}},\n\
        {\"key\": \"N\", \"data\": {\"itemType\": \"note\", \"note\": \"arXiv:2601.00009\"}},\n\
        {\"key\": \"B\", \"data\": {\"itemType\": \"journalArticle\", \"title\": \"Bridges\", \"publicationTitle\": \"Steel\", \"DOI\": \"10.1000/xyz.2\"}}]";
    assert_eq!(told(api), two(1, 3));
    let better = "{\"config\": {\"id\": \"x\"}, \"collections\": {},\n\"items\": [\n\
        {\"itemType\": \"preprint\", \"title\": \"Slow Glaciers\", \"attachments\": [{\"itemType\": \"attachment\", \"url\": \"http://arxiv.org/pdf/2601.00001\"}]},\n\
        {\"itemType\": \"journalArticle\", \"title\": \"Bridges\", \"extra\": \"DOI: 10.1000/xyz.2\"}]}";
    assert_eq!(told(better), two(3, 4));
    let lines = "{\"title\": \"Slow Glaciers\", \"externalIds\": {\"ArXiv\": \"2601.00001\"}}\n{\"title\": \"Bridges\", \"externalIds\": {\"DOI\": \"10.1000/xyz.2\"}}\n";
    assert_eq!(told(lines), two(1, 2));
    let loose = "[{\"title\": \"Slow Glaciers\", \"score\": NaN, \"number\": \"arXiv:2601.00001\",},\n{'title': 'Bridges', 'DOI': '10.1000/xyz.2'}]";
    assert_eq!(told(loose), two(1, 2));
    assert_eq!(told("[\"2601.00001\",\n\"x\"]"), ["1|2601.00001||", "2: entry 2 is no arXiv id: \"x\""]);
}

#[test]
fn broken_json_costs_only_what_is_broken() {
    let text = "[{\"title\": \"Snow\"},\n{\"title\": oops},\n{\"title\": \"Ice\"},\n{\"title\": \"Cut";
    let told = told(text);
    assert_eq!((told[0].as_str(), told[2].as_str(), told.len()), ("1|||Snow", "3|||Ice", 4));
    assert!(told[1].starts_with("2: entry 2 is not valid JSON: expected value"), "{}", told[1]);
    assert!(told[3].starts_with("4: entry 4 is not valid JSON: EOF"), "{}", told[3]);
}

#[test]
fn yaml_is_read_item_by_item() {
    let csl = "---\nreferences:\n- id: a\n  title: Slow Glaciers\n  url: https://arxiv.org/abs/2601.00001\n\
        - id: b\n  title: \"Bridges\"\n  container-title: Steel\n  doi: 10.1000/xyz.2\n...\n";
    assert_eq!(told(csl), two(3, 6));
    let hayagriva = "---\na:\n  type: article\n  title: Slow Glaciers\n  serial-number:\n    arxiv: 2601.00001\n\
        b:\n  type: article\n  title: Bridges\n  serial-number:\n    doi: 10.1000/xyz.2\n  parent:\n    title: Steel\n";
    assert_eq!(told(hayagriva), two(3, 8));
    let broken = "- id: a\n  title: Snow\n- id: b\n  title: \"never closed\n";
    let told = told(broken);
    assert_eq!((told[0].as_str(), told.len()), ("1|||Snow", 2));
    assert!(told[1].contains("this YAML cannot be read from here on"), "{}", told[1]);
}

#[test]
fn xml_of_endnote_and_zotero_is_read() {
    let endnote = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml><records>\n<record><ref-type name=\"Journal Article\">17</ref-type>\
        <titles><title><style face=\"normal\">Slow</style><style face=\"italic\"> Glaciers</style></title><secondary-title>Ice</secondary-title></titles>\
        <periodical><full-title>Ice</full-title></periodical><urls><related-urls><url><style>https://arxiv.org/abs/2601.00001</style></url></related-urls></urls></record>\n\
        <record><titles><title>Bridges</title></titles><electronic-resource-num>10.1000/xyz.2</electronic-resource-num></record>\n</records></xml>\n";
    assert_eq!(told(endnote), two(3, 4));
    let rdf = "<rdf:RDF xmlns:rdf=\"x\" xmlns:z=\"y\">\n<rdf:Description rdf:about=\"http://arxiv.org/abs/2601.00001\">\n<z:itemType>preprint</z:itemType>\
        <dc:title>Slow Glaciers</dc:title><dc:description>arXiv:2601.00001 [physics]</dc:description></rdf:Description>\n\
        <bib:Article rdf:about=\"urn:b\"><z:itemType>journalArticle</z:itemType><dcterms:isPartOf><bib:Journal><dc:title>Steel</dc:title><dc:identifier>DOI 10.1000/xyz.2</dc:identifier></bib:Journal></dcterms:isPartOf>\
        <dc:title>Bridges</dc:title></bib:Article>\n\
        <z:Attachment rdf:about=\"#item_1\"><z:itemType>attachment</z:itemType><dc:title>Full Text PDF</dc:title></z:Attachment>\n</rdf:RDF>\n";
    assert_eq!(told(rdf), two(2, 4));
    let mods = "<modsCollection>\n<mods><titleInfo><title>Slow Glaciers</title></titleInfo><identifier type=\"uri\">http://arxiv.org/abs/2601.00001</identifier></mods>\n\
        <mods><titleInfo><title>Bridges</title></titleInfo><relatedItem type=\"host\"><titleInfo><title>Steel</title></titleInfo></relatedItem><identifier type=\"doi\">10.1000/xyz.2</identifier></mods></modsCollection>";
    assert_eq!(told(mods), two(2, 3));
    let pubmed = "<PubmedArticleSet>\n<PubmedArticle><MedlineCitation><Article><ArticleTitle>Slow <i>Glaciers</i></ArticleTitle></Article></MedlineCitation><ArticleIdList><ArticleId>arXiv:2601.00001</ArticleId></ArticleIdList></PubmedArticle>\n\
        <PubmedArticle><ArticleTitle>Bridges</ArticleTitle><ELocationID EIdType=\"doi\">10.1000/xyz.2</ELocationID><ReferenceList><ArticleId>10.1000/other</ArticleId></ReferenceList></PubmedArticle></PubmedArticleSet>";
    assert_eq!(told(pubmed), two(2, 3));
    let cut = told(&endnote[..endnote.find("<electronic").expect("there")]);
    assert_eq!((cut[0].as_str(), cut.len()), (two(3, 4)[0].as_str(), 2));
    assert_eq!(cut[1], "4: this XML cannot be read from here on: the file ends within a record");
}

#[test]
fn profiles_and_lists_of_ids_are_read() {
    let exported = r#"{"profile": "x", "like": ["2601.00001"], "unlike": ["2601.00002", "nothing"]}"#;
    assert_eq!(told(exported), ["1|2601.00001||", "1|2601.00002|| unlike", "1: entry 3 is no arXiv id: \"nothing\""]);
    assert_eq!(told(r#"{"like": ["2601.00001"]}"#), ["1|2601.00001||"]);
    let list = "# mine\n2601.00001\n\nhttps://arxiv.org/abs/2601.00002v1\nsomething\n";
    assert_eq!(told(list), ["2|2601.00001||", "4|2601.00002||", "5: \"something\" is no arXiv id"]);
    let list = "% mine\n// and yours\nTo read:\n1. 2601.00001\n[2] 2601.00002, 2601.00003\n- https://doi.org/10.1000/xyz.2\n@article{x,\n";
    assert_eq!(
        told(list),
        [
            "3: \"To read:\" is no arXiv id",
            "4|2601.00001||",
            "5|2601.00002||",
            "5|2601.00003||",
            "6||10.1000/xyz.2|",
            "7: \"@article{x,\" is no arXiv id",
        ]
    );
}

#[test]
fn what_is_no_collection_of_references_is_refused() {
    for text in ["", "Dear reader,\n", "{\"a\": 1}", "\u{0}\u{1}", "<html><body>2601.00001</body></html>", "[]"] {
        let refused = read_bytes(Path::new("mine"), text.as_bytes()).expect_err(text).to_string();
        assert!(refused.contains("BibTeX"), "{refused}");
    }
}

#[test]
fn old_encodings_are_told_and_a_guess_is_said_to_be_one() {
    let text = b"@article{a, title = {Schr\xf6dinger Operators}}\n";
    assert_eq!(told_of(text), ["1|||Schrödinger Operators"]);
    let read = read_bytes(Path::new("mine"), text).expect("read");
    assert_eq!(read.encoding, Some(Encoding { name: "windows-1252".to_owned(), guessed: true }));
}

#[test]
fn every_format_gives_abstract_and_authors() {
    let expected = ("Ice melts in warm air & water.", vec!["Ada Example", "Bo Muster"]);
    for (file, text) in [
        (
            "a.bib",
            "@article{a, title = {Slow Ice}, author = {Example, Ada and Bo Muster},\n abstract = {Ice {melts} in\n warm air \\& water.}}",
        ),
        (
            "a.ris",
            "TY  - JOUR\nTI  - Slow Ice\nAU  - Example, Ada\nAU  - Muster, Bo\nN2  - Ice melts in warm air &amp; water.\nER  - \n",
        ),
        (
            "a.enw",
            "%0 Journal Article\n%T Slow Ice\n%A Ada Example\n%A Muster, Bo\n%X Ice melts in warm air & water.\n",
        ),
        (
            "a.nbib",
            "PMID- 1\nTI  - Slow Ice\nAB  - Ice melts in warm\n      air & water.\nFAU - Example, Ada\nFAU - Muster, Bo\n",
        ),
        (
            "zotero.json",
            r#"[{"key": "A", "data": {"itemType": "journalArticle", "title": "Slow Ice", "abstractNote": "Ice melts in warm air & water.",
                "creators": [{"creatorType": "editor", "firstName": "No", "lastName": "One"},
                {"creatorType": "author", "firstName": "Ada", "lastName": "Example"}, {"creatorType": "author", "name": "Bo Muster"}]}}]"#,
        ),
        (
            "csl.json",
            r#"[{"id": "a", "title": "Slow Ice", "abstract": "Ice melts in warm air & water.",
                "author": [{"given": "Ada", "family": "Example"}, {"literal": "Bo Muster"}]}]"#,
        ),
        ("a.csv", "Title,Author,Abstract Note\nSlow Ice,\"Example, Ada; Muster, Bo\",Ice melts in warm air & water.\n"),
    ] {
        let read = read_bytes(file.as_ref(), text.as_bytes()).unwrap_or_else(|error| panic!("{file}: {error}"));
        let reference = read.entries[0].as_ref().unwrap_or_else(|skipped| panic!("{file}: {skipped}"));
        let told = reference.abstract_text.as_deref().unwrap_or("nothing");
        assert_eq!((told, reference.authors.iter().map(String::as_str).collect()), expected, "{file}");
        assert_eq!(reference.title.as_deref(), Some("Slow Ice"), "{file}");
    }
}

#[test]
fn the_day_of_an_item_is_when_it_was_collected() {
    let item = r#"[{"data": {"itemType": "book", "title": "Ice", "dateAdded": "2025-11-03T08:00:00Z"}}, {"title": "Snow", "dateAdded": "soon"}]"#;
    let read = read_bytes("zotero.json".as_ref(), item.as_bytes()).unwrap();
    let days: Vec<Option<String>> =
        read.entries.iter().flatten().map(|item| item.added.map(|day| day.to_string())).collect();
    assert_eq!(days, [Some("2025-11-03".to_owned()), None]);
}
