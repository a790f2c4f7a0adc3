import { type Asker, askerOf, DELIVERY_PROBLEMS, privateHeaders } from "../../domain/delivery/authorization.ts";
import { authorizeDelivery } from "../../domain/delivery/authorize.ts";
import { findFramed, framedResponse } from "../../domain/delivery/framed/response.ts";

import { deliveryProblem } from "../../domain/delivery/refusal.ts";
import { addressOfFile } from "../../domain/delivery/routes/download.ts";
import { findWorker, type Worker } from "../../domain/workers/workers.ts";
import { decodeBase64 } from "../../lib/encoding.ts";
import { type AppContext, createRouter, LICENSE_SECURITY, operation, z } from "../../platform/http/route.ts";
import { answerDatabase, noSuchFile } from "./database-response.ts";
import { framedIndex } from "./framed-index.ts";
import { FRAMING } from "./framing.ts";
import { findArch, findRepository, type PackageFile, parseRepositoryFile, REPOSITORIES } from "./repository.ts";
import { signedListingFor } from "./signed-listing.ts";

const bytes = (type: string) => ({ [type]: { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) } });

const route = operation("get", "/arch/signed/{repository}/os/{arch}/{file}", {
  tag: "pacman",
  summary: "A file of a signed pacman repository",
  description:
    "`Server = .../arch/signed/$repo/os/$arch` in pacman.conf, with `SigLevel = Required` and the key of `/keys/packages.asc`. It has " +
    "every worker: a package that its publisher uploaded and signed, or one that is made of the release's binary. " +
    "`{repository}.db` and `.files` have signatures (`.sig`). A package of a binary is answered with ranges; an uploaded one " +
    "redirects to a signed URL. `rbee` needs no credential.",
  access: { security: [{}, ...LICENSE_SECURITY] },
  params: z.object({
    repository: z.string().openapi({ description: "`rbee` or `rbee-premium`.", example: "rbee-premium" }),
    arch: z.string().openapi({ description: "`x86_64` or `aarch64`.", example: "x86_64" }),
    file: z.string().openapi({ description: "A database, a package or a signature.", example: "rbee-premium.db.sig" }),
  }),
  answers: {
    200: {
      description: "The database, the package or the signature.",
      content: {
        ...bytes("application/gzip"),
        ...bytes("application/octet-stream"),
        ...bytes("application/pgp-signature"),
      },
    },
    206: { description: "The part of `Range` of a package.", content: bytes("application/octet-stream") },
    302: {
      description: "The signed URL of an uploaded package or its signature, valid for five minutes.",
      headers: z.object({
        Location: z.string().openapi({ example: "https://catalog.rbee.dev/dl/WzEsImRsXzA2YjRt..." }),
      }),
    },
    304: ["The client's copy is current."],
  },
  refusals: [...DELIVERY_PROBLEMS, "NOT_FOUND", "RANGE_NOT_SATISFIABLE", "SERVICE_UNAVAILABLE"],
});

/** Every file that pacman asks of the signed repositories. */
export const signedArchRoutes = createRouter();

signedArchRoutes.openapi(route, async (c) => {
  const params = c.req.valid("param");
  const repository = findRepository(params.repository);
  const arch = findArch(params.arch);
  const file = repository && arch && parseRepositoryFile(repository, arch, params.file, { signed: true });
  if (!repository || !arch || !file) throw noSuchFile();
  if (file.kind === "database") return answerDatabase(c, { repository, arch, file, list: signedListingFor });
  const worker = findWorker(file.workerId);
  if (worker?.id !== file.workerId || worker.tier !== REPOSITORIES[repository]) throw noSuchFile();
  if (!file.isFramed) return c.redirect(await addressOfFile(c, worker, file.version, file.name), 302);
  return answerFramed(c, worker, file, await askerOf(c, worker));
});

/** Answers with a framed package or its signature. Throws the problem of a refusal. */
async function answerFramed(c: AppContext, worker: Worker, { name }: PackageFile, asker: Asker | null) {
  const filename = name.replace(/\.sig$/, "");
  const wanted = { format: FRAMING.name, filename };
  if (filename === name) return framedResponse(c, worker, wanted, asker);
  // Before any read, because nobody needs a credential to ask for names.
  if (worker.tier === "premium" && !asker) {
    throw deliveryProblem({ code: "CREDENTIAL_REQUIRED", worker: worker.id }, c.var.config);
  }
  const { version, stored, index } = await findFramed(c, worker, wanted, asker);
  await authorizeDelivery(c, worker, { version, channel: "stable", file: { filename: stored } }, asker);
  const signature = decodeBase64(framedIndex().parse(index).signature);
  return new Response(signature, {
    headers: { ...privateHeaders(worker), "Content-Type": "application/pgp-signature" },
  });
}
