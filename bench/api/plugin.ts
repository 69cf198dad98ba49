import { systemClock as clock } from "../../devices/clock.ts";
import { type Plugin, silentLog } from "../../devices/plugin.ts";
import { emulator as typed } from "../../plugins/emulator/index.ts";
import { readConfig } from "../../server/config.ts";
import { servePlugin } from "../../server/plugin-server/serve.ts";
import { createSite } from "../../server/site.ts";
import { usageHere } from "../processes.ts";

/** A process of its own: a gRPC plugin of 1,000 emulated thermometers, each with a new reading a second. */
const emulator = typed as Plugin;
const instances = Array.from({ length: 1000 }, (_, n) => ({ info: `Probe ${n}`, data: { id: n } }));
const bus = { plugin: "emulator", poll: "1s", devices: [{ type: "temperature", instances }] };
const text = JSON.stringify({ site: { id: "bench-plugin" }, buses: { emulated: bus } });
const { config, plans, faults } = readConfig(text, "plugin.yaml", [emulator], {});
if (config === undefined) throw new Error(JSON.stringify(faults));
const site = createSite(config, plans, { clock, log: silentLog, plugins: [emulator] });
const address = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
const { target } = await servePlugin(site, emulator, { address });
process.send?.({ target });
process.on("message", () => process.send?.(usageHere()));
process.on("disconnect", () => process.exit(0));
