//! Why a file of vectors cannot be taken over. Rows count from 1.

/// What is wrong with a file of vectors; follows its name in the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VectorFileRefusal {
    /// It is standard input, an address, or something else that is no file.
    #[error("it is no file on this machine")]
    NoFile,
    /// It is not Parquet, or damaged.
    #[error("it cannot be read as Parquet: {0}")]
    Unreadable(String),
    /// A column that is needed is not there.
    #[error("it has no column {0}")]
    NoColumn(&'static str),
    /// A column holds something else.
    #[error("its column {column} holds {found} instead of {wanted}")]
    ColumnType {
        /// The column.
        column: &'static str,
        /// The type that it has, as Arrow writes it.
        found: String,
        /// What it should hold.
        wanted: &'static str,
    },
    /// A column is compressed in a way that is not read.
    #[error("its column {column} is compressed by {codec}; what is read is snappy, gzip and no compression")]
    Codec {
        /// The column.
        column: &'static str,
        /// The name of the codec.
        codec: String,
    },
    /// A row lacks a value.
    #[error("row {row} has no {column}")]
    Null {
        /// The column.
        column: &'static str,
        /// The row.
        row: u64,
    },
    /// A vector of another length.
    #[error("the vector of row {row} has {found} elements instead of {wanted}")]
    VectorLength {
        /// The row.
        row: u64,
        /// Elements that it has.
        found: usize,
        /// Elements that vectors of this fingerprint have.
        wanted: usize,
    },
    /// A passage that is no SHA-256.
    #[error("the passage of row {row} has {found} bytes instead of the 32 of a SHA-256")]
    PassageLength {
        /// The row.
        row: u64,
        /// Bytes that it has.
        found: usize,
    },
    /// Vectors that were made in several ways.
    #[error("its vectors have several fingerprints: that of row 1 is {first}, that of row {row} {other}")]
    Fingerprints {
        /// The fingerprint of the first row.
        first: String,
        /// Another one.
        other: String,
        /// The first row that has it.
        row: u64,
    },
    /// A vector that the library refuses.
    #[error("a vector is refused, {0}")]
    Vector(String),
}
