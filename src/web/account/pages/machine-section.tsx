import type { License, MachineRow } from "../../../domain/licensing/license/record.ts";
import { activationsPerDay } from "../../../domain/licensing/machine/seat.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type FC, PostForm, Time } from "../../page/kit.ts";
import { licensePath } from "../license-path.ts";
import { hasLease, seatedMachines } from "../seats.ts";

type Props = { license: License; csrf: string; now: UnixSeconds };

/** The machines that hold the license's seats, each with the button that frees its own. */
export const MachineSection: FC<Props> = ({ license, csrf, now }) => {
  const seated = seatedMachines(license, now);
  return (
    <section id="machines">
      <h2>
        Machines: {seated.length} of {license.machine_limit} in use
      </h2>
      {seated.length === 0 ? (
        <p class="empty">
          No machine uses this license yet. Show the key and run the command under it on a machine of yours.
        </p>
      ) : (
        <ul class="cards">
          {seated.map((machine) => (
            <Machine licenseId={license.id} machine={machine} csrf={csrf} now={now} />
          ))}
        </ul>
      )}
      <p class="quiet">
        A machine that you free can take a seat again. So that seats are not passed around, this license hands out at
        most {activationsPerDay(license.machine_limit)} of them within 24 hours.
      </p>
    </section>
  );
};

/** A machine's name for people. */
export const machineName = ({ name, id }: MachineRow): string => name || `Machine …${id.slice(-6)}`;

const Machine: FC<{ licenseId: string; machine: MachineRow; csrf: string; now: UnixSeconds }> = ({
  licenseId,
  machine,
  csrf,
  now,
}) => (
  <li class="box">
    <h3>{machineName(machine)}</h3>
    <p class="quiet">
      {machine.platform ? <>{machine.platform}, </> : null}last seen <Time at={machine.last_seen_at} />
    </p>
    {machine.deactivated_at === null ? (
      <>
        {hasLease(machine, now) ? (
          <p>
            It has an offline lease: freed or not, its seat stays taken until <Time at={machine.lease_until} />.
          </p>
        ) : null}
        <PostForm action={`${licensePath(licenseId)}/machines/${machine.id}/free`} csrf={csrf}>
          <button type="submit" class="secondary">
            Free this seat<span class="unseen"> of {machineName(machine)}</span>
          </button>
        </PostForm>
      </>
    ) : (
      <p>
        Freed. Its offline lease keeps the seat until <Time at={machine.lease_until} />.
      </p>
    )}
  </li>
);
