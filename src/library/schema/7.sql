-- Version 7. The day of the list that has shown a paper, so that the same list can be shown again.

ALTER TABLE shown_papers ADD COLUMN day TEXT;  -- YYYY-MM-DD; NULL where an earlier version has shown it

-- The papers of a day's digests are asked for by every daily list.
CREATE INDEX listings_by_date ON listings (date);
