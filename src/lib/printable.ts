/**
 * A text from outside (a machine's name, a note), safe to show in a terminal. It replaces each control character, and
 * each character that changes the direction of writing (UAX #9, explicit formatting), by a question mark.
 */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "?");
