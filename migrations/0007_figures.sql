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
