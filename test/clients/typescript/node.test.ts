import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Seat } from "../../../clients/typescript/src/index.ts";
import { fileSeatStore, machineFingerprint } from "../../../clients/typescript/src/node.ts";

const SEAT: Seat = {
  catalog: "https://catalog.test",
  license_id: "lic_1",
  machine_id: "mac_1",
  token: "eyJ",
  expires_at: "2026-11-30T12:00:00Z",
  renew_after: "2026-11-30T06:00:00Z",
  seen: 1_800_000_000,
  key_set: { keys: [] },
  key_hash: null,
};

it("a seat is whole, and its owner's alone, however many programs write it at once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rbee-seat-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "new", "seat.json");
  const seats = Array.from({ length: 20 }, (_, at) => ({ ...SEAT, seen: SEAT.seen + at }));
  await Promise.all(seats.map((seat) => fileSeatStore(path).save(seat)));
  const { seen, ...rest } = (await fileSeatStore(path).load()) ?? { seen: 0 };
  expect(rest).toEqual((({ seen: _, ...other }) => other)(SEAT));
  expect(seats.map((seat) => seat.seen)).toContain(seen);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, "new"))).toEqual(["seat.json"]);
});

it("a machine with an RBEE_MACHINE has the same seat in this client as in the command line", async () => {
  expect(await machineFingerprint({ RBEE_MACHINE: "container-7" })).toBe("container-7");
  const own = await machineFingerprint({ RBEE_MACHINE: "" });
  if (own !== null) expect(own).toMatch(/^[0-9a-f]{64}$/);
});
