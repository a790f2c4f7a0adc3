import { allowsAll } from "../../../platform/config/scopes.ts";
import { type AdminToken, listAdminTokens } from "../../../platform/identity/admin-token.ts";
import type { TokenEnd } from "../../../platform/identity/token-line.ts";
import { isWithin } from "../../../platform/identity/worker-limit.ts";
import { type Child, type Column, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, consolePage, consoleView, DoneNotice, DoneQuery, may } from "../kit.ts";
import { List, listQuery } from "../list.tsx";

const PATH = "/admin/tokens";
const ROWS = 50;

const MADE_BEFORE = "Made before the scopes were divided: renew it, and give it no more than it needs.";

/** Why a token has ended, in words. */
const ENDS: Record<TokenEnd["why"], string> = {
  revoked: "Revoked",
  expired: "Expired",
  parent_revoked: "Ended: the token that made it was revoked",
  parent_expired: "Ended: the token that made it has expired",
  parent_renewed: "Ended: the token that made it was renewed",
};

const stateOf = ({ ended }: AdminToken) =>
  ended === null
    ? ({ tone: "good", text: "In force" } as const)
    : ({ tone: ended.why === "expired" ? "plain" : "bad", text: ENDS[ended.why] } as const);

const rights = ({ scopes, workers, needs_renewal, ended }: AdminToken): Child => (
  <>
    {scopes.join(", ")}
    {workers === null ? "" : `, for ${workers.join(", ")} alone`}
    {needs_renewal && ended === null ? <p class="quiet">{MADE_BEFORE}</p> : null}
  </>
);

/** The acts on a token that the admin may carry out. */
const actsOn = (c: ConsoleContext, token: AdminToken): Child => {
  const isManaged = allowsAll(c.var.admin.scopes, token.scopes) && isWithin(token, c.var.admin);
  if (token.ended !== null || !isManaged || !may(c, "tokens:write")) return null;
  const names = [
    ...(token.publisher_id === null ? [["renew", "Renew"]] : []),
    ...(token.parent_id !== null && may(c, "owner") ? [["keep", "Keep"]] : []),
    ["revoke", "Revoke"],
  ] as const;
  return names.map(([name, text]) => (
    <>
      <a href={`${PATH}/${token.id}/${name}`}>
        {text}
        <span class="unseen"> {token.name}</span>
      </a>{" "}
    </>
  ));
};

const columnsFor = (c: ConsoleContext): Column<AdminToken>[] => [
  { header: "Name", cell: ({ id, name }) => `${name}${c.var.admin.token?.id === id ? " (yours)" : ""}` },
  { header: "State", cell: (token) => <StatusBadge {...stateOf(token)} /> },
  { header: "May do", cell: rights },
  { header: "Made by", cell: ({ parent_id }) => (parent_id === null ? "" : <code>{parent_id}</code>) },
  { header: "Created", cell: ({ created_at }) => <Time at={created_at} /> },
  { header: "Ends", cell: ({ expires_at: at }) => (at === null ? "never" : <Time at={at} clock />) },
  { header: "Acts", cell: (token) => actsOn(c, token) },
];

/** The notices after an act that redirects here. */
const DONE: ReadonlyMap<string | undefined, string> = new Map([
  ["revoke", "The token is revoked. Its sessions, and the tokens that it made, have ended."],
  ["keep", "The token no longer ends with the token that made it."],
]);

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
          <DoneNotice text={DONE.get(done)} />
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
