-- Version 1. Every text is as merged; see record.rs for the rules and words.rs for what the keyword index holds.

CREATE TABLE papers (
    row              INTEGER PRIMARY KEY AUTOINCREMENT CHECK (row > 0 AND row < (1 << 40)),
    id               TEXT NOT NULL UNIQUE,     -- canonical, without version
    version          INTEGER NOT NULL,         -- highest one seen, 0 where no source told
    title            TEXT,
    abstract         TEXT,
    authors          TEXT NOT NULL,            -- JSON array in order
    categories       TEXT NOT NULL,            -- space-separated, the primary first
    primary_category TEXT,
    published        TEXT,                     -- dates are YYYY-MM-DD
    updated          TEXT,
    date             TEXT NOT NULL,            -- what --since and --until ask: published, or the best there is
    comment          TEXT,
    doi              TEXT,
    journal          TEXT,
    provenance       TEXT NOT NULL,            -- which source told which field
    passage          BLOB                      -- SHA-256 of the text to embed, NULL where there is none
);
CREATE INDEX papers_by_date ON papers (date);

CREATE TABLE paper_categories (
    paper    INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    category TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (paper, category)
) WITHOUT ROWID;
CREATE INDEX papers_by_category ON paper_categories (category);

CREATE TABLE links (
    paper      INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    address    TEXT NOT NULL,
    provenance TEXT NOT NULL,
    PRIMARY KEY (paper, kind)
) WITHOUT ROWID;

CREATE TABLE summaries (
    paper      INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    language   TEXT NOT NULL,
    facet      TEXT NOT NULL,
    text       TEXT NOT NULL,
    provenance TEXT NOT NULL,
    PRIMARY KEY (paper, language, facet)
) WITHOUT ROWID;

CREATE TABLE listings (
    paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    file  TEXT NOT NULL,
    date  TEXT NOT NULL,                       -- '' where unknown
    PRIMARY KEY (paper, file, date)
) WITHOUT ROWID;

CREATE TABLE fingerprints (
    number      INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number > 0 AND number < (1 << 22)),
    digest      TEXT NOT NULL UNIQUE,
    model       TEXT NOT NULL,
    description TEXT NOT NULL,
    dimension   INTEGER NOT NULL CHECK (dimension > 0),
    vectors     INTEGER NOT NULL DEFAULT 0     -- kept by the triggers below
);

-- The key puts the vectors of one fingerprint side by side, in the order of papers: a scan reads pages in sequence,
-- half the papers are half the range, and "the vector of this paper" needs no index.
CREATE TABLE embeddings (
    key         INTEGER PRIMARY KEY CHECK (key = (fingerprint << 40) | paper),
    fingerprint INTEGER NOT NULL REFERENCES fingerprints,
    paper       INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    passage     BLOB NOT NULL,                 -- SHA-256 of the text that was embedded
    tokens      INTEGER NOT NULL,
    cut         INTEGER NOT NULL,              -- tokens of the text beyond the model's limit
    vector      BLOB NOT NULL                  -- f32, little-endian, unit length
);
CREATE INDEX embeddings_by_paper ON embeddings (paper);
CREATE INDEX embeddings_by_passage ON embeddings (fingerprint, passage);

-- Counting papers and vectors by walking them takes tens of milliseconds at 100,000, in every query: so they are counted
-- as they come and go.
CREATE TABLE counts (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counts VALUES ('papers', 0), ('passages', 0);

CREATE TRIGGER paper_added AFTER INSERT ON papers BEGIN
    UPDATE counts SET value = value + 1 WHERE name = 'papers';
    UPDATE counts SET value = value + (NEW.passage IS NOT NULL) WHERE name = 'passages';
END;
CREATE TRIGGER paper_removed AFTER DELETE ON papers BEGIN
    UPDATE counts SET value = value - 1 WHERE name = 'papers';
    UPDATE counts SET value = value - (OLD.passage IS NOT NULL) WHERE name = 'passages';
END;
CREATE TRIGGER paper_changed AFTER UPDATE OF passage ON papers BEGIN
    UPDATE counts SET value = value + (NEW.passage IS NOT NULL) - (OLD.passage IS NOT NULL) WHERE name = 'passages';
END;
CREATE TRIGGER embedding_added AFTER INSERT ON embeddings BEGIN
    UPDATE fingerprints SET vectors = vectors + 1 WHERE number = NEW.fingerprint;
END;
CREATE TRIGGER embedding_removed AFTER DELETE ON embeddings BEGIN
    UPDATE fingerprints SET vectors = vectors - 1 WHERE number = OLD.fingerprint;
END;

-- Only the inverted lists: the texts themselves are above. They come in folded and cut into words (words.rs), so that
-- the `ascii` tokenizer, which splits at the spaces between them, leaves them as they are.
CREATE VIRTUAL TABLE keywords USING fts5 (
    title, abstract, authors, tldr,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);
-- Fewer, larger segments: 100,000 papers in batches of 10,000 were added in 10.5 s, with the defaults (automerge 4,
-- hashsize 1 MiB) and batches of 2,000 in 14.5 s.
INSERT INTO keywords (keywords, rank) VALUES ('automerge', 16), ('crisismerge', 32), ('hashsize', 67108864);
