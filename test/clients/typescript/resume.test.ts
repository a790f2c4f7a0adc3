import { createHash, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { Catalog, download, memorySink, readPublicKeys } from "../../../clients/typescript/src/index.ts";
import { minisig, publicKeyText } from "../../../scripts/vectors/minisign.ts";
import { FILE_KEYS } from "../../../scripts/vectors/test-keys.ts";

/** A download by a link to R2 itself (`DELIVERY=r2-presigned`), whose ETag is not the sum of the file. */

const CATALOG = "https://catalog.test";
const R2 = "https://account.r2.cloudflarestorage.test";
const R2_ETAG = '"ceb8853ddc5086cc4ab9e149f8f09c88-1"';

const text = randomBytes(2000).toString("hex");
const link = {
  worker_id: "llm-worker-rbee-cpu",
  version: "1.0.0",
  filename: "cpu-linux",
  size: text.length,
  sha256: createHash("sha256").update(text).digest("hex"),
  download_url: `${R2}/binaries/art_x?X-Amz-Signature=test`,
  signature_url: `${CATALOG}/dl/x/minisig`,
  public_url: null,
};
const releaseKeys = readPublicKeys(publicKeyText(FILE_KEYS.release)) ?? [];

/** R2's answer. RFC 9110, section 13.1.5: a Range does not count if its condition names another ETag. */
function byR2(headers: Headers): Response {
  const condition = headers.get("If-Range");
  const [, from = ""] = /^bytes=(\d+)-$/.exec(headers.get("Range") ?? "") ?? [];
  if (from === "" || (condition !== null && condition !== R2_ETAG)) return new Response(text);
  const range = `bytes ${from}-${text.length - 1}/${text.length}`;
  return new Response(text.slice(Number(from)), { status: 206, headers: { "Content-Range": range } });
}

const ENDED = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";

/** A body of some bytes, which then breaks off. */
function broken(count: number): ReadableStream {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) controller.error(new Error("reset"));
      else controller.enqueue(new TextEncoder().encode(text.slice(0, count)));
      isSent = true;
    },
  });
}

/** Downloads to a sink that has `present` already. `refusals`: how many links have ended. Returns R2's answers. */
async function resume(present: string, refusals = 0) {
  const answers: number[] = [];
  const fetchFake: typeof fetch = async (input, init) => {
    const { origin, pathname } = new URL(String(input));
    if (origin === CATALOG) {
      return pathname.endsWith("minisig")
        ? new Response(minisig(FILE_KEYS.release, text, "file:cpu-linux"))
        : Response.json(link);
    }
    const isOver = answers.length < refusals;
    const answer = isOver ? new Response(ENDED, { status: 403 }) : byR2(new Headers(init?.headers));
    answers.push(answer.status);
    return answer;
  };
  const sink = memorySink();
  await sink.append(new TextEncoder().encode(present));
  const catalog = new Catalog({ url: CATALOG, fetch: fetchFake, sleep: async () => {} });
  const { worker_id: worker, filename } = link;
  await download(catalog, { worker, filename, releaseKeys, sink });
  return { received: new TextDecoder().decode(sink.bytes()), answers };
}

it("a download from R2 goes on after the bytes of an earlier run", async () => {
  expect(await resume(text.slice(0, 1500))).toEqual({ received: text, answers: [206] });
});

it("a download from R2 begins anew if the bytes of an earlier run are of another file", async () => {
  expect(await resume("of another file")).toEqual({ received: text, answers: [206, 200] });
});

it("a download asks for a new link if one to R2 has ended, which R2 says in XML", async () => {
  expect(await resume(text.slice(0, 1500), 1)).toEqual({ received: text, answers: [403, 206] });
  await expect(resume("", 9)).rejects.toMatchObject({ code: "ANSWER_UNEXPECTED", status: 403 });
});

it("a download ends behind a proxy that strips the Range, if each attempt breaks off", async () => {
  let attempts = 0;
  const fetchFake: typeof fetch = async (input) => {
    if (new URL(String(input)).origin === CATALOG) return Response.json(link);
    attempts++;
    // Each second attempt has more bytes than the one before, and none has more than the second.
    return attempts > 40 ? new Response(text) : new Response(broken(attempts % 2 === 0 ? 2000 : 1000));
  };
  const catalog = new Catalog({ url: CATALOG, fetch: fetchFake, sleep: async () => {} });
  const asked = download(catalog, { worker: link.worker_id, releaseKeys, sink: memorySink() });
  await expect(asked).rejects.toMatchObject({ code: "NETWORK" });
  expect(attempts).toBe(2 + 5);
});
