//! The architecture page has the modules of the source, on the floors that `.ci/rooms.py` holds
//! them to.

use std::collections::BTreeMap;

use super::{Document, root};

#[test]
fn the_architecture_has_every_module_on_its_floor() {
    let rooms = root().join(".ci/rooms.py");
    // The published package lacks it.
    let Ok(rooms) = std::fs::read_to_string(rooms) else { return };
    let held: BTreeMap<&str, &str> = rooms
        .split_once("FLOORS = {\n")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .expect("floors")
        .0
        .lines()
        .flat_map(|line| {
            let mut quoted = line.split('"').skip(1).step_by(2);
            let floor = quoted.next().expect("a floor");
            quoted.next().expect("its modules").split(' ').map(move |module| (module, floor))
        })
        // The programs themselves, which call the command line.
        .filter(|&(module, _)| module != "main" && module != "bin")
        .collect();

    let page = Document::read(&root().join("docs/architecture.md")).text;
    let table = page.split_once("| floor | module | what it does |\n").expect("the table of modules").1;
    let mut told = BTreeMap::new();
    for line in table.lines().skip(1).take_while(|line| line.starts_with('|')) {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let floor = cells.next().expect("a floor");
        for module in cells.next().expect("its modules").split('`').skip(1).step_by(2) {
            assert_eq!(told.insert(module, floor), None, "{module} stands twice");
        }
    }
    assert_eq!(told, held);
}
