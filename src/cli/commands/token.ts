import * as z from "zod";
import { hashAdminToken, newAdminToken } from "../../lib/credential.ts";
import { newId } from "../../lib/id.ts";
import { currentTime } from "../../lib/time.ts";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, PageOptions } from "../command.ts";
import { agreed, type ConsentOptions, withConsent } from "../consent.ts";
import { createPrivateFile } from "../files.ts";
import { moment } from "../input.ts";
import { REASON } from "../license-answer.ts";

const CreatedToken = z.looseObject({ token: z.string(), admin_token: z.looseObject({ id: z.string() }) });

type CreateOptions = { name: string; scope: string[]; worker?: string[]; expires?: string };
type RenewOptions = { scope?: string[]; worker?: string[]; expires?: string; reason?: string };

/** Adds `token`, the commands for admin tokens. */
export function addTokenCommands(program: CatalogCommand): void {
  const token = program.command("token").description("Creates, lists, renews and revokes admin tokens.");

  token
    .command("create")
    .summary("create an admin token and print it once")
    .requiredOption("--name <name>", "the purpose of the token")
    .requiredOption("--scope <scope...>", "its scopes, such as licenses:read or releases:write; owner: everything")
    .option("-w, --worker <id...>", "only for the releases of these workers")
    .option("--expires <when>", "a date, an RFC 3339 time or days from now (90d)", (text) => moment(text))
    .addHelpText("after", "\nExample:\n  $ rbee-catalog token create --name 'release pipeline' --scope releases:write")
    .runAsAdmin(async ({ client, show, note }, { name, scope: scopes, worker: workers, expires }: CreateOptions) => {
      const request = {
        method: "POST",
        path: "/v1/admin/tokens",
        body: { name, scopes, workers, expires_at: expires },
      } as const;
      const created = await client.json(CreatedToken, request);
      show(created, ({ token: secret }) => secret);
      note(`This is ${created.admin_token.id}. Save it now: it cannot be shown again.`);
    });

  token
    .command("bootstrap")
    .summary("make the first owner token of a deployment")
    .description(
      "Makes an owner token without the catalog, and writes the SQL that adds it. Run that SQL on the database. Every other " +
        "token is made by `token create`.",
    )
    .option("--out <file>", "the file for the SQL, which holds only the token's hash", "first-owner.secret.sql")
    .run(async ({ show, note }, { out }: { out: string }) => {
      const secret = newAdminToken();
      await createPrivateFile(out, `${await firstOwnerSql(secret, "first owner")}\n`);
      show({ token: secret, sql: out }, () => secret);
      note("Save the token now: it cannot be shown again. Add it to the catalog with:");
      note(`  npx wrangler d1 execute rbee-worker-catalog --remote --env= --file ${out} && rm ${out}`);
    });

  token
    .command("list")
    .paged()
    .summary("list admin tokens, revoked ones included")
    .runAsAdmin(({ list }, options: PageOptions) => {
      const expires = (token: Record<string, unknown>) => token["expires_at"] ?? "never";
      const columns = { TOKEN: "id", NAME: "name", SCOPES: "scopes", CREATED: "created_at", EXPIRES: expires };
      const state = { STATE: stateOf, PARENT: "parent_id" };
      return list("/v1/admin/tokens", "admin_tokens", { ...columns, REVOKED: "revoked_at", ...state }, options);
    });

  withConsent(token.command("revoke"))
    .summary("revoke an admin token forever")
    .argument("<token>", "the token's id (adm_...), not the token itself")
    .option("--keep-children", "keep the tokens that it made (owners only)")
    .runAsAdmin(async (context, id: string, options: ConsentOptions & { keepChildren?: true }) => {
      const at = path`/v1/admin/tokens/${id}`;
      const preview = { path: `${at}/preview`, query: { act: "revoke", keep_children: options.keepChildren } };
      if (!(await agreed(context, { preview, question: "Revoke it?", isFinal: false }, options))) return;
      const query = options.keepChildren ? "?keep_children=true" : "";
      await context.client.send({ method: "DELETE", path: at + query });
      context.show({ revoked: id }, () => `Revoked ${id}.`);
    });

  token
    .command("renew")
    .summary("give a token a new secret, with the same scopes or fewer")
    .description(
      "Prints a new secret of the token once. The old secret, and the tokens made with it, end at once. Without --scope the token " +
        "keeps the names of its scopes, with their present meaning.",
    )
    .argument("<token>", "the token's id (adm_...), not the token itself")
    .option("--scope <scope...>", "the scopes that it keeps")
    .option("-w, --worker <id...>", "the workers that it keeps")
    .option("--expires <when>", "a date, an RFC 3339 time or days from now (90d)", (text) => moment(text))
    .option(...REASON)
    .runAsAdmin(async ({ client, show, note }, id: string, options: RenewOptions) => {
      const { scope: scopes, worker: workers, expires: expires_at, reason } = options;
      const request = {
        method: "POST",
        path: path`/v1/admin/tokens/${id}/renew`,
        body: { scopes, workers, expires_at, reason },
      } as const;
      show(await client.json(CreatedToken, request), ({ token: secret }) => secret);
      note(`This is the new secret of ${id}. Save it now: it cannot be shown again.`);
    });

  token
    .command("keep")
    .summary("let a token outlive the token that made it (owners only)")
    .argument("<token>", "the token's id (adm_...), not the token itself")
    .requiredOption(...REASON)
    .runAsAdmin(async ({ client, show }, id: string, { reason }: { reason: string }) => {
      const kept = z.looseObject({ admin_token: z.looseObject({ id: z.string() }) });
      const answer = await client.post(kept, path`/v1/admin/tokens/${id}/keep`, { reason });
      show(answer, () => `${id} no longer ends with the token that made it.`);
    });
}

/** The state of a token in a list: why it has ended, or that it should be renewed. */
function stateOf({ ended, needs_renewal }: Record<string, unknown>): string {
  const end = z.object({ why: z.string() }).safeParse(ended);
  if (end.success) return end.data.why.replaceAll("_", " ");
  return needs_renewal === true ? "made before the scopes were divided: renew it" : "in force";
}

/**
 * The SQL that adds an owner token and its audit entry to the ledger. A new catalog needs it, because only an owner can
 * create tokens. Idempotent. `name` is the purpose, and must consist of letters, digits, spaces and hyphens.
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
