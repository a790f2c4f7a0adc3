import { z } from "@hono/zod-openapi";
import { printable } from "../../../lib/printable.ts";
import { DAY, HOUR } from "../../../lib/time.ts";
import { isTypePattern } from "../event/types.ts";

const EXAMPLE_ID = "whe_06b4m2v8w5r7q1t3x9z2k4n6p8";

export const EndpointId = z
  .string()
  .regex(/^whe_[0-9a-z]{26}$/, "must be the id of an endpoint")
  .openapi({ param: { description: "The endpoint's id." }, example: EXAMPLE_ID });

/** Only its form. `webhookUrl` decides whether events may be sent there. */
export const EndpointUrl = z.string().trim().min(1).max(2000).openapi({
  description:
    "An https URL with a public host. Its path may be a secret of the receiver: the audit trail has the host alone.",
  example: "https://crm.example.com/hooks/rbee",
});

export const Description = z
  .string()
  .trim()
  .max(100)
  .refine((text) => printable(text) === text, "must have no control characters")
  .openapi({ description: "What it is for, for people.", example: "CRM" });

export const Types = z
  .array(z.string().max(100).refine(isTypePattern, "must be a type of events, or a group as `license.*`"))
  .max(50)
  .transform((types) => [...new Set(types)])
  .openapi({ description: "The types of events that it is sent. Empty: all.", example: ["license.*"] });

/** How long the former secret may sign beside a new one, in hours. */
export const OVERLAP = { default: 24, longest: (14 * DAY) / HOUR } as const;

/** An endpoint to add. */
export const NewEndpoint = z
  .object({
    url: EndpointUrl,
    description: Description.default(""),
    types: Types.default([]),
    after: z.int().min(0).nullable().default(null).openapi({
      description: "It is sent events after this number of the sequence. Null: events from now on.",
      example: null,
    }),
  })
  .strict();

export type NewEndpoint = z.output<typeof NewEndpoint>;

/** The members of an endpoint that an admin changes. A member that is left out stays. */
export const EndpointChange = z.object({ url: EndpointUrl, description: Description, types: Types }).partial().strict();

export type EndpointChange = z.output<typeof EndpointChange>;
