/**
 * Whether an error is a store's that has a bad minute, as D1, KV and R2 word theirs, and not a fault of ours: a statement that
 * does not parse or a constraint that does not hold would fail again.
 */
export const isStoreFailure = (error: unknown): boolean =>
  error instanceof Error &&
  /^(D1_|KV (GET|PUT|DELETE) failed|(get|put|head|delete|completeMultipartUpload|uploadPart|createMultipartUpload): )/.test(
    error.message,
  ) &&
  !/SQLITE_(ERROR|CONSTRAINT|MISMATCH)/.test(error.message);

/** The answer while a store is out. A retry helps: makepkg, for one, retries 503 and reads `Retry-After`. */
export const STORE_OUTAGE = {
  matches: isStoreFailure,
  refusal: {
    code: "SERVICE_UNAVAILABLE",
    detail: "A store does not answer. Please try again.",
    extras: { retry_after: 5 },
  },
} as const;
