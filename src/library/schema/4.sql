-- Version 4. Vectors of facets, kept as far as they were asked for: to compare papers by their methods, the methods of some hundred must be embedded.
-- The text is made from `summaries` or the abstract when it is asked for; a vector whose text has changed since is replaced.

CREATE TABLE facet_embeddings (
    paper       INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    facet       TEXT NOT NULL,
    fingerprint INTEGER NOT NULL REFERENCES fingerprints ON DELETE CASCADE,
    text        BLOB NOT NULL,                 -- SHA-256 of the text that was embedded
    vector      BLOB NOT NULL,                 -- f32, little-endian, unit length
    UNIQUE (paper, facet, fingerprint)
);
CREATE INDEX facet_embeddings_by_fingerprint ON facet_embeddings (fingerprint);
