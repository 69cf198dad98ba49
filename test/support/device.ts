import type { Action, Device } from "../../devices/device.ts";
import { generatedTags } from "../../devices/tag.ts";
import { outputNamed } from "../../devices/output.ts";
import type { GoodReading, Value } from "../../devices/reading.ts";
import type { ValueId } from "../../devices/value-id.ts";

/** A device for tests; outputs are names of the catalogue, with `:channel` when there are several. */
export function testDevice(
  id: string,
  outputs: readonly string[] = ["temperature"],
  rest: Partial<Device> = {},
): Device {
  const type = rest.type ?? "temperature";
  return {
    id,
    type,
    info: `device ${id}`,
    plugin: "plugin",
    handler: "handler",
    link: "link",
    tags: generatedTags(id, type),
    context: {},
    outputs: outputs.map((text) => {
      const [name = "", channel] = text.split(":");
      return { output: outputNamed(name), ...(channel === undefined ? {} : { channel }) };
    }),
    actions: [],
    sortIndex: 0,
    writeTimeout: 30_000,
    ...rest,
  };
}

/** A duty in percent from 0 to 100, shown by the output `duty`. */
export const dutyAction = (rest: Partial<Action> = {}): Action => ({
  name: "speed",
  kind: "level",
  accepts: { kind: "number", min: 0, max: 100, step: 1, unit: "%" },
  shows: { output: "duty" },
  storage: "ram",
  ...rest,
});

export const valueId = (device: string, output = "temperature", channel?: string): ValueId => ({
  device,
  output,
  ...(channel === undefined ? {} : { channel }),
});

export const good = (id: ValueId, at: number, value: Value): GoodReading => ({
  id,
  at,
  quality: "good",
  value,
});
