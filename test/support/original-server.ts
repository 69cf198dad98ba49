import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** What an original Synse server with two devices says; for programs that must not need more. Synse v3 §1. */
export interface OriginalServer {
  readonly url: string;
  /** What `led` reads. */
  set(value: string, timestamp: string): void;
}

const stamp = "2031-05-06T07:08:09Z";
const device = (id: string, alias: string, type: string, plugin: string) => ({
  id,
  alias,
  info: `A ${type}`,
  type,
  plugin,
  tags: [`system/id:${id}`, `system/type:${type}`],
  metadata: {},
});
const devices = [device("aa-1", "led", "led", "p-1"), device("bb-2", "", "temperature", "p-2")];

/** Serves it until the test ends. It has no WebSocket, and answers unknown paths with a page. */
export async function originalServer(t: TestContext): Promise<OriginalServer> {
  let led = { value: "off", timestamp: stamp };
  const written = new Map<string, { asked: number; action: string; data: string }>();
  const reading = (id: string): readonly object[] => {
    const found = devices.find((one) => one.id === id);
    const shared = {
      device: id,
      device_type: found?.type ?? "",
      device_info: found?.info ?? "",
      context: {},
    };
    return id === "aa-1"
      ? [{ ...shared, ...led, type: "state", unit: null }]
      : [
          {
            ...shared,
            timestamp: stamp,
            type: "temperature",
            unit: { name: "celsius", symbol: "C" },
            value: 21.299999237060547,
          },
        ];
  };
  const transaction = (id: string): object => {
    const { asked = 0, action = "", data = "" } = written.get(id) ?? {};
    written.set(id, { asked: asked + 1, action, data });
    const status = asked === 0 ? "WRITING" : action === "state" ? "DONE" : "ERROR";
    const message = status === "ERROR" ? `unsupported write action '${action}'` : "";
    return {
      id,
      created: stamp,
      updated: stamp,
      message,
      timeout: "30s",
      status,
      context: { action, data },
      device: "aa-1",
    };
  };
  const answer = (request: IncomingMessage, body: string): unknown => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const id = path.split("/").at(-1) ?? "";
    if (path === "/v3/scan") return devices;
    if (path === "/v3/read") return devices.flatMap((one) => reading(one.id));
    if (path.startsWith("/v3/read/")) return reading(id);
    if (path === "/v3/transaction") return [...written.keys()];
    if (path.startsWith("/v3/transaction/")) return transaction(id);
    if (path.startsWith("/v3/write/") && request.method === "POST") {
      const [{ action = "", data = "" } = {}] = JSON.parse(body) as { action?: string; data?: string }[];
      written.set("t-1", { asked: 0, action, data });
      return [{ id: "t-1", device: "aa-1", context: { action, data }, timeout: "30s" }];
    }
    return undefined;
  };
  const server = createServer((request, reply: ServerResponse) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const found = answer(request, body);
      if (found === undefined)
        reply.writeHead(404, { "content-type": "text/html" }).end("<h1>404 Not Found</h1>");
      else reply.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (value, timestamp) => {
      led = { value, timestamp };
    },
  };
}
