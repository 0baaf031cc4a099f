-- The tags are a JSON list, sorted.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    metric TEXT NOT NULL,
    tags TEXT NOT NULL,
    UNIQUE (metric, tags)
);

-- Times are in seconds since 1970. As in Datadog, there is one value for a series and a second.
CREATE TABLE points (
    series INTEGER NOT NULL REFERENCES series (id),
    time INTEGER NOT NULL,
    value REAL NOT NULL,
    kind TEXT NOT NULL,
    interval INTEGER,
    unit TEXT,
    PRIMARY KEY (series, time)
) WITHOUT ROWID;

-- Values of distributions, which add up. They are in the order of their arrival. A weight says how many times the
-- value counts.
CREATE TABLE distribution_values (
    series INTEGER NOT NULL REFERENCES series (id),
    time INTEGER NOT NULL,
    value REAL NOT NULL,
    weight REAL NOT NULL
);
CREATE INDEX distribution_values_of_series ON distribution_values (series, time);

-- Events as they were sent, and when they happened.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    event TEXT NOT NULL
);

-- The last status of each service check with its tags, as JSON.
CREATE TABLE checks (
    name TEXT NOT NULL,
    tags TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (name, tags)
);

-- All dashboards, all monitors and all metadata, each as one JSON document.
CREATE TABLE documents (
    kind TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

-- Spans as JSON. A start is in nanoseconds since 1970. The id of a trace is written in decimal digits, because it does
-- not fit into a number of SQLite.
CREATE TABLE spans (
    trace TEXT NOT NULL,
    start INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX spans_of_trace ON spans (trace);
CREATE INDEX spans_by_start ON spans (start);
