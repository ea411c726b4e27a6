-- History is appended, never changed: the database refuses the rest.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;

CREATE TRIGGER entries_refuse_change BEFORE UPDATE OR DELETE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER entry_lots_refuse_change BEFORE UPDATE OR DELETE ON entry_lots
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER sales_refuse_change BEFORE UPDATE OR DELETE ON sales
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER returns_refuse_change BEFORE UPDATE OR DELETE ON returns
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER receipts_refuse_change BEFORE UPDATE OR DELETE ON receipts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER programmes_refuse_change BEFORE UPDATE OR DELETE ON programmes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Room for heap-only updates: these two are changed by every sale.
ALTER TABLE clients SET (fillfactor = 70);
ALTER TABLE lots SET (fillfactor = 80);
