import { checkMayVoidLease, removeMachine } from "../../../domain/licensing/admin/act.ts";
import type { License, MachineRow } from "../../../domain/licensing/license/record.ts";
import { holdsSeat, seatEnd, seatedMachines } from "../../../domain/licensing/license/seats.ts";
import { requireLicense } from "../../../domain/licensing/license/store.ts";
import { MachineParams } from "../../../domain/licensing/license/view.ts";
import { noSuchMachine } from "../../../domain/licensing/machine/seat.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { CheckField, type Child, DataTable, formatCount, formatDate, StatusBadge, Time } from "../../page/kit.ts";
import { actRoutes, adminActor, goTo, Problem, Reason, reasonField, settle, z } from "../kit.ts";
import { previewMachineRemoval } from "./preview-machine.ts";
import type { LicenseStory } from "./story.ts";
import { licensePath } from "./words.tsx";

type Props = { story: LicenseStory; mayWrite: boolean; now: UnixSeconds };

/** The machines of a license, with links to free their seats if `mayWrite`. */
export const LicenseMachines = ({ story: { license, usage }, mayWrite, now }: Props) => {
  const seat = (machine: MachineRow) => seatOf(machine, licensePath(license.id), now);
  return (
    <section aria-labelledby="machines">
      <h2 id="machines">
        Machines: {formatCount(seatedMachines(license, now).length)} of {formatCount(license.machine_limit)} seats used
      </h2>
      <DataTable
        caption="Machines"
        quiet
        columns={[
          { header: "Name", cell: ({ name, id }) => name ?? <code>{id}</code> },
          { header: "State", cell: (machine) => stateOf(license, machine, now) },
          { header: "Platform", cell: ({ platform }) => platform ?? "unknown" },
          { header: "Activated", cell: ({ activated_at }) => <Time at={activated_at} /> },
          { header: "Last seen", cell: ({ last_seen_at }) => <Time at={last_seen_at} /> },
          {
            header: "Downloads in 30 days",
            cell: ({ fingerprint_hash }) => (usage === null ? "unknown" : (usage.get(fingerprint_hash) ?? 0)),
            numeric: true,
          },
          ...(mayWrite ? [{ header: "Seat", cell: seat }] : []),
        ]}
        rows={license.machines}
        empty="No machine is activated yet."
      />
    </section>
  );
};

const stateOf = (license: License, machine: MachineRow, now: UnixSeconds): Child => [
  badgeOf(license, machine, now),
  machine.lease_until > now && [" offline lease until ", <Time at={machine.lease_until} />],
  machine.barred_at !== null && [" since ", <Time at={machine.barred_at} />],
];

function badgeOf(license: License, machine: MachineRow, now: UnixSeconds): Child {
  if (machine.barred_at !== null) return <StatusBadge tone="bad" text="Barred" />;
  if (machine.deactivated_at !== null) return <StatusBadge text="Deactivated" />;
  if (!holdsSeat(license, machine, now)) return <StatusBadge text="Idle, seat free for others" />;
  const end = seatEnd(license, machine);
  const active = <StatusBadge tone="good" text="Active" />;
  return Number.isFinite(end) ? [active, " seat until ", <Time at={end} />] : active;
}

const seatOf = (machine: MachineRow, license: string, now: UnixSeconds): Child => {
  const { id, name, deactivated_at, lease_until, barred_at } = machine;
  const act = (verb: string, text: string, of: string) => (
    <a href={`${license}/machines/${id}/${verb}`}>
      {text}
      <span class="unseen">
        {of} {name ?? id}
      </span>
    </a>
  );
  return [
    deactivated_at === null || lease_until > now ? act("remove", "Free", " the seat of") : "free",
    " · ",
    barred_at === null ? act("bar", "Bar", " the machine") : act("unbar", "Lift the bar", " of"),
  ];
};

export const machineRemove = actRoutes("/admin/licenses/{id}/machines/{machine_id}/remove", {
  scope: "licenses:write",
  params: MachineParams,
  does: "free a machine's seat",
  example: { reason: "the machine was stolen", void_lease: "yes" },
  description: "`void_lease`: owners only.",
  leadsTo: "The page of the license.",
  missing: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  schema: z.object({ reason: Reason, void_lease: z.literal("yes").optional() }),
  actOf: async (c, { id, machine_id }) => {
    const license = await requireLicense(c.env.DB, id);
    const machine = license.machines.find((one) => one.id === machine_id);
    if (!machine) throw new Problem(noSuchMachine);
    const admin = adminActor(c);
    const maySeize = machine.lease_until > admin.now && admin.scopes.includes("owner");
    const back = licensePath(id);
    return {
      title: "Free this machine's seat",
      about: `${machine.name ?? machine.id} · ${license.email}`,
      button: "Free the seat",
      dangerous: true,
      back,
      fields: (entered) => (
        <>
          {maySeize ? (
            <CheckField name="void_lease" checked={entered("void_lease").value === "yes"}>
              Free it now, although an offline lease keeps it until {formatDate(machine.lease_until)}. Use this if the
              machine was stolen.
            </CheckField>
          ) : null}
          {reasonField(entered)}
        </>
      ),
      preview: ({ void_lease }) => {
        if (void_lease) checkMayVoidLease(admin);
        return previewMachineRemoval(machine, void_lease === "yes", admin.now);
      },
      carryOut: async ({ reason, void_lease }) => {
        const how = { voidLease: void_lease === "yes", reason };
        const edge = await settle(c, await removeMachine(c.env.DB, admin, id, machine_id, how));
        return goTo(c, back, { done: "remove", edge });
      },
    };
  },
});
