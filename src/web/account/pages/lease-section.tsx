import type { License } from "../../../domain/licensing/license/record.ts";
import { standingOf } from "../../../domain/licensing/license/status.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { type FC, Field, PostForm, SelectField } from "../../page/kit.ts";
import { licensePath } from "../license-path.ts";
import { machineName } from "./machine-section.tsx";

/** What was sent for a lease, and why it was refused. */
export type LeaseFault = { machine: string; fingerprint: string; refusal: Refusal };

type Props = { license: License; csrf: string; now: UnixSeconds; fault?: LeaseFault };

/** The form for an offline lease, where the plan has leases and the license is in force. */
export const LeaseSection: FC<Props> = ({ license, csrf, now, fault }) => {
  if (license.offline_days === 0 || standingOf(license, now).status !== "active") return null;
  const active = license.machines.filter(({ deactivated_at }) => deactivated_at === null);
  return (
    <section id="lease">
      <h2>A machine without a network</h2>
      <p>
        Download an offline lease: a file by which one machine goes on for up to {license.offline_days} days without
        asking us. It cannot be taken back, so the machine keeps its seat until the lease ends.
      </p>
      <PostForm action={`${licensePath(license.id)}/lease#lease`} csrf={csrf}>
        {active.length === 0 ? null : (
          <SelectField
            name="machine"
            label="Machine"
            value={fault?.machine ?? active[0]?.id}
            options={active.map((machine) => ({ value: machine.id, text: machineName(machine) }))}
          />
        )}
        <Field
          name="fingerprint"
          label={active.length === 0 ? "Fingerprint of the machine" : "Or the fingerprint of another machine"}
          hint={
            <>
              <code>rbee-catalog fingerprint</code> shows it there. A machine that is new takes a seat.
            </>
          }
          autocomplete="off"
          spellcheck={false}
          maxlength={256}
          value={fault?.fingerprint}
          error={fault?.refusal.detail}
        />
        <button type="submit">Download the lease</button>
      </PostForm>
    </section>
  );
};
