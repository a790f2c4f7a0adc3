import type { Command } from "commander";
import * as z from "zod";
import { hashAdminToken, newAdminToken } from "../../lib/credential.ts";
import { newId } from "../../lib/id.ts";
import { currentTime } from "../../lib/time.ts";
import { path } from "../catalog-client.ts";
import { adminToken, contextOf, noteNextPage, type PageOptions, withPaging } from "../context.ts";
import { createPrivateFile } from "../files.ts";
import { moment } from "../input.ts";
import { formatTable } from "../output.ts";

const AdminToken = z.looseObject({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});

const CreatedToken = z.looseObject({ token: z.string(), admin_token: AdminToken });

const TokenPage = z.looseObject({ admin_tokens: z.array(AdminToken), next_cursor: z.string().nullable() });

/** Adds `token`: credentials of people and pipelines for the admin API. */
export function addTokenCommands(program: Command): void {
  const token = program.command("token").summary("create, list and revoke admin tokens").description("Admin tokens.");

  token
    .command("create")
    .summary("create an admin token and print it, this once")
    .requiredOption("--name <name>", "what it is for")
    .requiredOption("--scope <scope...>", "what it may do, such as licenses:read or releases:write; owner: everything")
    .option("--expires <when>", "a date, an RFC 3339 time or days from now (90d)", (text) => moment(text))
    .addHelpText("after", "\nExample:\n  $ rbee-catalog token create --name 'release pipeline' --scope releases:write")
    .action(async (options: { name: string; scope: string[]; expires?: string }, command: Command) => {
      const context = await contextOf(command);
      const created = await context.client.json(CreatedToken, {
        method: "POST",
        path: "/v1/admin/tokens",
        credential: adminToken(context),
        body: { name: options.name, scopes: options.scope, expires_at: options.expires },
      });
      context.show(created, ({ token: secret }) => secret);
      context.note(`${created.admin_token.id}: keep it now, it cannot be shown again.`);
    });

  token
    .command("bootstrap")
    .summary("make the first owner token of a deployment")
    .description(
      "Makes an owner token without asking the catalog, and writes the SQL that lets it in: to be run by whoever owns the " +
        "database. Every other token is made by `token create`.",
    )
    .option("--out <file>", "where the SQL goes; it holds the token's hash only", "first-owner.secret.sql")
    .action(async ({ out }: { out: string }, command: Command) => {
      const context = await contextOf(command);
      const secret = newAdminToken();
      await createPrivateFile(out, `${await firstOwnerSql(secret, "first owner")}\n`);
      context.show({ token: secret, sql: out }, () => secret);
      context.note("Keep it now, it cannot be shown again. It is let in by:");
      context.note(`  npx wrangler d1 execute rbee-worker-catalog --remote --file ${out} && rm ${out}`);
    });

  withPaging(token.command("list"))
    .summary("list admin tokens, revoked ones included")
    .action(async ({ limit, cursor }: PageOptions, command: Command) => {
      const context = await contextOf(command);
      const page = await context.client.json(TokenPage, {
        path: "/v1/admin/tokens",
        query: { limit, cursor },
        credential: adminToken(context),
      });
      context.show(page, ({ admin_tokens }) =>
        formatTable(
          ["TOKEN", "NAME", "SCOPES", "CREATED", "EXPIRES", "REVOKED"],
          admin_tokens.map((each) => [
            each.id,
            each.name,
            each.scopes.join(", "),
            each.created_at,
            each.expires_at ?? "never",
            each.revoked_at,
          ]),
        ),
      );
      noteNextPage(context, page.next_cursor);
    });

  token
    .command("revoke")
    .summary("revoke an admin token for good")
    .argument("<token>", "its id (adm_...), not the token itself")
    .action(async (id: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      await context.client.send({
        method: "DELETE",
        path: path`/v1/admin/tokens/${id}`,
        credential: adminToken(context),
      });
      context.show({ revoked: id }, () => `Revoked ${id}.`);
    });
}

/**
 * The SQL that lets a token into the ledger as owner, with its audit entry. The first owner can come in no other way, since
 * every other token is made by an owner. Run again, it changes nothing. `name` says what the token is for, in letters,
 * digits, blanks and hyphens; throws on any other.
 */
export async function firstOwnerSql(token: string, name: string): Promise<string> {
  if (!/^[A-Za-z0-9 -]{1,100}$/.test(name)) throw new Error(`not a plain name: ${name}`);
  const [id, change, hash, now] = [newId("adm"), newId("chg"), await hashAdminToken(token), currentTime()];
  return [
    "INSERT INTO admin_tokens (id, name, token_hash, scopes, created_at, last_change)",
    `SELECT '${id}', '${name}', '${hash}', '["owner"]', ${now}, '${change}'`,
    `WHERE NOT EXISTS (SELECT 1 FROM admin_tokens WHERE token_hash = '${hash}');`,
    "INSERT INTO audit (id, at, actor, action, subject, details)",
    `SELECT '${change}', ${now}, 'system', 'token.create', '${id}', '{"name":"${name}","scopes":["owner"]}'`,
    `WHERE EXISTS (SELECT 1 FROM admin_tokens WHERE last_change = '${change}');`,
  ].join("\n");
}
