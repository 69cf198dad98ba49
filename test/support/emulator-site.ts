import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import { silentLog } from "../../devices/plugin.ts";
import { plugins } from "../../plugins/index.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { createHttp } from "../../server/http.ts";
import { createSite, type Site } from "../../server/site.ts";
import { portOf } from "./sockets.ts";
import { settle, TestClock } from "./test-clock.ts";

/** The site the test suites of Synse's own clients run against. Synse v3 §10.4. */
export const suiteConfig = `
site: { id: suite }
http: { port: 0 }
buses:
  emulator:
    plugin: emulator
    devices:
      - type: led
        tags: [foo/bar]
        instances: [{ info: "Synse LED", alias: { name: emulator-led }, data: { id: 1 } }]
      - type: temperature
        instances:
          - { info: "Synse Temperature Sensor 1", tags: [foo/bar], data: { id: 1 } }
          - { info: "Synse Temperature Sensor 2", tags: [foo/bar], data: { id: 2 } }
          - { info: "Synse Temperature Sensor 3", data: { id: 3 } }
          - { info: "Synse Temperature Sensor 4", data: { id: 4 } }
`;

/** Ids its tests know. Synse v3 §8. */
export const suiteIds = {
  plugin: "4032ffbe-80db-5aa5-b794-f35c88dff85c",
  led: "f041883c-cf87-55d7-a978-3d3103836412",
  temperatures: [
    "9907bdfa-75e1-5af5-8385-87184f356b22",
    "89fd576d-462c-53be-bcb6-7870e70c304a",
    "b9324904-385b-581d-b790-5e53eaabfd20",
    "c2f6f762-fa30-5f0a-ba6c-f52d8deb3c07",
  ],
} as const;

export interface EmulatorSite {
  readonly site: Site;
  readonly http: FastifyInstance;
  readonly clock: TestClock;
  /** e.g. `http://127.0.0.1:40123` */
  readonly url: string;
  /** Asks over a socket of its own. */
  readonly get: (path: string) => Promise<Answer>;
  readonly post: (path: string, body: unknown) => Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** Undefined when it is not one JSON text. */
  readonly body: unknown;
}

/** A running site of emulated devices, read once, listening on a port of its own; ended with the test. */
export async function emulatorSite(t: TestContext, text: string = suiteConfig): Promise<EmulatorSite> {
  const all = [...plugins.values()];
  const { config, plans, faults } = readConfig(text, "emulator.yaml", all, {});
  assert.deepEqual(faults.map(faultText), []);
  assert.ok(config !== undefined);
  const clock = new TestClock();
  const site = createSite(config, plans, { clock, log: silentLog, plugins: all });
  const http = await createHttp(site);
  t.after(async () => {
    await site.stop();
    await http.close();
    http.server.closeAllConnections();
  });
  site.start();
  await settle();
  await clock.advance(1500);
  await http.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${portOf(http)}`;
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, { ...init, headers: { connection: "close" } });
    const body = await answer.text();
    const type = answer.headers.get("content-type") ?? "";
    return { status: answer.status, type, text: body, body: parsed(body) };
  };
  return {
    site,
    http,
    clock,
    url,
    get: (path) => ask(path),
    post: (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
