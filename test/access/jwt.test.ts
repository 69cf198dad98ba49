import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { exportJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import type { AccessSection } from "../../server/access/schema.ts";
import { bearer, type GuardedSite, guardedSite } from "../support/guarded-site.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

interface Issuer {
  readonly url: string;
  /** How often it was asked. */
  asked: number;
  answers: boolean;
}

/** An OpenID Connect issuer, as far as a site sees one. */
async function issuer(t: TestContext): Promise<Issuer> {
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" }] };
  const server = createServer((request, response) => {
    made.asked += 1;
    if (!made.answers) {
      response.socket?.destroy();
      return;
    }
    response.setHeader("content-type", "application/json");
    const about = { issuer: made.url, jwks_uri: `${made.url}/keys` };
    response.end(JSON.stringify(request.url === "/keys" ? keys : about));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const made: Issuer = { url, asked: 0, answers: true };
  return made;
}

const sign = (
  claims: JWTPayload,
  {
    iss,
    aud = "hut",
    expires = 600,
    now,
    key = privateKey,
    kid = "one",
  }: {
    iss: string;
    aud?: string;
    expires?: number;
    now: number;
    key?: KeyObject;
    kid?: string;
  },
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", kid })
    .setIssuer(iss)
    .setAudience(aud)
    .setExpirationTime(Math.floor(now / 1000) + expires)
    .sign(key);

const statusOf = async (site: GuardedSite, token: string, url = "/v3/scan"): Promise<number> =>
  (await site.http.inject({ url, headers: bearer(token) })).statusCode;

const sectionFor = (url: string, rest: Partial<NonNullable<AccessSection["jwt"]>> = {}): AccessSection => ({
  jwt: { issuer: url, audience: "hut", ...rest },
});

test("a token of the issuer is taken, with its role, name and scope; its keys are found and fetched once", async (t) => {
  const from = await issuer(t);
  const site = await guardedSite(
    t,
    sectionFor(from.url, {
      roleClaim: "realm.roles",
      roles: { noc: "operator" },
      scopeClaim: "tags",
      nameClaim: "email",
    }),
  );
  const now = site.clock.now();
  const claims = { realm: { roles: ["other", "noc"] }, tags: ["rack:r1"], email: "ann@example" };
  const token = await sign(claims, { iss: from.url, now });
  const session = await site.http.inject({ url: "/api/session", headers: bearer(token) });
  const { name, role, scope, via } = session.json<Record<string, unknown>>();
  assert.deepEqual([name, role, scope, via], ["jwt ann@example", "operator", ["default/rack:r1"], "jwt"]);
  const scan = (await site.http.inject({ url: "/v3/scan", headers: bearer(token) })).body;
  assert.ok(scan.includes("fan-near") && !scan.includes("faroff"));
  assert.equal(from.asked, 2);
  await site.clock.advance(640_000);
  assert.equal(await statusOf(site, token), 401, "it has expired while it was believed");
  for (const wrong of [
    { email: "x", tags: ["rack:r1"] },
    { ...claims, tags: [] },
    { ...claims, tags: ["a b"] },
    { ...claims, realm: { roles: ["admin"] } },
  ]) {
    assert.equal(await statusOf(site, await sign(wrong, { iss: from.url, now: site.clock.now() })), 403);
  }
});

test("tokens that are expired, for others, of others, unsigned or signed with what nobody knows are refused", async (t) => {
  const from = await issuer(t);
  const site = await guardedSite(t, sectionFor(from.url));
  const now = site.clock.now();
  const iss = from.url;
  const admin = { role: "admin", sub: "x" };
  const good = await sign(admin, { iss, now });
  assert.equal(await statusOf(site, good, "/api/audit"), 200);
  const none = new UnsecuredJWT(admin)
    .setIssuer(iss)
    .setAudience("hut")
    .setExpirationTime(now / 1000 + 600)
    .encode();
  const publicText = Buffer.from(publicKey.export({ type: "spki", format: "pem" }));
  const confused = await new SignJWT(admin)
    .setProtectedHeader({ alg: "HS256", kid: "one" })
    .setIssuer(iss)
    .setAudience("hut")
    .setExpirationTime(now / 1000 + 600)
    .sign(publicText);
  const endless = await new SignJWT(admin)
    .setProtectedHeader({ alg: "ES256", kid: "one" })
    .setIssuer(iss)
    .setAudience("hut")
    .sign(privateKey);
  const [head = "", , tail = ""] = good.split(".");
  const changed = Buffer.from(JSON.stringify({ ...admin, iss, aud: "hut", exp: now })).toString("base64url");
  for (const [what, token] of Object.entries({
    expired: await sign(admin, { iss, now, expires: -60 }),
    audience: await sign(admin, { iss, now, aud: "other" }),
    issuer: await sign(admin, { iss: "https://other.example", now }),
    key: await sign(admin, { iss, now, key: stranger }),
    kid: await sign(admin, { iss, now, kid: "two" }),
    none,
    confused,
    endless,
    changed: `${head}.${changed}.${tail}`,
    garbage: "a.b.c",
    long: "x".repeat(10_000),
  })) {
    const answer = await site.http.inject({ url: "/v3/scan", headers: bearer(token) });
    assert.equal(answer.statusCode, 401, what);
    assert.match(String(answer.headers["www-authenticate"]), /^Bearer/);
  }
});

test("an issuer out of reach is said plainly, and one whose keys are known is not needed", async (t) => {
  const from = await issuer(t);
  from.answers = false;
  const site = await guardedSite(t, sectionFor(from.url));
  const now = site.clock.now();
  const token = await sign({ role: "viewer", sub: "ann" }, { iss: from.url, now, expires: 7200 });
  const answer = await site.http.inject({ url: "/v3/scan", headers: bearer(token) });
  assert.equal(answer.statusCode, 503);
  assert.match(answer.body, /cannot be verified now/);
  assert.ok(answer.headers["retry-after"]);
  const { asked } = from;
  assert.equal(await statusOf(site, token), 503);
  assert.equal(from.asked, asked, "it is not asked again at once");
  from.answers = true;
  await site.clock.advance(11_000);
  assert.equal(await statusOf(site, token), 200);
  from.answers = false;
  await site.clock.advance(1_000_000);
  assert.equal(await statusOf(site, token), 200, "the uplink is down, the keys are known");
});
