import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { createHttp } from "../../server/http.ts";
import type { AddRoutes, RouteParts } from "../../server/routes/parts.ts";

const run = promisify(execFile);

const flags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage"],
];

/** A page that shows an image of `/page/wait`: it is not loaded before its script has asked for `/page/done`. */
const waitingPage =
  (html: string): AddRoutes =>
  (app) => {
    let done = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (done = resolve));
    app.get("/page", { schema: { hide: true } }, (_request, reply) => reply.type("text/html").send(html));
    app.get("/page/wait", { schema: { hide: true } }, async (_request, reply) => {
      await waiting;
      return reply.code(404).send();
    });
    app.get("/page/done", { schema: { hide: true } }, (_request, reply) => {
      done();
      return reply.send("{}");
    });
  };

/**
 * Shows a page of a site to Chromium.
 * @param more routes, and options of the browser
 * @returns the text the page's script left in `#out`; the whole page when there is none
 */
export async function shown(
  t: TestContext,
  site: RouteParts,
  html: string,
  more: { readonly routes?: readonly AddRoutes[]; readonly flags?: readonly string[] } = {},
): Promise<string> {
  const http = await createHttp({ ...site, more: [waitingPage(html), ...(more.routes ?? [])] });
  t.after(() => http.close());
  await http.listen({ host: "127.0.0.1", port: 0 });
  const { port } = http.server.address() as AddressInfo;
  const profile = await mkdtemp(join(tmpdir(), "bothy-chromium-"));
  // Programs the browser has started may still write there when it has gone itself.
  t.after(() => rm(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }));
  const url = `http://127.0.0.1:${port}/page`;
  const options = [...flags, ...(more.flags ?? []), `--user-data-dir=${profile}`, "--dump-dom", url];
  const { stdout } = await run("chromium", options);
  return /<pre id="out">([^<]*)<\/pre>/.exec(stdout)?.[1]?.replaceAll("&gt;", ">") ?? stdout;
}
