import * as z from "zod";

/** As long as an address at Stripe may be. */
const MAX_LENGTH = 512;

/**
 * A mail address as far as we judge one: two sides of one `@`, and nothing that could make two recipients or another header of
 * it. Whether it exists is known to its own server only, and buyers have addresses (`müller@example.de`, `r&d@example.com`)
 * that stricter rules refuse. Whatever Stripe took is mailed, and finds its keys again.
 */
export const MailAddress = z
  .string()
  .max(MAX_LENGTH)
  .regex(/^[^\s@,]+@[^\s@,]+$/, "must be a mail address");
