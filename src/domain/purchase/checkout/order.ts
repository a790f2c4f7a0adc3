import * as z from "zod";
import { newId } from "../../../lib/id.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { RootKind } from "../../../platform/storage/change.ts";
import { type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import { HOLD_REASONS } from "./decision.ts";

/** The states of an order. `held`: the money is here, no license can be made of it, and an admin must look. */
export const ORDER_STATES = ["open", "pending", "held", "complete", "failed"] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** How a held order was solved: by another look at it, a plan, a license, or a refund. */
export const RESOLUTIONS = ["retry", "plan", "license", "refund"] as const;

/** How a buyer gave consent before the payment: by our form, or by a client that says so. */
export const CONSENT_WAYS = ["form", "api"] as const;

/** The columns of `orders`. */
export const OrderRow = z.object({
  id: z.string(),
  checkout_session_id: z.string().nullable(),
  plan: z.string(),
  machines: z.number(),
  state: z.enum(ORDER_STATES),
  /** Null: the checkout did not begin here, so no browser sees its key. */
  cookie_hash: z.string().nullable(),
  /** The hash of the secret in the return address. Null for an order of an older version, which made none. */
  return_hash: z.string().nullable(),
  /** The browser that was the first to come back by the return address after the payment. */
  returned_by: z.enum(["buyer", "other"]).nullable(),
  /** Null for an order of an older version that no license came of. */
  livemode: z
    .number()
    .transform((flag) => flag === 1)
    .nullable(),
  /** The license that the order is to upgrade; null: it makes a new one. */
  upgrades: z.string().nullable(),
  /** The license that the order has made or changed. */
  license_id: z.string().nullable(),
  /** The buyer's address in lower case, once it was paid. */
  email: z.string().nullable(),
  /** In the smallest unit of `currency`. */
  amount_total: z.number().nullable(),
  currency: z.string().nullable(),
  held_at: z.number().nullable(),
  held_reason: z.enum(HOLD_REASONS).nullable(),
  held_detail: z.string().nullable(),
  resolved_at: z.number().nullable(),
  resolution: z.enum(RESOLUTIONS).nullable(),
  /** The subscription that the license had before an upgrade, to be ended at Stripe. */
  replaced_subscription_id: z.string().nullable(),
  replaced_at: z.number().nullable(),
  /** The buyer's consent to the seller's terms. Null for an older order, and for a sale that did not begin here. */
  terms_at: z.number().nullable(),
  /** The SHA-256 of the terms, or of the URL that has them, in hex. */
  terms_version: z.string().nullable(),
  terms_by: z.enum(CONSENT_WAYS).nullable(),
  /** The worker whose page the buyer came from. */
  worker: z.string().nullable(),
  revision: z.number(),
  created_at: z.number(),
});
export type Order = z.output<typeof OrderRow>;

/** The columns of an order that an act on it may change. */
export type OrderPatch = Partial<
  Pick<
    Order,
    | "state"
    | "license_id"
    | "email"
    | "amount_total"
    | "currency"
    | "held_at"
    | "held_reason"
    | "held_detail"
    | "resolved_at"
    | "resolution"
    | "replaced_subscription_id"
  >
>;

/** What Stripe says of the payment of an order. */
export type Payment = Pick<Order, "email" | "amount_total" | "currency">;

/** The columns that the beginning of a checkout sets. */
const BEGUN = [
  ...(["id", "plan", "machines", "cookie_hash", "return_hash", "upgrades"] as const),
  ...(["terms_at", "terms_version", "terms_by", "worker"] as const),
] as const;

/** Stores an order before its checkout session exists. Throws D1's errors. */
export async function insertOrder(
  db: D1Database,
  order: Pick<Order, (typeof BEGUN)[number]> & { livemode: boolean },
  now: UnixSeconds,
): Promise<void> {
  const columns = [...BEGUN, "livemode", "created_at"];
  await db
    .prepare(`INSERT INTO orders (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`)
    .bind(...BEGUN.map((name) => order[name]), order.livemode ? 1 : 0, now)
    .run();
}

/** The consent of an order for the audit trail; nothing if it has none. */
export const consentOf = (order: Pick<Order, "terms_at" | "terms_version"> | null) =>
  order?.terms_at ? { terms_at: order.terms_at, terms_version: order.terms_version } : {};

/**
 * The statement that makes an order of a sale that did not begin here, for example by a payment link. Does nothing if
 * the session has an order.
 */
export const orderOfOtherSale = (
  db: D1Database,
  sale: Pick<Order, "plan" | "machines"> & { sessionId: string; livemode: boolean },
  now: UnixSeconds,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO orders (id, checkout_session_id, plan, machines, livemode, created_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    )
    .bind(newId("ord"), sale.sessionId, sale.plan, sale.machines, sale.livemode ? 1 : 0, now);

/** Stores the session that Stripe made for an order. Throws D1's errors. */
export async function setOrderSession(db: D1Database, id: string, sessionId: string): Promise<void> {
  await db.prepare("UPDATE orders SET checkout_session_id = ? WHERE id = ?").bind(sessionId, id).run();
}

/** The order of a session, or null if it has none. Throws D1's errors. */
export async function findOrder(db: D1Database, sessionId: string): Promise<Order | null> {
  const row = await db.prepare("SELECT * FROM orders WHERE checkout_session_id = ?").bind(sessionId).first();
  return row === null ? null : OrderRow.parse(row);
}

/** The order with this id, or of the session with this id. Throws NOT_FOUND, and D1's errors. */
export async function requireOrder(db: D1Database, id: string): Promise<Order> {
  const column = id.startsWith("cs_") ? "checkout_session_id" : "id";
  const row = await db.prepare(`SELECT * FROM orders WHERE ${column} = ?`).bind(id).first();
  if (row !== null) return OrderRow.parse(row);
  throw new Problem({ code: "NOT_FOUND", detail: "There is no order with this id." });
}

/** Notes the browser that came back first, unless one has, and returns the order. Null if it was purged. */
export async function returnNoted(db: D1Database, id: string, by: "buyer" | "other"): Promise<Order | null> {
  const row = await db
    .prepare("UPDATE orders SET returned_by = coalesce(returned_by, ?) WHERE id = ? RETURNING *")
    .bind(by, id)
    .first();
  return row === null ? null : OrderRow.parse(row);
}

/**
 * The states that lead to each state of an order: complete is final, a held order leaves its state only by a license or
 * a refund, and failed never becomes pending.
 */
const COMES_FROM: Record<Exclude<OrderState, "open">, OrderState[]> = {
  pending: ["open"],
  failed: ["open", "pending"],
  held: ["open", "pending", "failed"],
  complete: ["open", "pending", "failed", "held"],
};

/** Whether an order may move to `state`. Events may come in any order, and a solved order is final. */
export const mayBecome = (order: Pick<Order, "state" | "resolved_at">, state: Exclude<OrderState, "open">): boolean =>
  order.resolved_at === null && COMES_FROM[state].includes(order.state);

/** The statement that moves a session's order to `pending` or `failed`, if it may. */
export const orderMoved = (db: D1Database, sessionId: string, state: "pending" | "failed"): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE orders SET state = ?1, revision = revision + 1
       WHERE checkout_session_id = ?2 AND resolved_at IS NULL AND state IN (SELECT value FROM json_each(?3))`,
    )
    .bind(state, sessionId, JSON.stringify(COMES_FROM[state]));

/** A sale that a license has been made or changed for. */
type Sale = {
  sessionId: string;
  licenseId: string;
  payment: Payment;
  /** The subscription that the license had before. It must end. */
  replaced: string | null;
};

/**
 * The statement that completes a session's order, if the change of its license takes effect. An order that was held is
 * solved by that; `resolution` says how.
 */
export const orderCompleted = (
  db: D1Database,
  { sessionId, licenseId, payment, replaced }: Sale,
  change: Change,
  resolution: Exclude<Order["resolution"], "refund" | null> = "retry",
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "licenses", id: licenseId },
    change.id,
    `UPDATE orders SET state = 'complete', license_id = ?, email = ?, amount_total = ?, currency = ?,
       replaced_subscription_id = ?, resolved_at = CASE WHEN held_at IS NULL THEN NULL ELSE ? END,
       resolution = CASE WHEN held_at IS NULL THEN NULL ELSE ? END, revision = revision + 1, last_change = ?
     WHERE checkout_session_id = ? AND state <> 'complete' AND resolved_at IS NULL AND TOOK_EFFECT`,
    licenseId,
    payment.email,
    payment.amount_total,
    payment.currency,
    replaced,
    change.at,
    resolution,
    change.id,
    sessionId,
  );

/** An order, for `change`. The write takes effect only at the revision of the decision. */
export const orderRoot: RootKind<Order, OrderPatch> = {
  table: "orders",
  read: requireOrder,
  write: (db, { id, revision }, patch, change) =>
    db
      .prepare(
        `UPDATE orders SET ${Object.keys(patch)
          .map((name) => `${name} = ?, `)
          .join("")} revision = revision + 1, last_change = ? WHERE id = ? AND revision = ?`,
      )
      .bind(...Object.values(patch), change.id, id, revision),
  after: (order, patch) => ({ ...order, ...patch, revision: order.revision + 1 }),
  publication: () => undefined,
};

/** The license that a session has made or changed, or null. Throws D1's errors. */
export async function licenseOfSession(db: D1Database, sessionId: string): Promise<string | null> {
  const row = await db
    .prepare(
      `SELECT id FROM licenses WHERE checkout_session_id = ?1
       UNION ALL SELECT license_id FROM orders WHERE checkout_session_id = ?1 AND state = 'complete' AND license_id IS NOT NULL
       LIMIT 1`,
    )
    .bind(sessionId)
    .first<{ id: string }>();
  return row?.id ?? null;
}
