//! The metadata of a paper: one table that says what fields there are.
//!
//! The table below makes [`Metadata`], which entries and papers hold, and [`Field`], by which
//! everything else goes through the fields one by one: reading bounds them, merging keeps the best
//! source's value of each, the library has a column for each, and JSON, the dump and the info page
//! tell each under its name. Another field is a line of this table and a migration that adds its
//! column (`src/library/schema/`); a reader then fills it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PartialDate;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text on one line.
    Text,
    /// A day, or a month where nobody told the day.
    Day,
    /// Texts in order.
    List,
}

/// Where the info page shows a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Above everything else.
    Heading,
    /// On a line with its name.
    Line,
    /// As a paragraph under its name.
    Section,
}

/// A value of a field. Values of one field are all of its [`Kind`] and compare by their content,
/// texts by their bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Of a [`Kind::Text`].
    Text(String),
    /// Of a [`Kind::Day`].
    Day(PartialDate),
    /// Of a [`Kind::List`].
    List(Vec<String>),
}

/// A value that is borrowed. Compares as [`Value`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueRef<'a> {
    /// Of a [`Kind::Text`].
    Text(&'a str),
    /// Of a [`Kind::Day`].
    Day(PartialDate),
    /// Of a [`Kind::List`].
    List(&'a [String]),
}

impl Value {
    /// The same, borrowed.
    pub fn borrowed(&self) -> ValueRef<'_> {
        match self {
            Value::Text(text) => ValueRef::Text(text),
            Value::Day(day) => ValueRef::Day(*day),
            Value::List(list) => ValueRef::List(list),
        }
    }
}

impl ValueRef<'_> {
    /// The same, owned.
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Text(text) => Value::Text(text.to_owned()),
            ValueRef::Day(day) => Value::Day(day),
            ValueRef::List(list) => Value::List(list.to_vec()),
        }
    }

    /// The value as one text: a day as `2026-02-14`, a month as
    /// `2026-02`, a list with `separator` between its texts.
    pub fn joined(self, separator: &str) -> String {
        match self {
            ValueRef::Text(text) => text.to_owned(),
            ValueRef::Day(day) => day.to_string(),
            ValueRef::List(list) => list.join(separator),
        }
    }

    /// Bytes of the texts in it.
    pub fn bytes(self) -> usize {
        match self {
            ValueRef::Text(text) => text.len(),
            ValueRef::Day(_) => 0,
            ValueRef::List(list) => list.iter().map(String::len).sum(),
        }
    }
}

/// The types that a field of [`Metadata`] may have.
trait Slot {
    const KIND: Kind;
    fn get(&self) -> Option<ValueRef<'_>>;
    fn set(&mut self, value: Value);
}

impl Slot for Option<String> {
    const KIND: Kind = Kind::Text;
    fn get(&self) -> Option<ValueRef<'_>> {
        self.as_deref().map(ValueRef::Text)
    }
    fn set(&mut self, value: Value) {
        if let Value::Text(text) = value {
            *self = Some(text);
        }
    }
}

impl Slot for Option<PartialDate> {
    const KIND: Kind = Kind::Day;
    fn get(&self) -> Option<ValueRef<'_>> {
        self.map(ValueRef::Day)
    }
    fn set(&mut self, value: Value) {
        if let Value::Day(day) = value {
            *self = Some(day);
        }
    }
}

impl Slot for Vec<String> {
    const KIND: Kind = Kind::List;
    fn get(&self) -> Option<ValueRef<'_>> {
        (!self.is_empty()).then_some(ValueRef::List(self))
    }
    fn set(&mut self, value: Value) {
        if let Value::List(list) = value {
            *self = list;
        }
    }
}

/// Makes [`Metadata`] and [`Field`] of a table: for each field its documentation, its variant, its
/// name in [`Metadata`] with its type, its name everywhere else, what messages call it, the most
/// bytes of a text in it, and where the info page shows it.
macro_rules! metadata {
    ($(#[doc = $doc:literal] $variant:ident, $field:ident: $type:ty, $name:literal, $noun:literal, $most:literal, $shown:ident;)+) => {
        /// What sources tell of a paper, one value a field. Merging keeps of each field the value
        /// of the source that ranks highest (see [`Precedence`](super::Precedence)).
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
        pub struct Metadata {
            $(#[doc = $doc] #[serde(rename = $name)] pub $field: $type,)+
        }

        /// A field of [`Metadata`], in the order of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Field {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)+
        }

        impl Field {
            /// All fields.
            pub const ALL: &[Field] = &[$(Field::$variant),+];

            /// Its name: the column of the library, the key in JSON, the word on the info page.
            pub fn name(self) -> &'static str {
                match self { $(Field::$variant => $name),+ }
            }

            /// What messages call it: `the journal reference`.
            pub fn noun(self) -> &'static str {
                match self { $(Field::$variant => $noun),+ }
            }

            /// What it holds.
            pub fn kind(self) -> Kind {
                match self { $(Field::$variant => <$type as Slot>::KIND),+ }
            }

            /// The most bytes of a text in it. An entry with a longer one is refused.
            pub fn most_bytes(self) -> usize {
                match self { $(Field::$variant => $most),+ }
            }

            /// Where the info page shows it.
            pub fn shown(self) -> Shown {
                match self { $(Field::$variant => Shown::$shown),+ }
            }
        }

        impl Metadata {
            /// The value of a field; `None` where no source told one.
            pub fn get(&self, field: Field) -> Option<ValueRef<'_>> {
                match field { $(Field::$variant => self.$field.get()),+ }
            }

            /// Sets a field. A value of another [`Kind`] than the field's changes nothing.
            pub fn set(&mut self, field: Field, value: Value) {
                match field { $(Field::$variant => self.$field.set(value)),+ }
            }
        }
    };
}

// arXiv allows an abstract 1,920 characters, older ones go to 6,000; the longest titles have
// some 500.
metadata! {
    /// Title on one line, never empty where present.
    Title, title: Option<String>, "title", "title", 0x1000, Heading;
    /// Abstract on one line.
    Abstract, abstract_text: Option<String>, "abstract", "abstract", 0x1_0000, Section;
    /// Authors in order.
    Authors, authors: Vec<String>, "authors", "name of an author", 0x800, Line;
    /// Day of the first version.
    Published, published: Option<PartialDate>, "published", "day of the first version", 0, Line;
    /// Day of the described version.
    Updated, updated: Option<PartialDate>, "updated", "day of the last version", 0, Line;
    /// The authors' comment, e.g. `12 pages, ICML 2026`.
    Comment, comment: Option<String>, "comment", "comment", 0x1_0000, Line;
    /// DOI of the published article.
    Doi, doi: Option<String>, "doi", "DOI", 0x800, Line;
    /// Journal reference.
    Journal, journal: Option<String>, "journal", "journal reference", 0x1_0000, Line;
    /// Licence, as an address or a name.
    License, license: Option<String>, "license", "licence", 0x800, Line;
    /// What a source marks a withdrawn paper with, beside what comment and abstract say of it.
    Withdrawal, withdrawal: Option<String>, "withdrawal", "mark of a withdrawal", 0x800, Line;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_gives_back_what_it_was_set_to_and_no_other_kind() {
        let values = [
            Value::Text("a text".to_owned()),
            Value::Day(jiff::civil::date(2026, 2, 14).into()),
            Value::List(vec!["one".to_owned(), "two".to_owned()]),
        ];
        for &field in Field::ALL {
            for (kind, value) in [Kind::Text, Kind::Day, Kind::List].into_iter().zip(&values) {
                let mut metadata = Metadata::default();
                assert_eq!(metadata.get(field), None);
                metadata.set(field, value.clone());
                let own = kind == field.kind();
                assert_eq!(metadata.get(field), own.then_some(value.borrowed()), "{field:?}");
                let told = serde_json::to_value(&metadata).unwrap();
                let empty = |value: &serde_json::Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                assert_eq!(!empty(&told[field.name()]), own, "{field:?}");
            }
        }
    }
}
