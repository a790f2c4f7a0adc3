import { createHash } from "node:crypto";
import { minisig, publicKeyText } from "./minisign.ts";
import { FILE_KEYS, type FileKey } from "./test-keys.ts";
import { DAY, NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const { release, secondRelease, index: indexKey, nextIndex, foreign } = FILE_KEYS;
const WORKER = "llm-worker-rbee-premium-cpu";
const rfc3339 = (time: number): string => new Date(time * 1000).toISOString().replace(".000Z", "Z");

/** The delegation of the index key, 30 days old, and of its successor. */
const DELEGATED = NOW - 30 * DAY;
const NEXT_DELEGATED = NOW - DAY;

const fileOf = (version: string) => {
  const content = `llm-worker-rbee-premium-cpu ${version}\n`;
  const filename = `${WORKER}-linux-x86_64`;
  return {
    platform: "linux-x86_64",
    kind: "binary",
    filename,
    size: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    signature: minisig(release, content, `file:${filename}\tworker:${WORKER}\tversion:${version}`),
  };
};

const versionOf = (version: string, more: object = {}) => ({
  version,
  channel: "stable",
  status: "published",
  published_at: rfc3339(NOW - 10 * DAY),
  provenance_sha256: null,
  artifacts: [fileOf(version)],
  ...more,
});

type Index = Record<"worker_id" | "serial" | "generated_at" | "expires_at" | "latest" | "versions", unknown>;

/** The index of serial 7, made at midnight, with members replaced. */
const indexOf = (more: Partial<Index> = {}): Index => ({
  worker_id: WORKER,
  serial: 7,
  generated_at: rfc3339(NOW - (NOW % DAY)),
  expires_at: rfc3339(NOW - (NOW % DAY) + 7 * DAY),
  latest: "1.2.3",
  versions: [versionOf("1.2.3"), versionOf("1.2.2", { status: "yanked" })],
  ...more,
});

const commentOf = ({ worker_id, serial, generated_at, expires_at }: Index): string =>
  [`worker:${worker_id}`, `serial:${serial}`, `generated:${generated_at}`, `expires:${expires_at}`].join("\t");

/** An index as the catalog serves it: its text and signature. */
const signed = (index: Index, key: FileKey = indexKey) => {
  const text = JSON.stringify(index);
  return { index: text, index_minisig: minisig(key, text, commentOf(index)) };
};

const delegation = (delegatedAt: number, purpose = "worker-index"): string =>
  `timestamp:${delegatedAt}\tfile:index-signing.pub\tpurpose:${purpose}`;

/** The key of the indexes as the catalog serves it: its text, and the signature of a release key. */
const delegated = (
  key: FileKey,
  by: FileKey = release,
  comment = delegation(DELEGATED),
  text = publicKeyText(key),
) => ({
  index_key: text,
  index_key_minisig: minisig(by, text, comment),
});

const GOOD = { ...signed(indexOf()), ...delegated(indexKey) };
const NOTHING_SEEN = { delegated_at: 0, serial: 0 };

const trusted = (name: string, more: object = {}, expected: object = {}): VectorCase => ({
  name,
  worker_id: WORKER,
  ...GOOD,
  seen: NOTHING_SEEN,
  ...more,
  expected: { code: "VALID", serial: 7, latest: "1.2.3", delegated_at: DELEGATED, ...expected },
});

const refused = (why: string, name: string, more: object, retry = false): VectorCase => ({
  name,
  worker_id: WORKER,
  ...GOOD,
  seen: NOTHING_SEEN,
  ...more,
  expected: { code: "REFUSED", why, retry },
});

/** The first second in which the ordinary index is no longer trusted. */
const EXPIRY = NOW - (NOW % DAY) + 7 * DAY;

const good: VectorCase[] = [
  trusted("the first index that a machine sees"),
  trusted("the same index again", { seen: { delegated_at: DELEGATED, serial: 7 } }),
  trusted("a newer index", { seen: { delegated_at: DELEGATED, serial: 6 } }),
  trusted("the second release key vouches for the index key", delegated(indexKey, secondRelease)),
  trusted("its last second", { now: EXPIRY - 1 }),
  trusted("a worker without a release", signed(indexOf({ latest: null, versions: [] })), { latest: null }),
  trusted(
    "members, platforms and channels that this program does not know",
    signed(
      indexOf({
        versions: [
          versionOf("1.2.3", {
            channel: "nightly",
            mood: "good",
            artifacts: [{ ...fileOf("1.2.3"), platform: "plan9-riscv64", kind: "capsule", requires: { moon: "full" } }],
          }),
        ],
      }),
    ),
  ),
  trusted(
    "a new index key begins its serials anew",
    {
      ...signed(indexOf({ serial: 2 }), nextIndex),
      ...delegated(nextIndex, release, delegation(NEXT_DELEGATED)),
      seen: { delegated_at: DELEGATED, serial: 7 },
    },
    { serial: 2, delegated_at: NEXT_DELEGATED },
  ),
];

const delegations: VectorCase[] = [
  refused("delegation", "a stranger vouches for the index key", delegated(indexKey, foreign)),
  refused("delegation", "the index key vouches for itself", delegated(indexKey, indexKey)),
  refused(
    "delegation",
    "the release key signed it for another purpose",
    delegated(indexKey, release, delegation(DELEGATED, "backup")),
  ),
  refused(
    "delegation",
    "the release key named no purpose",
    delegated(indexKey, release, `timestamp:${DELEGATED}\tfile:index-signing.pub`),
  ),
  refused(
    "delegation",
    "the delegation names no time",
    delegated(indexKey, release, "file:index-signing.pub\tpurpose:worker-index"),
  ),
  refused(
    "delegation",
    "two keys at once",
    delegated(indexKey, release, delegation(DELEGATED), publicKeyText(indexKey, nextIndex)),
  ),
  refused("delegation", "another key than the one that was vouched for", {
    ...delegated(indexKey),
    index_key: publicKeyText(foreign),
  }),
  refused("delegation_old", "the former index key, after its successor was seen", {
    seen: { delegated_at: NEXT_DELEGATED, serial: 2 },
  }),
];

const ANOTHER = indexOf({ serial: 8 });
const SPACED = JSON.stringify(indexOf(), null, 2);

const contents: VectorCase[] = [
  refused("rolled_back", "a serial that goes back", { seen: { delegated_at: DELEGATED, serial: 8 } }, true),
  refused("torn", "the signature of a newer index", { index_minisig: signed(ANOTHER).index_minisig }, true),
  refused("signature", "a stranger's signature", signed(indexOf(), foreign)),
  refused("signature", "the signature of the release key itself", signed(indexOf(), release)),
  refused("signature", "the same content with other blanks", { index: SPACED }),
  refused("signature", "an altered sum", { index: GOOD.index.replace(/"sha256":"[0-9a-f]{4}/, '"sha256":"0000') }),
  refused("signature", "a byte at its end", { index: `${GOOD.index}\n` }),
  refused("signature", "a signature that is none", { index_minisig: "none" }),
  refused("worker", "the index of another worker", signed(indexOf({ worker_id: "llm-worker-rbee-premium-cuda" }))),
  refused("expired", "its end", { now: EXPIRY }),
  refused("expired", "a year after its end", { now: EXPIRY + 365 * DAY }),
  refused("unreadable", "no serial", signed(indexOf({ serial: undefined }))),
  refused("unreadable", "a serial below zero", signed(indexOf({ serial: -1 }))),
  refused("unreadable", "a list of versions that is none", signed(indexOf({ versions: {} }))),
  refused("unreadable", "a time that is none", signed(indexOf({ expires_at: "tomorrow" }))),
];

/** Signed indexes of a worker's releases. */
export const releaseIndexes: VectorFile = {
  description:
    "Signed release indexes. The files of `/v1/workers/{id}/index.json`, `/keys/index-signing.pub` and their `.minisig`, exactly as they " +
    "are signed. `seen` is what the machine remembers of this catalog. With a later delegation than the one seen, serials begin anew. " +
    "`retry`: a server may be settling after a release, so a second look may help.",
  now: NOW,
  release_keys: publicKeyText(release, secondRelease),
  cases: [...good, ...delegations, ...contents],
};
