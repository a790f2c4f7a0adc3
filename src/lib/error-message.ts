/** The message of anything thrown. It may quote a credential: use `masked` before showing it to other people. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
