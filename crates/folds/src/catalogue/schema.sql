-- Facts as the records state them; what follows from several facts is computed when it is asked.
-- A reference is three columns: `accession` (letter * 2^50 + number), `number` (0: the accession as a whole) and
-- `members` (8 bytes big-endian each), so that rows sort as references do.

-- `recent`: rows in the recent finders.
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, recent INTEGER NOT NULL);
INSERT INTO meta VALUES (1, 0, 0);

-- item/1: one row for each item that is read here.
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    member INTEGER NOT NULL,
    source INTEGER NOT NULL,
    path BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    file_system BLOB NOT NULL,
    object BLOB NOT NULL,
    object_size INTEGER NOT NULL,
    header BLOB NOT NULL,
    "offset" INTEGER,
    length INTEGER,
    copy_of TEXT,
    changed INTEGER NOT NULL,
    size_before INTEGER,
    size_after INTEGER,
    -- Of films and recordings (0), of what may hold what is said in them (1) and of volumes of a container (2): the path without
    -- its ending.
    stem BLOB,
    role INTEGER
) STRICT;
CREATE UNIQUE INDEX item_reference ON item (accession, number, members);
CREATE INDEX item_stem ON item (accession, stem) WHERE stem IS NOT NULL;
CREATE INDEX item_spoken ON item (role) WHERE role = 1;
CREATE INDEX item_copies ON item (accession, number, members) WHERE copy_of IS NOT NULL;

-- Finders hold the first 32 bits of a digest or name. Random keys are what slows a large fold down: each dirties a page of its
-- own. So new ones go to the small tables, and these are poured into the large ones, sorted, when they are full.
CREATE TABLE old_bytes (word INTEGER NOT NULL, item INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (word, item))
    STRICT, WITHOUT ROWID;
CREATE TABLE recent_bytes (word INTEGER NOT NULL, item INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (word, item))
    STRICT, WITHOUT ROWID;
CREATE VIEW find_bytes AS SELECT word, item, size FROM old_bytes UNION ALL SELECT word, item, size FROM recent_bytes;
CREATE TABLE old_object (word INTEGER NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (word, item)) STRICT, WITHOUT ROWID;
CREATE TABLE recent_object (word INTEGER NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (word, item)) STRICT, WITHOUT ROWID;
CREATE VIEW find_object AS SELECT word, item FROM old_object UNION ALL SELECT word, item FROM recent_object;

-- Running sums over `item`, so that a list of accessions reads no items.
CREATE TABLE tally (
    accession INTEGER PRIMARY KEY,
    items INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;

-- repack/1: later places of objects.
CREATE TABLE place (
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    seq INTEGER NOT NULL,
    object BLOB NOT NULL,
    object_size INTEGER NOT NULL,
    header BLOB NOT NULL,
    "offset" INTEGER,
    length INTEGER,
    PRIMARY KEY (accession, number, members, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX place_object ON place (object);
CREATE INDEX place_seq ON place (seq);

-- not-taken/1.
CREATE TABLE not_taken (
    seq INTEGER PRIMARY KEY,
    accession INTEGER NOT NULL,
    at INTEGER NOT NULL,
    member INTEGER NOT NULL,
    source INTEGER NOT NULL,
    path BLOB NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX not_taken_accession ON not_taken (accession);

-- Every other change about something, and what it is about.
CREATE TABLE record (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, member INTEGER NOT NULL, kind INTEGER NOT NULL,
    body TEXT NOT NULL) STRICT;
CREATE TABLE about (
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (accession, number, members, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX about_seq ON about (seq);

-- examination/1: what is asked often; the record's body holds all of it. A row goes with its record.
-- The latest run of a stage holds.
CREATE TABLE stage (
    seq INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    ended TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    PRIMARY KEY (seq, stage)
) STRICT, WITHOUT ROWID;
CREATE INDEX stage_reference ON stage (accession, number, members, stage, seq);
CREATE TABLE kind (
    seq INTEGER PRIMARY KEY,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    "group" TEXT NOT NULL,
    media_type TEXT NOT NULL,
    ending_fits INTEGER,
    length_ms INTEGER
) STRICT;
CREATE INDEX kind_reference ON kind (accession, number, members, seq);
CREATE TABLE failure (
    seq INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    stage INTEGER NOT NULL,
    tool TEXT NOT NULL,
    ended TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (seq, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX failure_reference ON failure (accession, number, members, stage, seq);
CREATE TABLE derivative (
    seq INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    object BLOB NOT NULL,
    object_size INTEGER NOT NULL,
    header BLOB NOT NULL,
    "offset" INTEGER,
    length INTEGER,
    PRIMARY KEY (seq, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX derivative_reference ON derivative (accession, number, members, seq);
CREATE INDEX derivative_object ON derivative (object);
CREATE TABLE camera_claim (
    seq INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (seq, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX camera_claim_reference ON camera_claim (accession, number, members, seq);
-- Sentences in it that speak of a camera's clock.
CREATE TABLE clock_note (
    seq INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (seq, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX clock_note_reference ON clock_note (accession, number, members, seq);
-- What it claims of when it began, each as JSON.
CREATE TABLE beginning (
    seq INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    claim TEXT NOT NULL,
    PRIMARY KEY (seq, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX beginning_reference ON beginning (accession, number, members, seq);

-- derivative-places/1: later places of derivatives.
CREATE TABLE derivative_place (
    seq INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    object BLOB NOT NULL,
    object_size INTEGER NOT NULL,
    header BLOB NOT NULL,
    "offset" INTEGER,
    length INTEGER,
    PRIMARY KEY (seq, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX derivative_place_reference ON derivative_place (accession, number, members, sha256, seq);
CREATE INDEX derivative_place_object ON derivative_place (object);

-- camera/1 and camera-items/1: the latest about a label, or about an item, holds.
CREATE TABLE camera (
    seq INTEGER PRIMARY KEY,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    label TEXT NOT NULL
) STRICT;
CREATE INDEX camera_label ON camera (accession, label, seq);
CREATE TABLE camera_given (
    seq INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    number INTEGER NOT NULL,
    members BLOB NOT NULL,
    label TEXT,
    PRIMARY KEY (seq, accession, number, members)
) STRICT, WITHOUT ROWID;
CREATE INDEX camera_given_reference ON camera_given (accession, number, members, seq);

-- Numbers of entries whose bodies a tombstone says are destroyed.
CREATE TABLE destroyed (seq INTEGER PRIMARY KEY) STRICT;

-- Changes of other versions, and known ones whose fields are not of their form.
CREATE TABLE unknown (seq INTEGER PRIMARY KEY, change TEXT NOT NULL) STRICT;
