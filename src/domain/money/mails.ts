import { DAY, type UnixSeconds } from "../../lib/time.ts";
import type { MailOfChange } from "../../platform/storage/change.ts";
import type { Payment, PaymentRow } from "./payment.ts";

/** A mail about a payment, without its license. */
export type PaymentMail = Pick<MailOfChange, "kind" | "data"> & { occasion: string };

/**
 * The mails about payments that are written for the first time in their state: a receipt for each further payment of a
 * subscription, and each refund. `known` are the rows before. The rows of a license without any are its history, which
 * its owner knows, except those of the last day. `isDue`: the payment is told as the end of a problem, not by a
 * receipt.
 */
export function mailsOfPayments(
  known: readonly PaymentRow[],
  written: readonly Payment[],
  { now, isDue }: { now: UnixSeconds; isDue: boolean },
): PaymentMail[] {
  return written
    .filter(({ at }) => known.length > 0 || at > now - DAY)
    .flatMap((row): PaymentMail[] => {
      const before = known.find(({ id }) => id === row.id);
      const data = { amount: row.total, currency: row.currency };
      if (row.kind === "refund") {
        return before === undefined && (row.state === "pending" || row.state === "succeeded")
          ? [{ kind: "license_refunded", occasion: row.id, data }]
          : [];
      }
      if (!isReceipt(row) || before?.is_paid === true || isDue) return [];
      const receipt = { ...data, first: row.converts_trial ? 1 : 0, invoice_url: row.invoice_url };
      return [{ kind: "renewed", occasion: row.id, data: receipt }];
    });
}

/** Whether a row is a payment that its customer did not make on a page: a renewal, or the first one after a trial. */
const isReceipt = ({ kind, is_paid, total, converts_trial }: Payment): boolean =>
  is_paid && total > 0 && (kind === "renewal" || kind === "update" || (kind === "purchase" && converts_trial));
