const DAY = 86_400;
const DAYS = 90;

/** The downloads of each worker and version on a usual day. A version was published `since` days ago. */
const DOWNLOADS = [
  { worker: "llm-worker-rbee-cpu", version: "0.1.0", platform: "linux-x86_64", usual: 60, since: DAYS },
  { worker: "llm-worker-rbee-cpu", version: "0.1.0", platform: "linux-aarch64", usual: 14, since: DAYS },
  { worker: "llm-worker-rbee-premium-cpu", version: "1.0.0", platform: "linux-x86_64", usual: 12, since: DAYS },
  { worker: "llm-worker-rbee-premium-cpu", version: "1.2.0", platform: "linux-x86_64", usual: 25, since: 21 },
  { worker: "llm-worker-rbee-premium-cuda", version: "1.2.0", platform: "linux-x86_64", usual: 38, since: 34 },
] as const;

const REFUSALS = [
  { area: "download", code: "LICENSE_EXPIRED", worker: "llm-worker-rbee-premium-cpu", usual: 4 },
  { area: "download", code: "VERSION_NOT_COVERED", worker: "llm-worker-rbee-premium-cuda", usual: 2 },
  { area: "licensing", code: "MACHINE_LIMIT_REACHED", worker: "", usual: 3 },
  { area: "licensing", code: "KEY_ROTATED", worker: "", usual: 1 },
  { area: "account", code: "KEY_INVALID", worker: "", usual: 2 },
] as const;

const PLACES = ["DE 3320", "FR 12322", "NL 1136", "PL 5617", "US 7922", "BR 28573", "VN 7552"];

/** The checkout session of an order that Stripe does not know. */
export const UNREADABLE_SESSION = "cs_test_unreadable";

/** A payment event that needs a person. */
export const ODD_EVENT = "evt_1SampleOfAnUnknownPrice";

/** A number around `usual` that varies with the weekday and a wave. It is the same in every run. */
const onDay = (usual: number, daysAgo: number, salt: number): number =>
  Math.max(0, Math.round(usual * (1 + 0.3 * Math.sin(daysAgo / 3 + salt) - (daysAgo % 7 < 2 ? 0.4 : 0))));

/** The statement that inserts rows. */
function insertSql(table: string, rows: (string | number)[][]): string {
  const values = rows.map((row) => `(${row.map((value) => JSON.stringify(value).replaceAll('"', "'")).join(", ")})`);
  return `INSERT INTO ${table} VALUES ${values.join(", ")} ON CONFLICT DO NOTHING;`;
}

/**
 * The SQL for statistics that only accumulate over time: daily counts of the last three months, and a license with many
 * places of use. `now` is in Unix seconds.
 */
export function historySql(sharedLicense: string, now: number): string {
  const today = now - (now % DAY);
  const statements: string[] = [];
  const insert = (table: string, rows: (string | number)[][]): void => {
    statements.push(insertSql(table, rows));
  };
  for (let daysAgo = DAYS - 1; daysAgo > 0; daysAgo--) {
    const day = today - daysAgo * DAY;
    insert(
      "download_days",
      DOWNLOADS.filter(({ since }) => daysAgo < since).map(({ worker, version, platform, usual }, index) => [
        ...[day, worker, version, platform, onDay(usual, daysAgo, index)],
      ]),
    );
    insert(
      "refusal_days",
      REFUSALS.map(({ area, code, worker, usual }, index) => [day, area, code, worker, onDay(usual, daysAgo, index)]),
    );
    const active = 3 + Math.round((DAYS - daysAgo) / 11);
    insert("standing_days", [[day, active, 0, 1, 1, active - 2]]);
  }
  insert(
    "license_places",
    PLACES.map((place) => [sharedLicense, place.slice(0, 2), Number(place.slice(3)), today - DAY, today]),
  );
  return statements.join("\n");
}

/** The SQL for an order that Stripe does not know, and for an event that needs a person. */
export function oddPurchasesSql(now: number): string {
  const columns = "orders (id, checkout_session_id, plan, machines, state, cookie_hash, created_at)";
  const order = insertSql(columns, [["order-unreadable", UNREADABLE_SESSION, "premium-monthly", 5, "open", "", now]]);
  const type = "customer.subscription.updated";
  const outcome = "unknown price price_1Sample";
  return `${order}
    INSERT INTO stripe_events (id, type, object_id, created, received_at, handled_at, attempts, outcome, attention)
    VALUES ('${ODD_EVENT}', '${type}', 'sub_1Sample', ${now}, ${now}, ${now}, 1, '${outcome}', 1) ON CONFLICT DO NOTHING;`;
}

/** The SQL of a mail about a renewal, which has a link that turns such mails off. */
export const renewalMailSql = (licenseId: string, email: string, now: number): string =>
  `INSERT INTO mails (id, license_id, kind, occasion, recipient, data, created_at, next_attempt_at)
   VALUES ('mail_06b4m2v8w5r7q1t3x9z2k4n6p8', '${licenseId}', 'renewed', 'sample', '${email}', '{}', ${now}, ${now})
   ON CONFLICT DO NOTHING;`;
