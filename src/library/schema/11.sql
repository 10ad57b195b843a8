-- Version 11. Which papers are withdrawn, told from their texts and their mark (withdrawn.rs): derived, and written with each paper.

ALTER TABLE papers ADD COLUMN withdrawal TEXT;

CREATE TABLE withdrawn (
    paper INTEGER PRIMARY KEY REFERENCES papers ON DELETE CASCADE
);

-- By which rule papers were marked; 0 where they have yet to be.
INSERT INTO counts SELECT 'withdrawn_rule', CASE WHEN EXISTS (SELECT 1 FROM papers) THEN 0 ELSE 1 END;

INSERT INTO table_sums VALUES ('withdrawn', 0);
