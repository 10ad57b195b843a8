//! arXiv's archives and categories, and the sets of OAI-PMH that they are.

/// Group, archive, and the categories of the archive without its name; none where the archive is
/// itself a category.
const ARCHIVES: &[(&str, &str, &str)] = &[
    (
        "cs",
        "cs",
        "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO SC \
         SD SE SI SY",
    ),
    ("econ", "econ", "EM GN TH"),
    ("eess", "eess", "AS IV SP SY"),
    ("math", "math", "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG SP ST"),
    ("physics", "astro-ph", "CO EP GA HE IM SR"),
    ("physics", "cond-mat", "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con"),
    ("physics", "gr-qc", ""),
    ("physics", "hep-ex", ""),
    ("physics", "hep-lat", ""),
    ("physics", "hep-ph", ""),
    ("physics", "hep-th", ""),
    ("physics", "math-ph", ""),
    ("physics", "nlin", "AO CD CG PS SI"),
    ("physics", "nucl-ex", ""),
    ("physics", "nucl-th", ""),
    (
        "physics",
        "physics",
        "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph flu-dyn gen-ph geo-ph \
         hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph",
    ),
    ("physics", "quant-ph", ""),
    ("q-bio", "q-bio", "BM CB GN MN NC OT PE QM SC TO"),
    ("q-fin", "q-fin", "CP EC GN MF PM PR RM ST TR"),
    ("stat", "stat", "AP CO ME ML OT TH"),
];

/// A set of OAI-PMH: its specification, and the category, archive or group that it names.
pub(crate) struct Set {
    pub(crate) spec: String,
    pub(crate) name: String,
}

/// Every set: groups, archives and categories.
pub(crate) fn sets() -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    for (group, archive, categories) in ARCHIVES {
        if sets.iter().all(|set| set.spec != *group) {
            sets.push(Set { spec: (*group).to_owned(), name: (*group).to_owned() });
        }
        sets.push(Set { spec: format!("{group}:{archive}"), name: (*archive).to_owned() });
        let of_category = |category: &str| Set {
            spec: format!("{group}:{archive}:{category}"),
            name: format!("{archive}.{category}"),
        };
        sets.extend(categories.split_whitespace().map(of_category));
    }
    sets
}

/// The set of a category: `cs:cs:LG` of cs.LG, `physics:hep-th` of hep-th. A category that arXiv
/// does not have is in a group of its own name.
pub(crate) fn set_of(category: &str) -> String {
    let (archive, below) = category.split_once('.').unwrap_or((category, ""));
    let group = ARCHIVES.iter().find(|row| row.1 == archive).map_or(archive, |row| row.0);
    if below.is_empty() { format!("{group}:{archive}") } else { format!("{group}:{archive}:{below}") }
}

/// The archives or the category that a set holds; none where there is no such set.
pub(crate) fn held_by(spec: &str) -> Option<Vec<String>> {
    let mut parts = spec.split(':');
    let (group, archive, category) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let rows = ARCHIVES.iter().filter(|row| row.0 == group && archive.is_none_or(|archive| row.1 == archive));
    let names: Vec<String> = match category {
        None => rows.map(|row| row.1.to_owned()).collect(),
        Some(category) => rows.map(|row| format!("{}.{category}", row.1)).filter(|name| is_known(name)).collect(),
    };
    (!names.is_empty()).then_some(names)
}

/// Whether arXiv has a category or archive of this name, for which there is a feed.
pub(crate) fn is_known(name: &str) -> bool {
    let (archive, below) = name.split_once('.').unwrap_or((name, ""));
    let row = ARCHIVES.iter().find(|row| row.1 == archive);
    row.is_some_and(|row| below.is_empty() && !name.contains('.') || row.2.split_whitespace().any(|one| one == below))
}

/// Whether a category is meant by the name of a category or of an archive.
pub(crate) fn covers(asked: &str, category: &str) -> bool {
    category.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
