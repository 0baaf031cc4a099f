-- The trace of the run, as 32 hexadecimal digits. NULL if spans were not collected.
ALTER TABLE runs ADD COLUMN trace TEXT;
