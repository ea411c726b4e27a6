-- Jobs are taken as all that waits in tables is: by an id and the number of the attempt. A table's key can't be added on
-- SQLite, so it is made anew.

CREATE TABLE tenant_jobs_with_ids (
    id           INTEGER PRIMARY KEY,
    tenant_id    BIGINT NOT NULL,
    job          TEXT   NOT NULL,
    day          TEXT   NOT NULL,
    next_at      BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    -- How often it was taken; whoever notes something about it names that number.
    attempts     BIGINT NOT NULL DEFAULT 0,
    -- Not written any more.
    owner        TEXT,
    cursor       TEXT,
    counted      BIGINT NOT NULL,
    error        TEXT,
    UNIQUE (tenant_id, job)
);

INSERT INTO tenant_jobs_with_ids (tenant_id, job, day, next_at, leased_until, owner, cursor, counted, error)
SELECT tenant_id, job, day, next_at, leased_until, owner, cursor, counted, error FROM tenant_jobs;

DROP TABLE tenant_jobs;
ALTER TABLE tenant_jobs_with_ids RENAME TO tenant_jobs;

CREATE INDEX tenant_jobs_due ON tenant_jobs (tenant_id, next_at);
