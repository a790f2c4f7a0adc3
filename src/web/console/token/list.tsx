import type { UnixSeconds } from "../../../lib/time.ts";
import { allowsAll } from "../../../platform/config/scopes.ts";
import { createRoute, PageQuery, page as pageOf, z } from "../../../platform/http/route.ts";
import {
  type AdminToken,
  endAdminToken,
  listAdminTokens,
  readRevocableToken,
} from "../../../platform/identity/admin-token.ts";
import { DataTable, Notice, Pager, pathWithQuery, StatusBadge, Time } from "../../page/kit.ts";
import { actRoutes, adminActor, DoneQuery, donePath, ReasonForm } from "../act/kit.ts";
import { consolePage, consoleRouter, consoleView } from "../frame.tsx";

const ROWS = 50;

const route = createRoute({
  method: "get",
  path: "/admin/tokens",
  request: {
    query: PageQuery.pick({ cursor: true }).extend({ done: DoneQuery.shape.done }),
  },
  ...consoleView("tokens:read", {
    summary: "List admin tokens, as a page",
    answers: { 200: "Admin tokens, newest first." },
    refusals: ["VALIDATION_FAILED"],
  }),
});

export const tokenList = consoleRouter();

tokenList.openapi(route, async (c) => {
  const { cursor, done } = c.req.valid("query");
  const { now } = c.var;
  const tokens = await listAdminTokens(c.env.DB, { limit: ROWS + 1, before: cursor });
  const { items, next_cursor } = pageOf(tokens, ROWS, ({ id }) => id);
  const { scopes, actor } = c.var.admin;
  return consolePage(c, {
    title: "Admin tokens",
    main: (
      <>
        {done === "revoke" ? <Notice tone="good">The token is revoked. Its sessions have ended.</Notice> : null}
        <div class="row spread">
          <h1>Admin tokens</h1>
          <a class="button" href="/admin/tokens/new">
            Create a token
          </a>
        </div>
        <DataTable
          caption="Newest first"
          columns={[
            { header: "Name", cell: ({ id, name }) => `${name}${actor === `token:${id}` ? " (yours)" : ""}` },
            { header: "State", cell: (token) => <TokenState token={token} now={now} /> },
            { header: "May do", cell: (token) => token.scopes.join(", ") },
            { header: "Created", cell: ({ created_at }) => <Time at={created_at} /> },
            {
              header: "Ends",
              cell: ({ expires_at }) => (expires_at === null ? "never" : <Time at={expires_at} clock />),
            },
            {
              header: "Revoke",
              cell: (token) =>
                stateOf(token, now) === "live" && allowsAll(scopes, token.scopes) ? (
                  <a href={`/admin/tokens/${token.id}/revoke`}>
                    Revoke<span class="unseen"> {token.name}</span>
                  </a>
                ) : null,
            },
          ]}
          rows={items}
          empty="There are no tokens. All admins sign in through Cloudflare Access."
        />
        <Pager
          path={(cursor) => pathWithQuery("/admin/tokens", { cursor })}
          isLater={cursor !== undefined}
          next={next_cursor}
        />
      </>
    ),
  });
});

function stateOf({ revoked_at, expires_at }: AdminToken, now: UnixSeconds): "live" | "revoked" | "expired" {
  if (revoked_at !== null) return "revoked";
  return expires_at !== null && expires_at <= now ? "expired" : "live";
}

const TokenState = ({ token, now }: { token: AdminToken; now: UnixSeconds }) => {
  const state = stateOf(token, now);
  if (state === "live") return <StatusBadge tone="good">In force</StatusBadge>;
  return state === "revoked" ? <StatusBadge tone="bad">Revoked</StatusBadge> : <StatusBadge>Expired</StatusBadge>;
};

const TokenParams = z.object({
  id: z.string().openapi({ description: "The token, by its id.", example: "adm_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

export const tokenRevoke = actRoutes({
  path: "/admin/tokens/{id}/revoke",
  scope: "tokens:write",
  params: TokenParams,
  does: "revoke an admin token",
  example: { reason: "its owner has left" },
  answers: { 409: "The form again: it is the last valid owner token." },
  leadsTo: "The list of tokens.",
  missing: ["NOT_FOUND"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const admin = adminActor(c);
    const token = await readRevocableToken(c.env.DB, admin, id);
    const isOwn = admin.actor === `token:${id}`;
    return {
      title: "Revoke this token",
      about: `${token.name} · ${token.scopes.join(", ")}`,
      button: "Revoke it",
      dangerous: true,
      back: "/admin/tokens",
      preview: () =>
        token.revoked_at === null
          ? [
              "The API, the command line and the console refuse it at once.",
              "Its sessions end.",
              ...(isOwn ? ["You are signed in with this token, so you are signed out."] : []),
              "This cannot be undone. You can create another token.",
            ]
          : ["Nothing changes: the token is revoked already."],
      carryOut: async ({ reason }) => {
        await endAdminToken(c.env.DB, admin, id, reason);
        return c.redirect(donePath("/admin/tokens", { done: "revoke" }), 303);
      },
    };
  },
});
