-- Version 14. Where papers come from: the categories that are fetched, and how far that is.

-- Days of announcements are those of the daily feed, in New York; NULL where there was none yet.
CREATE TABLE followed_categories (
    category     TEXT PRIMARY KEY,             -- cs.LG, or an archive: cs
    cross_lists  INTEGER NOT NULL,             -- whether papers count that are cross-listed there
    replacements INTEGER NOT NULL,             -- whether new versions count of papers that the library does not hold
    complete     TEXT,                         -- the last day of which everything is here, and of all days before it
    news         TEXT,                         -- the last day on which a paper was new here
    reconciled   TEXT                          -- the OAI datestamp from which the next reconciliation asks
) WITHOUT ROWID;

-- What a daily feed answered last, so that an unchanged one is not sent again.
CREATE TABLE feed_answers (
    address TEXT PRIMARY KEY,
    etag    TEXT NOT NULL,
    day     TEXT NOT NULL,                     -- the announcement that it was taken for
    fetched TEXT NOT NULL                      -- when, in UTC
) WITHOUT ROWID;

-- Harvests over OAI-PMH, each with its place: it is written with the papers of the page before it.
CREATE TABLE harvests (
    scope     TEXT PRIMARY KEY,                -- a set such as cs:cs:LG; empty for all of arXiv
    since     TEXT,                            -- as asked for; NULL for the beginning
    until     TEXT,
    token     TEXT,                            -- of the next page; NULL before the first, and once it is through
    datestamp TEXT,                            -- the last that was seen: from there it goes on where a token does not serve
    pages     INTEGER NOT NULL,
    records   INTEGER NOT NULL,
    begun     TEXT,                            -- when, in UTC; NULL once it is through
    complete  TEXT                             -- the last datestamp of which everything is here
) WITHOUT ROWID;

INSERT INTO table_sums VALUES ('followed_categories', 0), ('feed_answers', 0), ('harvests', 0);
