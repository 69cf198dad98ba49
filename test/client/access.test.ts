// The client at a site that asks who somebody is.
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createClient } from "../../client/index.ts";
import { guardedSite } from "../support/guarded-site.ts";

test(
  "a token is taken over HTTP and over WebSockets; its role and scope hold",
  { timeout: 60_000 },
  async (t) => {
    const { http, token } = await guardedSite(t);
    await http.listen({ host: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
    const of = (given?: string) => createClient({ url, ...(given === undefined ? {} : { token: given }) });

    const stranger = of();
    assert.equal((await stranger.whoami()).role, "nobody");
    await assert.rejects(stranger.scan(), { http_code: 401 });
    const refused = stranger.connect();
    t.after(() => refused.close());
    await assert.rejects(refused.status(), { http_code: 401, code: "HTTP_401" });
    assert.equal(refused.state, "lost");

    const viewer = of(token("viewer", ["rack:r1"], "wall"));
    const { name, role, scope } = await viewer.whoami();
    assert.deepEqual([name, role, scope?.length], ["token wall", "viewer", 1]);
    const session = viewer.connect();
    t.after(() => session.close());
    for (const from of [viewer, session]) {
      assert.deepEqual(
        (await from.scan()).map(({ alias }) => alias),
        ["fan-near"],
      );
      await assert.rejects(from.info("faroff-fan"), { http_code: 404 });
      await assert.rejects(from.writeAsync("fan-near", { action: "speed", data: 50 }), { http_code: 403 });
    }
    await assert.rejects(viewer.audit(), { http_code: 403, code: "FORBIDDEN" });

    const admin = of(token("admin"));
    const entries = await admin.audit({ who: "wall" });
    assert.equal(entries.length, 3);
    assert.ok(entries.every(({ result }) => result === "refused"));
  },
);

test(
  "a browser logs in once and is known by its cookie, until it logs out",
  { timeout: 60_000 },
  async (t) => {
    const { http, token } = await guardedSite(t);
    await http.listen({ host: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
    // As browsers do, for one page.
    let cookie = "";
    const page = (given?: string) =>
      createClient({
        url,
        ...(given === undefined ? {} : { token: given }),
        fetch: async (address, { headers, ...init }) => {
          const response = await globalThis.fetch(address, { ...init, headers: { ...headers, cookie } });
          cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
          return response;
        },
      });
    assert.equal((await page(token("operator")).login()).role, "operator");
    assert.match(cookie, /^bothy_session=./);
    assert.equal((await page().scan()).length, 2);
    await page().logout();
    await assert.rejects(page().scan(), { http_code: 401 });
  },
);
