-- Version 18. Which mails were sent, so that none is sent twice.

CREATE TABLE sent_mails (
    profile   TEXT NOT NULL,                   -- whose list it is
    day       TEXT NOT NULL,                   -- the day of the list: 2026-02-20, a month, or "no day"
    recipient TEXT NOT NULL,                   -- a mail address, in lower case
    state     TEXT NOT NULL,                   -- begun, before its first byte; sent, once the server has it
    noted     TEXT NOT NULL,                   -- when, in UTC
    PRIMARY KEY (profile, day, recipient)
) WITHOUT ROWID;

INSERT INTO table_sums VALUES ('sent_mails', 0);
