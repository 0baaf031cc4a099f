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
