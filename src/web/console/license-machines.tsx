import { activeMachines, type License, type MachineRow } from "../../domain/licensing/license-record.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { DataTable, type FC, formatCount, StatusBadge, Time } from "../page/kit.ts";
import { licensePath } from "./license-path.ts";
import type { LicenseStory } from "./license-story.ts";

/** The machines of a license, with a way to free their seats for who may. */
export const LicenseMachines: FC<{ story: LicenseStory; mayWrite: boolean; now: UnixSeconds }> = ({
  story,
  mayWrite,
  now,
}) => {
  const { license, usage } = story;
  return (
    <section aria-labelledby="machines">
      <h2 id="machines">
        Machines: {formatCount(activeMachines(license).length)} of {formatCount(license.machine_limit)} active
      </h2>
      <DataTable
        caption="Machines"
        quiet
        columns={[
          "Name",
          "State",
          "Platform",
          "Activated",
          "Last seen",
          "Downloads in 30 days",
          ...(mayWrite ? ["Seat"] : []),
        ]}
        numeric={["Downloads in 30 days"]}
        rows={license.machines.map((machine) => [
          machine.name ?? <code>{machine.id}</code>,
          <MachineState machine={machine} now={now} />,
          machine.platform ?? "unknown",
          <Time at={machine.activated_at} />,
          <Time at={machine.last_seen_at} />,
          formatCount(usage.get(machine.fingerprint_hash)?.downloads ?? 0),
          ...(mayWrite ? [<SeatLink license={license} machine={machine} now={now} />] : []),
        ])}
        empty="No machine has been activated. Its owner does that with the license key."
      />
    </section>
  );
};

const MachineState: FC<{ machine: MachineRow; now: UnixSeconds }> = ({ machine, now }) => (
  <>
    {machine.deactivated_at === null ? (
      <StatusBadge tone="good">Active</StatusBadge>
    ) : (
      <StatusBadge>Deactivated</StatusBadge>
    )}
    {machine.lease_until > now ? (
      <>
        {" "}
        offline lease until <Time at={machine.lease_until} />
      </>
    ) : null}
  </>
);

const SeatLink: FC<{ license: License; machine: MachineRow; now: UnixSeconds }> = ({ license, machine, now }) =>
  machine.deactivated_at === null || machine.lease_until > now ? (
    <a href={`${licensePath(license.id)}/machines/${machine.id}/remove`}>
      Free<span class="unseen"> the seat of {machine.name ?? machine.id}</span>
    </a>
  ) : (
    "free"
  );
