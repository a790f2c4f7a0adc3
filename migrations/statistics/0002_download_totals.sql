-- Downloads of each file since the beginning, so that public figures need not add up every day (src/domain/figures/public).
CREATE TABLE download_totals (
  worker_id TEXT NOT NULL,
  version TEXT NOT NULL,
  platform TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (worker_id, version, platform)
) STRICT, WITHOUT ROWID;
INSERT INTO download_totals SELECT worker_id, version, platform, sum(count) FROM download_days GROUP BY 1, 2, 3;

-- Every write of download_days counts here in the same transaction. Rows of download_days are never deleted.
CREATE TRIGGER download_days_new AFTER INSERT ON download_days BEGIN INSERT INTO download_totals VALUES (new.worker_id, new.version, new.platform, new.count) ON CONFLICT DO UPDATE SET count = count + excluded.count; END;
CREATE TRIGGER download_days_more AFTER UPDATE OF count ON download_days BEGIN INSERT INTO download_totals VALUES (new.worker_id, new.version, new.platform, new.count - old.count) ON CONFLICT DO UPDATE SET count = count + excluded.count; END;
