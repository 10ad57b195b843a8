//! Titles and abstracts that try what a reader, a terminal and a page bear.

use super::world::World;

/// Hostile texts, without those of great length.
pub(crate) const TEXTS: &[&str] = &[
    "<script>alert('title')</script> and <b>bold</b> & \"quotes\"",
    "]]> ends a section that <![CDATA[ began",
    "&amp; escaped twice, &lt;i&gt; too, &nbsp; and &#0; and &undefined; as text",
    "</title></entry></feed> closes what is open",
    "An escape \u{1b}[31mred\u{1b}[0m, a bell \u{7} and a nul \u{0}",
    "Right to left \u{202e}desrever\u{202c} and zero\u{200b}width \u{feff}marks",
    "Lines\nand\ttabs\r\nin  a   title",
    "arXiv:9999.99999v9 Announce Type: new \nAbstract: a prefix within",
    "<!DOCTYPE x [<!ENTITY e \"boom\">]> &e;",
    "$x<y$, $a\\&b$, \\emph{TeX} and 50\\% of $\\mathcal{O}(n^{2})$",
    "emoji \u{1f9ea}\u{200d}\u{1f52c}, combining e\u{301}, astral \u{10348}, noncharacter \u{fffe}",
    "{{ template }} ${shell} `backticks` %s %n ; rm -rf / #",
];

impl World {
    /// Gives every `every`th paper a hostile title and a hostile abstract, in turn; the first of
    /// them has a title of `long` characters. Gives their ids.
    pub(crate) fn make_hostile(&mut self, every: usize, long: usize) -> Vec<String> {
        let mut ids = Vec::new();
        self.change(|papers| {
            for (at, paper) in papers.iter_mut().step_by(every.max(1)).enumerate() {
                paper.title = TEXTS[at % TEXTS.len()].to_owned();
                paper.abstract_text = format!("Hostile. {}", TEXTS[(at + 5) % TEXTS.len()]);
                if at == 0 {
                    paper.title = "long ".repeat(long / 5);
                }
                ids.push(paper.id.clone());
            }
        });
        ids
    }
}
