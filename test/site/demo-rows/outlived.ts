// Equipment that outlives its site.
import assert from "node:assert/strict";
import type { GuardState } from "../../../controllers/library/compressor-guard.ts";
import type { LeadLagState } from "../../../controllers/library/lead-lag.ts";
import { keptController } from "../../../controllers/runtime/kept.ts";
import { seconds, systemClock } from "../../../devices/clock.ts";
import { silentLog } from "../../../devices/plugin.ts";
import { openState } from "../../../server/state/state.ts";
import type { Hardware } from "../../support/live-hardware.ts";
import { type FaultRow, fanZoneRates, isCalm } from "../../support/live-rows.ts";

/** Who says what the fans of the equipment really get. */
export const fansOf = ({ simulated: { physics } }: Hardware): readonly number[] => physics.commands.fanDuty;

export const lineCut = (hardware: Hardware): FaultRow => ({
  name: "line cut",
  begin: (site) => {
    const { id } = hardware.simulated.fault("line-a line-cut");
    assert.ok(site.pid > 0);
    return Promise.resolve(() => {
      hardware.simulated.clear(id);
      return Promise.resolve();
    });
  },
  declared: [
    {
      text: "fail-safe, and told",
      within: seconds(40),
      holds: ({ mode, alarms }) => mode("fan-zone") === "fail-safe" && alarms.includes("fan-zone fail-safe"),
    },
    {
      text: "the tray turns its fans up by itself",
      within: seconds(20),
      holds: () => fansOf(hardware).every((duty) => duty === 100),
    },
  ],
  recovered: { text: "automatic again", within: seconds(90), holds: isCalm },
  smooth: fanZoneRates,
});

export interface KeptCooling {
  readonly guards: Readonly<Record<string, GuardState>>;
  readonly leadLag: LeadLagState;
}

/** What a site that is not running any more has kept of its compressors. */
export async function keptCooling(folder: string): Promise<KeptCooling> {
  const state = await openState(folder, { clock: systemClock, log: silentLog });
  try {
    const kept = keptController(state, "staged-cooling") ?? assert.fail("nothing was kept");
    return kept.memory.state as KeptCooling;
  } finally {
    await state.close();
  }
}

/** Clocks of compressors' minimum times go on, and so do their run hours. */
export function goesOn(before: KeptCooling, after: KeptCooling): void {
  const ids = Object.keys(before.guards);
  assert.ok(ids.length > 0);
  for (const id of ids) {
    const [was, is] = [before.guards[id] ?? assert.fail(), after.guards[id] ?? assert.fail()];
    assert.ok(is.now > was.now, `${id}: its clock was at ${was.now} s and is at ${is.now} s`);
    if (is.running === was.running) assert.deepEqual([is.since, is.holdUntil], [was.since, was.holdUntil]);
  }
  for (const [id, { run }] of Object.entries(before.leadLag.units))
    assert.ok((after.leadLag.units[id]?.run ?? -1) >= run, `${id} had run ${run} s`);
}
