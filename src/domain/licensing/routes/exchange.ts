import { credentialOf } from "../../../platform/http/credential.ts";
import { createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { exchangeForeignKey } from "../foreign/exchange.ts";
import { EXAMPLE_LICENSE_KEY, LicenseView, licenseView } from "../license/view.ts";
import { licenseProblem } from "../refusal.ts";

const ExchangedView = z
  .object({
    key: z.string().openapi({ description: "The license's own key.", example: EXAMPLE_LICENSE_KEY }),
    license: LicenseView,
  })
  .openapi("ExchangedKey");

/** `POST /v1/licenses/exchange`. */
export const exchange = createRouter();

exchange.openapi(
  operation("post", "/v1/licenses/exchange", {
    tag: "Licensing",
    summary: "Exchange a key of another shop",
    description:
      "The credential is a license key that an owner of the catalog has imported from another shop. Returns the license's own key " +
      "and mails it to the owner. For an hour a repetition returns the same; after that the old key is refused. " +
      "`POST /v1/licenses/activate` exchanges such a key by itself.",
    access: {
      security: [{ foreign_key: [] }],
      refusals: ["CREDENTIAL_REQUIRED", "KEY_INVALID", "KEY_ROTATED", "KEY_EXCHANGED", "RATE_LIMITED"],
    },
    answers: { 200: ["The key.", ExchangedView] },
    refusals: ["LICENSE_REVOKED"],
  }),
  async (c) => {
    const credential = credentialOf(c.req.raw.headers);
    if (credential === null) {
      throw new Problem({
        code: "CREDENTIAL_REQUIRED",
        detail: "Send the key of the other shop: Authorization: Bearer ...",
      });
    }
    const exchanged = await exchangeForeignKey(c, credential.secret);
    if (!exchanged.ok) throw licenseProblem(exchanged.error, c.var.config);
    const { key, license } = exchanged.value;
    return c.json({ key, license: licenseView(license, c.var.now) }, 200, { "Cache-Control": "private, no-store" });
  },
);
