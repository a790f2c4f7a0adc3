import { ANYONE, createRouter, operation, Problem, z } from "../../platform/http/route.ts";

/** The media types of the files of the command, by name. `scripts/build-cli` makes the files. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["rbee-catalog.mjs", "text/javascript; charset=utf-8"],
  ["rbee-catalog.mjs.sha256", "text/plain; charset=utf-8"],
  ["rbee-catalog.mjs.minisig", "text/plain; charset=utf-8"],
]);

const file = operation("get", "/cli/{file}", {
  tag: "Delivery",
  summary: "Download the command",
  description:
    "`rbee-catalog.mjs` is the whole `rbee-catalog` command for Node.js 20 and newer. Beside it are its sum, " +
    "`rbee-catalog.mjs.sha256`, and its signature by the release key, `rbee-catalog.mjs.minisig`. " +
    "`curl -fsSL https://catalog.rbee.dev/install.sh | sh -s -- --cli` downloads, checks and installs it.",
  access: ANYONE,
  params: z.object({
    file: z.string().openapi({ param: { description: "The name of the file." }, example: "rbee-catalog.mjs" }),
  }),
  answers: {
    200: {
      description: "The file.",
      content: {
        "text/javascript": { schema: z.string().openapi({ example: "#!/usr/bin/env node\n" }) },
        "text/plain": { schema: z.string().openapi({ example: `${"0b".repeat(32)}  rbee-catalog.mjs\n` }) },
      },
    },
    304: ["It has not changed since the `ETag` in `If-None-Match`."],
  },
  refusals: ["ARTIFACT_NOT_FOUND"],
});

/**
 * `GET /cli/{file}`. The files are static assets of the Worker, because the command would double the code that an
 * isolate loads. Caches must revalidate: an old sum beside a new command would look like an altered command.
 */
export const commandRoutes = createRouter();

commandRoutes.openapi(file, async (c) => {
  const { file: name } = c.req.valid("param");
  const type = TYPES.get(name);
  const found = type === undefined ? null : await c.env.ASSETS.fetch(assetRequest(c.req.raw, name));
  if (type === undefined || found === null || !(found.ok || found.status === 304)) {
    const detail = name.endsWith(".minisig")
      ? "This build of the command is not signed."
      : "The command has the files rbee-catalog.mjs, rbee-catalog.mjs.sha256 and rbee-catalog.mjs.minisig.";
    throw new Problem({ code: "ARTIFACT_NOT_FOUND", detail });
  }
  const headers = new Headers({ "Cache-Control": "no-cache" });
  const etag = found.headers.get("ETag");
  if (etag !== null) headers.set("ETag", etag);
  if (found.status === 200) headers.set("Content-Type", type);
  return new Response(found.body, { status: found.status, headers });
});

/** The request for an asset. The assets answer 304 by themselves. */
function assetRequest({ method, headers, url }: Request, name: string): Request {
  const known = headers.get("If-None-Match");
  return new Request(new URL(`/cli/${name}`, url), {
    method,
    headers: known === null ? {} : { "If-None-Match": known },
  });
}
