//! An index from files of coded rows beside the one that the library makes.

use super::*;
use crate::Error;
use crate::error::LibraryError;

impl Made {
    /// Codes the vectors of the library into so many files.
    fn coded(&self, plan: &IndexPlan, files: u32) -> Vec<PathBuf> {
        let part = |file: u32| self.vectors.iter().filter(move |(number, _)| **number * 7 % files == file);
        (0..files).map(|file| self.code(plan, &format!("{files}-{file}"), part(file))).collect()
    }

    fn code<'a>(
        &self,
        plan: &IndexPlan,
        name: &str,
        vectors: impl Iterator<Item = (&'a u32, &'a Vec<f32>)>,
    ) -> PathBuf {
        let (mut ids, mut bytes) = (String::new(), Vec::new());
        for (number, vector) in vectors {
            ids += &format!("{}\n", id(*number));
            bytes.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
        }
        let path = self.path.with_file_name(format!("{name}.codes"));
        fs::write(&path, plan.code(&ids, &bytes, &|| Ok(())).expect("coded")).expect("a file");
        path
    }

    fn plan(&self) -> IndexPlan {
        let bytes =
            IndexPlan::of(&self.library, self.fingerprint, &|| Ok(())).expect("a plan").to_bytes().expect("bytes");
        IndexPlan::from_bytes(&bytes).expect("a plan")
    }

    fn merge(&mut self, plan: &IndexPlan, files: &[PathBuf], memory: u64) -> Result<(bool, u64)> {
        let make = Make { memory, coded: &|_| (), check: &|| Ok(()) };
        Index::from_shards_of(&mut self.library, self.fingerprint, 1, plan, files, make)
    }
}

#[test]
fn any_number_of_files_in_any_order_gives_the_index_of_a_build() {
    for shape in [Shape::Clustered, Shape::Duplicated] {
        let mut made = Made::with(shape, 1500);
        assert_eq!(made.keep(), Kept::Built);
        let own = fs::read(made.file()).expect("a file");
        let plan = made.plan();
        for (files, memory) in [(1, u64::MAX), (5, u64::MAX), (5, 1)] {
            Index::forget(&mut made.library, made.fingerprint).expect("forgotten");
            let mut coded = made.coded(&plan, files);
            coded.reverse();
            assert_eq!(made.merge(&plan, &coded, memory).expect("merged"), (true, 0));
            assert!(fs::read(made.file()).expect("a file") == own, "{shape:?} of {files} in {memory} bytes");
            assert_eq!(made.ready().check(&made.library, made.fingerprint).expect("checked"), None);
        }
        // What changes afterwards is taken in as after a build.
        made.change(1..10, 5000..5010);
        assert_eq!(made.ready().changed().len(), 19);
    }
}

#[test]
fn rows_of_others_are_left_out_and_those_that_lack_are_named() {
    let mut made = Made::with(Shape::Clustered, 400);
    let plan = made.plan();
    let mut files = made.coded(&plan, 3);
    // A paper that the library lacks, one again, and one as it was before.
    let other = made.vector(Shape::Random);
    let again = made.vectors[&7].clone();
    let more = BTreeMap::from([(9000, other.clone()), (7, again), (8, other.clone())]);
    files.push(made.code(&plan, "0-more", more.iter()));
    assert_eq!(made.merge(&plan, &files, u64::MAX).expect("merged"), (true, 3));
    let index = made.ready();
    assert_eq!(index.held().expect("sound").len(), 400);
    assert_eq!(made.nearest(Some(&index), &made.vectors[&8].clone(), 1, &Admitted::default())[0].0, "2601.00008");

    let good = fs::read(made.file()).expect("a file");
    let without: BTreeMap<u32, Vec<f32>> = made
        .vectors
        .iter()
        .filter(|(number, _)| **number != 20 && **number != 21)
        .map(|(number, vector)| (*number, if *number == 30 { other.clone() } else { vector.clone() }))
        .collect();
    let lacking = made.code(&plan, "lacking", without.iter());
    let error = made.merge(&plan, &[lacking], u64::MAX).expect_err("refused");
    match &error {
        Error::Library(LibraryError::ShardsDiffer { missing: 2, differing: 1, papers, .. }) => {
            assert_eq!(papers, &["2601.00020", "2601.00021", "2601.00030"]);
        }
        other => panic!("{other}"),
    }
    assert!(error.to_string().contains("the papers 2601.00020, 2601.00021, 2601.00030 (2 in none of them, 1 with"));
    assert!(fs::read(made.file()).expect("a file") == good, "the old one stays");
}

#[test]
fn files_of_another_plan_or_damaged_ones_are_refused() {
    let mut made = Made::with(Shape::Clustered, 300);
    let plan = made.plan();
    let file = made.coded(&plan, 1).remove(0);
    let good = fs::read(&file).expect("a file");
    let mut refused = |bytes: &[u8]| {
        fs::write(&file, bytes).expect("a file");
        made.merge(&plan, std::slice::from_ref(&file), u64::MAX).expect_err("refused").with_causes()
    };
    for part in 1..20 {
        let mut bad = good.clone();
        let at = part * (bad.len() - 1) / 20;
        bad[at] ^= 0x15;
        let told = refused(&bad);
        assert!(told.contains("1-0.codes") && told.contains("it holds no coded rows of this plan"), "{at}: {told}");
    }
    refused(&good[..good.len() / 2]);
    let other = Made::with(Shape::Clustered, 900);
    let coded = other.coded(&other.plan(), 1).remove(0);
    assert!(refused(&fs::read(coded).expect("a file")).contains("its columns do not fit together"));
    assert!(matches!(made.open(), State::Absent));
}
