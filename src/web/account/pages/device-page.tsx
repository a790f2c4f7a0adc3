import { type DeviceLogin, LOGIN_SECONDS } from "../../../domain/licensing/device/decision.ts";
import { isErased, type License } from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import { MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import { PROBLEMS, type Refusal } from "../../../platform/http/problem.ts";
import { type FC, Field, Notice, PostForm, Time } from "../../page/kit.ts";
import { accountPage, type Visitor } from "../frame.tsx";

/** A code that was refused, and the refusal. */
export type CodeFault = { sent: string; refusal: Refusal };

/** The page that asks for the code of a machine. After a fault, the field contains the earlier input. */
export const codePage = ({ visitor, fault }: { visitor: Visitor; fault?: CodeFault }): Promise<Response> =>
  accountPage({
    visitor,
    title: "Connect a machine",
    status: fault ? PROBLEMS[fault.refusal.code].status : 200,
    main: (
      <>
        <h1>Connect a machine</h1>
        <p>
          Run <code>rbee-catalog login</code> on the machine, and enter the code that it shows.
        </p>
        <form method="get" action="/account/device">
          <Field
            name="code"
            label="Code"
            hint="Eight letters, such as WDJB-MJHT."
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            maxlength={20}
            required
            value={fault?.sent}
            error={fault?.refusal.detail}
          />
          <button type="submit">Continue</button>
        </form>
      </>
    ),
  });

type Question = { visitor: Visitor; login: DeviceLogin; code: string; licenses: readonly License[]; now: UnixSeconds };

/** The page that asks whether a machine may have the key of a license. */
export function approvePage({ visitor, login, code, licenses, now }: Question): Promise<Response> {
  const offered = licenses.filter((license) => !isErased(license));
  const minutes = Math.max(1, Math.ceil((login.expires_at - now) / MINUTE));
  return accountPage({
    visitor,
    title: "Connect this machine?",
    main: (
      <>
        <h1>Connect this machine?</h1>
        <p>
          Check that your terminal shows the code <strong>{code}</strong>.
        </p>
        <dl>
          <dt>Machine</dt>
          <dd>{login.name ?? "Unnamed machine"}</dd>
          <dt>Asked from</dt>
          <dd>{login.country === null ? "Unknown country" : countryName(login.country)}</dd>
          <dt>Asked at</dt>
          <dd>
            <Time at={login.created_at} />, valid for {minutes} more {minutes === 1 ? "minute" : "minutes"}
          </dd>
        </dl>
        <Notice tone="careful">
          Continue only if you ran <code>rbee-catalog login</code> yourself just now. If someone sent you this code or
          link, decline: it would give them your license key. We never send you a code.
        </Notice>
        <PostForm action="/account/device" csrf={visitor.csrfToken}>
          <input type="hidden" name="code" value={code} />
          <fieldset>
            <legend>License for this machine</legend>
            {offered.map((license, index) => (
              <LicenseChoice license={license} checked={index === 0} />
            ))}
          </fieldset>
          <p class="row">
            <button type="submit" name="decision" value="approve">
              Connect
            </button>
            <button type="submit" name="decision" value="decline" class="secondary">
              Decline
            </button>
          </p>
        </PostForm>
      </>
    ),
  });
}

const LicenseChoice: FC<{ license: License; checked: boolean }> = ({ license, checked }) => (
  <label>
    <input type="radio" name="license" value={license.id} checked={checked} required /> {planName(license.plan)}{" "}
    <span class="quiet">{license.id}</span>
  </label>
);

/** The name of a country by its code (ISO 3166-1), in English; the code itself if it has no name. */
function countryName(code: string): string {
  try {
    return new Intl.DisplayNames("en", { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** The page that confirms a decision. */
export const decidedPage = ({
  visitor,
  done,
}: {
  visitor: Visitor;
  done: "approved" | "declined";
}): Promise<Response> =>
  accountPage({
    visitor,
    title: done === "approved" ? "Machine connected" : "Declined",
    main:
      done === "approved" ? (
        <>
          <h1>Machine connected</h1>
          <Notice tone="good">Go back to your terminal. It continues by itself within a few seconds.</Notice>
          <p>
            You can free the machine's seat at any time in <a href="/account">your account</a>.
          </p>
        </>
      ) : (
        <>
          <h1>Declined</h1>
          <p>
            The machine got nothing. If you didn't start this login, nothing else is needed. The code has stopped
            working; every code does after {LOGIN_SECONDS / MINUTE} minutes.
          </p>
          <p>
            <a href="/account">Your account</a>
          </p>
        </>
      ),
  });
