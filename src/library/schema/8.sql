-- Version 8. When something was said of a paper, and the interests of a profile where somebody has made them.

ALTER TABLE profile_papers ADD COLUMN noted TEXT;        -- YYYY-MM-DD, UTC; NULL where an earlier version noted it
ALTER TABLE profile_papers ADD COLUMN interest INTEGER;  -- liked papers of one number are one interest; NULL where likeness decides
