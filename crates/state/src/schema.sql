-- A run of the reporter. All its points have this timestamp, in seconds since 1970. If `backfilled` is 1, a backfill computed the
-- run later: it has only values, and no destination gets them. There is at most one such run for each timestamp. `trace` is the
-- trace of the run, as 32 hexadecimal digits, or NULL if spans were not collected.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    timestamp INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    backfilled INTEGER NOT NULL DEFAULT 0,
    trace TEXT
) STRICT;
CREATE INDEX runs_by_timestamp ON runs (timestamp);

-- The outcome of a metric for one of its subjects. The subject is empty if the metric has none. `message` is the reason for
-- no data, the error, or the first failed item with its error; it is empty for a value without failed items. The outcome has the
-- points of the run from `first` to `last`, and no points if `last` is less than `first`.
CREATE TABLE outcomes (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    key TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('value', 'no_data', 'error')),
    message TEXT NOT NULL,
    failed_items INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (run, key, subject)
) STRICT, WITHOUT ROWID;

-- A series, stored once for all its points. An interval of 0 means that there is none, or that each point has a start of its
-- own. An empty unit means no unit. `hash` is the hash of all other columns except `id`: an index of the texts themselves would
-- be as large as the table. The check does not use IN, because SQLite would build a table for it at each insert.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    hash INTEGER NOT NULL,
    key TEXT NOT NULL,
    tags TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'gauge' OR kind = 'count' OR kind = 'rate' OR kind = 'counter' OR kind = 'distribution'),
    interval INTEGER NOT NULL,
    unit TEXT NOT NULL
) STRICT;
CREATE INDEX series_by_hash ON series (hash);

-- The points of a run have the positions 0, 1, 2 and so on. First come the points of the outcomes, then those that were made
-- from them for one destination. A value is a number, or a distribution as JSON. `since_ms` is the start of the time that the
-- value covers, if it has one of its own. A trigger deletes points with their run: a foreign key would look up the run at each
-- insert.
CREATE TABLE points (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    series INTEGER NOT NULL,
    value REAL,
    distribution TEXT CHECK ((value IS NULL) <> (distribution IS NULL)),
    since_ms INTEGER,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER points_of_deleted_runs AFTER DELETE ON runs BEGIN
    DELETE FROM points WHERE run = old.id;
END;

-- Points that a destination has neither accepted nor refused yet, as ranges of positions that never overlap. Usually
-- thousands of points are added and removed together, and a range of any length is one row. A range with the time
-- `sending_since` is being sent: it may have arrived, and must not arrive twice.
CREATE TABLE outbox (
    destination TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (first <= last),
    sending_since INTEGER,
    PRIMARY KEY (destination, run, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_run ON outbox (run);

-- The destinations whose outboxes got the points of a run. `repeated` is the number of points that were not added, because
-- an earlier run had added the same series and time, and the destination would add up their values. It also counts totals of a
-- counter that are not newer than the last one. `baselines` is the number of counters whose total was not added, because the
-- previous total is not known. `withheld` is the number of points that were not added, because they continue those of earlier
-- runs, and this store does not have the runs before and after this one.
CREATE TABLE recipients (
    destination TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    repeated INTEGER NOT NULL,
    baselines INTEGER NOT NULL DEFAULT 0,
    withheld INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (destination, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_by_run ON recipients (run);

-- The last total of a counter that was recorded for a destination, which gets the differences. `timestamp` is the time of the
-- point, and `observed_ms` is the start of its run.
CREATE TABLE counters (
    destination TEXT NOT NULL,
    key TEXT NOT NULL,
    tags TEXT NOT NULL,
    total REAL NOT NULL,
    start_ms INTEGER,
    timestamp INTEGER NOT NULL,
    observed_ms INTEGER NOT NULL,
    PRIMARY KEY (destination, key, tags)
) STRICT, WITHOUT ROWID;

-- All values of a distribution that were recorded for a destination since a time, as JSON.
CREATE TABLE accumulated (
    destination TEXT NOT NULL,
    key TEXT NOT NULL,
    tags TEXT NOT NULL,
    distribution TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (destination, key, tags)
) STRICT;

-- `timestamp` is the time of the last value of a metric and subject. If there never was a value, it is the time of the first run
-- that collected the metric. `seen` is the time when the metric was last collected. Unlike old runs, a row is kept as long as the
-- metric and the subject exist.
CREATE TABLE last_values (
    key TEXT NOT NULL,
    subject TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (key, subject)
) STRICT, WITHOUT ROWID;

-- Descriptions of metrics from sources, as JSON. `source` is the source that described the metric last, at the time `seen`.
CREATE TABLE descriptions (
    key TEXT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    facts TEXT NOT NULL,
    seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The ids of pushed dashboards, by destination and title.
CREATE TABLE dashboards (
    destination TEXT NOT NULL,
    title TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (destination, title)
) STRICT, WITHOUT ROWID;

-- Whether a series met its goal in the last run that was recorded for a destination, at the time `timestamp`. For an unchanged
-- state, the time may be up to a day old.
CREATE TABLE goals (
    destination TEXT NOT NULL,
    key TEXT NOT NULL,
    tags TEXT NOT NULL,
    goal TEXT NOT NULL,
    met INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (destination, key, tags)
) STRICT, WITHOUT ROWID;

-- Events for a destination. A settled event is kept without its body, so that it is never sent again. An event with the
-- state `sending` may have arrived, and is not sent again either.
CREATE TABLE events (
    destination TEXT NOT NULL,
    id TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'settled')),
    sending_since INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (destination, id)
) STRICT, WITHOUT ROWID;

-- Responses of servers, compressed, with the time when they were last written or used. The client makes the keys. Each
-- is a hash of the owner and the URL of the response. The response is the last column, so that SQLite reads the others
-- without it.
CREATE TABLE responses (
    key TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    used INTEGER NOT NULL,
    response BLOB NOT NULL
) STRICT;
