import { startDeliveries } from "../../../domain/webhooks/delivery/run.ts";
import { countReplay, replayDeliveries } from "../../../domain/webhooks/delivery/store.ts";
import {
  disableEndpoint,
  enableEndpoint,
  readEndpoint,
  removeEndpoint,
} from "../../../domain/webhooks/endpoint/store.ts";
import { CheckField, counted, Field } from "../../page/kit.ts";
import { actRoutes, adminActor, goTo, ReasonForm, reasonField, z } from "../kit.ts";
import { common, LEADS } from "./form.tsx";
import { nameOf, WEBHOOKS, webhookPath } from "./list.tsx";
import { previewEndpointRemoval } from "./preview.ts";

export const webhookDisable = actRoutes(`${WEBHOOKS}/{id}/disable`, {
  ...common,
  does: "disable a webhook endpoint",
  example: { reason: "the CRM is being moved" },
  leadsTo: LEADS,
  schema: ReasonForm,
  actOf: async (c, { id }) => ({
    title: "Disable this endpoint",
    about: nameOf(await readEndpoint(c.env.DB, id)),
    button: "Disable it",
    back: webhookPath(id),
    preview: () => [
      "Nothing more is sent to it.",
      "No event is lost: they wait in the audit trail until you enable it.",
    ],
    carryOut: async ({ reason }) => {
      await disableEndpoint(c.env.DB, id, { actor: adminActor(c), reason });
      return goTo(c, webhookPath(id), { done: "disable" });
    },
  }),
});

export const webhookEnable = actRoutes(`${WEBHOOKS}/{id}/enable`, {
  ...common,
  does: "enable a webhook endpoint",
  example: { reason: "the CRM is back", skip: "yes" },
  leadsTo: LEADS,
  schema: ReasonForm.extend({ skip: z.literal("yes").optional() }),
  actOf: async (c, { id }) => {
    const endpoint = await readEndpoint(c.env.DB, id);
    return {
      title: "Enable this endpoint",
      about: nameOf(endpoint),
      button: "Enable it",
      back: webhookPath(id),
      fields: (entered) => (
        <>
          <CheckField name="skip" checked={entered("skip").value === "yes"}>
            Leave out what has happened meanwhile
          </CheckField>
          {reasonField(entered)}
        </>
      ),
      preview: ({ skip }) => [
        skip
          ? `Only new events are sent. ${counted(endpoint.pending, "event")} that wait are given up.`
          : `Every event after number ${endpoint.position} is sent, and ${counted(endpoint.pending, "event")} that wait.`,
      ],
      carryOut: async ({ reason, skip }) => {
        await enableEndpoint(c.env.DB, id, { skip: skip === "yes" }, { actor: adminActor(c), reason });
        await startDeliveries(c.env, c.var.now);
        return goTo(c, webhookPath(id), { done: "enable" });
      },
    };
  },
});

/** The number of an event in a form; null for an empty field. */
const EventNumber = z
  .string()
  .trim()
  .default("")
  .refine((text) => /^\d{0,15}$/.test(text), "Please enter the number of an event.")
  .transform((text) => (text === "" ? null : Number(text)));

export const webhookReplay = actRoutes(`${WEBHOOKS}/{id}/replay`, {
  ...common,
  does: "send events to a webhook endpoint again",
  example: { from: "4700", to: "4711", any: "yes", reason: "the CRM lost its data" },
  leadsTo: LEADS,
  schema: ReasonForm.extend({ from: EventNumber, to: EventNumber, any: z.literal("yes").optional() }).transform(
    ({ from, to, any, reason }) => ({
      reason,
      wanted: {
        ...{ from: from ?? 1, to: to ?? Number.MAX_SAFE_INTEGER },
        state: any === undefined ? ("failed" as const) : ("any" as const),
      },
    }),
  ),
  actOf: async (c, { id }) => ({
    title: "Send events again",
    about: nameOf(await readEndpoint(c.env.DB, id)),
    button: "Send them again",
    back: webhookPath(id),
    fields: (entered) => (
      <>
        <Field
          {...entered("from")}
          label="From event"
          hint="Its number. Empty: from the first one."
          inputmode="numeric"
        />
        <Field {...entered("to")} label="To event" hint="Its number. Empty: to the newest one." inputmode="numeric" />
        <CheckField name="any" checked={entered("any").value === "yes"}>
          Also events that it has taken
        </CheckField>
        {reasonField(entered)}
      </>
    ),
    preview: async ({ wanted }) => [
      `${counted(await countReplay(c.env.DB, id, wanted), "event")} will be sent again, with the same ids.`,
      "A receiver that remembers ids does nothing for those that it has handled.",
    ],
    carryOut: async ({ wanted, reason }) => {
      await replayDeliveries(c.env.DB, adminActor(c), id, wanted, reason);
      await startDeliveries(c.env, c.var.now);
      return goTo(c, webhookPath(id), { done: "replay" });
    },
  }),
});

export const webhookRemove = actRoutes(`${WEBHOOKS}/{id}/remove`, {
  ...common,
  does: "remove a webhook endpoint",
  example: { reason: "the CRM is replaced" },
  leadsTo: "The list of endpoints.",
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const endpoint = await readEndpoint(c.env.DB, id);
    return {
      title: "Remove this endpoint",
      about: nameOf(endpoint),
      button: "Remove it",
      dangerous: true,
      back: webhookPath(id),
      preview: () => previewEndpointRemoval(endpoint),
      carryOut: async ({ reason }) => {
        await removeEndpoint(c.env.DB, id, { actor: adminActor(c), reason });
        return goTo(c, WEBHOOKS, { done: "remove" });
      },
    };
  },
});
