-- Version 10. Sums of what was written, by which damage of the disk is told (sums.rs). They stand beside what they are of: a column of
-- it would have to be filled by writing every page of an older library anew, while these take 20 bytes a paper and 20 a vector.

CREATE TABLE paper_sums (
    paper INTEGER PRIMARY KEY REFERENCES papers ON DELETE CASCADE,
    sum   INTEGER NOT NULL                     -- of the row of papers and of all rows that belong to it
);

CREATE TABLE vector_sums (
    key INTEGER PRIMARY KEY REFERENCES embeddings ON DELETE CASCADE,
    sum INTEGER NOT NULL
);

-- Of a whole table, or, for papers and embeddings, 0 once each of their rows has a sum. A table that is missing here was filled
-- before there were sums, and has one after the next check.
CREATE TABLE table_sums (
    name TEXT PRIMARY KEY,
    sum  INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO table_sums SELECT 'papers', 0 WHERE NOT EXISTS (SELECT 1 FROM papers);
INSERT INTO table_sums SELECT 'embeddings', 0 WHERE NOT EXISTS (SELECT 1 FROM embeddings);
INSERT INTO table_sums SELECT 'settings', 0 WHERE NOT EXISTS (SELECT 1 FROM settings);
INSERT INTO table_sums SELECT 'fingerprints', 0 WHERE NOT EXISTS (SELECT 1 FROM fingerprints);
INSERT INTO table_sums SELECT 'indexes', 0 WHERE NOT EXISTS (SELECT 1 FROM indexes);
INSERT INTO table_sums SELECT 'changes', 0 WHERE NOT EXISTS (SELECT 1 FROM changes);
INSERT INTO table_sums SELECT 'profile_papers', 0 WHERE NOT EXISTS (SELECT 1 FROM profile_papers);
INSERT INTO table_sums SELECT 'shown_papers', 0 WHERE NOT EXISTS (SELECT 1 FROM shown_papers);
INSERT INTO table_sums SELECT 'facet_embeddings', 0 WHERE NOT EXISTS (SELECT 1 FROM facet_embeddings);
INSERT INTO table_sums SELECT 'topic_sets', 0 WHERE NOT EXISTS (SELECT 1 FROM topic_sets);
INSERT INTO table_sums SELECT 'topic_runs', 0 WHERE NOT EXISTS (SELECT 1 FROM topic_runs);
INSERT INTO table_sums SELECT 'topics', 0 WHERE NOT EXISTS (SELECT 1 FROM topics);
INSERT INTO table_sums SELECT 'topic_papers', 0 WHERE NOT EXISTS (SELECT 1 FROM topic_papers);
