import * as z from "zod";

/** The maximum length of an address at Stripe. */
const MAX_LENGTH = 512;

/**
 * A mail address: two parts around one `@`, without a character that could add a recipient or a header. The rule is
 * loose, because buyers have addresses that stricter rules refuse (`müller@example.de`, `r&d@example.com`). Every
 * address that Stripe accepts must be accepted here.
 */
export const MailAddress = z
  .string()
  .max(MAX_LENGTH)
  .regex(/^[^\s@,]+@[^\s@,]+$/, "must be a mail address");
