import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { chunksOf, type Manifest, sizeOf } from "../../domain/backup/format.ts";
import { currentTime } from "../../lib/time.ts";
import { requireNoFaults } from "../backup/faults.ts";
import { loadBackup } from "../backup/load.ts";
import { writeRestoreSql } from "../backup/restore.ts";
import { type BackupSource, catalogSource, findBackup, folderSource } from "../backup/source.ts";
import type { CatalogCommand, Context } from "../command.ts";
import { CliError, EXIT } from "../errors.ts";
import { formatFields, formatRows, formatSize } from "../output.ts";

type From = { from?: string };

const WHICH = "latest, a day such as 2026-11-28, or an id";
const FROM = "read a copy of the bucket in this folder, without a running catalog";

/** Adds `backup`: list, make, verify and restore the backups of the ledger. */
export function addBackupCommands(program: CatalogCommand): void {
  const backup = program
    .command("backup")
    .description(
      "Lists, verifies and restores backups of the ledger. Owners only, because they hold every email address.",
    );

  const list = backup.command("list").summary("list the backups, newest first").option("--from <folder>", FROM);
  list.action(async (options: From) => {
    const context = await contextOf(list, options);
    const backups = await sourceOf(context, options).list();
    const columns = { BACKUP: "id", SHOWS: "as_of", ROWS: "rows" } as const;
    context.show({ backups }, () => formatRows(backups, { ...columns, SIZE: ({ bytes }) => formatSize(bytes) }));
  });

  backup
    .command("create")
    .summary("back up the ledger now, such as before a risky change")
    .runAsAdmin(async ({ client, show }) => {
      const Started = z.object({ backup: z.object({ id: z.string() }) });
      const started = await client.json(Started, { method: "POST", path: "/v1/admin/backups" });
      show(
        started,
        ({ backup: { id } }) => `A job makes the backup ${id}. \`rbee-catalog backup list\` shows it when it is done.`,
      );
    });

  const verify = backup
    .command("verify")
    .summary("read a backup, and check all of it")
    .description(
      "Reads a backup back: the size and sum of each file, each row, all constraints and references in an empty database, the " +
        "number of rows that the ledger counted, and whether R2 has each file of its releases. Exit status 6: it is damaged.",
    )
    .argument("[backup]", WHICH, "latest")
    .option("--from <folder>", FROM);
  verify.action(async (wanted: string, options: From) => {
    const context = await contextOf(verify, options);
    const source = sourceOf(context, options);
    const manifest = await source.manifest(await findBackup(source, wanted));
    await withLoaded(source, manifest, async () => {});
    const faults = await source.objectFaults(manifest.id);
    requireNoFaults(
      manifest.id,
      (faults ?? []).map(({ key, fault }) => `R2 ${fault === "missing" ? "lacks" : "has another size of"} ${key}.`),
    );
    const objects = { ...manifest.objects, chunks: undefined, checked: faults !== null };
    context.show({ ...factsOf(manifest), objects }, (facts) => describe(manifest, facts.objects.checked));
  });

  const restore = backup
    .command("restore")
    .summary("write the SQL that restores a backup into an empty database")
    .description(
      "Verifies a backup, and writes it as files of SQL for `wrangler d1 execute`. It changes no database itself. The files make " +
        "a ledger in an empty database only: the first one fails if there is a table already.",
    )
    .argument("[backup]", WHICH, "latest")
    .requiredOption("-o, --out <folder>", "the folder for the files, which must not exist")
    .option("--from <folder>", FROM)
    .option(
      "--mark <mark...>",
      "restore for another deployment: its Worker's name, its public URL, and `live` or `test`. Else the ledger belongs to the " +
        "deployment that it was backed up from, and another one refuses to use it",
    )
    .addHelpText("after", '\ndocs/operations.md, "Backup and restore", has the steps before and after.');
  restore.action(async (wanted: string, options: From & { out: string; mark?: string[] }) => {
    const mark = options.mark && parseMark(options.mark);
    const context = await contextOf(restore, options);
    const source = sourceOf(context, options);
    const manifest = await source.manifest(await findBackup(source, wanted));
    const files = await withLoaded(source, manifest, (database) => {
      if (mark) markLedger(database, mark);
      return writeRestoreSql(database, manifest, options.out);
    });
    const folder = resolve(options.out);
    context.show({ ...factsOf(manifest), folder, files }, () =>
      [
        describe(manifest, false),
        "",
        `${files.length} files are in ${folder}. Carry them out in this order, in an empty database:`,
        `  for file in ${folder}/*.sql; do npx wrangler d1 execute DATABASE --remote --yes --file "$file" || break; done`,
        'Then go on as docs/operations.md says, "Backup and restore".',
      ].join("\n"),
    );
  });
}

const contextOf = (command: CatalogCommand, { from }: From): Promise<Context> =>
  command.context({ asAdmin: from === undefined });

const sourceOf = ({ client }: Context, { from }: From): BackupSource =>
  from === undefined ? catalogSource(client) : folderSource(from);

/** Calls `use` with the loaded backup, in a database that is deleted afterwards. Throws `CliError` if it is damaged. */
async function withLoaded<Result>(
  source: BackupSource,
  manifest: Manifest,
  use: (database: DatabaseSync) => Promise<Result>,
): Promise<Result> {
  const sqlite = await import("node:sqlite").catch(() => {
    throw new CliError(
      EXIT.failure,
      `Backups are checked in SQLite, which Node.js has since 22.13. This is ${process.version}.`,
    );
  });
  const folder = await mkdtemp(join(tmpdir(), "rbee-backup-"));
  const database = new sqlite.DatabaseSync(join(folder, "ledger.sqlite"));
  try {
    requireNoFaults(manifest.id, await loadBackup(database, source, manifest));
    return await use(database);
  } finally {
    database.close();
    await rm(folder, { recursive: true });
  }
}

type Mark = { name: string; publicUrl: string; livemode: boolean };

function parseMark([name = "", url = "", mode = "", ...others]: string[]): Mark {
  if (name === "" || !/^https?:\/\/[^/]+$/.test(url) || !["live", "test"].includes(mode) || others.length > 0) {
    const example = "--mark rbee-worker-catalog-staging https://staging.example.com test";
    throw new CliError(EXIT.usage, `--mark needs a name, an origin, and live or test: ${example}`);
  }
  return { name, publicUrl: url, livemode: mode === "live" };
}

function markLedger(database: DatabaseSync, { name, publicUrl, livemode }: Mark): void {
  database
    .prepare("INSERT OR REPLACE INTO deployment (one, name, public_url, livemode, marked_at) VALUES (1, ?, ?, ?, ?)")
    .run(name, publicUrl, livemode ? 1 : 0, currentTime());
}

const factsOf = (manifest: Manifest) => {
  const { id, as_of, deployment, migrations } = manifest;
  return { id, as_of, deployment, schema: migrations.at(-1) ?? null, ...sizeOf(manifest) };
};

const describe = (manifest: Manifest, isChecked: boolean): string => {
  const { id, as_of, deployment, schema, rows, bytes } = factsOf(manifest);
  const { count, bytes: size } = manifest.objects;
  return formatFields({
    Backup: `${id}, whole`,
    Shows: as_of,
    Deployment: [deployment.name, deployment.public_url, deployment.livemode ? "live" : "test"].filter(Boolean),
    Schema: schema,
    Rows: `${rows} in ${manifest.tables.length} tables`,
    Files: `${chunksOf(manifest).length}, ${formatSize(bytes)}`,
    Objects: `${count}, ${formatSize(size)}, ${isChecked ? "all of them in R2" : "not looked up in R2"}`,
  });
};
