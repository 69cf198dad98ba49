// The plugin of docs/write-a-plugin.md.
import { connect } from "node:net";
import { thermometer } from "../../examples/plugin-thermometer/index.ts";
import { simulateBox } from "../../examples/plugin-thermometer/simulator.ts";
import { socketWire } from "../../simulators/tcp.ts";
import { pluginContract, type Rig } from "./suite.ts";

pluginContract("thermometer", thermometer, async (): Promise<Rig> => {
  const box = await simulateBox();
  box.temperatures.set("T1", 21.5).set("T2", undefined);
  box.relays.set("R1", false);
  return {
    near: "tcp",
    far: () => socketWire(connect({ host: box.host, port: box.port })),
    frame: (bytes) => bytes.indexOf(10) + 1,
    config: (near) => `
site: { id: contract }
buses: { box: ${JSON.stringify({ ...near, plugin: "thermometer", timeout: "1s" })} }
devices:
  - { bus: box, channel: T1, alias: inlet, tags: ["rack:r1"] }
  - { bus: box, channel: T2, alias: outlet }
  - { bus: box, channel: R1, alias: heater }
`,
    absent: { alias: "outlet", output: "temperature" },
    write: { alias: "heater", action: "switch", values: ["on", "off"] },
    close: () => box.close(),
  };
});
