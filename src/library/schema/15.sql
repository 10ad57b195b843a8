-- Version 15. What profiles follow: authors, words and categories whose new papers are listed whatever their score (follows.rs).

CREATE TABLE follows (
    profile TEXT NOT NULL,
    kind    TEXT NOT NULL,                     -- author, words or category
    text    TEXT NOT NULL,
    PRIMARY KEY (profile, kind, text)
) WITHOUT ROWID;
INSERT INTO table_sums VALUES ('follows', 0);
