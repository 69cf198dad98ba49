import { join } from "node:path";
import { type TestContext } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import { seconds } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { changeTokens } from "../../server/access/token-file.ts";
import { makeToken } from "../../server/access/token.ts";
import type { Role } from "../../server/access/principal.ts";
import { type Loader, siteLoader } from "../../server/controllers/loader.ts";
import { simple } from "../control/second-version.ts";
import { bearer, patient, temporaryFolder } from "../support/guarded-site.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { TestClock } from "../support/test-clock.ts";
import { tableSite } from "../support/table-site.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["rack:r1"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1", "point:inlet"] },
  { alias: "far", type: "fan-heater", outputs: [["duty"]], actions: [speed], tags: ["rack:far"] },
];

const shipped: readonly Definition[] = [
  {
    ...simple(),
    step: (context) => {
      const made = simple().step(context);
      const warm = (context.inputs["inlet"] as { value: number }).value >= 30;
      const text = "it is too warm";
      return warm ? { ...made, alarms: [{ id: "warm", severity: "warning", text }] } : made;
    },
  },
  { ...simple("1.1.0", (value) => Math.min(100, value + 30)), name: "simple-warm" },
];

/** Code of one's own without a thread: here it is to be trusted. */
const loader: Loader = {
  bundle: () => Promise.reject(new Error("no files here")),
  bundleText: (file, text) =>
    siteLoader({ clock: new TestClock(), log: silentLog, shipped }).bundleText(file, text),
  open: async (source) => {
    if (source.kind === "definition") return new InlineHost(source.definition);
    if (source.kind === "shipped") return new InlineHost(shipped.find(({ name }) => name === source.name)!);
    const module = (await import(`data:text/javascript,${encodeURIComponent(source.text)}`)) as {
      default: Definition;
    };
    return new InlineHost(module.default);
  },
};

/** A controller that always wants the same. */
export const ownText = (version: string, value: string): string => `
import { defineController, seconds, select, Type } from "bothy/controllers";
export default defineController({
  name: "mine", version: "${version}", summary: "mine", period: seconds(5),
  settings: Type.Object({}),
  inputs: { inlet: select("type:temperature", "point:inlet").max() },
  outputs: { fans: select("type:fan").action("speed") },
  failSafe: { fans: 100 },
  init: () => ({}),
  step: ({ inputs }) => ({ outputs: { fans: ${value} }, state: {}, reason: "mine wants it" }),
});`;

/** A site of a table with one controller, `inlet`, and whoever asks it something. */
export async function controlled(
  t: TestContext,
  folder = temporaryFolder(t),
  more: readonly TableDevice[] = [],
  rest: object = {},
) {
  const made = await tableSite(
    t,
    [...devices, ...more],
    { "fan-1/duty": 40, "probe/temperature": 25, "far/duty": 10 },
    {
      access: {},
      state: { folder },
      http: { host: "127.0.0.1", port: 0, limits: patient },
      controllers: { inlet: { use: "simple", settings: { setpoint: 24 }, ...rest } },
    },
    {},
    { controllers: { shipped, loader } },
  );
  await made.site.controllers.started();
  await made.clock.advance(seconds(30));
  let count = 0;
  const as = (role: Role, scope?: readonly string[]) => {
    const { token, record } = makeToken(
      { name: `t${++count}`, role, ...(scope === undefined ? {} : { scope }) },
      made.clock.now(),
    );
    changeTokens(join(folder, "tokens.json"), (tokens) => [...tokens, record]);
    return async (method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE", url: string, payload?: object) => {
      await made.clock.advance(seconds(3));
      const pending = made.ask({
        method,
        url,
        headers: bearer(token),
        ...(payload === undefined ? {} : { payload }),
      });
      const answer = await pending;
      return {
        status: answer.status,
        body: answer.body as Readonly<Record<string, unknown>>,
        text: answer.text,
      };
    };
  };
  return { ...made, as, folder };
}
