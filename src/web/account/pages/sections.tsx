import { activationCommand } from "../../../domain/licensing/license/key.ts";
import {
  activeMachines,
  isRevoked,
  type License,
  type MachineRow,
  standingOf,
} from "../../../domain/licensing/license/record.ts";
import { holdsSeat, seatEnd, seatedMachines } from "../../../domain/licensing/license/seats.ts";
import { activationsPerDay } from "../../../domain/licensing/machine/take-seat.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { CopyBlock, type FC, Field, Notice, PostForm, SelectField, Time } from "../../page/kit.ts";
import { accountPage, licensePath } from "../frame.tsx";

/** Whether a machine has a valid offline lease at `now`. The lease keeps its seat, even after the machine was freed. */
export const hasLease = ({ lease_until }: MachineRow, now: UnixSeconds): boolean => lease_until > now;

type Props = { license: License; csrf: string; now: UnixSeconds };

/** The machines that use the license's seats, each with a button that frees its seat. */
export const MachineSection: FC<Props> = ({ license, csrf, now }) => {
  const seated = seatedMachines(license, now);
  const idle = activeMachines(license).filter((machine) => !holdsSeat(license, machine, now));
  const barred = license.machines.filter(({ barred_at }) => barred_at !== null);
  return (
    <section id="machines">
      <h2>
        Machines: {seated.length} of {license.machine_limit} in use
      </h2>
      {seated.length === 0 ? (
        <p class="empty">
          No machine uses this license yet. Show the key, then run the command below it on your machine.
        </p>
      ) : (
        <ul class="cards">
          {seated.map((machine) => (
            <Machine license={license} machine={machine} csrf={csrf} now={now} />
          ))}
        </ul>
      )}
      {idle.length === 0 ? null : (
        <p>
          Idle: {idle.map(machineName).join(", ")}. Their seats are free for other machines. If no other machine needs
          one, they get it back by themselves when they're used again.
        </p>
      )}
      {barred.length === 0 ? null : (
        <p>Barred by the seller: {barred.map(machineName).join(", ")}. They can't be activated on this license.</p>
      )}
      <p class="quiet">
        You can activate a freed machine again. To prevent sharing, this license can be activated on at most{" "}
        {activationsPerDay(license)} different machines within 24 hours.
      </p>
    </section>
  );
};

/** A machine's display name. */
const machineName = ({ name, id }: MachineRow): string => name || `Machine …${id.slice(-6)}`;

const Machine: FC<Props & { machine: MachineRow }> = ({ license, machine, csrf, now }) => (
  <li class="box">
    <h3>{machineName(machine)}</h3>
    <p class="quiet">
      {machine.platform ? <>{machine.platform}, </> : null}last seen <Time at={machine.last_seen_at} />
    </p>
    {machine.deactivated_at === null ? (
      <>
        {hasLease(machine, now) ? (
          <p>
            It has an offline lease. Its seat stays in use until <Time at={machine.lease_until} />, even if you free it.
          </p>
        ) : license.seat_idle_seconds === null ? null : (
          <p>
            Its seat is held until <Time at={seatEnd(license, machine)} />, and longer while the machine is in use.
          </p>
        )}
        <PostForm action={`${licensePath(license.id)}/machines/${machine.id}/free`} csrf={csrf}>
          <button type="submit" class="secondary">
            Free this seat<span class="unseen"> of {machineName(machine)}</span>
          </button>
        </PostForm>
      </>
    ) : (
      <p>
        Freed. Its offline lease keeps the seat in use until <Time at={machine.lease_until} />.
      </p>
    )}
  </li>
);

/** The input of a refused lease, and its refusal. */
export type LeaseFault = { machine: string; fingerprint: string; refusal: Refusal };

/** The form for an offline lease. Shown only if the plan has leases and the license is active. */
export const LeaseSection: FC<Props & { fault?: LeaseFault }> = ({ license, csrf, now, fault }) => {
  if (license.offline_days === 0 || standingOf(license, now).status !== "active") return null;
  const active = activeMachines(license).filter((machine) => holdsSeat(license, machine, now));
  return (
    <section id="lease">
      <h2>A machine without a network</h2>
      <p>
        An offline lease is a file. With it, one machine can use the license for up to {license.offline_days} days
        without a network. Offline, it cannot learn that you take the lease back, so the machine keeps its seat until
        the lease ends.
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
              Run <code>rbee-catalog fingerprint</code> on that machine. A new machine takes a seat.
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

/** The content of a license's key section. */
export type KeyContent = {
  license: License;
  /** The license key, if the customer asked to see it. */
  licenseKey: string | null;
  /** Whether this key has just replaced another. */
  isRotated?: boolean;
  csrf: string;
  /** This service's own origin. */
  url: string;
};

/** The section with the license key, or with the button that shows it. */
export const KeySection: FC<KeyContent> = ({ license, licenseKey, isRotated = false, csrf, url }) => (
  <section id="key">
    <h2>License key</h2>
    {isRotated ? (
      <Notice tone="good">This is your new key. The old key no longer works. We have mailed you the new one.</Notice>
    ) : null}
    {licenseKey === null ? (
      <PostForm action={`${licensePath(license.id)}/key#key`} csrf={csrf}>
        <button type="submit">Show the key</button>
      </PostForm>
    ) : (
      <>
        <CopyBlock id="license-key" what="the license key">
          {licenseKey}
        </CopyBlock>
        <p>Keep it secret, like a password. On each machine, run this command and paste the key when it asks:</p>
        <CopyBlock id="activate" what="the command">
          {activationCommand(url)}
        </CopyBlock>
      </>
    )}
    {isRevoked(license) ? null : (
      <p class="quiet">
        Has somebody else seen it? <a href={`${licensePath(license.id)}/rotate-key`}>Replace the key</a>.
      </p>
    )}
  </section>
);

/** The page that explains a replacement of the key and asks to confirm it. */
export const rotateKeyPage = (license: License, csrf: string): Promise<Response> =>
  accountPage({
    csrf,
    title: "Replace the key",
    main: (
      <>
        <h1>Replace the key of {planName(license.plan)}?</h1>
        <ul>
          <li>The old key stops working at once, for everybody. Downloads with it usually end within 40 seconds.</li>
          <li>Your machines keep their seats. Activate each machine again with the new key.</li>
          <li>
            A machine with an offline lease works until the lease ends, or until it is online and reads that the lease
            is no longer valid.
          </li>
          <li>The next page shows the new key. We also mail it to the owner of the license.</li>
        </ul>
        <PostForm action={`${licensePath(license.id)}/rotate-key#key`} csrf={csrf} class="row">
          <input type="hidden" name="generation" value={String(license.generation)} />
          <button type="submit" class="danger">
            Replace the key
          </button>
          <a href={licensePath(license.id)}>Keep the current key</a>
        </PostForm>
      </>
    ),
  });
