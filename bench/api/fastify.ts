import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { usageHere } from "../processes.ts";

/** A process of its own: plain Fastify routes that send ready bytes. Takes { path: base64 } from its parent. */
process.once("message", (message) => {
  const app = fastify();
  for (const [path, text] of Object.entries(message as Record<string, string>)) {
    const body = Buffer.from(text, "base64");
    app.get(path, (_request, reply) => reply.header("content-type", "application/json").send(body));
  }
  void app.listen({ host: "127.0.0.1", port: 0 }).then(() => {
    process.send?.({ port: (app.server.address() as AddressInfo).port });
    process.on("message", () => process.send?.(usageHere()));
  });
});
process.on("disconnect", () => process.exit(0));
