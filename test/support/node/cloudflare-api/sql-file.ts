import { createHash } from "node:crypto";
import * as z from "zod";
import { ApiError, type Route } from "./answer.ts";
import { runSql, type StubDatabase } from "./d1.ts";

const Import = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("init"), etag: z.string() }),
  z.strictObject({ action: z.literal("ingest"), etag: z.string(), filename: z.string() }),
]);

/** Files of SQL between their upload and their execution, by name. */
export type SqlFiles = Map<string, string>;

/** The path below which a file is uploaded, without a credential, as to a presigned address of R2. */
export const UPLOADS = "/upload/";

/** Takes an upload and returns its `ETag`, the MD5 of its bytes. */
export function receive(files: SqlFiles, path: string, bytes: Buffer): string {
  files.set(path.slice(UPLOADS.length), bytes.toString());
  return createHash("md5").update(bytes).digest("hex");
}

/**
 * `wrangler d1 execute --remote --file`: it asks for an address, uploads the file there, and has it executed
 * (`executeRemotely`, `uploadAndBeginIngestion`). `urlOf` is the address of this server.
 */
export const sqlFileRoutes = (databases: StubDatabase[], files: SqlFiles, urlOf: () => string): Route[] => [
  [
    "POST",
    "/accounts/:account/d1/database/:id/import",
    "D1 Write",
    async ({ params, json }) => {
      const database = databases.find(({ uuid }) => uuid === params["id"]);
      if (!database) throw new ApiError(404, 7404, "The database could not be found");
      const wanted = Import.parse(await json());
      if (wanted.action === "init") {
        const filename = `${wanted.etag}.sql`;
        return { success: true, filename, upload_url: `${urlOf()}${UPLOADS}${filename}` };
      }
      const sql = files.get(wanted.filename);
      if (sql === undefined) throw new ApiError(400, 7500, "The file has not been uploaded");
      const num_queries = runSql(database, sql, []).length;
      const meta = { duration: 0.1, rows_read: 0, rows_written: 0, size_after: 0 };
      return {
        success: true,
        status: "complete",
        messages: [],
        result: { num_queries, final_bookmark: "bookmark", meta },
      };
    },
  ],
];
