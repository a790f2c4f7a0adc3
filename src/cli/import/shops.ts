import type { ForeignSource } from "../../domain/licensing/foreign/key.ts";
import type { CsvFile, CsvRow } from "./csv.ts";

/** A row in the words of every shop. `product`: the text by which `--map` chooses a plan. Empty texts are absent. */
export type ShopRow = {
  line: number;
  key: string;
  email: string;
  product: string;
  plan: string;
  machines: string;
  expires: string;
  note: string;
  /** Why the license is not in force at its shop, so that it is left out; null: it is. */
  ended: string | null;
};

type Shop = {
  source: ForeignSource;
  /** The columns by which an export of the shop is known, in small letters. */
  columns: readonly string[];
  read(cell: (name: string) => string): Omit<ShopRow, "line">;
};

const is = (text: string): boolean => text === "1" || text.toLowerCase() === "true";

const NOTHING = { plan: "", machines: "", note: "" };

/** The first of these reasons that holds, or null. */
const firstOf = (reasons: readonly (readonly [holds: boolean, reason: string])[]): string | null =>
  reasons.find(([holds]) => holds)?.[1] ?? null;

/**
 * The shops, the one with the most telling columns first. Gumroad: the export of sales, by the source of Gumroad itself
 * (antiwork/gumroad, `PurchaseExportService`). Lemon Squeezy and Keygen: the attributes of their API, as the guide
 * `moving-in` writes them into a file.
 */
const SHOPS: readonly Shop[] = [
  {
    source: "gumroad",
    columns: ["license key", "purchase email", "item name"],
    read: (cell) => ({
      ...NOTHING,
      key: cell("license key"),
      email: cell("giftee email") || cell("purchase email"),
      product: cell("item name"),
      expires: cell("subscription end date"),
      ended: firstOf([
        [cell("purchase id").toLowerCase() === "totals", "the sums of the file"],
        [cell("license key") === "", "the sale has no license key"],
        [cell("license key enabled?") === "0", "the key is disabled there"],
        [is(cell("fully refunded?")), "the sale was refunded"],
        [is(cell("disputed?")) && !is(cell("dispute won?")), "the sale is disputed"],
        [is(cell("access revoked?")), "access was revoked there"],
      ]),
    }),
  },
  {
    source: "lemon-squeezy",
    columns: ["key", "user_email", "activation_limit"],
    read: (cell) => ({
      ...NOTHING,
      key: cell("key"),
      email: cell("user_email"),
      product: cell("product_id"),
      machines: cell("activation_limit"),
      expires: cell("expires_at"),
      ended: firstOf([
        [cell("status") === "expired", "it has expired there"],
        [cell("status") === "disabled", "the key is disabled there"],
      ]),
    }),
  },
  {
    source: "keygen",
    columns: ["key", "email", "expiry"],
    read: (cell) => ({
      ...NOTHING,
      key: cell("key"),
      email: cell("email"),
      product: cell("policy"),
      machines: cell("maxmachines"),
      expires: cell("expiry"),
      ended: firstOf(
        ["EXPIRED", "SUSPENDED", "BANNED"].map((status) => [
          cell("status").toUpperCase() === status,
          `it is ${status.toLowerCase()} there`,
        ]),
      ),
    }),
  },
  {
    source: "other",
    columns: ["key", "email"],
    read: (cell) => ({
      key: cell("key"),
      email: cell("email"),
      product: cell("product"),
      plan: cell("plan"),
      machines: cell("machines"),
      expires: cell("expires"),
      note: cell("note"),
      ended: null,
    }),
  },
];

/** The rows of an export with the shop that it is from; null if its columns are of no known shop. */
export function readShopFile({ columns, rows }: CsvFile): { source: ForeignSource; rows: ShopRow[] } | null {
  const shop = SHOPS.find((one) => one.columns.every((name) => columns.includes(name)));
  if (!shop) return null;
  const read = ({ line, cells }: CsvRow): ShopRow => ({ line, ...shop.read((name) => cells.get(name) ?? "") });
  return { source: shop.source, rows: rows.map(read) };
}
