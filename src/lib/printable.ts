/**
 * A text of somebody else's (a machine's name, a note) made safe to show: no control characters, which could move the
 * cursor or recolor the terminal, and no characters that turn the direction of writing (UAX #9, explicit formatting), after which
 * a line may read as another. Each is a question mark.
 */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "?");
