-- Version 17. What somebody likes and the library has no paper of: references with their titles and abstracts, arXiv's or not. Once the paper itself
-- comes, the text gives way to it (profile_texts.rs). Vectors stand under the sum of what was embedded, so that none outlives its text.

CREATE TABLE profile_texts (
    profile    TEXT NOT NULL,
    key        TEXT NOT NULL,                  -- an arXiv id, else `doi:` and the DOI, else `title:` and the letters of the title
    ids        TEXT NOT NULL,                  -- the arXiv ids that it names as its own, a space between them
    doi        TEXT,
    title      TEXT NOT NULL,
    abstract   TEXT NOT NULL,                  -- empty where it is not known
    authors    TEXT NOT NULL,                  -- a JSON list
    source     TEXT NOT NULL,                  -- where it was read
    collection TEXT,                           -- in which it stood there
    noted      TEXT NOT NULL,                  -- YYYY-MM-DD
    interest   INTEGER,                        -- as in profile_papers
    passage    BLOB NOT NULL,                  -- SHA-256 of what is embedded
    UNIQUE (profile, key)
);
CREATE INDEX profile_texts_by_passage ON profile_texts (passage);

CREATE TABLE text_embeddings (
    text        BLOB NOT NULL,                 -- SHA-256 of the text that was embedded
    fingerprint INTEGER NOT NULL REFERENCES fingerprints ON DELETE CASCADE,
    vector      BLOB NOT NULL,                 -- f32, little-endian, unit length
    UNIQUE (text, fingerprint)
);
CREATE INDEX text_embeddings_by_fingerprint ON text_embeddings (fingerprint);

INSERT INTO table_sums VALUES ('profile_texts', 0), ('text_embeddings', 0);
