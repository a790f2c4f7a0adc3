import type { License, MachineRow } from "../../domain/licensing/license/record.ts";
import type { UnixSeconds } from "../../lib/time.ts";

/** Whether a machine's offline lease runs at `now`: it keeps the seat until then, even of a machine that was freed. */
export const hasLease = ({ lease_until }: MachineRow, now: UnixSeconds): boolean => lease_until > now;

/** The machines that hold a seat at `now`, as `takeSeat` counts them: active ones, and those whose lease still runs. */
export const seatedMachines = ({ machines }: License, now: UnixSeconds): MachineRow[] =>
  machines.filter((machine) => machine.deactivated_at === null || hasLease(machine, now));
