-- Version 16. What the user says of papers: a note, tags, and which are read (annotations.rs). By id, as in profiles: a paper that is removed
-- and comes again still has them.

CREATE TABLE notes (
    id   TEXT PRIMARY KEY,
    text TEXT NOT NULL                         -- on one line
) WITHOUT ROWID;

CREATE TABLE tags (
    tag TEXT NOT NULL COLLATE NOCASE,
    id  TEXT NOT NULL,
    PRIMARY KEY (tag, id)
) WITHOUT ROWID;
CREATE INDEX tags_by_paper ON tags (id);

CREATE TABLE read_papers (
    id TEXT PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO table_sums VALUES ('notes', 0), ('tags', 0), ('read_papers', 0);
