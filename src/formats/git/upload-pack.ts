import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../../lib/result.ts";

/** A line with its length in front (gitprotocol-common(5), "pkt-line Format"). */
const line = (text: string): string => `${(utf8ToBytes(text).length + 4).toString(16).padStart(4, "0")}${text}`;

const FLUSH = "0000";

/**
 * The answer to a client that asks for the smart protocol (gitprotocol-http(5), "Smart Clients"): one branch, and
 * clones of a given depth. It offers no other capability, so a client sends its commits one round after the other and
 * takes the pack without side band.
 */
export const advertisement = (head: string, branch: string): string =>
  [
    line("# service=git-upload-pack\n"),
    FLUSH,
    line(`${head} HEAD\0shallow symref=HEAD:${branch} agent=rbee-catalog\n`),
    line(`${head} ${branch}\n`),
    FLUSH,
  ].join("");

/** A request for a pack (gitprotocol-pack(5), "Packfile Negotiation"). */
export type PackRequest = {
  /** The ids of the wanted commits, of those that the client has, and of those whose parents it does not have. */
  wants: string[];
  haves: string[];
  shallow: string[];
  /** The number of commits from the wanted one on; null: all that the client does not have. */
  depth: number | null;
  /** Whether the client waits for the pack. If not, it first tells which commits it has. */
  isDone: boolean;
  /** The number of sections that end in a flush: first the wants, then some of the commits that the client has. */
  sections: number;
};

/** Reads the body of a request for a pack. The error is a reason in words. */
export function parsePackRequest(body: Uint8Array): Result<PackRequest, string> {
  const request: PackRequest = { wants: [], haves: [], shallow: [], depth: null, isDone: false, sections: 0 };
  const text = new TextDecoder().decode(body);
  for (let at = 0; at < text.length; ) {
    const length = Number.parseInt(text.slice(at, at + 4), 16);
    if (!/^[0-9a-f]{4}$/i.test(text.slice(at, at + 4)) || (length > 0 && length < 4)) return err("no line of git's");
    if (length === 0) request.sections++;
    const command = text.slice(at + 4, at + Math.max(4, length)).trimEnd();
    at += Math.max(4, length);
    const [word, id = ""] = command.split(" ");
    if (word === "want" && /^[0-9a-f]{40}$/.test(id)) request.wants.push(id);
    else if (word === "have") request.haves.push(id);
    else if (word === "shallow" && /^[0-9a-f]{40}$/.test(id)) request.shallow.push(id);
    else if (word === "deepen" && /^[1-9]\d{0,9}$/.test(id)) request.depth = Number(id);
    else if (word === "done") request.isDone = true;
    else if (word !== "") return err(`no request for a pack: ${word?.slice(0, 20)}`);
  }
  return request.wants.length === 0 ? err("a request for no commit") : ok(request);
}

/**
 * The lines before the pack. `commits` are the ids of the whole history, oldest first. It tells a client with a depth
 * which commit has no parent there, and which one has its parents now.
 */
export function answerOf(request: PackRequest, commits: readonly string[]): string {
  const { wants, haves, shallow, depth, isDone, sections } = request;
  // The pack holds every object, so the common commit only ends the client's questions.
  const common = haves.findLast((id) => commits.includes(id));
  const last = isDone || sections > 1 ? line(common === undefined ? "NAK\n" : `ACK ${common}\n`) : "";
  if (depth === null) return last;
  const wanted = Math.max(...wants.map((id) => commits.indexOf(id)));
  const first = Math.max(0, wanted - depth + 1);
  const cut = first > 0 ? commits[first] : undefined;
  const now = cut === undefined || shallow.includes(cut) ? [] : [line(`shallow ${cut}`)];
  const deepened = shallow
    .filter((id) => id !== cut && commits.indexOf(id) >= first)
    .map((id) => line(`unshallow ${id}`));
  return [...now, ...deepened, FLUSH, last].join("");
}

/** The body of an answer with a pack. */
export const withPack = (answer: string, pack: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(concatBytes(utf8ToBytes(answer), pack));
