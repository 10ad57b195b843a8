-- Version 21. The name of a collection of Zotero, by which it is told once Zotero no longer has it.

ALTER TABLE zotero_collections ADD COLUMN name TEXT;
