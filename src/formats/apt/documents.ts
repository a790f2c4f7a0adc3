import { packageSigner } from "../../domain/releases/framing/package-signer.ts";
import { combine, documentRoute } from "../../platform/http/route.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";
import { sourcesFile, sourcesText } from "./sources.ts";

const TAG = "apt and RPM";

const keyring = documentRoute(
  "/apt/rbee.gpg",
  {
    tag: TAG,
    summary: "The keys of the apt repositories",
    description:
      "The OpenPGP keys that sign them, for `/etc/apt/keyrings`. `/keys/packages/{fingerprint}.asc.minisig` is the release key's signature over each.",
    content: "The keys as binary OpenPGP packets.",
    type: "application/pgp-keys",
    example: "(bytes)",
  },
  async (config) => (await packageSigner(config)).keyring,
);

const armored = documentRoute(
  "/apt/rbee.asc",
  {
    tag: TAG,
    summary: "The keys of the apt repositories, in ASCII armor",
    description: "The same keys as `rbee.gpg`. apt tells the two forms apart by the end of the file's name.",
    content: "The keys.",
    type: "application/pgp-keys",
    example: "-----BEGIN PGP PUBLIC KEY BLOCK-----",
  },
  async (config) => (await packageSigner(config)).armoredKeyring,
);

const sources = (Object.keys(REPOSITORIES) as RepositoryName[]).map((repository) =>
  documentRoute(
    `/apt/${sourcesFile(repository)}`,
    {
      tag: TAG,
      summary: `The configuration of the apt repository ${repository}`,
      description: "For `/etc/apt/sources.list.d`. It adds the suite `stable`.",
      content: "The file.",
      type: "text/plain",
      example: sourcesText("https://catalog.rbee.dev", repository),
    },
    ({ PUBLIC_URL }) => sourcesText(PUBLIC_URL, repository),
  ),
);

/** The files that people put into apt's configuration. They are the same for everyone. */
export const documents = combine(keyring, armored, ...sources);
