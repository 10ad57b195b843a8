//! Records of OAI-PMH: headers, and metadata as arXivRaw, arXiv, arXivOld and oai_dc.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::names::{raw_authors, wrap};
use super::taxonomy::set_of;
use super::world::{Author, State};
use super::xml::Xml;

/// The forms of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metadata {
    DublinCore,
    ArXiv,
    ArXivOld,
    ArXivRaw,
}

impl Metadata {
    /// All, in the order in which the server lists them.
    pub(crate) const ALL: [Metadata; 4] =
        [Metadata::DublinCore, Metadata::ArXiv, Metadata::ArXivOld, Metadata::ArXivRaw];

    /// What requests call it.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Metadata::DublinCore => "oai_dc",
            Metadata::ArXiv => "arXiv",
            Metadata::ArXivOld => "arXivOld",
            Metadata::ArXivRaw => "arXivRaw",
        }
    }

    /// Its XML namespace.
    pub(crate) fn namespace(self) -> String {
        match self {
            Metadata::DublinCore => "http://www.openarchives.org/OAI/2.0/oai_dc/".into(),
            own => format!("http://arxiv.org/OAI/{}/", own.prefix()),
        }
    }

    /// The address of its schema.
    pub(crate) fn schema(self) -> String {
        match self {
            Metadata::DublinCore => "http://www.openarchives.org/OAI/2.0/oai_dc.xsd".into(),
            own => format!("http://arxiv.org/OAI/{}.xsd", own.prefix()),
        }
    }
}

/// The sets of a record, which are those of its categories.
pub(crate) fn set_specs(categories: &[&str]) -> Vec<String> {
    categories.iter().map(|category| set_of(category)).collect()
}

/// Writes the header of a record.
pub(crate) fn header(xml: &mut Xml, state: &State<'_>) {
    xml.raw("<header>\n<identifier>oai:arXiv.org:").text(&state.paper.id).raw("</identifier>\n");
    xml.leaf("datestamp", &state.datestamp.to_string());
    for spec in set_specs(&state.categories) {
        xml.leaf("setSpec", &spec);
    }
    xml.raw("</header>\n");
}

/// Writes a record.
pub(crate) fn record(xml: &mut Xml, state: &State<'_>, form: Metadata) {
    xml.raw("<record>\n");
    header(xml, state);
    xml.raw("<metadata>\n");
    match form {
        Metadata::DublinCore => dublin_core(xml, state),
        Metadata::ArXiv => arxiv(xml, state),
        Metadata::ArXivOld => arxiv_old(xml, state),
        Metadata::ArXivRaw => arxiv_raw(xml, state),
    }
    xml.raw("</metadata>\n</record>\n");
}

/// Opens the element of a form with its namespaces.
fn open(xml: &mut Xml, form: Metadata) {
    let (namespace, schema) = (form.namespace(), form.schema());
    match form {
        Metadata::DublinCore => {
            xml.raw("<oai_dc:dc xmlns:oai_dc=\"")
                .raw(&namespace)
                .raw("\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"");
        }
        own => {
            xml.raw("<").raw(own.prefix()).raw(" xmlns=\"").raw(&namespace).raw("\"");
        }
    }
    xml.raw(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"");
    xml.raw(&namespace).raw(" ").raw(&schema).raw("\">\n");
}

/// Title and abstract as arXiv keeps them: in lines, the abstract with two spaces before.
fn title(state: &State<'_>) -> String {
    wrap(&state.paper.title, "\n  ")
}

fn abstract_text(state: &State<'_>) -> String {
    format!("  {}\n", wrap(&state.paper.abstract_text, "\n"))
}

fn arxiv_raw(xml: &mut Xml, state: &State<'_>) {
    let paper = state.paper;
    open(xml, Metadata::ArXivRaw);
    xml.leaf("id", &paper.id).leaf("submitter", &paper.authors.first().map_or_else(String::new, Author::name));
    for (at, version) in state.versions.iter().enumerate() {
        xml.raw("<version version=\"v").raw(&(at + 1).to_string()).raw("\">\n");
        xml.leaf("date", &version.date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
        xml.leaf("size", &format!("{}kb", version.size_kb));
        xml.maybe("source_type", Some(version.source_type.as_str()).filter(|kind| !kind.is_empty()));
        xml.raw("</version>\n");
    }
    xml.leaf("title", &title(state)).leaf("authors", &raw_authors(&paper.authors));
    xml.leaf("categories", &state.categories.join(" "));
    xml.maybe("comments", state.comments()).maybe("report-no", paper.report_no.as_deref());
    classes(xml, state);
    published(xml, state);
    xml.maybe("license", paper.license.as_deref()).leaf("abstract", &abstract_text(state));
    xml.raw("</arXivRaw>\n");
}

/// The classes: what stands in acm-class is the MSC class, as at arXiv.
fn classes(xml: &mut Xml, state: &State<'_>) {
    xml.maybe("acm-class", state.paper.msc_class.as_deref()).maybe("msc-class", state.paper.msc_class.as_deref());
}

fn published(xml: &mut Xml, state: &State<'_>) {
    xml.maybe("journal-ref", state.paper.journal_ref.as_deref()).maybe("doi", state.paper.doi.as_deref());
}

/// The day of submission of a version, in UTC.
fn day_of(state: &State<'_>, version: usize) -> Date {
    state.versions[version].date.to_zoned(TimeZone::UTC).date()
}

fn arxiv(xml: &mut Xml, state: &State<'_>) {
    let (paper, last) = (state.paper, state.versions.len() - 1);
    open(xml, Metadata::ArXiv);
    xml.leaf("id", &paper.id).leaf("created", &day_of(state, 0).to_string());
    xml.maybe("updated", (last > 0).then(|| day_of(state, last).to_string()).as_deref());
    xml.raw("<authors>\n");
    for author in &paper.authors {
        xml.raw("<author>\n").leaf("keyname", &author.keyname).leaf("forenames", &author.forenames);
        xml.maybe("suffix", author.suffix.as_deref()).raw("</author>\n");
    }
    xml.raw("</authors>\n").leaf("title", &title(state)).leaf("categories", &state.categories.join(" "));
    xml.maybe("comments", state.comments()).maybe("report-no", paper.report_no.as_deref());
    classes(xml, state);
    published(xml, state);
    xml.maybe("license", paper.license.as_deref()).leaf("abstract", &abstract_text(state));
    xml.raw("</arXiv>\n");
}

fn arxiv_old(xml: &mut Xml, state: &State<'_>) {
    let paper = state.paper;
    open(xml, Metadata::ArXivOld);
    xml.leaf("id", &paper.id).leaf("title", &title(state)).leaf("authors", &raw_authors(&paper.authors));
    xml.leaf("categories", &state.categories.join(" "));
    xml.maybe("comments", state.comments()).maybe("report-no", paper.report_no.as_deref());
    xml.maybe("msc-class", paper.msc_class.as_deref());
    published(xml, state);
    xml.leaf("abstract", &abstract_text(state)).maybe("license", paper.license.as_deref());
    xml.raw("</arXivOld>\n");
}

fn dublin_core(xml: &mut Xml, state: &State<'_>) {
    let (paper, last) = (state.paper, state.versions.len() - 1);
    open(xml, Metadata::DublinCore);
    xml.leaf("dc:title", &title(state));
    for author in &paper.authors {
        let suffix = author.suffix.as_ref().map(|suffix| format!(" {suffix}")).unwrap_or_default();
        xml.leaf("dc:creator", &format!("{}{suffix}, {}", author.keyname, author.forenames));
    }
    for category in &state.categories {
        xml.leaf("dc:subject", category);
    }
    xml.maybe("dc:subject", paper.msc_class.as_deref()).leaf("dc:description", &abstract_text(state));
    xml.maybe("dc:description", state.comments()).leaf("dc:date", &day_of(state, 0).to_string());
    xml.maybe("dc:date", (last > 0).then(|| day_of(state, last).to_string()).as_deref());
    xml.leaf("dc:type", "text").leaf("dc:identifier", &format!("http://arxiv.org/abs/{}", paper.id));
    xml.maybe("dc:identifier", paper.journal_ref.as_deref());
    xml.maybe("dc:identifier", paper.doi.as_ref().map(|doi| format!("doi:{doi}")).as_deref());
    xml.raw("</oai_dc:dc>\n");
}
