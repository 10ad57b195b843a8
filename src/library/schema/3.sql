-- Version 3. What somebody likes and dislikes, under a name. By id and not by row: a profile outlives the papers that it names.

CREATE TABLE profile_papers (
    profile TEXT NOT NULL,
    id      TEXT NOT NULL,                     -- canonical, without version
    liked   INTEGER NOT NULL CHECK (liked IN (0, 1)),
    PRIMARY KEY (profile, id)
) WITHOUT ROWID;

-- What the daily lists of a profile have shown, so that they show it once.
CREATE TABLE shown_papers (
    profile TEXT NOT NULL,
    id      TEXT NOT NULL,
    PRIMARY KEY (profile, id)
) WITHOUT ROWID;

-- Reference managers know papers by their DOI.
CREATE INDEX papers_by_doi ON papers (doi COLLATE NOCASE) WHERE doi IS NOT NULL;
