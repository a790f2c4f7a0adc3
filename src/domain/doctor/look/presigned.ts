import type { Config } from "../../../platform/config/config.ts";
import { type Deployment, MARK_KEY, parseMark } from "../../../platform/config/deployment.ts";
import { presignObject } from "../../delivery/presigned.ts";
import { checkPresigned } from "../check/service.ts";
import type { Finding } from "../finding.ts";

/** Fetches the mark of the bucket by a presigned link, as a hive fetches a file. Throws the errors of `fetch`. */
export async function lookAtPresigned(
  config: Pick<Config, "R2_S3_ENDPOINT" | "R2_S3_BUCKET" | "R2_ACCESS_KEY_ID" | "R2_SECRET_ACCESS_KEY">,
  own: Deployment,
): Promise<Finding> {
  const response = await fetch(await presignObject(config, MARK_KEY, MARK_KEY));
  const text = await response.text();
  return checkPresigned({ status: response.status, mark: response.ok ? parseMark(text) : null }, own);
}
