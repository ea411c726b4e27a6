-- The programme at work: rules, time, messages. Portable like 0001.

ALTER TABLE programmes ADD COLUMN author TEXT NOT NULL DEFAULT '';

-- The version in force when the sale was made.
ALTER TABLE sales ADD COLUMN programme_version BIGINT;

-- Purchases made after `year_from`, less what of them was returned; the tier review moves both.
ALTER TABLE clients ADD COLUMN year_spent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN year_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN last_purchase_at BIGINT;
-- 501 is the first of May.
ALTER TABLE clients ADD COLUMN birth_month_day BIGINT;
ALTER TABLE clients ADD COLUMN language TEXT;
-- The bot may not write: the client has stopped it.
ALTER TABLE clients ADD COLUMN telegram_silent BOOLEAN NOT NULL DEFAULT FALSE;
-- What a client lets us send: `all`, `own` (about own bonuses alone), `none`.
ALTER TABLE clients ADD COLUMN consent TEXT NOT NULL DEFAULT 'all';
ALTER TABLE clients ADD COLUMN rfm TEXT;

UPDATE clients SET year_spent = total_spent,
       last_purchase_at = (SELECT MAX(s.created_at) FROM sales AS s
                            WHERE s.tenant_id = clients.tenant_id AND s.client_id = clients.id AND s.kind = 'sale');
UPDATE clients SET birth_month_day = CAST(substr(birth_date, 6, 2) || substr(birth_date, 9, 2) AS BIGINT)
 WHERE birth_date IS NOT NULL;

CREATE INDEX clients_birthday ON clients (tenant_id, birth_month_day) WHERE birth_month_day IS NOT NULL;
CREATE INDEX clients_enrolled ON clients (tenant_id, created_at);

-- What an entry happens because of, where that may happen once alone: `birthday 2026`, `referral 17`.
ALTER TABLE entries ADD COLUMN cause TEXT;

CREATE UNIQUE INDEX entries_cause ON entries (tenant_id, client_id, cause) WHERE cause IS NOT NULL;
-- Gifts, expiries, returns: what no sale row tells of.
CREATE INDEX entries_apart ON entries (tenant_id, id) WHERE sale_id IS NULL;

ALTER TABLE lots ADD COLUMN reminded_at BIGINT;

CREATE INDEX lots_expiring ON lots (tenant_id, expires_at) WHERE open;

-- What a posting to one account means for another: a posting of its own, repeated until it is made.
CREATE TABLE follow_ups (
    tenant_id  BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    -- Whose account.
    client_id  BIGINT NOT NULL,
    -- A JSON object: what is to be done.
    task       TEXT   NOT NULL,
    due_at     BIGINT NOT NULL,
    attempts   BIGINT NOT NULL,
    error      TEXT,
    done_at    BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX follow_ups_due ON follow_ups (tenant_id, due_at) WHERE done_at IS NULL;

-- JSON objects.
ALTER TABLE promotions ADD COLUMN limits TEXT;
ALTER TABLE promotions ADD COLUMN combinable BOOLEAN NOT NULL DEFAULT FALSE;
-- Receipts it was applied to; counted where it is limited.
ALTER TABLE promotions ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE promotions ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE promotions ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;

-- How often a client has had a promotion that is limited per client.
CREATE TABLE promotion_uses (
    tenant_id    BIGINT NOT NULL,
    promotion_id BIGINT NOT NULL,
    client_id    BIGINT NOT NULL,
    times        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, promotion_id, client_id)
);

-- What a client buys: by article, category and interest tag of the lines of receipts.
CREATE TABLE client_interests (
    tenant_id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    kind      TEXT   NOT NULL CHECK (kind IN ('sku', 'category', 'tag')),
    name      TEXT   NOT NULL,
    -- Receipts with it, and the newest of them.
    times     BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id, kind, name)
);

CREATE INDEX client_interests_of_goods ON client_interests (tenant_id, kind, name, last_at);

-- Messages to clients, written with what they tell of. A body that holds a code is sealed, and gone when sent.
DROP TABLE outbox;
CREATE TABLE outbox (
    tenant_id     BIGINT NOT NULL,
    id            BIGINT NOT NULL,
    -- None for a code: its phone may be nobody's yet.
    client_id     BIGINT,
    kind          TEXT   NOT NULL,
    -- A JSON object for the template; none for a code.
    params        TEXT,
    -- Phone and code.
    body_sealed   TEXT,
    campaign_id   BIGINT,
    status        TEXT   NOT NULL CHECK (status IN ('waiting', 'sent', 'failed', 'skipped')),
    due_at        BIGINT NOT NULL,
    -- Of no use after it.
    expires_at    BIGINT NOT NULL,
    -- By the machines' clocks: until then it is somebody's.
    leased_until  BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    -- Channels that have taken it: `push telegram`.
    channels      TEXT   NOT NULL,
    -- Why it was not sent, or not by the first channel.
    reason        TEXT,
    -- As sent; never a code.
    text          TEXT,
    -- The channel's own id of it.
    remote_id     TEXT,
    sent_at       BIGINT,
    -- What became of it afterwards, where the channel tells (`delivered`, `lost`, `on_its_way`), and when it was asked.
    delivery      TEXT,
    delivery_at   BIGINT,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX outbox_due ON outbox (tenant_id, due_at) WHERE status = 'waiting';
CREATE INDEX outbox_of_client ON outbox (tenant_id, client_id, id) WHERE client_id IS NOT NULL;

-- How a shop reaches its clients. Telegram's bot is in the shop's own row.
CREATE TABLE channels (
    tenant_id     BIGINT  NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('push', 'telegram', 'sms')),
    enabled       BOOLEAN NOT NULL,
    -- A JSON object: the service account, the login.
    config_sealed TEXT,
    -- It asked for a pause, by the machines' clocks.
    paused_until  BIGINT  NOT NULL,
    error         TEXT,
    error_at      BIGINT,
    -- What is left on the account, in hundredths of its currency, and when it was asked.
    balance       BIGINT,
    balance_at    BIGINT,
    updated_at    BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, kind)
);

-- A shop's own words.
CREATE TABLE message_templates (
    tenant_id  BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    text       TEXT   NOT NULL,
    author     TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, language)
);

-- True while the shop has a channel: only then do postings write messages.
ALTER TABLE tenants ADD COLUMN has_channels BOOLEAN NOT NULL DEFAULT FALSE;
-- `first`: the first channel that applies; `all`: every one.
ALTER TABLE tenants ADD COLUMN message_mode TEXT NOT NULL DEFAULT 'first';
-- Minutes of the shop's day; none: no quiet hours.
ALTER TABLE tenants ADD COLUMN quiet_from BIGINT;
ALTER TABLE tenants ADD COLUMN quiet_to BIGINT;
-- Where Telegram was last told to send the bot's updates.
ALTER TABLE tenants ADD COLUMN telegram_webhook_url TEXT;

UPDATE tenants SET has_channels = TRUE WHERE telegram_bot_token_sealed IS NOT NULL;

-- What is to be done for a shop by the clock: one row a job, taken with a lease.
CREATE TABLE tenant_jobs (
    tenant_id    BIGINT NOT NULL,
    job          TEXT   NOT NULL,
    -- The shop's day it will run for, and when that run is due.
    day          TEXT   NOT NULL,
    next_at      BIGINT NOT NULL,
    -- By the machines' clocks, and who has it.
    leased_until BIGINT NOT NULL,
    owner        TEXT,
    -- How far it got, and what it has done so far.
    cursor       TEXT,
    counted      BIGINT NOT NULL,
    error        TEXT,
    PRIMARY KEY (tenant_id, job)
);

CREATE INDEX tenant_jobs_due ON tenant_jobs (next_at);

-- What was done: each job once per shop and day.
CREATE TABLE job_runs (
    tenant_id    BIGINT NOT NULL,
    job          TEXT   NOT NULL,
    day          TEXT   NOT NULL,
    scheduled_at BIGINT NOT NULL,
    finished_at  BIGINT NOT NULL,
    counted      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, job, day)
);
