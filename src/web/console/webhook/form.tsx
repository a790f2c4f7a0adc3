import { EndpointChange, EndpointId, NewEndpoint, OVERLAP } from "../../../domain/webhooks/endpoint/fields.ts";
import { currentSecret } from "../../../domain/webhooks/endpoint/secret.ts";
import {
  acceptedUrl,
  addEndpoint,
  type CountedEndpoint,
  changeEndpoint,
  checkNew,
  readEndpoint,
  rotateSecret,
} from "../../../domain/webhooks/endpoint/store.ts";
import { EVENT_TYPES } from "../../../domain/webhooks/event/types.ts";
import { idempotentRequest } from "../../../platform/storage/idempotency.ts";
import { CheckField, CopyBlock, Field, sentences, TextField } from "../../page/kit.ts";
import {
  actRoutes,
  adminActor,
  type ConsoleContext,
  type Entered,
  goTo,
  Reason,
  ReasonForm,
  reasonField,
  resultPage,
  z,
} from "../kit.ts";
import { nameOf, typesWords, WEBHOOKS, webhookPath } from "./list.tsx";

/** The endpoint as the API's body. The rules are the API's; each fault becomes a sentence. */
const EndpointForm = z
  .object({
    url: z.string().trim().min(1, "Please enter a URL."),
    description: z.string().default(""),
    types: z.string().default(""),
    reason: Reason,
  })
  .transform(({ reason, types, ...form }, context) => {
    const parsed = NewEndpoint.safeParse({ ...form, types: types.split(/[\s,]+/).filter((type) => type !== "") });
    if (parsed.success) return { wanted: parsed.data, reason };
    for (const { path, message } of parsed.error.issues) {
      const at = path[0] === "types" ? `${types.split(/[\s,]+/)[Number(path[1])] ?? "It"} ` : "It ";
      context.addIssue({ code: "custom", path: path.slice(0, 1), message: `${at}${message}.` });
    }
    return z.NEVER;
  });

const GROUPS = [...new Set(EVENT_TYPES.map((type) => `${type.split(".")[0]}.*`))];

const endpointFields = (entered: Entered, before?: CountedEndpoint) => (
  <>
    <Field
      {...entered("url")}
      value={entered("url").value ?? before?.url}
      label="URL"
      hint="An https URL with a public host."
      type="url"
      maxlength={2000}
      required
    />
    <Field
      {...entered("description")}
      value={entered("description").value ?? before?.description}
      label="Description"
      hint="What it is for, such as CRM."
      maxlength={100}
    />
    <TextField
      {...entered("types")}
      value={entered("types").value ?? before?.types.join("\n")}
      label="Types of events"
      hint={`One on each line: release.publish, or a group: ${GROUPS.join(", ")}. Empty: all.`}
      rows={3}
    />
    {reasonField(entered)}
  </>
);

/** Shows a secret once, on the answer to the form that made it. */
async function secretPage(c: ConsoleContext, title: string, endpoint: CountedEndpoint): Promise<Response> {
  return resultPage(c, {
    title,
    result: (
      <>
        <CopyBlock id="webhook-secret" what="the secret">
          {await currentSecret(c.var.config, endpoint)}
        </CopyBlock>
        <p>It is shown only once. Configure it at the receiver, which verifies each event with it.</p>
      </>
    ),
    link: { href: webhookPath(endpoint.id), text: "Show the endpoint" },
  });
}

export const webhookAdd = actRoutes(`${WEBHOOKS}/new`, {
  scope: "webhooks:write",
  does: "add a webhook endpoint",
  example: { url: "https://crm.example.com/hooks/rbee", description: "CRM", types: "license.*", reason: "for the CRM" },
  description: "`types` has one on each line.",
  answers: { 200: "The preview; then the secret, once.", 409: "The form again: there are 20 endpoints already." },
  schema: EndpointForm,
  actOf: (c) => ({
    title: "Add a webhook endpoint",
    about: "A system of ours that gets acts as signed events.",
    button: "Add it",
    back: WEBHOOKS,
    fields: endpointFields,
    preview: async ({ wanted }) => {
      const { url, position } = await checkNew(c.env.DB, c.var.config, wanted);
      return [
        `Events are sent to ${new URL(url).host} from now on: those after number ${position}.`,
        `Their types: ${typesWords(wanted.types)}.`,
        "They name licenses and machines by their ids, and admins as the audit trail does: by a token's id or an email address. They have the reasons of admins, and no address of a customer.",
        "The secret is shown to you once. We store no copy.",
      ];
    },
    carryOut: async ({ wanted, reason }, idempotencyKey) => {
      const actor = adminActor(c);
      const request = await idempotentRequest(actor.actor, idempotencyKey, ["webhook", wanted, reason]);
      const endpoint = await addEndpoint(c.env.DB, c.var.config, wanted, { actor, reason, request });
      return secretPage(c, "The endpoint is added", endpoint);
    },
  }),
});

const params = z.object({ id: EndpointId });
/** Where the acts on an endpoint lead to. */
export const LEADS = "The endpoint with the result.";
/** The access and the parameters of every act on an endpoint. */
export const common = {
  scope: "webhooks:write",
  params,
  missing: ["NOT_FOUND"],
  answers: { 409: "The form again." },
} as const;

export const webhookChange = actRoutes(`${WEBHOOKS}/{id}/change`, {
  ...common,
  does: "change a webhook endpoint",
  example: {
    url: "https://crm.example.com/hooks/rbee",
    description: "CRM",
    types: "license.*",
    reason: "it has moved",
  },
  leadsTo: LEADS,
  schema: EndpointForm,
  actOf: async (c, { id }) => {
    const endpoint = await readEndpoint(c.env.DB, id);
    return {
      title: "Change this endpoint",
      about: nameOf(endpoint),
      button: "Change it",
      back: webhookPath(id),
      fields: (entered) => endpointFields(entered, endpoint),
      preview: ({ wanted }) => {
        const url = acceptedUrl(c.var.config, wanted.url);
        return sentences(
          url !== endpoint.url &&
            `Events go to ${new URL(url).host} from now on, also the ${endpoint.pending} that wait.`,
          wanted.types.join() !== endpoint.types.join() &&
            `New events are sent of these types: ${typesWords(wanted.types)}.`,
          wanted.description !== endpoint.description && `Its description is “${wanted.description}”.`,
          "Its secret stays.",
        );
      },
      carryOut: async ({ wanted, reason }) => {
        const { url, description, types } = wanted;
        const changed = EndpointChange.parse({ url, description, types });
        await changeEndpoint(c.env.DB, c.var.config, id, changed, { actor: adminActor(c), reason });
        return goTo(c, webhookPath(id), { done: "change" });
      },
    };
  },
});

export const webhookRotate = actRoutes(`${WEBHOOKS}/{id}/rotate-secret`, {
  ...common,
  does: "replace the secret of a webhook endpoint",
  example: { leaked: "yes", reason: "seen in a log" },
  answers: { 200: "The preview; then the new secret, once.", 409: "The form again." },
  schema: ReasonForm.extend({ leaked: z.literal("yes").optional() }),
  actOf: async (c, { id }) => ({
    title: "Replace the secret",
    about: nameOf(await readEndpoint(c.env.DB, id)),
    button: "Replace it",
    back: webhookPath(id),
    fields: (entered) => (
      <>
        <CheckField name="leaked" checked={entered("leaked").value === "yes"}>
          It has leaked: the former secret ends at once
        </CheckField>
        {reasonField(entered)}
      </>
    ),
    preview: ({ leaked }) => [
      leaked
        ? "The former secret signs nothing more. The receiver refuses events until it has the new one; they are sent again."
        : `Both secrets sign for ${OVERLAP.default} hours, so that the receiver can change in between.`,
      "The new secret is shown to you once.",
    ],
    carryOut: async ({ leaked, reason }) => {
      const by = { actor: adminActor(c), reason };
      const endpoint = await rotateSecret(c.env.DB, id, leaked ? 0 : OVERLAP.default, by);
      return secretPage(c, "The secret is replaced", endpoint);
    },
  }),
});
