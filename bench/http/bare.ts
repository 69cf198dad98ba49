import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { usageHere } from "../processes.ts";

/** A process of its own: a bare Node server that sends ready bytes. Takes { path: base64 } from its parent. */
process.once("message", (message) => {
  const bodies = new Map(
    Object.entries(message as Record<string, string>).map(([path, text]) => [
      path,
      Buffer.from(text, "base64"),
    ]),
  );
  const server = createServer((request, response) => {
    const body = bodies.get(request.url ?? "");
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
  process.on("message", () => process.send?.(usageHere()));
});
process.on("disconnect", () => process.exit(0));
