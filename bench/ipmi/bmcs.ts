import { systemClock as clock } from "../../devices/clock.ts";
import { createBmc } from "../../simulators/ipmi/bmc.ts";
import { genericServer } from "../../simulators/ipmi/models/generic-server.ts";
import { serveBmcs } from "../../simulators/ipmi/serve.ts";
import { usageHere } from "../processes.ts";

/**
 * A process of its own: simulated BMCs, each on a port of 127.0.0.1. Started with their number and that of their
 * sensors as arguments; sends the ports to its parent.
 */
const [count, sensors] = process.argv.slice(2).map(Number);
const bmcs = Array.from({ length: count ?? 0 }, (_, n) =>
  createBmc({
    ...{ clock, name: `bmc-${n}`, model: genericServer({ serial: n, sensors: sensors ?? 30 }) },
    // Seldom, for the sake of the processor it shares.
    period: 10_000,
  }),
);
const { endpoints } = await serveBmcs({ bmcs });
process.send?.({ ports: endpoints.map(({ port }) => port) });
process.on("message", () => process.send?.(usageHere()));
process.on("disconnect", () => process.exit(0));
