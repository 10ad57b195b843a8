//! Every form that people paste, and what only looks like one.

use super::*;

fn parsed(text: &str) -> Option<(String, Option<u32>)> {
    ArxivId::parse(text).map(|(id, version)| (id.to_string(), version))
}

fn found(text: &str) -> Vec<String> {
    let spelled = |(id, version): Found| match version {
        Some(version) => format!("{id}v{version}"),
        None => id.to_string(),
    };
    ArxivId::find_in(text).into_iter().map(spelled).collect()
}

#[test]
fn pages_that_show_a_paper_name_it() {
    for text in [
        "https://www.alphaxiv.org/abs/2603.04567",
        "https://alphaxiv.org/overview/2603.04567?tab=blog",
        "https://huggingface.co/papers/2603.04567",
        "hf.co/papers/2603.04567",
        "https://ar5iv.org/abs/2603.04567",
        "https://ar5iv.labs.arxiv.org/html/2603.04567",
        "https://scirate.com/arxiv/2603.04567",
        "https://www.semanticscholar.org/arxiv/2603.04567",
        "https://api.semanticscholar.org/graph/v1/paper/arXiv:2603.04567?fields=title,abstract",
        "https://www.connectedpapers.com/main/arxiv:2603.04567",
        "https://papers.cool/arxiv/2603.04567",
        "https://www.arxiv-vanity.com/papers/2603.04567/",
        "https://inspirehep.net/api/arxiv/2603.04567",
        "https://ui.adsabs.harvard.edu/abs/2026arXiv260304567Q/abstract",
        "https://ui.adsabs.harvard.edu/abs/arXiv:2603.04567",
        "https://dblp.org/rec/journals/corr/abs-2603-04567.html",
        "https://web.archive.org/web/20260301/https://arxiv.org/abs/2603.04567",
        "https://arxiv-org.translate.goog/abs/2603.04567?_x_tr_sl=en",
        "https://scholar.google.com/scholar_lookup?arxiv_id=2603.04567",
        "https://library.example/arxiv/papers/2603.04567.pdf",
        "http://export.arxiv.org/api/query?id_list=2603.04567",
        "https://cn.arxiv.org/format/2603.04567",
        "https%3A%2F%2Farxiv.org%2Fabs%2F2603.04567",
        "https://example.org/go?to=https%3A%2F%2Farxiv.org%2Fabs%2F2603.04567",
    ] {
        assert_eq!(parsed(text), Some(("2603.04567".into(), None)), "{text}");
    }
    for text in [
        "https://xxx.lanl.gov/abs/hep-th/9712200",
        "https://scirate.com/arxiv/hep-th/9712200",
        "http://arxiv.org/pdf/hep-th/9712200.pdf",
        "https://inspirehep.net/arxiv/arXiv:hep-th/9712200",
    ] {
        assert_eq!(parsed(text), Some(("hep-th/9712200".into(), None)), "{text}");
    }
    assert_eq!(parsed("https://arxiv.org/pdf/2603.04567v3.pdf#page=2"), Some(("2603.04567".into(), Some(3))));
}

#[test]
fn citations_stamps_and_wrappings_name_it() {
    for text in [
        "10.48550/arXiv.2603.04567",
        "doi:10.48550/ARXIV.2603.04567",
        "DOI: https://doi.org/10.48550/arxiv.2603.04567.",
        "arXiv:2603.04567 [cs.LG]",
        "arXiv:2603.04567 [pdf, html, other]",
        "arXiv preprint arXiv:2603.04567 (2026).",
        "arXiv preprint 2603.04567",
        "CoRR abs/2603.04567",
        "oai:arXiv.org:2603.04567",
        "info:arxiv/2603.04567",
        "abs/2603.04567",
        "pdf/2603.04567",
        "arxiv.2603.04567",
        "arXiv_2603.04567.pdf",
        "2603.04567.pdf",
        "<https://arxiv.org/abs/2603.04567>",
        "[2603.04567]",
        "(arXiv:2603.04567),",
        "“2603.04567”",
        "- 2603.04567",
        "`2603.04567`",
        "[Slow Ice, and more](https://arxiv.org/abs/2603.04567)",
        "<a href=\"https://arxiv.org/abs/2603.04567\">arXiv:2603.04567</a>",
        "\\url{https://arxiv.org/abs/2603.04567}",
        "２６０３．０４５６７",
        "2603\u{200b}.04567\u{feff}",
        "arXiv:\u{a0}2603.04567",
        "arXiv%3A2603.04567",
    ] {
        assert_eq!(parsed(text), Some(("2603.04567".into(), None)), "{text}");
    }
    for text in ["arXiv:2603.04567v2 [cs.LG] 3 Mar 2026", "[2603.04567v2]", "2603.04567 (v2)", "2603.04567 v2"] {
        assert_eq!(parsed(text), Some(("2603.04567".into(), Some(2))), "{text}");
    }
    assert_eq!(parsed("arXiv:math.GT/0309136v1 8 Sep 2003"), Some(("math/0309136".into(), Some(1))));
    assert_eq!(parsed("hep\u{2011}th/9712200"), Some(("hep-th/9712200".into(), None)));
}

#[test]
fn what_is_something_else_or_two_of_them_is_refused() {
    for text in [
        "2603.04567 and 2603.04568",
        "https://arxiv.org/abs/2603.04567,https://arxiv.org/abs/2603.04568",
        "We extend arXiv:2603.04567 to graphs",
        "https://example.org/abs/2603.04567",
        "https://psyarxiv.com/2603.04567",
        "https://www.biorxiv.org/content/10.1101/2026.03.04567",
        "https://huggingface.co/someone/2603.04567",
        "https://arxiv.org/abs/../2603.04567",
        "https://arxiv.org/list/cs.LG/recent",
        "arXiv:",
        "version 2603.4",
        "\0arXiv:2603.04567",
    ] {
        assert_eq!(parsed(text), None, "{text}");
    }
    assert_eq!(parsed(&"arxiv:".repeat(1000)), None);
}

#[test]
fn running_text_must_mark_them() {
    assert_eq!(
        found("We follow arXiv:2603.04567v2 and arXiv: hep-th/9712200 (see 2603.04568, Sect. 2603.0001)."),
        ["2603.04567v2", "hep-th/9712200"]
    );
    assert_eq!(found("CoRR abs/2603.04567; arXiv preprint 2603.04568"), ["2603.04567", "2603.04568"]);
    assert_eq!(
        found("[x](https://arxiv.org/pdf/2603.04567v1.pdf), doi:10.48550/arXiv.2603.04567, eprint=arXiv:2603.04568"),
        ["2603.04567v1", "2603.04568"]
    );
    assert_eq!(found("\u{130}arXiv:2603.04567"), ["2603.04567"]);
    assert_eq!(found("0.95 at 2603.04567 with 10.1234/2603.04567 in arXiv"), Vec::<String>::new());
    assert_eq!(found("https://huggingface.co/papers/2603.04567 https://example.org/2603.04568"), ["2603.04567"]);
    assert_eq!(found(&"arxiv".repeat(100_000)), Vec::<String>::new());
}
