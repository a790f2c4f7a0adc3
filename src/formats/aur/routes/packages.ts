import { gzipSync } from "node:zlib";
import { currentTime } from "../../../lib/time.ts";
import {
  createRoute,
  createRouter,
  documentResponse,
  problems,
  staticDocument,
  z,
} from "../../../platform/http/route.ts";
import { ARCHIVES } from "../archives.ts";
import { listPackages } from "../package-list.ts";

/** `GET /packages.gz` and the AUR's other archives. */
export const archives = createRouter();

for (const [path, textOf] of Object.entries(ARCHIVES)) {
  archives.openapi(
    createRoute({
      method: "get",
      path,
      tags: ["Package managers"],
      summary: path.includes("meta") ? "Download what is known of every package" : "Download the names of all packages",
      description: "As the AUR has it: a gzip file. It is not sent as an encoding of something else.",
      responses: {
        200: {
          description: "The archive.",
          content: { "application/gzip": { schema: z.string().openapi({ format: "binary", example: "(gzip)" }) } },
        },
        304: { description: "`If-None-Match` names what would be sent." },
        ...problems("SERVICE_UNAVAILABLE"),
      },
    }),
    async (c) => {
      const archive = gzipSync(textOf(await listPackages(c.env, currentTime())));
      return documentResponse(c.req.raw, staticDocument(archive, "application/gzip"));
    },
  );
}
