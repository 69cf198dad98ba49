import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { changeTokens } from "../../server/access/token-file.ts";
import { makeToken } from "../../server/access/token.ts";
import { bearer, type GuardedSite, guardedSite } from "../support/guarded-site.ts";
import { openSocket, type SocketClient } from "../support/sockets.ts";

const idle = 12 * 3_600_000;
/** Whoever is not let go waits for ever. */
const timeout = 60_000;

/** Logs a browser in. @returns its cookie */
async function login({ http }: GuardedSite, token: string): Promise<string> {
  const answer = await http.inject({ method: "POST", url: "/api/session", headers: bearer(token) });
  return String(answer.headers["set-cookie"]).split(";")[0] ?? "";
}

/** Has the site look at its tokens now, and then after its connections. */
async function look({ http, clock }: GuardedSite): Promise<void> {
  const unknown = `bothy_aaaaaaaa_${"A".repeat(43)}`;
  assert.equal((await http.inject({ url: "/v3/scan", headers: bearer(unknown) })).statusCode, 401);
  await clock.advance(2000);
}

/** Whether it is heard and answered. */
const answers = async (client: SocketClient): Promise<boolean> =>
  (await client.ask("request/version")).event === "response/version";

test(
  "a WebSocket ends with the session it was opened by, at once; those of others stay",
  { timeout },
  async (t) => {
    const site = await guardedSite(t);
    const token = site.token("viewer");
    const [first, second] = [await login(site, token), await login(site, token)];
    const mine = await openSocket(t, site.http, { headers: { cookie: first } });
    const other = await openSocket(t, site.http, { headers: { cookie: second } });
    const direct = await openSocket(t, site.http, { headers: bearer(token) });
    assert.ok(await answers(mine));

    const gone = await site.http.inject({
      method: "DELETE",
      url: "/api/session",
      headers: { cookie: first },
    });
    assert.equal(gone.statusCode, 204);
    await mine.closed;
    await site.clock.advance(10_000);
    for (const client of [other, direct]) assert.ok(await answers(client));
  },
);

test(
  "a session in use by a WebSocket is not idle; without one it ends after its time",
  { timeout },
  async (t) => {
    const site = await guardedSite(t);
    const cookie = await login(site, site.token("viewer"));
    const client = await openSocket(t, site.http, { headers: { cookie } });
    const ask = async (): Promise<number> =>
      (await site.http.inject({ url: "/v3/scan", headers: { cookie } })).statusCode;
    // The site looks after its connections at the end of it.
    for (let halves = 0; halves < 2; halves++) {
      await site.clock.suspend(idle - 1);
      assert.ok(await answers(client));
    }
    assert.equal(await ask(), 200);
    client.socket.terminate();
    await client.closed;
    while (site.http.sockets.counts().sockets > 0) await turn();
    await site.clock.suspend(idle);
    assert.equal(await ask(), 401);
  },
);

test(
  "a WebSocket ends with the token it was opened by: revoked, changed, or expired",
  { timeout },
  async (t) => {
    const site = await guardedSite(t);
    const file = join(site.folder, "tokens.json");
    const add = (name: string, expires?: number): string => {
      const now = site.clock.now();
      const until = expires === undefined ? {} : { expires: new Date(now + expires).toISOString() };
      const { token, record } = makeToken({ name, role: "viewer", ...until }, now);
      changeTokens(file, (tokens) => [...tokens, record]);
      return token;
    };
    const open = (token: string) => openSocket(t, site.http, { headers: bearer(token) });
    const stays = await open(add("stays"));
    const revoked = await open(add("revoked"));
    const changed = await open(add("changed"));
    changeTokens(file, (tokens) =>
      tokens
        .filter(({ name }) => name !== "revoked")
        .map((record) => (record.name === "changed" ? { ...record, scope: ["rack:r1"] } : record)),
    );
    await look(site);
    await Promise.all([revoked.closed, changed.closed]);
    const expiring = await open(add("expiring", 10_000));
    const bySession = await openSocket(t, site.http, {
      headers: { cookie: await login(site, add("browser", 10_000)) },
    });
    await site.clock.advance(8000);
    for (const client of [expiring, bySession, stays]) assert.ok(await answers(client));
    await site.clock.advance(4000);
    await Promise.all([expiring.closed, bySession.closed]);
    assert.ok(await answers(stays));
    rmSync(file);
    await look(site);
    await stays.closed;
  },
);
