/**
 * The errors of Cloudflare's `send_email` binding that a retry cannot change, because the fault is in this mail, with
 * the reason for an admin. From developers.cloudflare.com/email-service, "Workers API", "Error codes". Not here, and
 * retried, are the codes that an operator or time can change: E_SENDER_NOT_VERIFIED, E_SENDER_DOMAIN_NOT_AVAILABLE,
 * E_RECIPIENT_NOT_ALLOWED (the account's plan or the binding), E_RATE_LIMIT_EXCEEDED, E_DAILY_LIMIT_EXCEEDED and
 * E_INTERNAL_SERVER_ERROR.
 */
const PERMANENT: Readonly<Record<string, string>> = {
  E_RECIPIENT_SUPPRESSED: "the address has bounced or reported spam; ask the owner for another one",
  E_VALIDATION_ERROR: "the provider takes no such address or mail",
  E_FIELD_MISSING: "the mail is incomplete",
  E_TOO_MANY_RECIPIENTS: "the mail has too many recipients",
  E_TOO_MANY_ATTACHMENTS: "the mail has too many attachments",
  E_CONTENT_TOO_LARGE: "the mail is too large",
};

/** The codes about headers: E_HEADER_NOT_ALLOWED, E_HEADERS_TOO_LARGE and others. */
const ABOUT_HEADERS = /^E_HEADERS?_/;

/**
 * A permanent failure in the answer of the recipient's server: 550, or 5.1.1 as an enhanced status (RFC 5321, section
 * 4.2.1; RFC 3463, section 2). 552 and 5.2.2 are left out, because a full mailbox may be emptied.
 */
const PERMANENT_STATUS = /(?<![\d.])(?:5(?!52\b)[0-5]\d|5\.(?!2\.2\b)\d{1,3}\.\d{1,3})(?![\d.])/;

/** The reason that no retry of a mail can succeed, or null if one may. `error` is thrown by `EMAIL.send`. */
export function permanentRefusal(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  if (ABOUT_HEADERS.test(error.code)) return "the provider takes no such header";
  if (error.code === "E_DELIVERY_FAILED") {
    return PERMANENT_STATUS.test(error.message) ? "the recipient's server refuses it for good" : null;
  }
  return Object.hasOwn(PERMANENT, error.code) ? (PERMANENT[error.code] ?? null) : null;
}
