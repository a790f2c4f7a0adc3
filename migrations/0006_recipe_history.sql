-- What every git repository of recipes has held (src/git/): a row whenever its files had changed. Clones go on from these,
-- so none of them is ever changed or taken away.
CREATE TABLE recipe_history (
  repository TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  at INTEGER NOT NULL,
  message TEXT NOT NULL,
  -- The text of each file by its path.
  files TEXT NOT NULL CHECK (json_valid(files)),
  PRIMARY KEY (repository, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER recipe_history_is_never_changed BEFORE UPDATE ON recipe_history BEGIN SELECT RAISE(ABORT, 'the history of recipes is append-only'); END;
CREATE TRIGGER recipe_history_is_never_deleted BEFORE DELETE ON recipe_history BEGIN SELECT RAISE(ABORT, 'the history of recipes is append-only'); END;
