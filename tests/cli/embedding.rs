//! `relata embed`: what comes out in each form, and what is refused.

use std::io::Write;
use std::path::Path;

use ndarray::Array2;
use relata::embed::{Embedder, EmbedderOptions, Role};
use serde_json::Value;

use crate::support::{Home, Invented, digest, invented};

/// The model of [`Home::tiny`], or one beside it.
fn model(name: &str) -> Embedder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name);
    Embedder::load(&root, &EmbedderOptions::default()).expect("a model")
}

fn expected(texts: &[String]) -> Array2<f32> {
    model("tiny-bert").embed(texts, Role::Passage).expect("vectors").vectors
}

fn passage(paper: &Invented) -> String {
    format!("{}\n{}", paper.title, paper.text)
}

fn numbers(bytes: &[u8], dimension: usize) -> Array2<f32> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    let numbers: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    Array2::from_shape_vec((numbers.len() / dimension, dimension), numbers).expect("whole rows")
}

/// Reads a `.npy` file by hand.
fn npy(path: &Path) -> Array2<f32> {
    let bytes = std::fs::read(path).expect("an output");
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let data = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let vectors = numbers(&bytes[data..], 32);
    let fields = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, 32), }}", vectors.nrows());
    assert_eq!(String::from_utf8_lossy(&bytes[10..data]).trim_end(), fields);
    assert!(data % 64 == 0 && bytes[data - 1] == b'\n');
    vectors
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).expect("an output").lines().map(str::to_owned).collect()
}

/// Ids, titles and vectors of JSON lines.
fn rows(text: &str) -> (Vec<String>, Vec<Option<String>>, Array2<f32>) {
    let values: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ids = values.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
    let titles = values.iter().map(|row| row.get("title").map(|title| title.as_str().expect("a title").into()));
    let vectors = values.iter().flat_map(|row| row["vector"].as_array().expect("a vector"));
    let vectors: Vec<f32> = vectors.map(|x| x.as_f64().expect("a number") as f32).collect();
    let shape = (values.len(), vectors.len() / values.len().max(1));
    (ids, titles.collect(), Array2::from_shape_vec(shape, vectors).expect("rows of one length"))
}

#[test]
fn each_form_holds_the_same_rows_in_the_order_of_the_input() {
    let home = Home::tiny();
    // Lengths go up and down, so that batches are in another order than rows; one paper stands
    // twice.
    let mut papers: Vec<_> = [3, 140, 7, 12, 77, 3, 5, 1009].into_iter().map(invented).collect();
    papers[2].text = "Short.".into();
    papers[4].text = format!("{} {}", papers[4].text, "and so on ".repeat(30));
    home.write("in/2026-01-05.md", digest(&papers[..5]));
    let crawled: Vec<String> = papers[5..]
        .iter()
        .map(|p| serde_json::json!({"id": p.id, "title": p.title, "summary": p.text, "authors": ["A. B"]}).to_string())
        .collect();
    home.write("in/2026-01-06.jsonl", crawled.join("\n"));

    let texts: Vec<_> = papers.iter().map(passage).collect();
    let embeddings = model("tiny-bert").embed(&texts, Role::Passage).expect("vectors");
    let expected_vectors = embeddings.vectors;
    let tokens: u32 = embeddings.tokens.iter().sum();
    let (cut, truncated) = (embeddings.cut.iter().sum::<u32>(), embeddings.cut.iter().filter(|cut| **cut > 0).count());
    assert!((1..8).contains(&truncated));
    let expected_ids: Vec<_> = papers.iter().map(|paper| paper.id.clone()).collect();
    for output in ["v.npy", "v.jsonl", "v.safetensors"] {
        let report = home.json(&["embed", "in", "-o", output, "--json"]);
        assert_eq!((&report["rows"], &report["dimension"]), (&8.into(), &32.into()));
        let counted = [&report["tokens"], &report["tokens_cut"], &report["truncated"]].map(Value::as_u64);
        assert_eq!(counted, [tokens.into(), cut.into(), truncated as u64].map(Some));
        assert_eq!(report["skipped"], serde_json::json!([]));
        assert!(!home.path(&format!("{output}.part")).exists());
    }
    assert_eq!(npy(&home.path("v.npy")), expected_vectors);
    assert_eq!(lines(&home.path("v.npy.ids")), expected_ids);

    let (ids, titles, vectors) = rows(&lines(&home.path("v.jsonl")).join("\n"));
    assert_eq!((ids, vectors), (expected_ids.clone(), expected_vectors.clone()));
    assert_eq!(titles, papers.iter().map(|paper| Some(paper.title.clone())).collect::<Vec<_>>());
    assert!(!home.path("v.jsonl.ids").exists());

    let bytes = std::fs::read(home.path("v.safetensors")).expect("an output");
    let tensors = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let tensor = tensors.tensor("vectors").expect("the tensor");
    assert_eq!((tensor.shape(), tensor.dtype()), (&[8, 32][..], safetensors::Dtype::F32));
    assert_eq!(numbers(tensor.data(), 32), expected_vectors);
    assert_eq!(lines(&home.path("v.safetensors.ids")), expected_ids);

    let ended = home.run(&["embed", "in", "-o", "-"]);
    assert_eq!((ended.code, rows(&ended.stdout).2), (0, expected_vectors), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("embedded 8, skipped 0, "), "{}", ended.stderr);
}

#[test]
fn lines_are_texts_and_their_numbers_are_ids() {
    let home = Home::tiny();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all("\u{feff}# no heading\r\n{\"id\": 1}\n".as_bytes()).expect("packing in memory");
    home.write("a.txt", packed.finish().expect("packing in memory"));
    home.write("b.txt", "  third \n\n五番目");
    let ended = home.run(&["embed", "--lines", "a.txt", "b.txt", "--output", "v.out", "--format", "npy", "--json"]);
    // The blank line has a number, and no row.
    assert_eq!(ended.code, 2);
    let skipped = serde_json::json!([{ "file": "b.txt", "line": 2, "reason": "the line is blank" }]);
    assert_eq!(ended.json()["skipped"], skipped);
    let texts = ["# no heading", "{\"id\": 1}", "  third ", "五番目"].map(str::to_owned);
    assert_eq!(npy(&home.path("v.out")), expected(&texts));
    assert_eq!(lines(&home.path("v.out.ids")), ["1", "2", "3", "5"]);

    let ended = home.run_with(&["embed", "--lines", "-", "-o", "-"], "third\nand more");
    let (ids, titles, vectors) = rows(&ended.stdout);
    assert_eq!((ids, titles), (vec!["1".into(), "2".into()], vec![None, None]));
    assert_eq!(vectors, expected(&["third".into(), "and more".into()]));
}

#[test]
fn the_role_is_that_asked_for() {
    let home = Home::tiny();
    home.write("a.txt", "which paper is it\n");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert-prompts");
    let root = root.to_str().expect("a path in UTF-8");
    let texts = ["which paper is it"];
    for (name, role) in [("passage", Role::Passage), ("query", Role::Query)] {
        let ended = home.run(&["embed", "--lines", "a.txt", "-o", "-", "--as", name, "--model", root]);
        let expected = model("tiny-bert-prompts").embed(&texts, role).expect("vectors").vectors;
        assert_eq!(rows(&ended.stdout).2, expected, "{name}");
    }
}

#[test]
fn what_is_skipped_is_named_and_the_rest_is_embedded() {
    let home = Home::tiny();
    let record = |id: &str, title: &str| serde_json::json!({"id": id, "title": title, "abstract": "Text."}).to_string();
    let huge = record("2601.00003", "C").replace("Text.", &"x".repeat(5 << 20));
    let page = [record("2601.00001", "A"), record("nonsense", "B"), huge, record("2601.00004", ""), "{".into()];
    home.write("in/mixed.jsonl", page.join("\n"));
    home.write("in/notes.txt", "remember the milk\n");
    std::fs::create_dir(home.path("empty")).expect("a folder");
    let ended = home.run(&["embed", "in", "empty", "-o", "v.npy", "--json"]);
    let report = ended.json();
    assert_eq!((ended.code, &report["rows"]), (2, &1.into()), "{}", ended.stderr);
    let skipped: Vec<String> = report["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| format!("{}:{} {}", row["file"].as_str().expect("a file"), row["line"], row["reason"]))
        .collect();
    insta::assert_snapshot!(skipped.join("\n"), @r#"
    empty:0 "the folder holds no files"
    in/mixed.jsonl:2 "\"nonsense\" is not an arXiv id (\"B\")"
    in/mixed.jsonl:3 "the line is longer than 4194304 bytes"
    in/mixed.jsonl:4 "2601.00004 has no title, and so no text to embed"
    in/mixed.jsonl:5 "no valid JSON: EOF while parsing an object at column 1"
    in/notes.txt:0 "no papers in a known form; this looks like plain text"
    "#);
    assert_eq!(lines(&home.path("v.npy.ids")), ["2601.00001"]);
    assert!(ended.stderr.contains("skipped in/mixed.jsonl:2: "), "{}", ended.stderr);
}

#[test]
fn nothing_to_embed_is_no_output() {
    let home = Home::tiny();
    home.write("none.txt", "");
    home.write("2026-01-06.md", "<div id=toc></div>\n\n# Table of Contents\n\n");
    for arguments in [&["embed", "--lines", "none.txt", "-o", "v.npy"][..], &["embed", "2026-01-06.md", "-o", "v.npy"]]
    {
        let ended = home.run(arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (1, "nothing to embed, skipped 0\n"));
    }
    assert_eq!(home.run(&["embed", "none.txt", "-o", "-"]).code, 1);
    for name in ["v.npy", "v.npy.ids", "v.npy.part"] {
        assert!(!home.path(name).exists(), "{name}");
    }
}

#[test]
fn nothing_is_overwritten_unasked() {
    let home = Home::tiny();
    home.write("a.txt", "one\ntwo\n");
    home.write("b.txt", "three\n");
    let refused = |arguments: &[&str]| {
        let ended = home.run(&[&["embed", "--lines"], arguments].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        ended.stderr
    };
    home.write("v.npy", "mine");
    let there = "is there already and was left as it is; replace it with --force, or name another output";
    assert_eq!(refused(&["a.txt", "-o", "v.npy"]), format!("error: v.npy {there}\n"));
    assert_eq!(refused(&["a.txt", "-o", "v.npy", "--resume"]), format!("error: v.npy {there}\n"));
    home.write("w.npy.ids", "mine");
    assert_eq!(refused(&["a.txt", "-o", "w.npy"]), format!("error: w.npy.ids {there}\n"));
    assert_eq!(std::fs::read(home.path("v.npy")).expect("a file"), b"mine");
    assert_eq!(home.run(&["embed", "--lines", "a.txt", "-o", "v.npy", "--force"]).code, 0);
    assert_eq!(npy(&home.path("v.npy")), expected(&["one".into(), "two".into()]));

    for (arguments, message) in [
        (
            &["a.txt", "-o", "v.csv"][..],
            "the extension of v.csv names no form of output; end it in .npy, .jsonl, .safetensors or .parquet, or name one with --format",
        ),
        (&["a.txt", "-o", "none/v.npy"], "there is no folder none to write to; make it first"),
        (
            &["a.txt", "b.txt", "./a.txt", "-o", "x.npy"],
            "./a.txt is among the inputs twice, and would give each row twice; name it once",
        ),
        (&["-", "-", "-o", "x.npy"], "- is among the inputs twice, and would give each row twice; name it once"),
        (
            &["a.txt", "-o", "a.txt", "--format", "jsonl", "--force"],
            "a.txt is an input and would be written; name another output",
        ),
        (&["v.npy.ids", "-o", "v.npy", "--force"], "v.npy.ids is an input and would be written; name another output"),
        (
            &["a.txt", "-o", "-", "--json"],
            "the answer and the vectors would both be written to standard output; choose one of --json and `--output -`",
        ),
        (
            &["a.txt", "-o", "-", "--format", "npy"],
            "npy cannot be written to standard output, only jsonl can; name a file with --output",
        ),
    ] {
        assert_eq!(refused(arguments), format!("error: {message}\n"));
    }
    assert!(refused(&["missing.txt", "-o", "x.npy"]).starts_with("error: missing.txt: "));
    assert!(!home.path("x.npy.part").exists());
    // An output in a folder of inputs is not taken for one of them.
    home.write("in/a.txt", "one\ntwo\n");
    for _ in 0..2 {
        let report = home.json(&["embed", "--lines", "in", "-o", "in/v.jsonl", "--force", "--json"]);
        assert_eq!(report["rows"], 2);
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let home = Home::tiny();
    home.write("a.txt", (0..3000).map(|n| format!("text {n}\n")).collect::<String>());
    let mut child = home
        .command(&["embed", "--lines", "a.txt", "-o", "-"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_is_a_feature() {
    let home = Home::tiny();
    home.write("a.txt", "one\n");
    let ended = home.run(&["embed", "--lines", "a.txt", "-o", "v.parquet"]);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.stderr.trim_end(), @"error: this relata was built without parquet; build it with `cargo install --path . --features parquet`, or choose another form");
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_read_back() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Float32Type;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

    let home = Home::tiny();
    let papers: Vec<_> = [3, 140, 7].into_iter().map(invented).collect();
    home.write("2026-01-05.md", digest(&papers));
    home.write("a.txt", "one\n");
    home.json(&["embed", "2026-01-05.md", "-o", "v.parquet", "--json"]);
    home.json(&["embed", "--lines", "a.txt", "-o", "lines.parquet", "--json"]);
    let read = |name: &str| {
        let file = std::fs::File::open(home.path(name)).expect("an output");
        let mut batches = ParquetRecordBatchReader::try_new(file, 100).expect("Parquet");
        let batch = batches.next().expect("a batch").expect("rows");
        assert!(batches.next().is_none());
        let texts = |column: usize| -> Vec<Option<String>> {
            batch.column(column).as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
        };
        let lists = batch.column(2).as_fixed_size_list();
        let values = lists.values().as_primitive::<Float32Type>().values().to_vec();
        let vectors = Array2::from_shape_vec((batch.num_rows(), lists.value_length() as usize), values);
        (texts(0), texts(1), vectors.expect("rows of one length"))
    };
    let (ids, titles, vectors) = read("v.parquet");
    assert_eq!(ids, papers.iter().map(|paper| Some(paper.id.clone())).collect::<Vec<_>>());
    assert_eq!(titles, papers.iter().map(|paper| Some(paper.title.clone())).collect::<Vec<_>>());
    assert_eq!(vectors, expected(&papers.iter().map(passage).collect::<Vec<_>>()));
    assert_eq!(read("lines.parquet"), (vec![Some("1".into())], vec![None], expected(&["one".into()])));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_says_what_made_each_vector_and_of_which_text() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Int32Type};
    use arrow_array::{Array, StringArray};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use sha2::{Digest, Sha256};

    let home = Home::tiny();
    let papers: Vec<_> = [3, 140, 7].into_iter().map(invented).collect();
    home.write("papers.md", digest(&papers));
    home.write("a.txt", "which paper is it\n");
    let read = |arguments: &[&str], output: &str| {
        let report = home.json(&[&["embed", "-o", output, "--json"], arguments].concat());
        let file = std::fs::File::open(home.path(output)).expect("an output");
        let mut batches = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("rows");
        let batch = batches.next().expect("a batch").expect("rows");
        assert!(batches.next().is_none());
        (report, batch)
    };
    let (report, batch) = read(&["papers.md"], "v.parquet");
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "title", "vector", "fingerprint", "passage"]);
    let texts: Vec<_> = papers.iter().map(passage).collect();
    let vectors = expected(&texts);
    let fingerprints = batch.column(3).as_dictionary::<Int32Type>();
    let fingerprints = fingerprints.downcast_dict::<StringArray>().expect("texts");
    for (row, paper) in papers.iter().enumerate() {
        assert_eq!(batch.column(0).as_string::<i32>().value(row), paper.id);
        assert_eq!(batch.column(1).as_string::<i32>().value(row), paper.title);
        let vector = batch.column(2).as_fixed_size_list().value(row);
        assert_eq!(vector.as_primitive::<Float32Type>().values().as_ref(), vectors.row(row).as_slice().expect("a row"));
        assert_eq!(report["fingerprint"], fingerprints.into_iter().nth(row).flatten().expect("a fingerprint"));
        let hash: [u8; 32] = Sha256::digest(&texts[row]).into();
        assert_eq!(batch.column(4).as_fixed_size_binary().value(row), hash);
    }
    // Lines have no title; the vector of a question is not that of a paper with its text.
    let (_, batch) = read(&["--lines", "a.txt"], "w.parquet");
    let hash: [u8; 32] = Sha256::digest("which paper is it").into();
    assert_eq!((batch.column(1).is_null(0), batch.column(4).as_fixed_size_binary().value(0)), (true, hash.as_slice()));
    let (_, batch) = read(&["--lines", "a.txt", "--as", "query"], "x.parquet");
    assert!(batch.column(4).is_null(0));
}
