-- Version 9. The licence of a paper, as an address or a name.

ALTER TABLE papers ADD COLUMN license TEXT;
