-- Metadata of the blob endpoint. Times are milliseconds since 1970, all text is
-- compared byte by byte.
CREATE TABLE IF NOT EXISTS blob_containers (
    name          TEXT PRIMARY KEY NOT NULL,
    etag          TEXT NOT NULL,
    last_modified INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS blob_policies (
    container   TEXT NOT NULL,
    id          TEXT NOT NULL,
    start       INTEGER,
    expiry      INTEGER,
    permissions TEXT NOT NULL,
    PRIMARY KEY (container, id)
) WITHOUT ROWID;

-- One row per committed blob. A commit deletes the row and adds a new one, so
-- that `version` never names different bytes.
CREATE TABLE IF NOT EXISTS blob_blobs (
    version             INTEGER PRIMARY KEY AUTOINCREMENT,
    container           TEXT NOT NULL,
    name                TEXT NOT NULL,
    size                INTEGER NOT NULL,
    etag                TEXT NOT NULL,
    created             INTEGER NOT NULL,
    last_modified       INTEGER NOT NULL,
    content_type        TEXT NOT NULL,
    content_encoding    TEXT,
    content_language    TEXT,
    content_disposition TEXT,
    cache_control       TEXT,
    content_md5         BLOB,
    metadata            TEXT NOT NULL,
    UNIQUE (container, name)
);

-- The bytes of a blob, in order of `start`. Segments are never empty.
CREATE TABLE IF NOT EXISTS blob_segments (
    version INTEGER NOT NULL,
    start   INTEGER NOT NULL,
    length  INTEGER NOT NULL,
    object  TEXT NOT NULL,
    block   TEXT,
    PRIMARY KEY (version, start)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blob_segments_object ON blob_segments (object);

-- What is kept beside a version of a blob, and goes with it.
CREATE TABLE IF NOT EXISTS blob_attachments (
    version INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    object  TEXT NOT NULL,
    length  INTEGER NOT NULL,
    PRIMARY KEY (version, kind)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blob_attachments_object ON blob_attachments (object);

-- Uploaded blocks that no block list has committed yet.
CREATE TABLE IF NOT EXISTS blob_blocks (
    container TEXT NOT NULL,
    name      TEXT NOT NULL,
    block     TEXT NOT NULL,
    length    INTEGER NOT NULL,
    object    TEXT NOT NULL,
    created   INTEGER NOT NULL,
    PRIMARY KEY (container, name, block)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blob_blocks_object ON blob_blocks (object);
CREATE INDEX IF NOT EXISTS blob_blocks_created ON blob_blocks (created);

-- Objects that lost their last owner and wait to be removed.
CREATE TABLE IF NOT EXISTS blob_garbage (
    object TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;

-- The bytes of all committed blobs together. Triggers keep it: a sum over
-- millions of blobs takes too long.
CREATE TABLE IF NOT EXISTS blob_usage (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    bytes INTEGER NOT NULL
);
INSERT OR IGNORE INTO blob_usage SELECT 1, COALESCE(SUM(size), 0) FROM blob_blobs;
CREATE TRIGGER IF NOT EXISTS blob_usage_insert AFTER INSERT ON blob_blobs BEGIN
    UPDATE blob_usage SET bytes = bytes + NEW.size;
END;
CREATE TRIGGER IF NOT EXISTS blob_usage_delete AFTER DELETE ON blob_blobs BEGIN
    UPDATE blob_usage SET bytes = bytes - OLD.size;
END;
