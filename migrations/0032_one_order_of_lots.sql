-- Open lots of a client are found in the order in which they are spent (0021); what of them is on hold is found by the
-- client's latest entries. An index less for every sale to write.

DROP INDEX lots_open;
