import * as z from "zod";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { PROBLEMS, type ProblemCode, type Refusal } from "../../../platform/http/problem.ts";
import { type ActorName, parseActor } from "../../../platform/storage/ledger.ts";
import { type SavedSummation, savedSummationSchema } from "../framing/summation.ts";
import type { Artifact } from "../store.ts";
import type { SavedMeasurement } from "./measurement.ts";

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** A refusal as the ledger keeps it. */
const KeptRefusal = z.object({
  code: z.enum(CODES),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

export const CheckRow = z.object({
  artifact_id: z.string(),
  upload_id: z.string(),
  state: z.enum(["running", "refused"]),
  actor: z.custom<ActorName>((name) => typeof name === "string" && parseActor(name) !== null),
  request_id: z.string().nullable(),
  requested_at: z.number(),
  signature: z.string().nullable(),
  pgp_signature: z.string().nullable(),
  etag: z.string().nullable(),
  checked: z.number(),
  blake2b512: z.string().nullable(),
  sha256: z.string().nullable(),
  /** The sums of the file's packages after the bytes that are checked. Null: none yet, or there are no packages. */
  framing: z.string().nullable(),
  progressed_at: z.number(),
  problem: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(KeptRefusal)
    .nullable(),
});

/** The check of a large file, as the ledger has it: under way, or refused. */
export type CheckRow = z.output<typeof CheckRow>;

/** A refusal as text for the ledger. */
export const keptRefusal = ({ code, detail, extras }: Refusal): string =>
  JSON.stringify({ code, detail, errors: extras?.errors } satisfies z.input<typeof KeptRefusal>);

/** The hashes that the next step continues from; null at the start. */
export const savedMeasurement = ({ checked, blake2b512, sha256 }: CheckRow): SavedMeasurement | null =>
  blake2b512 === null || sha256 === null ? null : { checked, blake2b512, sha256 };

/** The sums of packages that the next step continues from. Null: none, or another version of the catalog saved them. */
export function savedFraming({ framing }: CheckRow): SavedSummation | null {
  if (framing === null) return null;
  const { success, data } = savedSummationSchema().safeParse(JSON.parse(framing));
  return success ? data : null;
}

/** The job that checks a file; its subject is the artifact's id. */
export const CHECK_JOB = "check-file";

/** Without progress for so long, in seconds, a check has lost its step: one slice takes some seconds. */
export const STALLED_AFTER: number = MINUTE;

/** Whether the step of a running check has been lost, so that somebody must start it again. */
export const isStalled = ({ state, progressed_at }: CheckRow, now: UnixSeconds): boolean =>
  state === "running" && progressed_at <= now - STALLED_AFTER;

export const CHECK_STATES = ["running", "stalled", "passed", "refused"] as const;

/** How far the check of a file is. `problem` is the reason of a refusal. */
export type CheckProgress = {
  state: (typeof CHECK_STATES)[number];
  checked: number;
  size: number;
  problem: CheckRow["problem"];
};

/** The progress of a file's check; null if nobody has asked for it since its upload began. */
export function progressOf(artifact: Artifact, check: CheckRow | null, now: UnixSeconds): CheckProgress | null {
  const { size } = artifact;
  if (artifact.state === "ready") return { state: "passed", checked: size, size, problem: null };
  if (check === null) return null;
  if (check.state === "refused") return { state: "refused", checked: check.checked, size, problem: check.problem };
  if (check.upload_id !== artifact.upload_id) return null;
  return { state: isStalled(check, now) ? "stalled" : "running", checked: check.checked, size, problem: null };
}
