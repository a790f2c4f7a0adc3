import { activeMachines, type License, standingOf } from "../../../domain/licensing/license/record.ts";
import { holdsSeat } from "../../../domain/licensing/license/seats.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { type FC, Field, PostForm, Section, SelectField } from "../../page/kit.ts";
import { licensePath } from "../frame.tsx";
import { machineName } from "./machines.tsx";

type Props = { license: License; csrf: string; now: UnixSeconds };

/** The input of a refused lease, and its refusal. */
export type LeaseFault = { machine: string; fingerprint: string; refusal: Refusal };

/** The form for an offline lease. Shown only if the plan has leases and the license is active. */
export const LeaseSection: FC<Props & { fault?: LeaseFault }> = ({ license, csrf, now, fault }) => {
  if (license.offline_days === 0 || standingOf(license, now).status !== "active") return null;
  const active = activeMachines(license).filter((machine) => holdsSeat(license, machine, now));
  return (
    <Section
      title="Offline machines"
      id="lease"
      lead={`An offline lease is a file that lets one machine run up to ${license.offline_days} days without contacting us. It can't be revoked, so the machine keeps its seat until then.`}
      sided
    >
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
              Run <code>rbee-catalog fingerprint</code> on that machine. A new machine uses a seat.
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
    </Section>
  );
};
