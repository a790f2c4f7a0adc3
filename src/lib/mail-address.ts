import * as z from "zod";

/** The maximum length of an address at Stripe. */
const MAX_LENGTH = 512;

const ADDRESS = /^[^\s@,<>\p{Cc}\p{Cf}\p{Cs}]+@[^\s@,<>\p{Cc}\p{Cf}\p{Cs}]+$/u;

/**
 * A mail address: two parts around one `@`, without a character that could add a recipient or a header (`,`, `<`, `>`,
 * blanks, line ends), and without one that nobody sees (NUL and other controls, directions of writing, zero-width
 * characters, lone surrogates), because a reader could not tell such an address from another. Apart from that the rule
 * is loose, because buyers have addresses that stricter rules refuse (`müller@example.de`, `r&d@example.com`).
 */
export const MailAddress = z
  .string()
  .max(MAX_LENGTH)
  // Not `regex`: the API's description would show the expression together with its flag.
  .refine((text) => ADDRESS.test(text), "must be an email address");
