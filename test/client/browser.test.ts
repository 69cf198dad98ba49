// The built client in a real browser, and its types where there is no Node.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AddRoutes } from "../../server/routes/parts.ts";
import { tableSite } from "../support/table-site.ts";
import { buildClient } from "./built.ts";
import { shown } from "./in-browser.ts";
import { counted, devices, values } from "./served.ts";

/** Asks a site what a page might, and writes what came into the page, which is loaded only then. */
const page = `<!doctype html><title>client</title><pre id="out">nothing</pre><img src="/page/wait">
<script type="module">
  import { createClient } from "/page/client/index.js";
  const out = {};
  try {
    const client = createClient({ url: location.origin });
    out.status = (await client.status()).status;
    out.aliases = (await client.scan({ sort: "alias" })).map(({ alias }) => alias);
    out.readings = (await client.readDevice("meter")).map(({ value, quality }) => value + " " + quality);
    out.cached = 0;
    for await (const { device } of client.readCache()) out.cached += device === "" ? 0 : 1;
    out.refused = await client.info("nobody").catch(({ http_code, context }) => http_code + " " + context);
    out.written = (await client.writeSync("fan-1", { action: "speed", data: 80 }))[0].message;
    const session = client.connect();
    out.tags = await session.tags({ ns: ["x"] });
    for await (const item of session.readStream({ ids: ["probe"] })) {
      out.stream = item.kind + " " + item.reading.value;
      break;
    }
    session.close();
    out.state = session.state;
  } catch (error) {
    out.error = String(error.stack ?? error);
  }
  document.getElementById("out").textContent = JSON.stringify(out);
  await fetch("/page/done");
</script>`;

/** The built client, from where the site is. */
const clientRoutes =
  (files: ReadonlyMap<string, string>): AddRoutes =>
  (app) => {
    for (const [name, body] of files)
      app.get(`/page/client/${name}`, { schema: { hide: true } }, (_request, reply) =>
        reply.type("text/javascript").send(body),
      );
  };

test(
  "in a browser, without Node or its types: HTTP, writes, a session and its stream",
  { timeout: 120_000 },
  async (t) => {
    const built = await buildClient(t);
    const names = (await readdir(built)).filter((name) => name.endsWith(".js"));
    const files = new Map<string, string>();
    for (const name of names) {
      const body = await readFile(join(built, name), "utf8");
      files.set(name, body);
      for (const [, from = ""] of body.matchAll(/(?:from|import) ?\(?"([^"]+)"/g))
        assert.match(from, /^\.\//, `${name} needs more than itself`);
    }
    const { site } = await tableSite(t, devices, values);
    const text = await shown(t, site, page, { routes: [clientRoutes(files)] });
    assert.deepEqual(JSON.parse(text), {
      status: "ok",
      aliases: ["fan-1", "meter", "probe"],
      readings: [`${counted} good`, "1 good", "null bad"],
      // Two polls of six values.
      cached: 12,
      refused: "404 device not found: nobody",
      written: "read back 80 %",
      tags: ["x/a"],
      stream: "reading 21.5",
      state: "closed",
    });
  },
);
