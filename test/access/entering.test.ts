import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { whyNotListen } from "../../server/access/check.ts";
import { addressKey } from "../../server/access/limits.ts";
import { bearer, guardedSite, patient, temporaryFolder } from "../support/guarded-site.ts";

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** An authority, and certificates it has signed. */
function authority(t: TestContext) {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { stdio: "ignore" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
    "-days",
    "2",
    "-subj",
    "/CN=ca",
  );
  const issue = (name: string, san: string): { readonly cert: string; readonly key: string } => {
    const files = { cert: at(`${name}.pem`), key: at(`${name}.key`) };
    openssl("req", ...newKey, "-keyout", files.key, "-out", at("csr"), "-subj", `/CN=${name}`);
    writeFileSync(at("ext"), `subjectAltName=${san}\n`);
    openssl(
      ...["x509", "-req", "-in", at("csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
      ...["-out", files.cert, "-days", "2", "-extfile", at("ext")],
    );
    return files;
  };
  return { ca: at("ca.pem"), issue };
}

const get = (options: RequestOptions): Promise<{ status: number; body: string; issued: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", path: "/api/session", agent: false, ...options }, (answer) => {
      const issued = (
        answer.socket as { getPeerCertificate?: () => { serialNumber: string } }
      ).getPeerCertificate?.();
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (body += chunk));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, body, issued: issued?.serialNumber ?? "" }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });

test("over TLS a client certificate says who it is; new certificates are taken while the site runs", async (t) => {
  const { ca, issue } = authority(t);
  const server = issue("site", "IP:127.0.0.1");
  const client = issue("loop", "DNS:loop.example");
  const other = issue("other", "DNS:other.example");
  const foreign = authority(t).issue("loop", "DNS:loop.example");
  const site = await guardedSite(
    t,
    { certificates: { "loop.example": { role: "controller", scope: ["rack:r1"] } } },
    { tls: { ...server, clientCa: ca } },
  );
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const { port } = site.http.server.address() as AddressInfo;
  const as = (who?: { cert: string; key: string }, path = "/api/session") =>
    get({
      port,
      path,
      ca: readFileSync(ca),
      ...(who === undefined ? {} : { cert: readFileSync(who.cert), key: readFileSync(who.key) }),
    });
  const known = JSON.parse((await as(client)).body) as Record<string, unknown>;
  assert.deepEqual(
    [known["name"], known["role"], known["via"], known["scope"]],
    ["certificate loop.example", "controller", "certificate", ["default/rack:r1"]],
  );
  assert.equal((await as(client, "/v3/scan")).status, 200);
  for (const nobody of [other, foreign, undefined]) assert.equal((await as(nobody, "/v3/scan")).status, 401);
  const before = (await as()).issued;
  const next = issue("next", "IP:127.0.0.1");
  writeFileSync(server.cert, "damaged");
  await site.clock.advance(5000);
  assert.equal((await as()).issued, before);
  writeFileSync(server.cert, readFileSync(next.cert));
  writeFileSync(server.key, readFileSync(next.key));
  let issued = before;
  for (let tries = 0; tries < 200 && issued === before; tries++) {
    await site.clock.advance(2000);
    issued = (await as()).issued;
  }
  assert.notEqual(issued, before);
});

test("a site is reached from elsewhere only over TLS or a proxy, and only when it asks who one is", () => {
  const tls = { cert: "c", key: "k" };
  const at = (http: object, access?: object): string =>
    whyNotListen({ host: "0.0.0.0", ...http }, access)?.path.join(".") ?? "may";
  assert.equal(at({ host: "127.0.0.1" }), "may");
  assert.equal(at({}), "http.host");
  assert.equal(at({}, {}), "http.host");
  assert.equal(at({ tls }), "http.host");
  assert.equal(at({ tls }, {}), "may");
  assert.equal(at({ behindProxy: ["10.0.0.1"] }, {}), "may");
  assert.equal(at({ host: "localhost", behindProxy: ["127.0.0.1"] }), "http.behindProxy");
  assert.equal(at({ behindProxy: ["10.0.0.1"] }, { loopback: true }), "access.loopback");
});

test("what a proxy says is believed of a proxy only, and nobody else gets past it", async (t) => {
  const { http, token } = await guardedSite(t, {}, { behindProxy: ["10.0.0.0/8"] });
  const headers = { ...bearer(token("viewer")), "x-forwarded-for": "1.2.3.4, 203.0.113.9" };
  const from = async (remoteAddress: string) => {
    const answer = await http.inject({ url: "/api/session", headers, remoteAddress });
    return [answer.statusCode, answer.json<{ from?: string }>().from];
  };
  assert.deepEqual(await from("10.0.0.7"), [200, "203.0.113.9"]);
  assert.deepEqual(await from("127.0.0.1"), [200, "127.0.0.1"]);
  assert.deepEqual(await from("192.168.1.9"), [403, undefined]);
});

test("whoever asks too often waits; good tokens are taken while bad ones are tried", async (t) => {
  const limits = { ...patient, requestsPerSecond: 2, failuresPerMinute: 3 };
  const { http, token, clock, audit } = await guardedSite(t, {}, { limits });
  const good = token("viewer");
  const ask = async (one: string, remoteAddress = "203.0.113.9") =>
    http.inject({ url: "/v3/scan", headers: bearer(one), remoteAddress });
  const bad = `bothy_aaaaaaaa_${"A".repeat(43)}`;
  for (const wanted of [401, 401, 401, 429, 429]) assert.equal((await ask(bad)).statusCode, wanted);
  assert.equal((await ask(bad, "198.51.100.1")).statusCode, 401);
  for (const wanted of [200, 200, 200, 200, 429]) assert.equal((await ask(good)).statusCode, wanted);
  const late = await ask(good);
  assert.deepEqual([late.statusCode, late.headers["retry-after"]], [429, "1"]);
  await clock.advance(1000);
  assert.equal((await ask(good)).statusCode, 200);
  assert.ok((await audit()).some(({ code, from }) => code === "TOO_MANY" && from === "203.0.113.9"));
  assert.equal(addressKey("::ffff:1.2.3.4"), "1.2.3.4");
  assert.equal(addressKey("2001:db8::1"), addressKey("2001:db8:0:0:ffff::9"));
  assert.notEqual(addressKey("2001:db8::1"), addressKey("2001:db8:0:1::1"));
});

test("a browser logs in with a token, and is out once that is revoked or it logs out", async (t) => {
  const { http, token, folder, clock } = await guardedSite(t);
  const good = token("viewer", undefined, "ann");
  const login = async (): Promise<string> => {
    const answer = await http.inject({ method: "POST", url: "/api/session", headers: bearer(good) });
    const set = String(answer.headers["set-cookie"]);
    assert.match(set, /HttpOnly; SameSite=Strict$/);
    return set.split(";")[0] ?? "";
  };
  const ask = async (cookie: string) =>
    (await http.inject({ url: "/v3/scan", headers: { cookie } })).statusCode;
  const first = await login();
  assert.equal(await ask(first), 200);
  assert.equal(await ask(`${first}x`), 401);
  await http.inject({ method: "DELETE", url: "/api/session", headers: { cookie: first } });
  assert.equal(await ask(first), 401);
  const second = await login();
  const page = await http.inject({ url: "/" });
  assert.ok(page.body.includes('id="login"') && !page.body.includes("The hut"));
  writeFileSync(join(folder, "tokens.json"), '{"version":1,"tokens":[]}');
  for (let tries = 0; tries < 1000 && (await ask(second)) !== 401; tries++) {
    await clock.advance(2000);
    // The file is looked at by the system, not by the clock.
    await turn();
  }
  assert.equal(await ask(second), 401);
});

test("bothy token makes a token once, lists and revokes it", (t) => {
  const folder = temporaryFolder(t);
  const config = join(folder, "site.yaml");
  writeFileSync(
    config,
    `site: { id: hut }\naccess: {}\nstate: { folder: ${folder}/state }\nbuses: { a: { transport: tcp, host: 127.0.0.1 } }\n`,
  );
  const bothy = (...args: readonly string[]): string =>
    execFileSync(process.execPath, ["--import", "tsx", main, "token", ...args, "-c", config], {
      encoding: "utf8",
      stdio: "pipe",
    });
  const token = bothy(
    "create",
    "--name",
    "night-shift",
    "--role",
    "operator",
    "--scope",
    "rack:r1,zone:cold",
    "--expires",
    "90d",
  ).trim();
  assert.match(token, /^bothy_[a-z2-9]{8}_[\w-]{43}$/);
  const file = join(folder, "state", "tokens.json");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!readFileSync(file, "utf8").includes(token.slice(15)));
  assert.throws(
    () => bothy("create", "--name", "night-shift", "--role", "viewer"),
    /there is a token night-shift/,
  );
  const [listed] = JSON.parse(bothy("list", "--json")) as Record<string, unknown>[];
  assert.deepEqual(
    [listed?.["name"], listed?.["role"], listed?.["scope"]],
    ["night-shift", "operator", ["rack:r1,zone:cold"]],
  );
  assert.equal(listed?.["hash"], undefined);
  bothy("revoke", "night-shift");
  assert.deepEqual(JSON.parse(bothy("list", "--json")), []);
});

test("tokens that cannot be looked at are as before, and others unknown: no fault of whoever asks", async (t) => {
  const { http, token, folder } = await guardedSite(t);
  const status = async (known: string): Promise<number> =>
    (await http.inject({ url: "/v3/tags", headers: bearer(known) })).statusCode;
  const good = token("viewer");
  assert.equal(await status(good), 200);
  const file = join(folder, "tokens.json");
  rmSync(file);
  // Looking at it fails otherwise than for a file that is not there.
  symlinkSync(file, file);
  assert.equal(await status(`bothy_aaaaaaaa_${"A".repeat(43)}`), 401);
  assert.equal(await status(good), 200);

  const broken = await guardedSite(t, { tokens: file });
  assert.equal((await broken.http.inject({ url: "/v3/tags", headers: bearer(good) })).statusCode, 401);
});
