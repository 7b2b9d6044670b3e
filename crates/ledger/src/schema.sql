-- Format 1 of the ledger. Integers are unsigned below 2^63; text is UTF-8. `PRAGMA application_id` is 0x5649444C ("VIDL").

CREATE TABLE meta (            -- 'format': '1'; 'archive': its id
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE name (            -- names of compartments and keys, written once
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE row (
    seq         INTEGER PRIMARY KEY,                    -- index in the log, from 0, without a gap
    compartment INTEGER NOT NULL,                       -- name.id
    key         INTEGER NOT NULL,                       -- name.id
    entry       BLOB NOT NULL CHECK (length(entry) = 32),
    op          BLOB CHECK (length(op) = 16),           -- null: blank row
    place       INTEGER,                                -- body.place; null: blank or erased
    erased      INTEGER NOT NULL CHECK (erased IN (0, 1)),
    altered     INTEGER                                 -- ledger size at which the body was last destroyed or replaced
) STRICT;
CREATE INDEX row_of_compartment ON row (compartment);   -- every index ends in seq
CREATE INDEX row_of_key ON row (key);
CREATE UNIQUE INDEX row_by_op ON row (op) WHERE op IS NOT NULL;
CREATE INDEX row_altered ON row (altered) WHERE altered IS NOT NULL;

-- A body is added at the end and never moved: SQLite leaves stale copies of cells on pages that it rebalances, and a
-- stale copy would outlive an erasure. So a destroyed body is overwritten in place by as many zeros, never deleted.
CREATE TABLE body (
    place  INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE checkpoint (      -- every checkpoint ever signed
    size INTEGER PRIMARY KEY,
    note BLOB NOT NULL
) STRICT;

CREATE TABLE tip (             -- one row: size, state of the Merkle tree, and the checkpoint of that size
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    size     INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    note     BLOB NOT NULL
) STRICT;
INSERT INTO tip VALUES (1, 0, x'', x'');

-- The ledger as its readers see it. CROSS JOIN keeps SQLite from reordering: from the rows to what belongs to them.
CREATE VIEW entry AS
SELECT seq, c.name AS compartment, k.name AS key, entry, op, sealed AS body, erased
FROM row CROSS JOIN name AS c ON c.id = row.compartment CROSS JOIN name AS k ON k.id = row.key
LEFT JOIN body ON body.place = row.place;
