-- Version 5. The topics that were found last, so that they keep their numbers from day to day, and what has happened to them since.

CREATE TABLE topic_sets (
    number      INTEGER PRIMARY KEY,
    fingerprint INTEGER NOT NULL REFERENCES fingerprints ON DELETE CASCADE,
    selection   TEXT NOT NULL,                 -- '' for all papers, else the filters as JSON
    last_topic  INTEGER NOT NULL,              -- the highest number that a topic has had
    drift       INTEGER NOT NULL,              -- papers that came or went since topics were last sought
    UNIQUE (fingerprint, selection)
);

-- Each time that papers had come or gone, the first time included.
CREATE TABLE topic_runs (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    list    INTEGER NOT NULL REFERENCES topic_sets ON DELETE CASCADE,
    date    TEXT NOT NULL,                     -- YYYY-MM-DD, UTC
    papers  INTEGER NOT NULL,
    added   INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    sought  INTEGER NOT NULL CHECK (sought IN (0, 1)), -- 0 where new papers were placed and no topic changed
    changes TEXT NOT NULL                      -- JSON array
);
CREATE INDEX topic_runs_by_list ON topic_runs (list);

CREATE TABLE topics (
    list   INTEGER NOT NULL REFERENCES topic_sets ON DELETE CASCADE,
    id     INTEGER NOT NULL,
    level  INTEGER NOT NULL,                   -- from 0, the coarsest
    parent INTEGER,                            -- its topic of the level before
    name   TEXT,                               -- NULL where it is to be named by its terms
    given  INTEGER NOT NULL CHECK (given IN (0, 1)), -- whether somebody gave it the name
    noted  INTEGER NOT NULL,                   -- its size when that was last told
    PRIMARY KEY (list, id)
) WITHOUT ROWID;

-- No reference to papers: that one of them is gone is what the next run tells.
CREATE TABLE topic_papers (
    list  INTEGER NOT NULL REFERENCES topic_sets ON DELETE CASCADE,
    paper INTEGER NOT NULL,
    topic INTEGER NOT NULL,                    -- of the finest level
    x     REAL NOT NULL,
    y     REAL NOT NULL,
    PRIMARY KEY (list, paper)
) WITHOUT ROWID;
