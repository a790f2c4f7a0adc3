import * as z from "zod";
import { masked } from "../../lib/masking/masked.ts";
import { CHECK_NAMES, CHECKS, type CheckName } from "./checks.ts";

/** `unknown`: the doctor could not look, for the reason in `detail`. */
export const STATUSES = ["ok", "warning", "failed", "unknown"] as const;
export type Status = (typeof STATUSES)[number];

/** The outcome of one check. */
export const Finding = z.object({
  check: z.enum(CHECK_NAMES),
  /** The one thing of several that the finding is about, such as a secret or a store. */
  subject: z.string().nullable(),
  status: z.enum(STATUSES),
  /** The facts, as a sentence. It never quotes a secret. */
  detail: z.string(),
  /** The operator's next act; null if the check passes. */
  remedy: z.string().nullable(),
});
export type Finding = z.output<typeof Finding>;

type Options = { subject?: string; remedy?: string };

const finding =
  (status: Status) =>
  (check: CheckName, detail: string, { subject, remedy = CHECKS[check].remedy }: Options = {}): Finding => ({
    check,
    subject: subject ?? null,
    status,
    // The text of an error may quote a credential.
    detail: masked(detail),
    remedy: status === "ok" ? null : remedy,
  });

/** The check passes. `detail` is the sentence to show; the remedy is that of the check unless given. */
export const pass = finding("ok");
/** Nothing is broken yet, but the operator should act. */
export const warn = finding("warning");
/** Something that must hold does not. */
export const fail = finding("failed");
/** The doctor could not look. */
export const unclear = finding("unknown");

/** The number of findings of each status. */
export type Summary = Record<Status, number>;

/** Counts the findings by status. */
export function summaryOf(findings: readonly Pick<Finding, "status">[]): Summary {
  const summary: Summary = { ok: 0, warning: 0, failed: 0, unknown: 0 };
  for (const { status } of findings) summary[status]++;
  return summary;
}

/** A summary as a sentence: `All 24 checks pass.` or `20 checks pass, 1 failed, 2 warn, 1 unknown.` */
export function sayOf({ ok, warning, failed, unknown }: Summary): string {
  if (warning + failed + unknown === 0) return `All ${ok} checks pass.`;
  const rest = [
    failed > 0 && `${failed} failed`,
    warning > 0 && `${warning} warn`,
    unknown > 0 && `${unknown} unknown`,
  ];
  return `${[`${ok} checks pass`, ...rest.filter(Boolean)].join(", ")}.`;
}

/** The findings in the order of the table of checks, and within a check as they are. */
export const inOrder = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((a, b) => CHECK_NAMES.indexOf(a.check) - CHECK_NAMES.indexOf(b.check));
