//! What a tokenizer.json may ask for, held against bounds before the tokenizer is made of it.
//!
//! In: the bytes of an untrusted file. Out: nothing, or what it asks too much of. Some settings
//! make the tokenizer allocate or work without end, and where memory runs out the process ends
//! without a word: a table of characters that claims gigabytes, rules that replace a letter by many
//! again and again, words of any length in an algorithm whose time grows with their square. Bounds
//! are far above those of published models.
//!
//! There is no limit of time on loading: a thread that loads cannot be ended, and a limit by the
//! clock would refuse on a busy machine what it takes on another. Work is bounded instead. A folder
//! is hashed at the speed of its disk, and no file is hashed that is longer than it can be
//! (`model/folder.rs`); configuration and tokenizer have bounds in bytes, weights are as long as
//! their header says, and what is left of a tokenizer after the bounds here is linear in its bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// How many bytes all rules together may make of one.
const MOST_GROWTH: usize = 64;

/// Bytes that one character may become by a table, or that stand before a text.
const LONGEST_PIECE: usize = 256;

/// Characters of a word that WordPiece looks up piece by piece. BERT has 100.
const LONGEST_WORD: u64 = 1000;

/// Tokens beside the vocabulary. Published models have some thousand at most. They are taken in one
/// by one where special ones and others alternate, each time with all before it.
const MOST_ADDED: usize = 10_000;

/// Nested settings that are followed.
const DEEPEST: usize = 32;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    model: Model,
    #[serde(default)]
    added_tokens: Value,
}

#[derive(Default, Deserialize)]
struct Model {
    #[serde(default)]
    max_input_chars_per_word: Value,
}

/// What a tokenizer.json asks too much of. What is no JSON is left to the tokenizer.
pub(super) fn exceeded(bytes: &[u8]) -> Option<String> {
    let file: File = match serde_json::from_slice(bytes) {
        Ok(file) => file,
        // A key that stands twice, of which the tokenizer would take the other.
        Err(error) if error.is_data() => return Some(format!("cannot be used: {error}")),
        Err(_) => return None,
    };
    if let Some(asked) = file.model.max_input_chars_per_word.as_f64()
        && asked > LONGEST_WORD as f64
    {
        return Some(format!("takes words of {asked} characters; at most {LONGEST_WORD} are looked up"));
    }
    let added = file.added_tokens.as_array().map_or(0, Vec::len);
    if added > MOST_ADDED {
        return Some(format!("adds {added} tokens to its vocabulary; at most {MOST_ADDED} are taken"));
    }
    let mut growth = 1;
    for rules in [&file.normalizer, &file.pre_tokenizer] {
        if let Some(reason) = rules_exceed(rules, &mut growth, 0) {
            return Some(reason);
        }
    }
    (growth > MOST_GROWTH)
        .then(|| format!("has rules that make {growth} bytes of one; at most {MOST_GROWTH} are allowed"))
}

fn rules_exceed(rules: &Value, growth: &mut usize, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return Some("has rules within rules without end".to_owned());
    }
    match rules {
        Value::Array(all) => all.iter().find_map(|rule| rules_exceed(rule, growth, depth + 1)),
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            match text("type") {
                Some("Precompiled") => {
                    if let Some(reason) = text("precompiled_charsmap").and_then(table_exceeds) {
                        return Some(reason);
                    }
                }
                Some("Replace") => {
                    let content = text("content").map_or(0, str::len);
                    // An expression may match a single byte, or nothing.
                    let pattern = fields.get("pattern").and_then(|pattern| pattern.get("String"));
                    let length = pattern.and_then(Value::as_str).map_or(1, str::len).max(1);
                    *growth = growth.saturating_mul(content.div_ceil(length).max(1));
                }
                Some("Prepend") if text("prepend").is_some_and(|before| before.len() > LONGEST_PIECE) => {
                    return Some(format!("puts more than {LONGEST_PIECE} bytes before each text"));
                }
                _ => {}
            }
            fields.values().find_map(|value| rules_exceed(value, growth, depth + 1))
        }
        _ => None,
    }
}

/// A table of characters: its length in bytes, little-endian, as many bytes of a trie, and texts
/// that end in zeros.
fn table_exceeds(table: &str) -> Option<String> {
    let bytes = STANDARD.decode(table).ok()?;
    let (claimed, rest) = bytes.split_first_chunk::<4>()?;
    let claimed = u32::from_le_bytes(*claimed) as usize;
    if claimed > rest.len() || !claimed.is_multiple_of(4) {
        return Some(format!("has a table of characters that claims {claimed} bytes and has {}", rest.len()));
    }
    let longest = rest[claimed..].split(|byte| *byte == 0).map(<[u8]>::len).max().unwrap_or(0);
    (longest > LONGEST_PIECE).then(|| format!("has a table that makes {longest} bytes of a character"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(file: &Value) -> String {
        exceeded(&serde_json::to_vec(file).unwrap()).unwrap_or_default()
    }

    fn table(claimed: u32, trie: usize, texts: &[u8]) -> Value {
        let bytes = [&claimed.to_le_bytes()[..], &vec![0; trie], texts].concat();
        json!({ "type": "Precompiled", "precompiled_charsmap": STANDARD.encode(bytes) })
    }

    #[test]
    fn what_asks_for_too_much_is_told_before_it_gets_it() {
        let replace =
            |pattern: Value, content: &str| json!({ "type": "Replace", "pattern": pattern, "content": content });
        let sequence = |rules: Vec<Value>| json!({ "normalizer": { "type": "Sequence", "normalizers": rules } });
        let ten = replace(json!({ "String": "a" }), "aaaaaaaaaa");
        assert_eq!(of(&sequence(vec![ten.clone()])), "");
        assert!(of(&sequence(vec![ten.clone(), ten])).contains("make 100 bytes of one"));
        let any = replace(json!({ "Regex": "" }), &"x".repeat(100));
        assert!(of(&json!({ "pre_tokenizer": any })).contains("make 100 bytes"));
        // The underlines of SentencePiece: three bytes for one.
        assert_eq!(of(&sequence(vec![replace(json!({ "String": " " }), "\u{2581}")])), "");
        assert!(of(&sequence(vec![table(0x8000_0000, 16, b"a\0")])).contains("claims 2147483648 bytes and has 18"));
        assert!(of(&sequence(vec![table(8, 8, &[b'x'; 300])])).contains("makes 300 bytes"));
        assert_eq!(of(&sequence(vec![table(8, 8, b"ab\0c\0")])), "");
        assert!(
            of(&json!({ "model": { "max_input_chars_per_word": 1_000_000_000 } })).contains("1000000000 characters")
        );
        assert_eq!(of(&json!({ "model": { "max_input_chars_per_word": 100 } })), "");
        assert!(of(&json!({ "added_tokens": vec![json!({}); 10_001] })).contains("adds 10001 tokens"));
        assert_eq!(of(&json!({ "added_tokens": vec![json!({}); 10_000] })), "");
        let mut deep = json!([]);
        (0..40).for_each(|_| deep = json!([deep.take()]));
        assert!(of(&json!({ "normalizer": deep })).contains("without end"));
        assert_eq!(exceeded(b"no JSON"), None);
        let twice = exceeded(br#"{"normalizer": null, "normalizer": null}"#).unwrap();
        assert!(twice.contains("duplicate field"), "{twice}");
    }
}
