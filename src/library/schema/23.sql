-- Version 23. What a map shows of kept topics beside their names: the terms of each, and how well papers fit. Topics that an earlier
-- version found have neither until they are found again.

ALTER TABLE topics ADD COLUMN terms TEXT;            -- JSON: [[term, weight in thousandths of the first's], ...]

ALTER TABLE topic_papers ADD COLUMN strength INTEGER; -- hundredths of the paper's neighbourhood that are in its topic, rounded down
