-- Version 22. How much a liked paper or text counts, in hundredths, where somebody has said so: the
-- weight of its interest, kept with what is liked, since interests are found anew each time.

ALTER TABLE profile_papers ADD COLUMN weight INTEGER;
ALTER TABLE profile_texts ADD COLUMN weight INTEGER;
