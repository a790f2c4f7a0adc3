import { ANYONE, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { packageSigner } from "../../releases/framing/package-signer.ts";

/** A tool asks for a key when it meets a signature by an unknown one: it must see a new key at once. */
const REVALIDATE = { "Cache-Control": "no-cache" };

const EXAMPLE_KEY = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEaSTMABYJKwYBBAHaRw8BAQdA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIa
-----END PGP PUBLIC KEY BLOCK-----
`;

const EXAMPLE_DELEGATION = `untrusted comment: signature from rbee-catalog
RUSOELgoX68xlzWlYm8TCo/8c0pduSFr0wGYFBrHiOz9xd6kjJV2lIuQ5VPK0GqOQ0pvcFgVKe7x6rlTYUjxZhVUhCvr04WOMwc=
trusted comment: timestamp:1795392000\tfile:EB85BB5FA33A75E15E944E63F231550C4F47E38E.asc\tpurpose:packages
wtBUrWpAAQ3hPgtEZ1z8dQedsLx+Sc6qLIk5kt3vOR5MmFC15mwvXK1vKtZh4y8dsY/8t2zl94HU0/RDrjvHCQ==
`;

const keyText = (description: string, example: string) => ({
  description,
  content: { "text/plain": { schema: z.string().openapi({ example }) } },
});

/** The OpenPGP keys that package managers check packages and repositories with. */
export const packageKeys = createRouter();

packageKeys.openapi(
  operation("get", "/keys/packages.asc", {
    tag: "Releases",
    summary: "Keys that sign packages and their repositories",
    description:
      "All OpenPGP keys of this catalog in one armored block, the one that signs packages first. During a rotation there are two. A " +
      "release signing key has signed each: see `/keys/packages/FINGERPRINT.asc.minisig`, or run `rbee-catalog keys verify`.",
    access: ANYONE,
    answers: { 200: keyText("The keys.", EXAMPLE_KEY) },
    refusals: ["SERVICE_UNAVAILABLE"],
  }),
  async (c) => c.text((await packageSigner(c.var.config)).armoredKeyring, 200, REVALIDATE),
);

packageKeys.openapi(
  operation("get", "/keys/packages/{file}", {
    tag: "Releases",
    summary: "One key that signs packages, or the release key's signature over it",
    description:
      "`FINGERPRINT.asc` is the armored OpenPGP key, `FINGERPRINT.asc.minisig` the signature over its text. Check it with a release " +
      "signing key that you have pinned.",
    access: ANYONE,
    params: z.object({
      file: z.string().openapi({
        param: { description: "The key's fingerprint, 40 hexadecimal digits, and `.asc` or `.asc.minisig`." },
        example: "EB85BB5FA33A75E15E944E63F231550C4F47E38E.asc.minisig",
      }),
    }),
    answers: { 200: keyText("The key, or the signature.", EXAMPLE_DELEGATION) },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const [fingerprint = "", ...suffix] = c.req.valid("param").file.split(".");
    const { keys } = await packageSigner(c.var.config);
    const key = keys.find((one) => one.fingerprint === fingerprint.toUpperCase());
    const text = { asc: key?.armored, "asc.minisig": key?.delegation }[suffix.join(".")];
    if (text === undefined)
      throw new Problem({ code: "NOT_FOUND", detail: "This catalog has no such key for packages." });
    return c.text(text, 200, REVALIDATE);
  },
);
