import { emulator } from "../../plugins/emulator/index.ts";
import { localContract } from "./local.ts";

localContract(
  emulator,
  `
site: { id: contract }
buses:
  emu:
    plugin: emulator
    devices:
      - { type: led, tags: ["rack:r1"], instances: [{ alias: { name: lamp }, data: { id: 1 } }] }
      - { type: status, instances: [{ data: { id: 3 } }, { data: { id: 9 } }] }
      - { type: fan-multi, instances: [{ data: { id: 1 } }] }
`,
  { alias: "lamp", action: "state", value: "blink" },
);
