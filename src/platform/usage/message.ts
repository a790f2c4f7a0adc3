import * as z from "zod";

/** The place of a request: a country (ISO 3166-1, or Cloudflare's `T1` and `XX`) and an AS number (0: unknown). */
export const Place = z.object({ country: z.string().max(2), network: z.int().min(0) });
export type Place = z.infer<typeof Place>;

/** The areas in which refusals are counted. */
export const AREAS = ["download", "licensing", "account", "admin", "publishing"] as const;
export type Area = (typeof AREAS)[number];

/** A refused attempt. The license is known only if the credential was genuine. */
export const Refusal = z.object({
  /** The first second of its day (UTC). */
  day: z.int(),
  area: z.enum(AREAS),
  code: z.string(),
  worker_id: z.string().nullable(),
  license_id: z.string().nullable(),
  place: Place.nullable(),
});
export type Refusal = z.infer<typeof Refusal>;

/** The file of a download. */
const File = { worker_id: z.string(), version: z.string(), platform: z.string() };

/**
 * A download, named by its link. `at`: when the link was made, which is the same for each request with the link. It has
 * no `kind`, because older messages in the queue have none.
 */
export const DownloadMessage = z.object({
  link_id: z.string(),
  ...File,
  license_id: z.string().nullable(),
  machine: z.string().nullable(),
  place: Place.nullable().default(null),
  at: z.int(),
});
export type DownloadMessage = z.infer<typeof DownloadMessage>;

/** Downloads of one file on one day without a license. `day`: its first second (UTC). */
export const FileDownloads = z.object({ day: z.int(), ...File, count: z.int().min(1) });
export type FileDownloads = z.infer<typeof FileDownloads>;

/** Downloads without a license. */
export const DownloadsMessage = z.object({ kind: z.literal("downloads"), downloads: z.array(FileDownloads) });
export type DownloadsMessage = z.infer<typeof DownloadsMessage>;

/** A use of a license's credential other than a download. */
export const UseMessage = z.object({ kind: z.literal("use"), license_id: z.string(), place: Place, at: z.int() });
export type UseMessage = z.infer<typeof UseMessage>;

/** Equal refusals and their count. */
export type CountedRefusal = Refusal & { count: number };

/** Refused attempts, with the count of equal ones. */
export const RefusalsMessage = z.object({
  kind: z.literal("refusals"),
  refusals: z.array(Refusal.extend({ count: z.int().min(1) })),
});
export type RefusalsMessage = z.infer<typeof RefusalsMessage>;

/** Any message of the queue. */
export const UsageMessage = z.union([UseMessage, DownloadsMessage, RefusalsMessage, DownloadMessage]);
export type UsageMessage = z.infer<typeof UsageMessage>;
