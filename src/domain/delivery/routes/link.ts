import { ANYONE, type AppContext, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { STANDING_PROBLEMS } from "../../licensing/holder.ts";
import { findWorker } from "../../workers/workers.ts";
import { askerOfLink, laterDecision } from "../authorization.ts";
import { authorizeDelivery } from "../authorize.ts";
import type { Delivery } from "../decision.ts";
import { noSignature } from "../download.ts";
import { fileResponse, readObject } from "../file-response.ts";
import type { GuardedFile } from "../guarded-stream.ts";
import {
  countDownload,
  type Link,
  linkSecret,
  logCut,
  openLink,
  SIGNATURE_KINDS,
  type SignatureKind,
  signatureOf,
} from "../link.ts";

const params = z.object({
  opaque: z.string().openapi({ description: "The signed content of the link.", example: "WzEsImRsXzA2YjRt..." }),
});

const refusals = [
  "LINK_EXPIRED",
  "LINK_INVALID",
  "KEY_INVALID",
  "KEY_ROTATED",
  ...STANDING_PROBLEMS,
  "MACHINE_DEACTIVATED",
  "NOT_ENTITLED",
  "VERSION_NOT_COVERED",
  "VERSION_NOT_FOUND",
  "ARTIFACT_NOT_FOUND",
  "RELEASE_BLOCKED",
  "RANGE_NOT_SATISFIABLE",
  "SERVICE_UNAVAILABLE",
] as const;

const bytes = {
  "application/octet-stream": { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) },
};

const file = operation("get", "/dl/{opaque}", {
  tag: "Delivery",
  summary: "The bytes behind a signed link",
  description:
    "GET or HEAD. The link is the credential; an Authorization header is ignored. Supports `Range`, `If-Range`, " +
    "`If-None-Match` and `If-Modified-Since`. The `ETag` is the file's sha256. The license is checked again on each request.",
  access: ANYONE,
  params,
  answers: {
    200: { description: "The file.", content: bytes },
    206: { description: "The part of the file that `Range` asks for.", content: bytes },
    304: ["The client's copy is current."],
  },
  refusals,
});

const SIGNATURES = {
  minisig: {
    summary: "The minisign signature of a link's file",
    type: "text/plain",
    schema: z.string().openapi({ example: "untrusted comment: signature ..." }),
  },
  sig: {
    summary: "The OpenPGP signature of a link's file",
    type: "application/octet-stream",
    schema: z.string().openapi({ format: "binary", example: "(bytes)" }),
  },
} satisfies Record<SignatureKind, { summary: string; type: string; schema: z.ZodString }>;

const signature = (kind: SignatureKind) => {
  const { summary, type, schema } = SIGNATURES[kind];
  return operation("get", `/dl/{opaque}/${kind}`, {
    tag: "Delivery",
    summary,
    description: "Opened by the same link as the file itself.",
    access: ANYONE,
    params,
    answers: { 200: { description: "The signature.", content: { [type]: { schema } } } },
    refusals,
  });
};

/** An opened link, the delivery behind it, and a second decision on that, at the time of the call. */
type Opened = { link: Link; delivery: Delivery; decideAgain: GuardedFile["decide"] };

/** Decides again on the delivery behind a link, because the license may have ended since the link was made. */
async function openDelivery(c: AppContext, opaque: string): Promise<Opened> {
  const link = await openLink(opaque, await linkSecret(c.var.config), c.var.now);
  if (!link.ok) throw new Problem(link.error);
  const { workerId, version, filename } = link.value;
  const worker = findWorker(workerId);
  if (!worker) throw new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "This file is no longer offered." });
  const wanted = { version, channel: "stable", file: { filename } } as const;
  const asker = askerOfLink(link.value);
  const delivery = await authorizeDelivery(c, worker, wanted, asker);
  return { link: link.value, delivery, decideAgain: laterDecision(c, worker, wanted, asker) };
}

/** `GET` and `HEAD /dl/{opaque}` and its signatures. The link is signed for no other method. */
export const link = createRouter();

link.openapi(file, async (c) => {
  const { link: opened, delivery, decideAgain } = await openDelivery(c, c.req.valid("param").opaque);
  const { response, startsHere } = await fileResponse(c.req.raw, delivery, {
    read: (part) => readObject(c.env.BINARIES, delivery.artifact.object_key, part),
    decide: decideAgain,
    onEnd: (end) => c.executionCtx.waitUntil(end.then((how) => logCut(how, opened, c.var.requestId))),
  });
  if (startsHere) countDownload(c, opened, delivery);
  return response;
});
refuseOtherMethods("/dl/:opaque");

for (const kind of SIGNATURE_KINDS) {
  link.openapi(signature(kind), async (c) => {
    const { delivery } = await openDelivery(c, c.req.valid("param").opaque);
    const text = signatureOf(delivery.artifact, kind);
    if (text === null) throw noSignature();
    return new Response(text, {
      headers: {
        "Content-Type": SIGNATURES[kind].type,
        "Content-Disposition": `attachment; filename="${delivery.artifact.filename}.${kind}"`,
        "Cache-Control": "private, no-store",
      },
    });
  });
  refuseOtherMethods(`/dl/:opaque/${kind}`);
}

function refuseOtherMethods(path: string): void {
  link.all(path, () => {
    throw new Problem({ code: "LINK_INVALID", detail: "A download link is for GET and HEAD only." });
  });
}
