-- Version 2. What changed since an index was made (src/index), so that it stays of use: the index leaves these papers out, and they
-- are looked at one by one. Only for fingerprints that have an index; what an index has taken in is deleted.

CREATE TABLE indexes (
    fingerprint INTEGER PRIMARY KEY REFERENCES fingerprints ON DELETE CASCADE,
    token       TEXT NOT NULL                  -- of the file that belongs to this library, '' before there is one
);
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, so "since" has a meaning
    key    INTEGER NOT NULL                    -- of embeddings
);
CREATE TRIGGER embedding_added_noted AFTER INSERT ON embeddings
WHEN EXISTS (SELECT 1 FROM indexes WHERE fingerprint = NEW.fingerprint) BEGIN
    INSERT INTO changes (key) VALUES (NEW.key);
END;
CREATE TRIGGER embedding_removed_noted AFTER DELETE ON embeddings
WHEN EXISTS (SELECT 1 FROM indexes WHERE fingerprint = OLD.fingerprint) BEGIN
    INSERT INTO changes (key) VALUES (OLD.key);
END;
CREATE TRIGGER embedding_changed_noted AFTER UPDATE OF vector ON embeddings
WHEN EXISTS (SELECT 1 FROM indexes WHERE fingerprint = NEW.fingerprint) BEGIN
    INSERT INTO changes (key) VALUES (NEW.key);
END;
