import type { MachineRow } from "../../../domain/licensing/license/record.ts";
import { STATUS_LIST_TTL } from "../../../domain/licensing/token/status-list.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { formatDate, sentences } from "../../page/kit.ts";
import { NOTHING, SOON } from "./preview.ts";

/** A list is handed out for half of its `ttl`, and kept for all of it. */
const LISTED_SECONDS = STATUS_LIST_TTL * 1.5;

/** The consequences of a machine's loss of its seat at `now`; `voidLease` as in `freeSeat`. */
function consequences(machine: MachineRow, voidLease: boolean, now: UnixSeconds): (string | false)[] {
  const isActive = machine.deactivated_at === null;
  const isLeased = machine.lease_until > now;
  const until = formatDate(machine.lease_until);
  return [
    isActive && "Its token is refused for new tokens and verifications at once.",
    isActive && `Its downloads are refused ${SOON}.`,
    isActive && `Machines that check the status list refuse its token within ${LISTED_SECONDS} seconds.`,
    isLeased && !voidLease && `Its offline lease keeps the seat until ${until}. No other machine can use it before.`,
    isLeased &&
      voidLease &&
      `Its seat is free at once. If the machine stays offline, its lease still works until ${until}.`,
    isActive && !isLeased && "Its seat is free at once for another machine.",
  ];
}

/** Previews the removal of a machine at `now`; `voidLease` as in `freeSeat`. */
export function previewMachineRemoval(machine: MachineRow, voidLease: boolean, now: UnixSeconds): string[] {
  const isActive = machine.deactivated_at === null;
  if (!isActive && !(machine.lease_until > now && voidLease)) return ["Nothing changes: the machine holds no seat."];
  return sentences(
    ...consequences(machine, voidLease, now),
    "Anyone with the license key can activate it again. To prevent that, bar the machine, or rotate a leaked key.",
  );
}

/** Previews the bar of a machine at `now`; `voidLease` as in `barMachine`. */
export function previewBar(machine: MachineRow, voidLease: boolean, now: UnixSeconds): string[] {
  if (machine.barred_at !== null && !(voidLease && machine.lease_until > now)) return [NOTHING];
  return sentences(
    ...consequences(machine, voidLease, now),
    "It can't be activated on this license again until the bar is lifted. Other machines aren't affected.",
    "Setting the machine up anew, or changing its fingerprint, gets around the bar. If the key leaked, rotate it.",
  );
}

/** Previews the end of a machine's bar. */
export const previewUnbar = ({ barred_at }: MachineRow): string[] =>
  barred_at === null
    ? [NOTHING]
    : ["The machine can be activated again with the license key, if a seat is free. It gets no seat by this."];
