import { actOnLicense } from "../../../domain/licensing/admin/act.ts";
import { maySeeNewKey } from "../../../domain/licensing/admin/limits.ts";
import { requireLicense } from "../../../domain/licensing/license/store.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { revokeLicense } from "../../../domain/purchase/revocation.ts";
import { combine } from "../../../platform/http/route.ts";
import { CopyBlock, Notice } from "../../page/kit.ts";
import {
  actRoutes,
  adminActor,
  BRAKED,
  brake,
  type ConsoleContext,
  goTo,
  Problem,
  reasonField,
  resultPage,
  settle,
} from "../kit.ts";
import { LICENSE_ACTS, pinnedFields } from "./acts.tsx";
import { previewLicenseAct } from "./preview.ts";
import { aboutLicense, licensePath } from "./words.tsx";

/** `GET` and `POST /admin/licenses/{id}/{revoke|suspend|reinstate|extend|rotate-key}`. */
export const licenseAct = combine(
  ...LICENSE_ACTS.map((offered) =>
    actRoutes(`/admin/licenses/{id}/${offered.name}`, {
      scope: "licenses:write",
      params: LicenseParams,
      does: offered.name === "rotate-key" ? "rotate the key of a license" : `${offered.name} a license`,
      example: { reason: "key found in a public repository" },
      answers: {
        409: "The form again: the license's state does not allow it.",
        ...(offered.name !== "reinstate" && { 429: BRAKED }),
        ...(offered.name === "rotate-key" && {
          200: "The preview; then the new key, once, for an admin with `licenses:issue`.",
        }),
      },
      leadsTo: "The page of the license.",
      missing: ["LICENSE_NOT_FOUND"],
      schema: offered.schema,
      actOf: async (c, { id }) => {
        const license = await requireLicense(c.env.DB, id);
        const admin = adminActor(c);
        const isOwner = admin.scopes.includes("owner");
        const { title, meaning, button, dangerous, fields } = offered;
        const back = licensePath(id);
        return {
          title,
          about: aboutLicense(license),
          meaning,
          button,
          dangerous,
          back,
          fields: (entered) => (
            <>
              {fields?.([license], entered)}
              {reasonField(entered)}
            </>
          ),
          preview: ({ act }) => {
            const preview = previewLicenseAct(license, act, admin, admin.now);
            if (!preview.ok) throw new Problem(preview.error);
            return preview.value;
          },
          pinned: ({ act }) => pinnedFields(license, act, isOwner, admin.now),
          carryOut: async ({ reason, act }, idempotencyKey) => {
            const scope = { db: c.env.DB, config: c.var.config };
            if (act.action !== "reinstate") await brake(c, act.action);
            if (act.action === "revoke") {
              const { cancelSubscription = false } = act;
              const { edge } = await revokeLicense(c, admin, { id, reason, cancelSubscription, idempotencyKey });
              return goTo(c, back, { done: offered.name, edge });
            }
            const { key, changes } = await actOnLicense(scope, admin, id, act, reason, idempotencyKey);
            const edge = await settle(c, changes);
            if (key !== null && maySeeNewKey(admin))
              return keyPage(c, { title: "The new license key", key, license, edge });
            return goTo(c, back, { done: offered.name, edge });
          },
        };
      },
    }),
  ),
);

type Props = {
  title: string;
  key: string;
  license: { id: string; email: string };
  edge: "published" | "pending";
  /** Whether the key is also mailed to the owner. */
  isMailed?: boolean;
};

/** Shows a new key in the answer to its form. No address shows a key, so no history, log or reload holds it. */
export const keyPage = (c: ConsoleContext, { key, license, isMailed = true, ...outcome }: Props): Promise<Response> =>
  resultPage(c, {
    ...outcome,
    result: (
      <>
        <Notice tone="good">
          {isMailed
            ? `The key is also being emailed to ${license.email}.`
            : `The key was not emailed. Please give it to ${license.email}.`}
        </Notice>
        <CopyBlock id="license-key" what="the license key">
          {key}
        </CopyBlock>
        <p>The key is shown only once. You can rotate the key at any time.</p>
      </>
    ),
    link: { href: licensePath(license.id), text: "Show the license" },
  });
