-- Version 6. What the library remembers of how it is used, by name, see settings.rs: commands take from here what nobody asks for.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
