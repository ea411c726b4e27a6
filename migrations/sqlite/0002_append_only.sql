-- History is appended, never changed: the database refuses the rest.

CREATE TRIGGER entries_refuse_update BEFORE UPDATE ON entries BEGIN
    SELECT RAISE(ABORT, 'entries is append-only');
END;

CREATE TRIGGER entries_refuse_delete BEFORE DELETE ON entries BEGIN
    SELECT RAISE(ABORT, 'entries is append-only');
END;

CREATE TRIGGER entry_lots_refuse_update BEFORE UPDATE ON entry_lots BEGIN
    SELECT RAISE(ABORT, 'entry_lots is append-only');
END;

CREATE TRIGGER entry_lots_refuse_delete BEFORE DELETE ON entry_lots BEGIN
    SELECT RAISE(ABORT, 'entry_lots is append-only');
END;

CREATE TRIGGER sales_refuse_update BEFORE UPDATE ON sales BEGIN
    SELECT RAISE(ABORT, 'sales is append-only');
END;

CREATE TRIGGER sales_refuse_delete BEFORE DELETE ON sales BEGIN
    SELECT RAISE(ABORT, 'sales is append-only');
END;

CREATE TRIGGER returns_refuse_update BEFORE UPDATE ON returns BEGIN
    SELECT RAISE(ABORT, 'returns is append-only');
END;

CREATE TRIGGER returns_refuse_delete BEFORE DELETE ON returns BEGIN
    SELECT RAISE(ABORT, 'returns is append-only');
END;

CREATE TRIGGER receipts_refuse_update BEFORE UPDATE ON receipts BEGIN
    SELECT RAISE(ABORT, 'receipts is append-only');
END;

CREATE TRIGGER receipts_refuse_delete BEFORE DELETE ON receipts BEGIN
    SELECT RAISE(ABORT, 'receipts is append-only');
END;

CREATE TRIGGER programmes_refuse_update BEFORE UPDATE ON programmes BEGIN
    SELECT RAISE(ABORT, 'programmes is append-only');
END;

CREATE TRIGGER programmes_refuse_delete BEFORE DELETE ON programmes BEGIN
    SELECT RAISE(ABORT, 'programmes is append-only');
END;
