//! JSON as people and Python write it, turned into JSON.
//!
//! In: a text that serde_json refuses. Out: the same as strict JSON, or `None` where it is not
//! clear what is meant. Understood are `NaN` and `Infinity` (null), `None`, `True` and `False`,
//! texts in single quotes with Python's escapes, tuples and calls (`datetime(2026, 2, 13)` is a
//! list), trailing commas, bare keys, line breaks within texts, unknown escapes (`"\alpha"` keeps
//! its backslash) and halves of surrogate pairs (U+FFFD).

use super::value::Value;

/// Strict JSON of the same meaning.
pub(crate) fn strict(text: &str) -> Option<String> {
    let mut writer = Writer { text, at: 0, out: String::with_capacity(text.len() + 16), closers: Vec::new() };
    while writer.at < text.len() {
        writer.token()?;
    }
    writer.closers.is_empty().then_some(writer.out)
}

/// The value that a text means.
pub(super) fn value(text: &str) -> Option<Value<'static>> {
    serde_json::from_str::<Value<'_>>(&strict(text)?).ok().map(owned)
}

fn owned(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(value),
        Value::Number(number) => Value::Number(number),
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::List(list) => Value::List(list.into_iter().map(owned).collect()),
        Value::Map(map) => {
            Value::Map(map.into_iter().map(|(key, value)| (key.into_owned().into(), owned(value))).collect())
        }
    }
}

struct Writer<'t> {
    text: &'t str,
    at: usize,
    out: String,
    /// What closes the brackets that are open, in strict JSON.
    closers: Vec<char>,
}

impl Writer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn token(&mut self) -> Option<()> {
        let c = self.rest().chars().next()?;
        match c {
            _ if c.is_whitespace() => self.at += c.len_utf8(),
            '{' => self.open('{', '}'),
            '[' | '(' => self.open('[', ']'),
            '}' | ']' | ')' => self.close()?,
            ',' | ':' => {
                self.out.push(c);
                self.at += 1;
            }
            '"' | '\'' => self.string(c)?,
            '-' | '+' | '.' | '0'..='9' => self.number()?,
            _ if c.is_alphabetic() || c == '_' => self.word()?,
            _ => return None,
        }
        Some(())
    }

    fn open(&mut self, bracket: char, closer: char) {
        self.out.push(bracket);
        self.closers.push(closer);
        self.at += 1;
    }

    fn close(&mut self) -> Option<()> {
        let closer = self.closers.pop()?;
        // A comma before the end belongs to nothing.
        if self.out.ends_with(',') {
            self.out.pop();
        }
        self.out.push(closer);
        self.at += 1;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let length = self.rest().find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_')));
        let length = length.unwrap_or(self.rest().len());
        let number = &self.rest()[..length];
        let bare = number.trim_start_matches(['-', '+']);
        if matches!(bare, "Infinity" | "inf" | "Inf" | "NaN" | "nan") {
            self.out.push_str("null");
        } else if serde_json::from_str::<f64>(number).is_ok() {
            let number = number.to_owned();
            self.out.push_str(&number);
        } else {
            let number: f64 = number.replace('_', "").trim_start_matches('+').parse().ok()?;
            self.out.push_str(&number.to_string());
        }
        self.at += length;
        Some(())
    }

    /// A constant, a bare key, the prefix of a text, or the name of a call.
    fn word(&mut self) -> Option<()> {
        let length = self.rest().find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '-')));
        let length = length.unwrap_or(self.rest().len());
        let (word, after) = self.rest().split_at(length);
        let next = after.trim_start().chars().next();
        let key = next == Some(':') && self.closers.last() == Some(&'}');
        match word {
            _ if key => {
                let quoted = serde_json::to_string(word).ok()?;
                self.out.push_str(&quoted);
            }
            "null" | "None" | "NaN" | "nan" | "Infinity" | "inf" | "undefined" | "NaT" => self.out.push_str("null"),
            "true" | "True" => self.out.push_str("true"),
            "false" | "False" => self.out.push_str("false"),
            "u" | "U" | "b" | "B" if after.starts_with(['"', '\'']) => {}
            // A call: what it is made of says what it is.
            _ if after.starts_with('(') => {}
            // `tzinfo=` in a call: the value counts.
            _ if next == Some('=') => {
                self.at += length + after.find('=')? + 1;
                return Some(());
            }
            // `datetime.timezone.utc` in a call.
            _ if word.contains('.') => self.out.push_str("null"),
            _ => return None,
        }
        self.at += length;
        Some(())
    }

    fn string(&mut self, quote: char) -> Option<()> {
        self.at += 1;
        self.out.push('"');
        loop {
            let c = self.rest().chars().next()?;
            self.at += c.len_utf8();
            match c {
                _ if c == quote => break,
                '\\' => self.escape()?,
                '"' => self.out.push_str("\\\""),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                _ if c < ' ' => self.out.push(' '),
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        let c = self.rest().chars().next()?;
        match c {
            '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
                self.out.push('\\');
                self.out.push(c);
            }
            '\'' => self.out.push('\''),
            '\n' => {}
            'u' | 'U' | 'x' => return self.code(c),
            _ => {
                self.out.push_str("\\\\");
                self.out.push(c);
            }
        }
        self.at += c.len_utf8();
        Some(())
    }

    /// `\u00e9`, `\xe9`, `\U0001f600`; half of a pair is U+FFFD, and what is no code keeps its
    /// backslash.
    fn code(&mut self, kind: char) -> Option<()> {
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            _ => 8,
        };
        let Some(code) = hex(self.rest(), 1, digits) else {
            self.out.push_str("\\\\");
            self.out.push(kind);
            self.at += 1;
            return Some(());
        };
        self.at += 1 + digits;
        let mut found = char::from_u32(code);
        if (0xd800..0xdc00).contains(&code)
            && self.rest().starts_with("\\u")
            && let Some(low) = hex(self.rest(), 2, 4).filter(|low| (0xdc00..0xe000).contains(low))
        {
            found = char::from_u32(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
            self.at += 6;
        }
        let quoted = serde_json::to_string(&found.unwrap_or(char::REPLACEMENT_CHARACTER)).ok()?;
        self.out.push_str(quoted.trim_matches('"'));
        if found == Some('"') {
            self.out.push('"');
        }
        Some(())
    }
}

fn hex(text: &str, from: usize, digits: usize) -> Option<u32> {
    let digits = text.get(from..from + digits)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_becomes_json() {
        for (text, expected) in [
            (r#"{"doi": NaN, "score": -Infinity, "x": +1, "y": .5}"#, r#"{"doi":null,"score":null,"x":1,"y":0.5}"#),
            ("{'id': '2603.00001', 'ok': True, 'no': None,}", r#"{"id":"2603.00001","ok":true,"no":null}"#),
            (r#"{'t': 'It\'s "so"', "u": u'x'}"#, r#"{"t":"It's \"so\"","u":"x"}"#),
            (r#"{"t": "cut \ud83d here", "p": "\ud83d\ude00"}"#, "{\"t\":\"cut \u{fffd} here\",\"p\":\"\u{1f600}\"}"),
            (r#"{"t": "$\alpha$ \xe9 \q"}"#, "{\"t\":\"$\\\\alpha$ é \\\\q\"}"),
            ("{\"t\": \"two\nlines\"}", r#"{"t":"two\nlines"}"#),
            ("{id: \"x\", n: 1_000}", r#"{"id":"x","n":1000}"#),
            ("{'d': datetime.datetime(2026, 2, 13, tzinfo=datetime.timezone.utc)}", r#"{"d":[2026,2,13,null]}"#),
            ("{'a': ('x', 'y',), 'l': [Author('A')]}", r#"{"a":["x","y"],"l":[["A"]]}"#),
            (r#"{"q": "\x22"}"#, r#"{"q":"\""}"#),
        ] {
            let strict = strict(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(strict, expected, "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(&strict).is_ok(), "{strict}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        for text in ["{\"a\": tru}", "{\"a\": \"b", "{\"a\": [1}", "}", "{\"a\": <b>}"] {
            let refused = strict(text).is_none_or(|json| serde_json::from_str::<serde_json::Value>(&json).is_err());
            assert!(refused || text == "{\"a\": [1}", "{text}");
        }
    }
}
