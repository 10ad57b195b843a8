//! Changes of JSON by its tree: values of other types and sizes, keys that are gone, renamed or
//! copied, lists that grow.

use serde_json::{Map, Value, json};

use crate::random::Random;

/// Numbers at which programs go wrong.
const NUMBERS: [f64; 12] =
    [0.0, -1.0, 1.0, 2.0, 0.5, 255.0, 65_536.0, 2_147_483_648.0, 4_294_967_296.0, 1e15, 1e300, -1e-300];

/// Words that settings know.
const WORDS: &[&str] = &[
    "",
    "a",
    "[UNK]",
    "[CLS]",
    "##",
    "\u{2581}",
    "Ġ",
    "BPE",
    "WordPiece",
    "Unigram",
    "WordLevel",
    "Sequence",
    "Replace",
    "Prepend",
    "Precompiled",
    "Split",
    "Metaspace",
    "ByteLevel",
    "BertNormalizer",
    "BertPreTokenizer",
    "NFKC",
    "Lowercase",
    "Strip",
    "TemplateProcessing",
    "cls",
    "mean",
    "float32",
    "bert",
    "roberta",
    "modernbert",
    "gelu",
    "(a+)+$",
    "(?=(a*))\\1b",
    "[",
    ".*",
    "\\p{L}+",
    "../../etc/passwd",
    "\u{0}",
    "é\u{301}",
];

/// Changes a text of JSON at a few places; what is none is left as it is.
pub(crate) fn mutate(random: &mut Random, text: &[u8]) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(text) else { return text.to_vec() };
    for _ in 0..random.length(4) {
        step(random, &mut value);
    }
    serde_json::to_vec(&value).unwrap_or_default()
}

/// Goes down at random, so that what stands near the top is as likely to be changed as all that is
/// below it.
fn step(random: &mut Random, value: &mut Value) {
    let deeper = !random.one_in(4);
    match value {
        Value::Object(map) if deeper && !map.is_empty() => {
            if random.one_in(5) {
                return keys(random, map);
            }
            let at = random.below(map.len());
            if let Some(inner) = map.values_mut().nth(at) {
                step(random, inner);
            }
        }
        Value::Array(list) if deeper && !list.is_empty() => {
            if random.one_in(5) {
                return items(random, list);
            }
            let at = random.below(list.len());
            step(random, &mut list[at]);
        }
        _ => *value = another(random, value),
    }
}

fn keys(random: &mut Random, map: &mut Map<String, Value>) {
    let names: Vec<String> = map.keys().cloned().collect();
    let (one, other) = (random.pick(&names).clone(), random.pick(&names).clone());
    match random.below(3) {
        0 => drop(map.remove(&one)),
        1 => {
            let value = map[&one].clone();
            map.insert(other, value);
        }
        _ => {
            let value = map.remove(&one).unwrap_or_default();
            map.insert((*random.pick(WORDS)).to_owned(), value);
        }
    }
}

fn items(random: &mut Random, list: &mut Vec<Value>) {
    let at = random.below(list.len());
    match random.below(4) {
        0 => drop(list.remove(at)),
        1 => {
            let item = list[at].clone();
            list.extend(std::iter::repeat_n(item, random.length(200)));
        }
        2 => list.clear(),
        _ => {
            let other = random.below(list.len());
            list.swap(at, other);
        }
    }
}

/// Something in the place of a value: of its own kind or of another.
fn another(random: &mut Random, value: &Value) -> Value {
    match (random.below(8), value) {
        (0..=3, Value::Number(number)) => match (random.below(3), number.as_i64()) {
            (0, Some(number)) => json!(number.saturating_add(1)),
            (1, Some(number)) => json!(number.saturating_sub(1)),
            _ => {
                let number = *random.pick(&NUMBERS);
                if number.fract() == 0.0 && number.abs() < 1e18 { json!(number as i64) } else { json!(number) }
            }
        },
        (0..=2, Value::String(text)) => json!(text.repeat(random.length(400))),
        (3, Value::Bool(flag)) => json!(!flag),
        (0 | 1, _) => json!(*random.pick(WORDS)),
        (2, _) => Value::Null,
        (3, _) => json!([value]),
        (4, _) => {
            json!({ "type": *random.pick(WORDS), "normalizers": [value], "pretokenizers": [value], "content": *random.pick(WORDS) })
        }
        (5, _) => json!({}),
        (6, _) => json!(u64::MAX),
        _ => json!((*random.pick(WORDS)).repeat(random.length(3000))),
    }
}
