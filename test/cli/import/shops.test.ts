import { describe, expect, it } from "vitest";
import { parseCsv } from "../../../src/cli/import/csv.ts";
import { requestOfRow } from "../../../src/cli/import/rows.ts";
import { readShopFile, type ShopRow } from "../../../src/cli/import/shops.ts";
import { fromRfc3339 } from "../../../src/lib/time.ts";

const NOW = fromRfc3339("2026-11-29T12:00:00Z");
const KEY = "85DB562A-C11D4B06-A2335A6B-8C079166";

function read(...lines: string[]): { source: string; rows: ShopRow[] } {
  const file = readShopFile(parseCsv(lines.join("\n")));
  if (file === null) throw new Error("of no known shop");
  return file;
}

/** The request or the reason of each row, with `--plan premium-lifetime`. */
function decide(rows: readonly ShopRow[], byProduct: [string, string][] = [], plan = "premium-lifetime") {
  const earlier = new Map<string, number>();
  return rows.map((row) => {
    const decided = requestOfRow(row, { plan, byProduct: new Map(byProduct) }, earlier, NOW);
    return decided.ok ? decided.value : `${decided.error.kind}: ${decided.error.reason}`;
  });
}

describe("an export of Gumroad", () => {
  const HEADER =
    "Purchase ID,Item Name,Purchase Email,Giftee Email,Fully Refunded?,Disputed?,Dispute Won?,Access Revoked?,Subscription End Date,License Key,License Key Enabled?";

  it("gives each license in force to its buyer, or to the person who got it as a gift", () => {
    const { source, rows } = read(
      HEADER,
      `1,Premium,ada@example.com,,0,0,0,0,,${KEY},1`,
      `2,Monthly,bob@example.com,grace@example.com,0,1,1,0,2027-01-31 00:00:00 UTC,${KEY}-2,1`,
    );
    expect(source).toBe("gumroad");
    expect(decide(rows, [["Monthly", "premium-monthly"]])).toEqual([
      { key: KEY, email: "ada@example.com", plan: "premium-lifetime" },
      { key: `${KEY}-2`, email: "grace@example.com", plan: "premium-monthly", expires_at: "2027-01-31T00:00:00Z" },
    ]);
  });

  it("leaves out what has ended, later charges of a subscription, and the line of sums", () => {
    const { rows } = read(
      HEADER,
      `1,P,a@example.com,,1,0,0,0,,${KEY}-1,1`,
      `2,P,a@example.com,,0,1,0,0,,${KEY}-2,1`,
      `3,P,a@example.com,,0,0,0,1,,${KEY}-3,1`,
      `4,P,a@example.com,,0,0,0,0,,${KEY}-4,0`,
      `5,P,a@example.com,,0,0,0,0,2026-01-31,${KEY}-5,1`,
      "6,P,a@example.com,,0,0,0,0,,,",
      `7,P,a@example.com,,0,0,0,0,,${KEY},1`,
      `8,P,a@example.com,,0,0,0,0,,${KEY},1`,
      "Totals,,,,,,,,,,",
    );
    const outcomes = decide(rows);
    expect(outcomes.filter((outcome) => typeof outcome !== "string")).toHaveLength(1);
    expect(outcomes.filter((outcome) => typeof outcome === "string")).toEqual([
      "left: the sale was refunded",
      "left: the sale is disputed",
      "left: access was revoked there",
      "left: the key is disabled there",
      "left: it has ended there",
      "left: the sale has no license key",
      "left: the same key as in line 8",
      "left: the sums of the file",
    ]);
  });
});

it("a file of Lemon Squeezy: limits and ends are taken, expired and disabled keys are left out", () => {
  const { source, rows } = read(
    "key,user_email,status,activation_limit,expires_at,product_id",
    "38b1460a-5104-4067-a91d-77b872934d51,ada@example.com,active,5,2027-05-24T14:15:07.000000Z,7",
    "80e15db5-c796-436b-850c-8f9c98a48abe,bob@example.com,inactive,,,7",
    "90e15db5-c796-436b-850c-8f9c98a48abe,bob@example.com,expired,5,,7",
    "a0e15db5-c796-436b-850c-8f9c98a48abe,bob@example.com,disabled,5,,7",
  );
  expect(source).toBe("lemon-squeezy");
  expect(decide(rows)).toMatchObject([
    { machine_limit: 5, expires_at: "2027-05-24T14:15:07Z", plan: "premium-lifetime" },
    { email: "bob@example.com" },
    "left: it has expired there",
    "left: the key is disabled there",
  ]);
});

it("a file of Keygen: the policy chooses the plan, and keys of both cases stay as they are", () => {
  const signed = "key/QUNNRS1rZXk=.c2lnbmF0dXJlIG9mIHRoZSBrZXk=";
  const { source, rows } = read(
    "key,email,status,expiry,maxMachines,policy",
    `${signed},ada@example.com,ACTIVE,,3,pol-1`,
    "C1B6DE-39A6E3-DE1529-8559A0-4AF593-V3,bob@example.com,BANNED,,3,pol-1",
  );
  expect(source).toBe("keygen");
  expect(decide(rows, [["pol-1", "premium-monthly"]])).toEqual([
    { key: signed, email: "ada@example.com", plan: "premium-monthly", machine_limit: 3 },
    "left: it is banned there",
  ]);
});

describe("a file of our own columns", () => {
  it("names the plan, machines, end and note of each row", () => {
    const { source, rows } = read(
      "key,email,plan,machines,expires,note",
      `${KEY},ada@example.com,premium-monthly,2,2027-01-31,from the fair`,
    );
    expect(source).toBe("other");
    expect(decide(rows)).toEqual([
      {
        ...{ key: KEY, email: "ada@example.com", plan: "premium-monthly", machine_limit: 2 },
        ...{ expires_at: "2027-01-31T00:00:00Z", note: "from the fair" },
      },
    ]);
  });

  it("has the fault of each wrong row, without its key", () => {
    const { rows } = read(
      "key,email,plan,machines,expires",
      "ACME-1,ada@example.com,,,",
      `${KEY}-1,nobody,,,`,
      `${KEY}-2,ada@example.com,gold,,`,
      `${KEY}-3,ada@example.com,,none,`,
      `${KEY}-4,ada@example.com,,,someday`,
    );
    const faults = decide(rows);
    expect(faults).toEqual([
      expect.stringContaining("fault: the key is missing, has fewer than 16"),
      "fault: the email is missing or not valid",
      expect.stringContaining("fault: there is no plan gold"),
      expect.stringContaining("fault: the number of machines"),
      "fault: the end is no date",
    ]);
    expect(JSON.stringify(faults)).not.toMatch(/ACME|85DB/);
    expect(
      decide(
        rows.slice(1, 2).map((row) => ({ ...row, email: "a@b.c" })),
        [],
        "",
      ),
    ).toEqual(["fault: no plan: give --plan, or --map 'PRODUCT=PLAN'"]);
  });
});

it("a file without keys or emails is of no known shop", () => {
  expect(readShopFile(parseCsv("name,email\nAda,ada@example.com"))).toBeNull();
});
