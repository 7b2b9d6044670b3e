-- What is compared, and what was found. A reference is three columns, as in the catalogue: `accession`, `number`, `members`.

-- `state`: what was destroyed and moved, as JSON; `position`: the first entry that is not applied.
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, state TEXT NOT NULL);
INSERT INTO meta VALUES (1, 0, '');

-- item/1, contained/1: which bytes an item has.
CREATE TABLE item (
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    seq INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (accession, number, members)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_bytes ON item (sha256, size);
CREATE INDEX item_seq ON item (seq);

-- examination/1, stage by stage: the latest run of each. `damaged`: it was damaged, or nobody could tell what it is. `print`: what
-- this stage made for comparing, `seconds`: how long that is. `pixels`, `claimed`: how large its picture is, and the earliest second that
-- it claims. `recording`: it is a film or a recording, however long.
CREATE TABLE run (
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    stage TEXT NOT NULL,
    seq INTEGER NOT NULL,
    damaged INTEGER NOT NULL,
    print BLOB,
    seconds REAL,
    pixels INTEGER,
    claimed INTEGER,
    recording INTEGER NOT NULL,
    PRIMARY KEY (accession, number, members, stage)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_seq ON run (seq);

-- Bytes that were compared with all others, and by what: one that is looked at again is compared again.
CREATE TABLE compared (sha256 BLOB PRIMARY KEY, stamp TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Bytes that are related to other bytes, those with the smaller digest first: whatever items have them.
CREATE TABLE pair (
    a BLOB NOT NULL,
    b BLOB NOT NULL,
    kind TEXT NOT NULL,
    a_from REAL, a_to REAL,
    b_from REAL, b_to REAL,
    score REAL NOT NULL,
    reasons TEXT NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX pair_b ON pair (b);
