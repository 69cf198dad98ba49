import type { LinkPlan, Plugin } from "../../devices/plugin.ts";
import { PushedConnection } from "./connection.ts";
import { meta, planPushed, type PushedConfig } from "./plan.ts";
import { type DeviceOptions, deviceSchema, type LinkOptions, linkSchema } from "./schema.ts";

function plan(config: PushedConfig): LinkPlan {
  const { plan: pushed, faults } = planPushed(config);
  return {
    name: pushed.name,
    devices: pushed.points.map(({ device }) => device),
    faults,
    open: ({ clock }) => Promise.resolve(new PushedConnection(pushed, clock)),
  };
}

/** Values nobody reads here: programs bring them, and each counts for its own time. */
export const pushed: Plugin<LinkOptions, DeviceOptions> = {
  name: meta.name,
  meta,
  schema: { link: linkSchema, device: deviceSchema },
  plan,
};
