-- Version 12. What goes is only marked at first (removal.rs). A removed paper or an outdated vector would change a page of its own in the
-- two large tables, and every page of their indexes: 53,000 pages for 10,000 of a million papers. A mark changes a few dozen. Whoever
-- reads asks the views, which have the names that the tables had, and so cannot forget the marks.

ALTER TABLE papers RENAME TO stored_papers;
ALTER TABLE paper_categories RENAME TO stored_paper_categories;
ALTER TABLE listings RENAME TO stored_listings;
ALTER TABLE embeddings RENAME TO stored_embeddings;

-- Papers that are gone but for their rows. Row numbers are never used again.
CREATE TABLE removed_papers (
    row INTEGER PRIMARY KEY                    -- of stored_papers
);

-- Vectors of a text that the paper has no longer.
CREATE TABLE outdated_vectors (
    key INTEGER PRIMARY KEY                    -- of stored_embeddings
);
INSERT INTO table_sums VALUES ('removed_papers', 0), ('outdated_vectors', 0);

CREATE VIEW papers AS
    SELECT * FROM stored_papers WHERE row NOT IN (SELECT row FROM removed_papers);
CREATE VIEW paper_categories AS
    SELECT * FROM stored_paper_categories WHERE paper NOT IN (SELECT row FROM removed_papers);
CREATE VIEW listings AS
    SELECT * FROM stored_listings WHERE paper NOT IN (SELECT row FROM removed_papers);
CREATE VIEW embeddings AS
    SELECT * FROM stored_embeddings
    -- The paper is the lower half of the key, so that what an index knows is enough.
    WHERE key NOT IN (SELECT key FROM outdated_vectors) AND key & 1099511627775 NOT IN (SELECT row FROM removed_papers);

-- What is marked counts no longer; once it is deleted it must not be counted again.
CREATE TRIGGER paper_marked AFTER INSERT ON removed_papers BEGIN
    UPDATE counts SET value = value - 1 WHERE name = 'papers';
    UPDATE counts SET value = value - (SELECT passage IS NOT NULL FROM stored_papers WHERE row = NEW.row)
        WHERE name = 'passages';
    UPDATE fingerprints SET vectors = vectors - 1 WHERE number IN (
        SELECT key >> 40 FROM stored_embeddings WHERE paper = NEW.row AND key NOT IN (SELECT key FROM outdated_vectors));
    INSERT INTO changes (key) SELECT key FROM stored_embeddings
        WHERE paper = NEW.row AND key NOT IN (SELECT key FROM outdated_vectors)
        AND key >> 40 IN (SELECT fingerprint FROM indexes);
END;
CREATE TRIGGER vector_marked AFTER INSERT ON outdated_vectors BEGIN
    UPDATE fingerprints SET vectors = vectors - 1 WHERE number = NEW.key >> 40;
    INSERT INTO changes (key) SELECT NEW.key WHERE NEW.key >> 40 IN (SELECT fingerprint FROM indexes);
END;

DROP TRIGGER paper_removed;
CREATE TRIGGER paper_removed AFTER DELETE ON stored_papers
WHEN OLD.row NOT IN (SELECT row FROM removed_papers) BEGIN
    UPDATE counts SET value = value - 1 WHERE name = 'papers';
    UPDATE counts SET value = value - (OLD.passage IS NOT NULL) WHERE name = 'passages';
END;
DROP TRIGGER embedding_removed;
CREATE TRIGGER embedding_removed AFTER DELETE ON stored_embeddings
WHEN OLD.key NOT IN (SELECT key FROM outdated_vectors) AND OLD.paper NOT IN (SELECT row FROM removed_papers) BEGIN
    UPDATE fingerprints SET vectors = vectors - 1 WHERE number = OLD.fingerprint;
END;
DROP TRIGGER embedding_removed_noted;
CREATE TRIGGER embedding_removed_noted AFTER DELETE ON stored_embeddings
WHEN OLD.key NOT IN (SELECT key FROM outdated_vectors) AND OLD.paper NOT IN (SELECT row FROM removed_papers)
    AND EXISTS (SELECT 1 FROM indexes WHERE fingerprint = OLD.fingerprint) BEGIN
    INSERT INTO changes (key) VALUES (OLD.key);
END;
