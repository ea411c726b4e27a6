-- Which of the spent lots a return gave back to, and how much: a JSON list of [lot, hundredths]. A return made before
-- this has none; its parts are read from what its entries gave to lots.

ALTER TABLE returns ADD COLUMN put_back TEXT;
