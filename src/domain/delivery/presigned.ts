import { MINUTE } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";

/** How long a download link through this Worker lives, in seconds. Its license is checked at each use. */
export const LINK_LIFETIME = 5 * MINUTE;

/** How long a link to R2 itself lives, in seconds. Nothing is checked at its use, so it must end with the bound. */
export const PRESIGNED_LIFETIME = MINUTE;

/** The credentials for the S3 interface and its region (R2's is `auto`). */
export type S3Signer = { accessKeyId: string; secretAccessKey: string; region: string };

/** A GET of `url` signed in its query (SigV4), for `expiresIn` seconds from `datetime` (`20261123T120000Z`) or now. */
export async function presignGet(url: URL, signer: S3Signer, expiresIn: number, datetime?: string): Promise<string> {
  const { AwsClient } = await import("aws4fetch");
  const client = new AwsClient({ ...signer, service: "s3" });
  const unsigned = new URL(url);
  unsigned.searchParams.set("X-Amz-Expires", String(expiresIn));
  const aws = { signQuery: true, ...(datetime === undefined ? {} : { datetime }) };
  return (await client.sign(unsigned, { method: "GET", aws })).url;
}

/**
 * A presigned GET of an object in R2, valid for `PRESIGNED_LIFETIME` seconds. The signature includes the file name to
 * save it under. The link cannot be revoked: see docs/security.md.
 */
export function presignObject(
  config: Pick<Config, "R2_S3_ENDPOINT" | "R2_S3_BUCKET" | "R2_ACCESS_KEY_ID" | "R2_SECRET_ACCESS_KEY">,
  objectKey: string,
  filename: string,
): Promise<string> {
  const path = objectKey.split("/").map(encodeURIComponent).join("/");
  const url = new URL(`${config.R2_S3_ENDPOINT.replace(/\/$/, "")}/${config.R2_S3_BUCKET}/${path}`);
  url.searchParams.set("response-content-disposition", `attachment; filename="${filename}"`);
  const signer = { accessKeyId: config.R2_ACCESS_KEY_ID, secretAccessKey: config.R2_SECRET_ACCESS_KEY, region: "auto" };
  return presignGet(url, signer, PRESIGNED_LIFETIME);
}
