import type { UnixSeconds } from "../../../lib/time.ts";
import { allowsAll } from "../../../platform/config/scopes.ts";
import { type AdminToken, listAdminTokens } from "../../../platform/identity/admin-token.ts";
import { type Column, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, consolePage, consoleView, DoneNotice, DoneQuery } from "../kit.ts";
import { List, listQuery } from "../list.tsx";

const PATH = "/admin/tokens";
const ROWS = 50;

const STATES = {
  live: { tone: "good", text: "In force" },
  revoked: { tone: "bad", text: "Revoked" },
  expired: { tone: "plain", text: "Expired" },
} as const;

function stateOf({ revoked_at, expires_at }: AdminToken, now: UnixSeconds): keyof typeof STATES {
  if (revoked_at !== null) return "revoked";
  return expires_at !== null && expires_at <= now ? "expired" : "live";
}

const columnsFor = (c: ConsoleContext): Column<AdminToken>[] => [
  { header: "Name", cell: ({ id, name }) => `${name}${c.var.admin.actor === `token:${id}` ? " (yours)" : ""}` },
  { header: "State", cell: (token) => <StatusBadge {...STATES[stateOf(token, c.var.now)]} /> },
  { header: "May do", cell: ({ scopes }) => scopes.join(", ") },
  { header: "Created", cell: ({ created_at }) => <Time at={created_at} /> },
  { header: "Ends", cell: ({ expires_at: at }) => (at === null ? "never" : <Time at={at} clock />) },
  {
    header: "Revoke",
    cell: (token) =>
      stateOf(token, c.var.now) === "live" && allowsAll(c.var.admin.scopes, token.scopes) ? (
        <a href={`${PATH}/${token.id}/revoke`}>
          Revoke<span class="unseen"> {token.name}</span>
        </a>
      ) : null,
  },
];

export const tokenList = consoleView(
  PATH,
  {
    scope: "tokens:read",
    query: listQuery({ done: DoneQuery.shape.done }),
    summary: "List admin tokens, as a page",
    answers: { 200: "Admin tokens, newest first." },
  },
  async (c, { cursor, done }) =>
    consolePage(c, {
      title: "Admin tokens",
      main: (
        <>
          <DoneNotice text={done === "revoke" ? "The token is revoked. Its sessions have ended." : undefined} />
          <div class="row spread">
            <h1>Admin tokens</h1>
            <a class="button" href={`${PATH}/new`}>
              Create a token
            </a>
          </div>
          <List
            path={PATH}
            cursor={cursor}
            limit={ROWS}
            rows={await listAdminTokens(c.env.DB, { limit: ROWS + 1, before: cursor, now: c.var.now })}
            caption="Newest first"
            columns={columnsFor(c)}
            empty="There are no tokens. All admins sign in through Cloudflare Access."
          />
        </>
      ),
    }),
);
