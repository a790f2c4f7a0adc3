/** The key of a base's layer in R2. */
export const baseLayerKey = (sha256: string): string => `image-bases/${sha256}`;

/** The largest layer that a request may carry, in bytes. A Worker's request has at most 100 MB. */
export const LARGEST_LAYER = 95 * 1024 * 1024;
