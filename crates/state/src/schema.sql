-- One run of the reporter. Its points all carry the timestamp, in seconds since 1970.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    timestamp INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_timestamp ON runs (timestamp);

-- How one metric ended a run; `said` is the reason for no data, or the error.
CREATE TABLE outcomes (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('value', 'no_data', 'error')),
    said TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

-- What a series is, once, however many points it has. An interval of 0 and an empty unit mean none.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    tags TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('gauge', 'count', 'rate')),
    interval INTEGER NOT NULL,
    unit TEXT NOT NULL,
    UNIQUE (key, tags, kind, interval, unit)
) STRICT;

CREATE TABLE points (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    series INTEGER NOT NULL,
    value REAL NOT NULL
) STRICT;
CREATE INDEX points_by_run ON points (run);

-- What a destination has neither accepted nor refused yet. By point first, because destinations are few.
CREATE TABLE outbox (
    point INTEGER NOT NULL REFERENCES points ON DELETE CASCADE,
    destination TEXT NOT NULL,
    PRIMARY KEY (point, destination)
) STRICT, WITHOUT ROWID;

-- When a metric last had a value; older runs are forgotten, this is not.
CREATE TABLE last_values (
    key TEXT PRIMARY KEY,
    timestamp INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
