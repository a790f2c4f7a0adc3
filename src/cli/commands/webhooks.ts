import { InvalidArgumentError } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, PageOptions } from "../command.ts";
import { agreed, type ConsentOptions, withConsent } from "../consent.ts";
import { positiveInteger } from "../input.ts";
import { REASON } from "../license-answer.ts";
import { formatFields } from "../output.ts";

const Endpoint = z.looseObject({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  types: z.array(z.string()),
  state: z.string(),
  disabled_by: z.string().nullable(),
  failing_since: z.string().nullable(),
  queued_through: z.number(),
  pending: z.number(),
  failed: z.number(),
});

const EndpointAnswer = z.looseObject({ endpoint: Endpoint });
const SecretAnswer = z.looseObject({ endpoint: Endpoint, secret: z.string() });
const Replayed = z.looseObject({ replayed: z.number() });
const Tested = z.looseObject({ event_id: z.string() });

type Reason = { reason: string };
type AddOptions = Reason & { description?: string; type?: string[]; after?: number };
type ChangeOptions = Reason & { newUrl?: string; description?: string; type?: string[]; allTypes?: true };
type ReplayOptions = Reason & { from?: number; to?: number; any?: true };

const ENDPOINT = ["<endpoint>", "the endpoint's id (whe_...)"] as const;
const TYPES = "the types of events, such as license.* or release.publish";

/** The types that an endpoint is sent. Without any, it gets all. */
const typesInWords = (types: readonly string[]): string => (types.length === 0 ? "all" : types.join(", "));

/** Parses a number of the sequence, from 0. */
export function eventNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Give the number of an event, or 0 for the beginning.");
  return Number(text);
}

/** Parses hours, from 0. */
function hours(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError("Give a whole number of hours, 0 to 336.");
  return Number(text);
}

/** Adds `webhooks`, the commands for the endpoints that events are sent to. */
export function addWebhookCommands(program: CatalogCommand): void {
  const webhooks = program
    .command("webhooks")
    .description("Sends events to your systems by the Standard Webhooks specification. Lists the endpoints (default).");
  addReading(webhooks);
  addActs(webhooks);
  addRepeating(webhooks);
}

function addReading(webhooks: CatalogCommand): void {
  webhooks
    .command("list", { isDefault: true })
    .paged()
    .summary("list the endpoints, removed ones included")
    .runAsAdmin(({ list }, options: PageOptions) => {
      const columns = {
        ...{ ENDPOINT: "id", STATE: "state", URL: "url" },
        TYPES: (row: Readonly<Record<string, unknown>>) => typesInWords(Endpoint.parse(row).types),
        ...{ PENDING: "pending", FAILED: "failed" },
        ...{ FAILING: "failing_since", DESCRIPTION: "description" },
      };
      return list("/v1/admin/webhooks", "endpoints", columns, options);
    });

  webhooks
    .command("show")
    .summary("show an endpoint")
    .argument(...ENDPOINT)
    .runAsAdmin(async ({ client, show }, id: string) => {
      const answer = await client.json(EndpointAnswer, { path: path`/v1/admin/webhooks/${id}` });
      show(answer, ({ endpoint }) => formatEndpoint(endpoint));
    });

  webhooks
    .command("deliveries")
    .paged()
    .summary("see what was sent to an endpoint, and how it answered")
    .description("Lists the deliveries of an endpoint, newest event first. Finished ones are kept for 30 days.")
    .argument(...ENDPOINT)
    .option("--state <state>", "only these: pending, delivered or failed")
    .runAsAdmin(({ list }, id: string, options: PageOptions & { state?: string }) => {
      const columns = {
        ...{ EVENT: "sequence", TYPE: "type", SUBJECT: "subject", STATE: "state", ATTEMPTS: "attempts" },
        ...{ LAST: "last_attempt_at", NEXT: "next_attempt_at", STATUS: "last_status", ERROR: "last_error" },
      };
      return list(path`/v1/admin/webhooks/${id}/deliveries`, "deliveries", columns, options);
    });
}

function addActs(webhooks: CatalogCommand): void {
  webhooks
    .command("add")
    .summary("send events to a URL, and print its secret")
    .description(
      "Sends events to a public https URL from now on. The secret is printed once: the receiver verifies with it.",
    )
    .argument("<url>", "an https URL with a public host")
    .requiredOption(...REASON)
    .option("--type <type...>", `${TYPES} (default: all)`)
    .option("--description <text>", "what it is for")
    .option("--after <number>", "events after this number of the sequence (default: from now on)", eventNumber)
    .addHelpText(
      "after",
      `
Example:
  $ rbee-catalog webhooks add https://crm.example.com/hooks/rbee \\
      --type 'license.*' --reason 'the CRM follows licenses'`,
    )
    .runAsAdmin(async ({ client, show }, url: string, { reason, type, description, after }: AddOptions) => {
      const body = { url, reason, types: type, description, after };
      const request = { method: "POST", path: "/v1/admin/webhooks", body } as const;
      show(await client.json(SecretAnswer, request), formatSecret);
    });

  webhooks
    .command("change")
    .summary("change the URL, types or description of an endpoint")
    .argument(...ENDPOINT)
    .requiredOption(...REASON)
    .option("--new-url <url>", "the new URL; queued events go to it, too")
    .option("--type <type...>", `${TYPES}, in place of the former ones`)
    .option("--all-types", "events of all types")
    .option("--description <text>", "what it is for")
    .runAsAdmin(
      async ({ client, show }, id: string, { reason, newUrl, type, allTypes, description }: ChangeOptions) => {
        const body = { url: newUrl, types: allTypes ? [] : type, description, reason };
        const request = { method: "POST", path: path`/v1/admin/webhooks/${id}/change`, body } as const;
        show(await client.json(EndpointAnswer, request), ({ endpoint }) => formatEndpoint(endpoint));
      },
    );

  webhooks
    .command("rotate-secret")
    .summary("replace an endpoint's secret, and print the new one")
    .argument(...ENDPOINT)
    .requiredOption(...REASON)
    .option("--overlap <hours>", "how long the former secret signs as well; 0 after a leak", hours, 24)
    .runAsAdmin(async ({ client, show }, id: string, { reason, overlap }: Reason & { overlap: number }) => {
      const body = { reason, overlap_hours: overlap };
      const request = { method: "POST", path: path`/v1/admin/webhooks/${id}/rotate-secret`, body } as const;
      show(await client.json(SecretAnswer, request), formatSecret);
    });

  for (const [act, summary, done] of [
    ["disable", "pause an endpoint; its events wait", "Paused. Events wait from now on."],
    ["enable", "send events to an endpoint again", "Events are sent again."],
  ] as const) {
    const command = webhooks
      .command(act)
      .summary(summary)
      .argument(...ENDPOINT)
      .requiredOption(...REASON);
    if (act === "enable") command.option("--skip", "skip what happened meanwhile");
    command.runAsAdmin(async ({ client, show }, id: string, { reason, skip }: Reason & { skip?: true }) => {
      const request = { method: "POST", path: path`/v1/admin/webhooks/${id}/${act}`, body: { reason, skip } } as const;
      show(await client.json(EndpointAnswer, request), () => done);
    });
  }

  withConsent(webhooks.command("remove"))
    .summary("remove an endpoint forever")
    .argument(...ENDPOINT)
    .requiredOption(...REASON)
    .runAsAdmin(async (context, id: string, { reason, ...consent }: Reason & ConsentOptions) => {
      const at = path`/v1/admin/webhooks/${id}`;
      const preview = { path: `${at}/preview`, query: { act: "remove" } };
      if (!(await agreed(context, { preview, question: "Remove it?", isFinal: false }, consent))) return;
      const answer = await context.client.json(EndpointAnswer, { method: "DELETE", path: at, body: { reason } });
      context.show(answer, () => `Removed ${id}.`);
    });
}

function addRepeating(webhooks: CatalogCommand): void {
  webhooks
    .command("test")
    .summary("send a test event to an endpoint")
    .argument(...ENDPOINT)
    .runAsAdmin(async ({ client, show }, id: string) => {
      const tested = await client.json(Tested, { method: "POST", path: path`/v1/admin/webhooks/${id}/test` });
      show(tested, ({ event_id }) => `${event_id} is on its way. See \`rbee-catalog webhooks deliveries ${id}\`.`);
    });

  webhooks
    .command("replay")
    .summary("send events to an endpoint again")
    .description("Sends again what an endpoint did not take at any attempt; with --any, also what it took.")
    .argument(...ENDPOINT)
    .requiredOption(...REASON)
    .option("--from <number>", "from the event with this number on", positiveInteger)
    .option("--to <number>", "up to the event with this number", positiveInteger)
    .option("--any", "also events that it took")
    .runAsAdmin(async ({ client, show }, id: string, { reason, from, to, any }: ReplayOptions) => {
      const body = { reason, from, to, state: any ? "any" : "failed" };
      const request = { method: "POST", path: path`/v1/admin/webhooks/${id}/replay`, body } as const;
      show(await client.json(Replayed, request), ({ replayed }) => `Events that are sent again: ${replayed}`);
    });
}

const formatEndpoint = (endpoint: z.infer<typeof Endpoint>): string =>
  formatFields({
    Endpoint: endpoint.id,
    URL: endpoint.url,
    Description: endpoint.description,
    Types: typesInWords(endpoint.types),
    State: endpoint.disabled_by === null ? endpoint.state : `${endpoint.state} (${endpoint.disabled_by})`,
    "Failing since": endpoint.failing_since,
    "Queued through": endpoint.queued_through,
    Pending: endpoint.pending,
    Failed: endpoint.failed,
  });

const formatSecret = ({ endpoint, secret }: z.infer<typeof SecretAnswer>): string =>
  `${formatEndpoint(endpoint)}\n\nSecret, shown only here:\n${secret}`;
