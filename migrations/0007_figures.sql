-- What dashboards read: figures by day, made from raw rows and made again at will. Portable like 0001.
-- Days are whole numbers by the shop's calendar: 20260605.

-- Each posted day is recomputed as a whole; reports add up `day`, so that a late receipt counts in its own.
CREATE TABLE daily_figures (
    tenant_id        BIGINT NOT NULL,
    -- When it was posted, and when the receipt was made.
    posted_day       BIGINT NOT NULL,
    day              BIGINT NOT NULL,
    -- Numbers of people don't add up, so each level has rows of its own; 0 where a level has no branch or register.
    level            TEXT   NOT NULL CHECK (level IN ('shop', 'branch', 'register')),
    branch_id        BIGINT NOT NULL,
    register_id      BIGINT NOT NULL,
    sales            BIGINT NOT NULL,
    sales_amount     BIGINT NOT NULL,
    receipts         BIGINT NOT NULL,
    receipts_amount  BIGINT NOT NULL,
    redemptions      BIGINT NOT NULL,
    redeemed         BIGINT NOT NULL,
    accrued          BIGINT NOT NULL,
    given            BIGINT NOT NULL,
    adjusted         BIGINT NOT NULL,
    expired          BIGINT NOT NULL,
    returns          BIGINT NOT NULL,
    returned_amount  BIGINT NOT NULL,
    revoked          BIGINT NOT NULL,
    settled          BIGINT NOT NULL,
    restored         BIGINT NOT NULL,
    new_clients      BIGINT NOT NULL,
    buyers           BIGINT NOT NULL,
    returning_buyers BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, posted_day, day, level, branch_id, register_id)
);

CREATE INDEX daily_figures_read ON daily_figures (tenant_id, level, day);

-- As of when each posted day was read; an older reading never replaces a newer one.
CREATE TABLE figure_days (
    tenant_id  BIGINT NOT NULL,
    posted_day BIGINT NOT NULL,
    read_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, posted_day)
);

-- Up to which sale `client_interests` is counted.
CREATE TABLE interest_cursors (
    tenant_id  BIGINT NOT NULL PRIMARY KEY,
    sale_id    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- How many clients each class had on a day.
CREATE TABLE rfm_figures (
    tenant_id BIGINT NOT NULL,
    day       BIGINT NOT NULL,
    class     TEXT   NOT NULL,
    clients   BIGINT NOT NULL,
    -- What they have spent within a year.
    spent     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, day, class)
);

-- What clients enrolled in one month bought in another. Months are whole numbers: 202606.
CREATE TABLE cohorts (
    tenant_id      BIGINT NOT NULL,
    enrolled_month BIGINT NOT NULL,
    month          BIGINT NOT NULL,
    clients        BIGINT NOT NULL,
    buyers         BIGINT NOT NULL,
    sales          BIGINT NOT NULL,
    amount         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, enrolled_month, month)
);

-- What is told to many clients at once, and what came of it.
CREATE TABLE campaigns (
    tenant_id             BIGINT NOT NULL,
    -- 1, 2, 3 … per tenant.
    id                    BIGINT NOT NULL,
    -- The caller's name for the one request that made it.
    request_key           TEXT,
    name                  TEXT   NOT NULL,
    author                TEXT   NOT NULL,
    -- JSON objects: whom it is for, its words by language, the goods it advertises.
    audience              TEXT   NOT NULL,
    texts                 TEXT   NOT NULL,
    goods                 TEXT   NOT NULL,
    hold_out_percent      BIGINT NOT NULL,
    portion_size          BIGINT NOT NULL,
    portion_pause_seconds BIGINT NOT NULL,
    attribution_days      BIGINT NOT NULL,
    -- `gathering`: its members are being written down.
    status                TEXT   NOT NULL CHECK (status IN ('gathering', 'running', 'sent', 'stopped')),
    -- The last client looked at.
    gathered_to           BIGINT NOT NULL,
    next_portion_at       BIGINT NOT NULL,
    first_portion_at      BIGINT,
    last_portion_at       BIGINT,
    created_at            BIGINT NOT NULL,
    -- How far it is.
    members               BIGINT NOT NULL DEFAULT 0,
    held_out              BIGINT NOT NULL DEFAULT 0,
    sent                  BIGINT NOT NULL DEFAULT 0,
    skipped               BIGINT NOT NULL DEFAULT 0,
    -- What came of it: those it was sent to, and those held out.
    measured_at           BIGINT,
    sent_clients          BIGINT NOT NULL DEFAULT 0,
    sent_buyers           BIGINT NOT NULL DEFAULT 0,
    sent_sales            BIGINT NOT NULL DEFAULT 0,
    sent_amount           BIGINT NOT NULL DEFAULT 0,
    sent_goods_buyers     BIGINT NOT NULL DEFAULT 0,
    held_clients          BIGINT NOT NULL DEFAULT 0,
    held_buyers           BIGINT NOT NULL DEFAULT 0,
    held_sales            BIGINT NOT NULL DEFAULT 0,
    held_amount           BIGINT NOT NULL DEFAULT 0,
    held_goods_buyers     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX campaigns_request ON campaigns (tenant_id, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX campaigns_unfinished ON campaigns (tenant_id, next_portion_at) WHERE status IN ('gathering', 'running');

CREATE TABLE campaign_members (
    tenant_id   BIGINT  NOT NULL,
    campaign_id BIGINT  NOT NULL,
    client_id   BIGINT  NOT NULL,
    -- Gets nothing, to be compared with.
    held_out    BOOLEAN NOT NULL,
    -- `skipped`: blocked, or wants no more of it, since the members were written down.
    status      TEXT    NOT NULL CHECK (status IN ('waiting', 'reached', 'skipped')),
    -- When the message was written, or would have been: purchases count from then on.
    reached_at  BIGINT,
    message_id  BIGINT,
    PRIMARY KEY (tenant_id, campaign_id, client_id)
);

CREATE INDEX campaign_members_waiting ON campaign_members (tenant_id, campaign_id, client_id)
 WHERE status = 'waiting';
