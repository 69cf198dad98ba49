import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { guardStep, initialGuard } from "../../controllers/library/compressor-guard.ts";

interface Vectors {
  readonly params: {
    readonly minOn_s: number;
    readonly minOff_s: number;
    readonly maxStartsPerHour: number;
    readonly offTimerAtPowerUp_s: number;
  };
  readonly requests: readonly (readonly [number, boolean])[];
  readonly outputs: readonly (readonly [number, boolean])[];
}
const file = new URL("vectors/pid-vectors.json", import.meta.url);
const { logic } = JSON.parse(readFileSync(file, "utf8")) as { logic: { compressorGuard: Vectors } };
const { params, requests, outputs } = logic.compressorGuard;
const settings = {
  minimumOn: params.minOn_s,
  minimumOff: params.minOff_s,
  startsPerHour: params.maxStartsPerHour,
  powerUpDelay: params.offTimerAtPowerUp_s,
  tripsToLockOut: 3,
};

/** Changes of the output, at steps of `dt` seconds. */
function changes(dt: number): readonly (readonly [number, boolean])[] {
  let state = initialGuard(settings);
  let before = false;
  const seen: [number, boolean][] = [];
  for (let step = 0; step * dt <= 6000; step++) {
    const t = step * dt;
    const request = requests.findLast(([at]) => at <= t + 1e-9)?.[1] ?? false;
    const result = guardStep(state, { request }, settings, step === 0 ? 0 : dt);
    if (result.on !== before) seen.push([Math.round(t * 1e6) / 1e6, result.on]);
    before = result.on;
    ({ state } = result);
  }
  return seen;
}

for (const dt of [0.1, 1, 5, 10]) {
  test(`compressorGuard of pid-vectors.json, at steps of ${dt} s`, () => {
    assert.ok(outputs.length >= 10);
    assert.deepEqual(changes(dt), outputs);
  });
}
