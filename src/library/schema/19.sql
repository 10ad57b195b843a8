-- Version 19. What profiles take over from Zotero: up to which version of its library, and which
-- item stands for what. Versions count within a library, which its address names.

CREATE TABLE zotero_collections (
    profile    TEXT NOT NULL,
    collection TEXT NOT NULL,                  -- its key; empty for the whole library
    subtree    TEXT NOT NULL,                  -- its key and those of all collections in it, by a space
    library    TEXT NOT NULL,
    version    INTEGER NOT NULL,               -- 0 where all is read each time
    UNIQUE (profile, collection)
);
CREATE TABLE zotero_items (
    profile    TEXT NOT NULL,
    collection TEXT NOT NULL,
    item       TEXT NOT NULL,                  -- its key
    target     TEXT NOT NULL,                  -- the id of a liked paper, or the key of a text
    own        INTEGER NOT NULL,               -- whether it is in the profile because of this item
    UNIQUE (profile, collection, item)
);
CREATE INDEX zotero_items_by_target ON zotero_items (profile, target);

INSERT INTO table_sums VALUES ('zotero_collections', 0), ('zotero_items', 0);
