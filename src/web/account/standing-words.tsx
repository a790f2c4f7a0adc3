import type { LicenseRow, Standing } from "../../domain/licensing/license/record.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { type Child, Time, type Tone } from "../page/kit.ts";

/** A license's standing for its owner: a label, a statement with its cause, and the next step if there is one. */
export type StandingWords = { label: string; tone: Tone; says: Child; todo: Child };

const ASK_US = "For more information, reply to any mail from us.";
const BILLING = <a href="#billing">invoices and billing</a>;

/** A license's standing in words, without an admin's reason. `since`: the time it stopped being active, if known. */
export function standingInWords(
  license: LicenseRow,
  standing: Standing,
  since: UnixSeconds | null,
  { PURCHASE_URL, GRACE_DAYS }: Pick<Config, "PURCHASE_URL" | "GRACE_DAYS">,
): StandingWords {
  const on = dated("on", since);
  const buyAgain = <a href={PURCHASE_URL}>Buy a new license.</a>;
  switch (standing.status) {
    case "active":
      return activeInWords(license, standing, GRACE_DAYS > 0);
    case "suspended":
      return { label: "On hold", tone: "bad", ...holdInWords(standing.cause, since) };
    case "revoked":
      if (standing.cause === "admin") {
        return {
          label: "Revoked",
          tone: "bad",
          says: <>We revoked this license{on}. It opens no downloads.</>,
          todo: ASK_US,
        };
      }
      return {
        label: "Ended",
        tone: "bad",
        says:
          license.dispute_state === "lost" ? (
            <>This license ended{on}, because the bank returned its payment to you.</>
          ) : (
            <>This license ended{on}, because we refunded its payment.</>
          ),
        todo: buyAgain,
      };
    case "expired":
      return {
        label: "Ended",
        tone: "plain",
        says: (
          <>
            {standing.cause === "subscription" ? "The subscription of this license" : "This license"} ended{on}.
          </>
        ),
        todo: buyAgain,
      };
  }
}

function activeInWords(
  license: LicenseRow,
  { ends_at, warning }: Extract<Standing, { status: "active" }>,
  isGraceGiven: boolean,
): StandingWords {
  const { subscription_state, expires_at, grace_seconds } = license;
  if (warning === "in_grace" && ends_at !== null) {
    return {
      label: "Payment due",
      tone: "careful",
      says: (
        <>
          {subscription_state === "past_due" ? "The last payment failed." : "The renewal is not confirmed yet."} The
          license works until <Time at={ends_at} />.
        </>
      ),
      todo: <>To keep it, pay under {BILLING}.</>,
    };
  }
  const good = { label: "Active", tone: "good", todo: null } as const;
  if (ends_at === null) return { ...good, says: "This license does not end." };
  const end = <Time at={ends_at} />;
  if (subscription_state === "active" && expires_at !== null && ends_at === expires_at + grace_seconds) {
    // A renewing license has a grace period, a canceled one has none. Without grace periods only Stripe can tell.
    const renewal = <Time at={expires_at} />;
    if (grace_seconds > 0) return { ...good, says: <>This license renews on {renewal}.</> };
    if (!isGraceGiven) {
      const todo = <>Whether it renews is shown under {BILLING}.</>;
      return { ...good, says: <>This license is paid until {renewal}.</>, todo };
    }
    const says = <>This license is canceled: it works until {end} and ends then.</>;
    return { ...good, says, todo: <>Changed your mind? Undo the cancellation under {BILLING}.</> };
  }
  return { ...good, says: <>This license works until {end}.</> };
}

function holdInWords(
  cause: "admin" | "payment" | "subscription" | "expiry",
  since: UnixSeconds | null,
): { says: Child; todo: Child } {
  const from = dated("since", since);
  switch (cause) {
    case "admin":
      return { says: <>We put this license on hold{dated("on", since)}.</>, todo: ASK_US };
    case "payment":
      return {
        says: <>On hold{from}, because the payment for it is disputed at the bank.</>,
        todo: "It becomes active again if the dispute is decided in our favor. If the dispute is a mistake, withdraw it at your bank.",
      };
    case "subscription":
    case "expiry":
      return {
        says: <>On hold{from}, because the last payment failed.</>,
        todo: <>To use it again, pay under {BILLING}.</>,
      };
  }
}

/** For example ` on 3 May 2027`; empty if the time is unknown. */
const dated = (word: string, at: UnixSeconds | null): Child =>
  at === null ? null : (
    <>
      {` ${word} `}
      <Time at={at} />
    </>
  );
