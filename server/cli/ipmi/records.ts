import { systemClock } from "../../../devices/clock.ts";
import { completionOf } from "../../../plugins/ipmi/completion.ts";
import { type DeviceId, getDeviceId } from "../../../plugins/ipmi/commands/device-id.ts";
import { readRepository, type SdrRepository } from "../../../plugins/ipmi/sdr/index.ts";
import { effectsOf, type QuirkEffects, quirksOf } from "../../../plugins/ipmi/quirks.ts";
import { CannotRun } from "../terminal.ts";
import type { Bmc } from "./bmc.ts";
import { working } from "./working.ts";

export interface Records extends SdrRepository {
  readonly device: DeviceId;
  /** What oddities of the BMC change: those it was said to have, and those of its family. */
  readonly effects: QuirkEffects;
}

/**
 * The sensor data records of a BMC: those kept from an earlier run when it says that they are the same.
 * @throws BothyError, CannotRun when it gives none
 */
export async function recordsOf({ client, memory, name, quirks, signal }: Bmc): Promise<Records> {
  const device = await getDeviceId(client, { signal });
  const done = working(`reading the sensor records of ${name}`);
  try {
    const repository = await readRepository(client, {
      ...{ clock: systemClock, cache: memory, signal },
      identity: JSON.stringify(device),
      source: device.supports.sdr ? "repository" : "device",
    });
    return { ...repository, device, effects: effectsOf([...quirks, ...quirksOf(device)]) };
  } catch (thrown) {
    if (completionOf(thrown) === undefined) throw thrown;
    throw new CannotRun(`${name} gives no sensor records: ${thrown instanceof Error ? thrown.message : ""}`);
  } finally {
    done();
  }
}
