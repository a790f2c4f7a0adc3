import { AwsClient } from "aws4fetch";
import type { Config } from "../config.ts";
import { LINK_LIFETIME } from "./link.ts";

/**
 * A presigned GET of an object in R2 by its S3 interface (AWS Signature Version 4 in the query), good for
 * `LINK_LIFETIME` seconds from now. The name it is to be saved under is part of what is signed. Such a link cannot be
 * recalled; docs/security.md says what that means.
 */
export async function presignObject(
  config: Pick<Config, "R2_S3_ENDPOINT" | "R2_S3_BUCKET" | "R2_ACCESS_KEY_ID" | "R2_SECRET_ACCESS_KEY">,
  objectKey: string,
  filename: string,
  datetime?: string,
): Promise<string> {
  const client = new AwsClient({
    accessKeyId: config.R2_ACCESS_KEY_ID,
    secretAccessKey: config.R2_SECRET_ACCESS_KEY,
    service: "s3",
    region: "auto",
  });
  const path = objectKey.split("/").map(encodeURIComponent).join("/");
  const url = new URL(`${config.R2_S3_ENDPOINT.replace(/\/$/, "")}/${config.R2_S3_BUCKET}/${path}`);
  url.searchParams.set("X-Amz-Expires", String(LINK_LIFETIME));
  url.searchParams.set("response-content-disposition", `attachment; filename="${filename}"`);
  const signed = await client.sign(url, { method: "GET", aws: { signQuery: true, ...(datetime ? { datetime } : {}) } });
  return signed.url;
}
