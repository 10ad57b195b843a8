-- Version 20. Which liked papers a library of Zotero has got from here, or had already when they
-- were to be written: what somebody deletes there is not written again.

CREATE TABLE zotero_written (
    profile TEXT NOT NULL,
    library TEXT NOT NULL,                     -- its address
    id      TEXT NOT NULL,                     -- of the paper
    item    TEXT NOT NULL,                     -- the key of its item; empty where it was there already
    PRIMARY KEY (profile, library, id)
) WITHOUT ROWID;

INSERT INTO table_sums VALUES ('zotero_written', 0);
