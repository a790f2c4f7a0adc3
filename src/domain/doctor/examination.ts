import { withDeadline } from "../../lib/deadline.ts";
import { messageOf } from "../../lib/error-message.ts";
import { type Finding, inOrder, unclear } from "./finding.ts";
import { KEPT_EXAMINATIONS } from "./look/kept.ts";
import { KEY_EXAMINATIONS } from "./look/keys.ts";
import { SERVICE_EXAMINATIONS } from "./look/services.ts";
import { STORE_EXAMINATIONS } from "./look/stores.ts";
import { STRIPE_EXAMINATIONS } from "./look/stripe.ts";
import { WORK_EXAMINATIONS } from "./look/work.ts";
import type { DoctorScope, Examination } from "./scope.ts";

const EXAMINATIONS: readonly Examination[] = [
  ...KEY_EXAMINATIONS,
  ...STORE_EXAMINATIONS,
  ...WORK_EXAMINATIONS,
  ...KEPT_EXAMINATIONS,
  ...SERVICE_EXAMINATIONS,
  ...STRIPE_EXAMINATIONS,
];

/** How long one examination may take, in milliseconds. All run at the same time. */
const PATIENCE_MS = 8_000;

/** Runs every check inside the Worker. Never throws: a check that cannot run is `unknown`, with the reason. */
export async function examine(scope: DoctorScope): Promise<Finding[]> {
  const findings = await Promise.all(EXAMINATIONS.map((examination) => examineOne(examination, scope)));
  return inOrder(findings.flat());
}

async function examineOne({ checks, look }: Examination, scope: DoctorScope): Promise<readonly Finding[]> {
  try {
    return await withDeadline(() => look(scope), PATIENCE_MS);
  } catch (error) {
    return checks.map((check) => unclear(check, `It could not be checked: ${messageOf(error)}`));
  }
}
