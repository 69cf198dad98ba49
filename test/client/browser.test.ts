// The built client in a real browser, and its types where there is no Node.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { createHttp } from "../../server/http.ts";
import type { AddRoutes } from "../../server/routes/parts.ts";
import { tableSite } from "../support/table-site.ts";
import { buildClient } from "./built.ts";
import { counted, devices, values } from "./served.ts";

const run = promisify(execFile);

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

/** The page and the built client, from where the site is. */
const pageRoutes =
  (files: ReadonlyMap<string, string>): AddRoutes =>
  (app) => {
    let done = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (done = resolve));
    app.get("/page", { schema: { hide: true } }, (_request, reply) => reply.type("text/html").send(page));
    app.get("/page/wait", { schema: { hide: true } }, async (_request, reply) => {
      await waiting;
      return reply.code(404).send();
    });
    app.get("/page/done", { schema: { hide: true } }, (_request, reply) => {
      done();
      return reply.send("{}");
    });
    for (const [name, body] of files)
      app.get(`/page/client/${name}`, { schema: { hide: true } }, (_request, reply) =>
        reply.type("text/javascript").send(body),
      );
  };

const flags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage"],
];

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
    const http = await createHttp({ ...site, more: [pageRoutes(files)] });
    t.after(() => http.close());
    await http.listen({ host: "127.0.0.1", port: 0 });
    const { port } = http.server.address() as AddressInfo;
    const profile = await mkdtemp(join(tmpdir(), "bothy-chromium-"));
    t.after(() => rm(profile, { recursive: true, force: true }));
    const url = `http://127.0.0.1:${port}/page`;
    const { stdout } = await run("chromium", [...flags, `--user-data-dir=${profile}`, "--dump-dom", url]);
    const text = /<pre id="out">([^<]*)<\/pre>/.exec(stdout)?.[1] ?? stdout;
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
