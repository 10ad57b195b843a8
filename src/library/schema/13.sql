-- Version 13. The date of a paper of which no source told a day is its month, as its id tells it: earlier versions kept the first of that month,
-- which is a day that nobody told. The sums of these papers (version 10) change by what changes in them, so damage stays visible. The columns are
-- those of this version, in the order of their sum. The index of dates finds the candidates, since the table itself is a hundred times as large.

CREATE TEMP TABLE undated AS
SELECT row FROM stored_papers
WHERE row IN (SELECT row FROM stored_papers INDEXED BY papers_by_date WHERE date GLOB '????-??-01')
  AND published IS NULL AND updated IS NULL
  AND NOT EXISTS (SELECT 1 FROM stored_listings WHERE paper = row AND stored_listings.date <> '');

UPDATE paper_sums SET sum = relata_change(
    sum,
    relata_sum('papers', 'id', id, 'version', version, 'categories', categories, 'primary_category', primary_category, 'date', substr(date, 1, 7),
        'provenance', provenance, 'passage', passage, 'title', title, 'abstract', abstract, 'authors', authors, 'published', published,
        'updated', updated, 'comment', comment, 'doi', doi, 'journal', journal, 'license', license, 'withdrawal', withdrawal),
    relata_sum('papers', 'id', id, 'version', version, 'categories', categories, 'primary_category', primary_category, 'date', date,
        'provenance', provenance, 'passage', passage, 'title', title, 'abstract', abstract, 'authors', authors, 'published', published,
        'updated', updated, 'comment', comment, 'doi', doi, 'journal', journal, 'license', license, 'withdrawal', withdrawal))
FROM stored_papers WHERE stored_papers.row = paper AND paper IN (SELECT row FROM temp.undated);

UPDATE stored_papers SET date = substr(date, 1, 7) WHERE row IN (SELECT row FROM temp.undated);

DROP TABLE temp.undated;
