import { z } from "@hono/zod-openapi";

/** The `{id}` of a license's pages. */
export const LicenseParams = z.object({ id: z.string().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }) });

/** The `{id}` of a release's pages. */
export const ReleaseParams = z.object({ id: z.string().openapi({ example: "rel_06b4m2v8w5r7q1t3x9z2k4n6p8" }) });

/** The `{id}` of an admin token's pages. */
export const TokenParams = z.object({ id: z.string().openapi({ example: "adm_06b4m2v8w5r7q1t3x9z2k4n6p8" }) });
