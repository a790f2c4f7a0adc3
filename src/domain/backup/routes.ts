import { HOUR } from "../../lib/time.ts";
import { operation, Problem, Timestamp, z } from "../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter } from "../../platform/identity/authentication.ts";
import { startJob } from "../../platform/jobs/job.ts";
import { requireOwnLedger } from "../../platform/storage/deployment.ts";
import { type Actor, newChange, recordAct } from "../../platform/storage/ledger.ts";
import { BACKUP_ID, backupIdAt, FORMAT } from "./format.ts";
import { checkObjects } from "./objects.ts";
import { backupJob } from "./run.ts";
import { TRAIL } from "./schema.ts";
import { listBackups, readManifest } from "./store.ts";

const EXAMPLE_ID = "2026-11-28T02-00-00Z";

const BackupId = z.string().regex(BACKUP_ID, "must be the id of a backup").openapi({ example: EXAMPLE_ID });

const Params = z.object({ id: BackupId.openapi({ param: { description: "The backup." } }) });

const Summary = z
  .object({
    id: BackupId,
    as_of: Timestamp.openapi({ description: "The moment that it shows." }),
    rows: z.int().openapi({ description: "The rows of all tables.", example: 120_934 }),
    bytes: z.int().openapi({ description: "The bytes of its files.", example: 8_134_221 }),
  })
  .openapi("Backup");

const ChunkView = z
  .object({
    key: z.string().openapi({ example: `${EXAMPLE_ID}/licenses/000001.jsonl.gz` }),
    rows: z.int().openapi({ example: 10_000 }),
    bytes: z.int().openapi({ example: 812_334 }),
    sha256: z.string().openapi({ example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }),
  })
  .openapi("BackupChunk");

const ManifestView = z
  .object({
    format: z.literal(FORMAT),
    id: BackupId,
    deployment: z.object({ name: z.string(), public_url: z.string(), livemode: z.boolean() }),
    started_at: Timestamp,
    as_of: Timestamp,
    migrations: z.array(z.string().openapi({ example: "0019_backup.sql" })),
    schema: z.array(z.string().openapi({ example: "CREATE TABLE ..." })),
    tables: z.array(
      z.object({
        name: z.string().openapi({ example: "licenses" }),
        primary_key: z.array(z.string().openapi({ example: "id" })),
        rows: z.int().openapi({ example: 10_000 }),
        chunks: z.array(ChunkView),
      }),
    ),
    left_out: z.array(z.string().openapi({ example: "sessions" })),
    changes: z.array(ChunkView),
    objects: z.object({ count: z.int(), bytes: z.int(), chunks: z.array(ChunkView) }),
  })
  .openapi("BackupManifest");

/** The backups of the ledger, for owners: each has everything that the ledger knows. */
export const backupRoutes = createAdminRouter();

backupRoutes.openapi(
  operation("get", "/v1/admin/backups", {
    tag: "Admin: operations",
    summary: "List the backups",
    description: "The finished backups of the ledger, newest first.",
    access: admin("owner"),
    answers: { 200: ["The backups.", z.object({ backups: z.array(Summary) })] },
    refusals: [],
  }),
  async (c) => c.json({ backups: (await listBackups(c.env.BACKUPS)).backups }, 200),
);

backupRoutes.openapi(
  operation("post", "/v1/admin/backups", {
    tag: "Admin: operations",
    summary: "Back up the ledger now",
    description:
      "A job does it in the background. If a backup is under way, no second one begins, and no backup gets this id.",
    access: admin("owner"),
    answers: { 202: ["A job backs up the ledger.", z.object({ backup: z.object({ id: BackupId }) })] },
    refusals: [],
  }),
  async (c) => {
    const { now } = c.var;
    await startJob(c.env, backupJob.name, now);
    return c.json({ backup: { id: backupIdAt(now) } }, 202);
  },
);

backupRoutes.openapi(
  operation("get", "/v1/admin/backups/{id}", {
    tag: "Admin: operations",
    summary: "Read the manifest of a backup",
    description:
      "It names the files of the backup (docs/backup-format.md). The audit trail notes each reader, once an hour.",
    access: admin("owner"),
    params: Params,
    answers: { 200: ["The manifest.", ManifestView] },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const manifest = await readManifest(c.env.BACKUPS, id);
    if (!manifest) throw noBackup(id);
    await requireOwnLedger(c.env);
    await noteReader(c.env.DB, adminActor(c), id);
    return c.json(manifest, 200);
  },
);

backupRoutes.openapi(
  operation("get", "/v1/admin/backups/{id}/file", {
    tag: "Admin: operations",
    summary: "Download a file of a backup",
    description: "The audit trail notes each reader, once an hour.",
    access: admin("owner"),
    params: Params,
    query: z.object({
      key: z.string().openapi({
        param: { description: "The key of a chunk, as the manifest has it." },
        example: `${EXAMPLE_ID}/licenses/000001.jsonl.gz`,
      }),
    }),
    answers: {
      200: {
        description: "The file: JSON Lines in gzip.",
        content: { "application/gzip": { schema: z.string().openapi({ format: "binary" }) } },
      },
    },
    refusals: ["VALIDATION_FAILED", "NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const { key } = c.req.valid("query");
    const isOfBackup = key.startsWith(`${id}/`) || key.startsWith(`${TRAIL}/`);
    const object = isOfBackup ? await c.env.BACKUPS.get(key) : null;
    if (!object) throw new Problem({ code: "NOT_FOUND", detail: `The backup ${id} has no such file.` });
    await requireOwnLedger(c.env);
    await noteReader(c.env.DB, adminActor(c), id);
    return c.body(object.body, 200, { "Content-Type": "application/gzip", "Content-Length": String(object.size) });
  },
);

const Fault = z.object({
  key: z.string().openapi({ example: "artifacts/9f86.../art_06b4" }),
  fault: z.enum(["missing", "size"]).openapi({ description: "R2 has no such object, or one of another size." }),
});

backupRoutes.openapi(
  operation("get", "/v1/admin/backups/{id}/objects", {
    tag: "Admin: operations",
    summary: "Check that R2 has the files of a backup's releases",
    description: "Looks up to 500 objects up for each request. Repeat it with `next` as `from` until `next` is null.",
    access: admin("owner"),
    params: Params,
    query: z.object({
      from: z.coerce
        .number()
        .int()
        .min(0)
        .default(0)
        .openapi({ param: { description: "The first object, from 0." } }),
    }),
    answers: {
      200: [
        "The objects that are not as the backup lists them.",
        z.object({ checked: z.int(), faults: z.array(Fault), next: z.int().nullable() }).openapi("BackupObjects"),
      ],
    },
    refusals: ["VALIDATION_FAILED", "NOT_FOUND"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const manifest = await readManifest(c.env.BACKUPS, id);
    if (!manifest) throw noBackup(id);
    return c.json(await checkObjects(c.env, manifest, c.req.valid("query").from), 200);
  },
);

/** Notes the reader of a backup in the audit trail, once an hour: a backup has many files. Throws D1's errors. */
async function noteReader(db: D1Database, reader: Actor, id: string): Promise<void> {
  const noted = await db
    .prepare("SELECT 1 FROM audit WHERE subject = ? AND actor = ? AND action = 'backup.read' AND at > ?")
    .bind(id, reader.actor, reader.now - HOUR)
    .first();
  if (noted === null) await recordAct(db, newChange(reader, { action: "backup.read", subject: id }));
}

const noBackup = (id: string) => new Problem({ code: "NOT_FOUND", detail: `There is no finished backup ${id}.` });
