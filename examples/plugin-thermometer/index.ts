import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import { openTcp } from "../../plugins/transport/tcp.ts";
import { ThermometerConnection } from "./connection.ts";
import { type BoxConfig, meta, planBox } from "./plan.ts";
import { Box } from "./protocol.ts";
import { type DeviceOptions, deviceSchema, type LinkOptions, linkSchema } from "./schema.ts";

function plan(config: BoxConfig): LinkPlan {
  const { plan: box, faults } = planBox(config);
  const { name, host, port, timeout } = box;
  return {
    name,
    devices: box.channels.map(({ device }) => device),
    faults,
    open: async ({ clock, signal }) => {
      const line = await openTcp({ host, port }, clock, signal);
      return new ThermometerConnection(box, new Box(line, { name, timeout, clock }), clock);
    },
  };
}

/** Boxes with up to eight temperature sensors and eight relays, reached over TCP. */
export const thermometer: Plugin<LinkOptions, DeviceOptions> = {
  name: meta.name,
  meta,
  schema: { link: linkSchema, device: deviceSchema },
  plan,
};
