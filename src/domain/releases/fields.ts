import { z } from "@hono/zod-openapi";
import { forApi } from "../../platform/http/schemas.ts";
import { isPgpSignature, MAX_PGP_SIGNATURE } from "./artifact/pgp-signature.ts";
import { MAX_FILE_SIZE } from "./artifact/plan.ts";
import { ARTIFACT_KINDS, CHANNELS, FILE_KINDS, FILE_PLATFORMS, PLATFORMS } from "./manifest.ts";
import { requiresSchema } from "./requires/requires.ts";
import { STATEMENT_SUFFIX } from "./source/statement.ts";
import { parseVersion } from "./version.ts";

const EXAMPLE_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const EXAMPLE_SIGNATURE = `untrusted comment: signature from minisign secret key
RUSOELgoX68xlzWlYm8TCo/8c0pduSFr0wGYFBrHiOz9xd6kjJV2lIuQ5VPK0GqOQ0pvcFgVKe7x6rlTYUjxZhVUhCvr04WOMwc=
trusted comment: file:llm-worker-rbee-premium-cuda-linux-x86_64\tworker:llm-worker-rbee-premium-cuda\tversion:1.10.0
wtBUrWpAAQ3hPgtEZ1z8dQedsLx+Sc6qLIk5kt3vOR5MmFC15mwvXK1vKtZh4y8dsY/8t2zl94HU0/RDrjvHCQ==
`;

export const Version = z
  .string()
  .superRefine((text, context) => {
    const version = parseVersion(text);
    if (!version.ok) context.addIssue({ code: "custom", message: version.error });
  })
  .openapi({ description: "Semantic version without leading `v` or build metadata.", example: "1.10.0" });

export const ChannelName = z
  .enum(CHANNELS)
  .openapi({ description: "From the most to the least stable.", example: "stable" });

/** A name that is valid in links, headers and every file system: not hidden, no separator, nothing to quote. */
export const Filename = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/,
    "must be letters, digits and ._+- only, starting with a letter or digit",
  )
  .refine((name) => !name.includes(".."), "must not contain ..")
  .refine((name) => !/\.(mini)?sig$/i.test(name), "must not be the name of a signature: the catalog adds those")
  .refine((name) => !name.toLowerCase().endsWith(STATEMENT_SUFFIX), "must not be the name of a source statement")
  .refine((name) => !/\.intoto\.jsonl$/i.test(name), "must not be the name of provenance: attach it to the release")
  .openapi({ example: "llm-worker-rbee-premium-cuda-linux-x86_64" });

/** The name of a tag. `faultOfTag` decides whether it fits the version. */
export const SourceTag = z
  .string()
  .max(200)
  .openapi({
    description:
      "The git tag that the recipe of a free worker builds. It must be one of the version: `v1.2.0` or `1.2.0`, alone or after " +
      "the worker's id or crate and a `-` or `/`.",
    example: "v1.2.0",
  });

const Repository = z.string().max(500).openapi({
  description: "The git address in the worker's recipe.",
  example: "https://github.com/rbee-keeper/rbee.git",
});

const Commit = z
  .string()
  .max(64)
  .openapi({ description: "The commit of the tag.", example: "0509312fd8bae758c0a3434ccca6cfda1bd1b7f6" });

export const Size = z
  .int()
  .min(1)
  .max(MAX_FILE_SIZE)
  .openapi({ description: "Bytes, 8 GiB at most.", example: 734003200 });

export const Sha256 = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
  .openapi({ example: EXAMPLE_SHA256 });

export const SignatureText = z
  .string()
  .max(16_384)
  .openapi({ description: "The text of the file's `.minisig`, prehashed (the default).", example: EXAMPLE_SIGNATURE });

const StatementSignature = z
  .string()
  .max(16_384)
  .openapi({ description: "The text of the `.minisig` over the source statement.", example: EXAMPLE_SIGNATURE });

/** The signed source of a release, as it is stored. */
export const SourceField = z
  .object({ repository: Repository, tag: SourceTag, commit: Commit, signature: StatementSignature })
  .openapi("ReleaseSource");

/** The signed source of a release, as a publisher sends it. */
export const SentSourceField = SourceField.extend({
  repository: Repository.optional().openapi({ description: "Default: that of the worker's recipe." }),
})
  .strict()
  .openapi("NewReleaseSource");

export const Kind = z.enum(ARTIFACT_KINDS).openapi({
  description: "`binary` is the file that a hive runs, `package` is for a package manager.",
  example: "binary",
});

export const FileKindName = z.enum(FILE_KINDS).openapi({
  description:
    "`binary` is the file that a hive runs, `package` is for a package manager, `source` is the archive that a free recipe builds.",
  example: "binary",
});

export const PgpSignature = z
  .string()
  .max(Math.ceil(MAX_PGP_SIGNATURE / 3) * 4)
  .refine(isPgpSignature, "must be a binary detached OpenPGP signature in base64")
  .openapi({
    description:
      "The file's `.sig` in base64, as `gpg --detach-sign` makes it. It is passed on unchecked: the package manager verifies it.",
    example: "iHUEABYKAB0WIQQ4hDPCsRqxAFFX",
  });

/** The needs of a file, as every answer shows them. */
export const RequiresField = forApi(requiresSchema()).openapi("FileRequires", {
  description:
    "The needs of the file: backend, range of CUDA or ROCm, GPU generations, C library, CPU features, memory. Ignore members that " +
    "you do not know.",
  example: { cuda: { min: "12.4" }, gpu: ["sm_80", "sm_90"], libc: { name: "glibc", version: "2.31" } },
});

export const PlatformName = z.enum(PLATFORMS).openapi({ example: "linux-x86_64" });

export const FilePlatformName = z.enum(FILE_PLATFORMS).openapi({
  description: "`any`: of a source archive.",
  example: "linux-x86_64",
});

/** The source archive of a release, as every listing shows it. */
export const SourceArchiveField = z
  .object({ filename: Filename, size: Size, sha256: Sha256 })
  .openapi("SourceArchive", {
    description:
      "The archive of the pinned commit with its submodules and a `Cargo.lock`, which the recipe of a free worker builds. It is at " +
      "`.../files/{filename}`, as a binary is. Absent if there is none.",
    example: { filename: "llm-worker-rbee-cpu-1.2.0-source.tar.gz", size: 31457280, sha256: EXAMPLE_SHA256 },
  });

export const LastChange = z
  .string()
  .regex(/^chg_[0-9a-z_-]{1,100}$/, "must be the last_change of a release")
  .openapi({
    description: "Names the state of the release: each change of it, of its files and of its provenance gives another.",
    example: "chg_06b4m2v8w5r7q1t3x9z2k4n6p8",
  });

/** The `{id}` in the paths of a release. */
export const ReleaseParams = z.object({
  id: z.string().openapi({ param: { description: "The release." }, example: "rel_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

/** The `{id}` and `{artifact_id}` in the paths of a file of a release. */
export const ArtifactParams = ReleaseParams.extend({
  artifact_id: z.string().openapi({ param: { description: "The file." }, example: "art_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});
