-- One run of the reporter. Its points all carry the timestamp, in seconds since 1970.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    timestamp INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_timestamp ON runs (timestamp);

-- How one metric ended a run for one of its subjects; the subject is empty if the metric has none. `said` is the reason
-- for no data, or the error, or why the first of the failed items beside the samples failed. Its points are those of the run from `first` to `last`; there are none if `last` is less.
CREATE TABLE outcomes (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    key TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('value', 'no_data', 'error')),
    said TEXT NOT NULL,
    failed_items INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (run, key, subject)
) STRICT, WITHOUT ROWID;

-- What a series is, once, however many points it has. An interval of 0 and an empty unit mean none. The
-- check has no IN, for which SQLite would make a table at each insert.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    tags TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'gauge' OR kind = 'count' OR kind = 'rate'),
    interval INTEGER NOT NULL,
    unit TEXT NOT NULL,
    UNIQUE (key, tags, kind, interval, unit)
) STRICT;

-- The points of a run have the positions 0, 1, 2 and so on.
CREATE TABLE points (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    position INTEGER NOT NULL,
    series INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- What a destination has neither accepted nor refused yet: ranges of positions, with their last one. They
-- never overlap. Points mostly come and go by the thousand, and a range is a row however long it is.
-- One that is being sent, since a time, may have arrived where it must not arrive twice.
CREATE TABLE outbox (
    destination TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (first <= last),
    sending_since INTEGER,
    PRIMARY KEY (destination, run, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_run ON outbox (run);

-- The destinations whose outbox got the points of a run. `repeated` is the number of points that it did not get, because
-- an earlier run had put the same series and time into it and the destination would add them up.
CREATE TABLE recipients (
    destination TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    repeated INTEGER NOT NULL,
    PRIMARY KEY (destination, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_by_run ON recipients (run);

-- When a metric last had a value for a subject, and when it was last collected at all. Older runs are forgotten, this
-- is not while the metric and the subject are there.
CREATE TABLE last_values (
    key TEXT NOT NULL,
    subject TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (key, subject)
) STRICT, WITHOUT ROWID;

-- What the sources have said of their metrics, as JSON: for each the source that last did, and when.
CREATE TABLE descriptions (
    key TEXT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    facts TEXT NOT NULL,
    seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The id that a dashboard got when it was pushed to a destination, by its title.
CREATE TABLE dashboards (
    destination TEXT NOT NULL,
    title TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (destination, title)
) STRICT, WITHOUT ROWID;

-- Whether a series met its goal, as it was then, when it was last pushed to a destination.
CREATE TABLE goals (
    destination TEXT NOT NULL,
    key TEXT NOT NULL,
    tags TEXT NOT NULL,
    goal TEXT NOT NULL,
    met INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (destination, key, tags)
) STRICT, WITHOUT ROWID;

-- Events for a destination. One that is settled is kept without its body, so that it is never sent again;
-- one that is being sent, since a time, may have arrived, and is not sent again either.
CREATE TABLE events (
    destination TEXT NOT NULL,
    id TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'settled')),
    sending_since INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (destination, id)
) STRICT, WITHOUT ROWID;
