import { activeMachines, type License, type MachineRow } from "../../../domain/licensing/license/record.ts";
import { holdsSeat, seatEnd, seatedMachines } from "../../../domain/licensing/license/seats.ts";
import { activationsPerDay } from "../../../domain/licensing/machine/take-seat.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { ButtonLink, type FC, Icon, PostForm, Section, Time } from "../../page/kit.ts";
import { accountPage, licensePath, type Visitor } from "../frame.tsx";

/** Whether a machine has a valid offline lease at `now`. The lease keeps its seat, even after the machine was freed. */
export const hasLease = ({ lease_until }: MachineRow, now: UnixSeconds): boolean => lease_until > now;

type Props = { license: License; now: UnixSeconds };

/** The machines that use the license's seats, each with the way to free its seat. */
export const MachineSection: FC<Props> = ({ license, now }) => {
  const seated = seatedMachines(license, now);
  const idle = activeMachines(license).filter((machine) => !holdsSeat(license, machine, now));
  const barred = license.machines.filter(({ barred_at }) => barred_at !== null);
  return (
    <Section
      title={`Machines: ${seated.length} of ${license.machine_limit} in use`}
      id="machines"
      lead={`To prevent sharing: at most ${activationsPerDay(license)} activations per 24 hours.`}
      sided
    >
      <div>
        {seated.length === 0 ? (
          <p class="empty">
            No machine uses this license yet. Show the key, then run the command below it on your machine.
          </p>
        ) : (
          <ul class="cards">
            {seated.map((machine) => (
              <Machine license={license} machine={machine} now={now} />
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
      </div>
    </Section>
  );
};

/** A machine's display name. */
export const machineName = ({ name, id }: MachineRow): string => name || `Unnamed machine …${id.slice(-6)}`;

const Machine: FC<Props & { machine: MachineRow }> = ({ license, machine, now }) => (
  <li class="box">
    <h3>
      <Icon name="machine" /> {machineName(machine)}
    </h3>
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
        <ButtonLink href={freePath(license, machine)} tone="secondary">
          Free this seat<span class="unseen"> of {machineName(machine)}</span>
        </ButtonLink>
      </>
    ) : (
      <p>
        Freed. Its offline lease keeps the seat in use until <Time at={machine.lease_until} />.
      </p>
    )}
  </li>
);

const freePath = (license: License, machine: MachineRow): string =>
  `${licensePath(license.id)}/machines/${machine.id}/free`;

type Freed = { license: License; machine: MachineRow; visitor: Visitor; now: UnixSeconds };

/** The page that explains the freeing of a seat and asks to confirm it. */
export const freeSeatPage = ({ license, machine, visitor, now }: Freed): Promise<Response> =>
  accountPage({
    visitor,
    title: "Free a seat",
    main: (
      <>
        <h1>Free the seat of {machineName(machine)}?</h1>
        <ul>
          <li>The machine can't download premium workers any more. Installed workers keep running.</li>
          <li>
            {hasLease(machine, now) ? (
              <>
                Its offline lease keeps the seat in use until <Time at={machine.lease_until} />. Then another machine
                can take it.
              </>
            ) : (
              "Another machine can take the seat at once."
            )}
          </li>
          <li>You can activate it again, as long as a seat is free.</li>
        </ul>
        <PostForm action={freePath(license, machine)} csrf={visitor.csrfToken} class="row">
          <button type="submit" class="danger">
            Free this seat
          </button>
          <a href={`${licensePath(license.id)}#machines`}>Keep the machine</a>
        </PostForm>
      </>
    ),
  });
