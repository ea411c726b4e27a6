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
