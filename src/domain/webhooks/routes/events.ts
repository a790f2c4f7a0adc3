import { operation, Problem, unlessEmpty, z } from "../../../platform/http/route.ts";
import { admin, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { EventSchema, eventOf } from "../event/event.ts";
import { readStretch } from "../event/store.ts";
import { actionsOf, isTypePattern } from "../event/types.ts";

/** The sequence of events, for systems that ask for it. */
export const eventRoutes = createAdminRouter();

const EventQuery = z.object({
  after: unlessEmpty(z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0)).openapi({
    param: { description: "Only events after this number of the sequence. 0: from the first one." },
    type: "integer",
    minimum: 0,
    default: 0,
    example: 4710,
  }),
  type: unlessEmpty(
    z
      .string()
      .max(2000)
      .transform((text) => text.split(","))
      .refine((patterns) => patterns.every(isTypePattern), "must name types of events, or groups as `license.*`")
      .optional(),
  ).openapi({
    param: { description: "Only events of these types, separated by commas. `license.*` names all of a group." },
    type: "string",
    example: "license.*,machine.activate",
  }),
  limit: unlessEmpty(z.coerce.number().int().min(1).max(200).default(50)).openapi({
    param: { description: "The maximum number of events, 1 to 200." },
    type: "integer",
    minimum: 1,
    maximum: 200,
    default: 50,
    example: 50,
  }),
});

const EventList = z
  .object({
    events: z.array(EventSchema),
    forgotten: z.array(z.object({ from: z.int(), to: z.int() })).openapi({
      description: "Numbers up to `next_after` whose events retention has deleted, as ranges with both ends included.",
      example: [],
    }),
    next_after: z.int().openapi({ description: "Pass it as `after` to continue.", example: 4711 }),
    last_sequence: z.int().openapi({ description: "The number of the newest event.", example: 4711 }),
    has_more: z.boolean().openapi({ description: "Whether more events may follow `next_after` already." }),
  })
  .openapi("EventList");

eventRoutes.openapi(
  operation("get", "/v1/admin/events", {
    tag: "Admin: webhooks",
    summary: "Read the sequence of events",
    description:
      "Every act of the audit trail as an event, in the order of the commits, oldest first. Numbers have no gap: each one up to " +
      "`next_after` is that of an event here, of another type, or `forgotten`. `CONFLICT`: `after` is beyond the newest event, " +
      "because the ledger has been restored from a backup.",
    access: admin("audit:read"),
    query: EventQuery,
    answers: { 200: ["A stretch of the sequence.", EventList] },
    refusals: ["VALIDATION_FAILED", "CONFLICT"],
  }),
  async (c) => {
    const { after, type = [], limit } = c.req.valid("query");
    const { entries, forgotten, through, last } = await readStretch(c.env.DB, {
      after,
      actions: actionsOf(type),
      limit,
    });
    if (after > last) {
      const detail = `The newest event is number ${last}. If you have seen a later one, the ledger has been restored from a backup: see docs/events.md.`;
      throw new Problem({ code: "CONFLICT", detail });
    }
    const page = { next_after: through, last_sequence: last, has_more: through < last };
    return c.json({ events: entries.map(eventOf), forgotten, ...page }, 200);
  },
);
