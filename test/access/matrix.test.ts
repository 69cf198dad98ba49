import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { FastifyInstance, InjectOptions } from "fastify";
import { type Permission, type Principal, type Role, roles } from "../../server/access/principal.ts";
import { createHttp } from "../../server/http.ts";
import { simulatorRoutes } from "../../server/routes/simulator.ts";
import { run, socketEvents } from "../../server/websocket/events.ts";
import type { SimulatedSite } from "../../simulators/site.ts";
import { bearer, type GuardedSite, guardedSite } from "../support/guarded-site.ts";

/** Who may use each route: what the code says must be said here a second time. A new route fails until it is. */
const decided: Readonly<Record<string, Permission | "anybody">> = {
  "GET /": "anybody",
  "GET /test": "anybody",
  "GET /version": "read",
  "GET /openapi.json": "read",
  "GET /metrics": "read",
  "GET /v3/config": "read",
  "GET /v3/scan": "read",
  "GET /v3/device": "read",
  "GET /v3/device/:device": "read",
  "POST /v3/device/:device": "write",
  "GET /v3/tags": "read",
  "GET /v3/info/:device": "read",
  "GET /v3/read": "read",
  "GET /v3/read/:device": "read",
  "GET /v3/readcache": "read",
  "GET /v3/plugin": "read",
  "GET /v3/plugin/health": "read",
  "GET /v3/plugin/:id": "read",
  "POST /v3/write/:device": "write",
  "POST /v3/write/wait/:device": "write",
  "GET /v3/transaction": "read",
  "GET /v3/transaction/:id": "read",
  "GET /v3/connect": "read",
  "GET /api/site": "read",
  "GET /api/errors": "read",
  "GET /api/buses": "read",
  "GET /api/buses/:name": "read",
  "GET /api/buses/:name/frames": "administer",
  "POST /api/buses/:name/scan": "administer",
  "GET /api/devices/:id/readings": "read",
  "GET /api/devices/:id/writes": "read",
  "PUT /api/devices/:id/writes/:action": "write",
  "DELETE /api/devices/:id/writes/:action": "write",
  "GET /api/controllers": "read",
  "GET /api/controllers/:name": "read",
  "GET /api/controllers/:name/settings": "read",
  "PUT /api/controllers/:name/settings": "write",
  "PATCH /api/controllers/:name/settings": "write",
  "PUT /api/controllers/:name/mode": "write",
  "GET /api/profile": "read",
  "PUT /api/profile": "write",
  "POST /api/controllers/:name/restart": "write",
  "POST /api/controllers/:name/overrides": "write",
  "DELETE /api/controllers/:name/overrides": "write",
  "GET /api/controllers/:name/trace": "read",
  "GET /api/controllers/:name/tuning": "read",
  "POST /api/controllers/:name/tuning": "write",
  "DELETE /api/controllers/:name/tuning": "write",
  "PUT /api/controllers/:name/alarms/:alarm/shelf": "write",
  "DELETE /api/controllers/:name/alarms/:alarm/shelf": "write",
  "POST /api/controllers/:name/alarms/:alarm/acknowledge": "write",
  "GET /api/controllers/:name/versions": "read",
  "POST /api/controllers/:name/versions": "administer",
  "POST /api/controllers/:name/swap": "administer",
  "POST /api/controllers/:name/rollback": "administer",
  "POST /api/controllers/:name/shadow": "administer",
  "DELETE /api/controllers/:name/shadow": "administer",
  "POST /api/controllers/:name/promote": "administer",
  "POST /api/controllers/:name/replay": "administer",
  "GET /api/session": "anybody",
  "POST /api/session": "read",
  "DELETE /api/session": "anybody",
  "GET /api/audit": "administer",
  "GET /api/simulator/faults": "administer",
  "POST /api/simulator/faults": "administer",
  "DELETE /api/simulator/faults": "administer",
  "DELETE /api/simulator/faults/:id": "administer",
};

const may: Readonly<Record<Role, readonly (Permission | "anybody")[]>> = {
  viewer: ["anybody", "read"],
  operator: ["anybody", "read", "write"],
  controller: ["anybody", "read", "write"],
  admin: ["anybody", "read", "write", "administer"],
};

/** What is done as an operator: a program that controls has a slot of its own. */
const asOperator = (route: string): boolean => route.endsWith("/overrides");

const near = ["rack:r1"];
const simulated = {
  faults: () => [],
  fault: () => ({ id: 1, text: "x", since: 0 }),
  clear: () => undefined,
} as unknown as SimulatedSite;

interface Whole extends GuardedSite {
  readonly whole: FastifyInstance;
}

/** With the routes of a demonstration too. */
async function wholeSite(t: TestContext): Promise<Whole> {
  const site = await guardedSite(t);
  const whole = await createHttp({ ...site.site, more: [simulatorRoutes(simulated)] });
  t.after(() => whole.close());
  return { ...site, whole };
}

const isNamed = ({ method, url }: { method: string; url: string }): boolean =>
  ["GET", "POST", "PUT", "PATCH", "DELETE"].includes(method) && (url === "/" || !url.endsWith("/"));

/** A request to a route, about one of the devices. */
function requestTo(route: string, device: string, transaction: string): InjectOptions {
  const [method = "", pattern = ""] = route.split(" ");
  const url = pattern
    .replace(":device", device)
    .replace("/transaction/:id", `/transaction/${transaction}`)
    .replace("/devices/:id", `/devices/${device}`)
    .replace("/plugin/:id", "/plugin/none")
    .replace(":name", "t")
    .replace(":action", "speed")
    .replace(":id", "1");
  const payload = pattern.includes("/v3/")
    ? { action: "speed", data: "50" }
    : pattern.includes("/scan")
      ? { from: 1, to: 1 }
      : pattern.includes("/simulator/")
        ? { fault: "x" }
        : { value: 50, why: "the matrix" };
  return {
    // Frames go on without end.
    method: route.startsWith("GET") && pattern.endsWith("/frames") ? "HEAD" : method,
    url,
    ...(["POST", "PUT", "PATCH"].includes(method) ? { payload } : {}),
  };
}

test("every route has been decided on, and none is left open by accident", async (t) => {
  const { whole } = await wholeSite(t);
  const named = whole.decisions.filter(isNamed).filter(({ url }) => !url.startsWith("/docs"));
  const found = Object.fromEntries(
    named.map(({ method, url, needs }) => [`${method} ${url}`, needs ?? "anybody"]),
  );
  // Methods a path does not take are answered to everybody: 405.
  const taken = Object.fromEntries(
    Object.entries(found).filter(([route]) => route in decided || found[route] !== "anybody"),
  );
  assert.deepEqual(taken, decided);
  for (const [route, needs] of Object.entries(found)) {
    if (route in decided) continue;
    assert.equal(needs, "anybody");
    assert.equal((await whole.inject(requestTo(route, "fan-near", "none"))).statusCode, 405, route);
  }
  const docs = whole.decisions.filter(({ url }) => url.startsWith("/docs"));
  assert.ok(docs.length > 3);
  assert.deepEqual([...new Set(docs.map(({ needs }) => needs))], ["read"]);
});

test("every route × no, bad and every role of credential", async (t) => {
  const { whole, token } = await wholeSite(t);
  const tokens = new Map(roles.map((role) => [role, token(role)]));
  const ask = async (route: string, headers: Record<string, string>): Promise<number> =>
    (await whole.inject({ ...requestTo(route, "fan-near", "none"), headers })).statusCode;
  const bad = `${tokens.get("admin")?.slice(0, -4) ?? ""}AAAA`;
  for (const [route, needs] of Object.entries(decided)) {
    const open = needs === "anybody";
    assert.equal((await ask(route, {})) === 401, !open, `${route} by nobody`);
    assert.equal(await ask(route, bearer(bad)), 401, `${route} with a bad token`);
    assert.equal(await ask(route, { authorization: "Basic YTpi" }), 401, `${route} with a password`);
    for (const [role, known] of tokens) {
      const status = await ask(route, bearer(known));
      if (may[role].includes(needs) && !(role === "controller" && asOperator(route)))
        assert.ok(![401, 403].includes(status), `${route} by ${role}: ${status}`);
      else assert.equal(status, 403, `${route} by ${role}`);
    }
  }
});

test("every route × every role in and out of its scope: what is outside is not there", async (t) => {
  const { whole, token, site, audit } = await wholeSite(t);
  const hidden = site.registry.get("faroff-fan")?.id ?? "";
  const transactionOf = async (device: string): Promise<string> => {
    const answer = await whole.inject({
      ...requestTo("POST /v3/write/:device", device, ""),
      headers: bearer(token("admin")),
    });
    return (answer.json<{ id: string }[]>()[0] ?? { id: "" }).id;
  };
  const ids = {
    "fan-near": await transactionOf("fan-near"),
    "faroff-fan": await transactionOf("faroff-fan"),
  };
  for (const role of roles) {
    const headers = bearer(token(role, near));
    for (const [route, needs] of Object.entries(decided)) {
      const [, pattern = ""] = route.split(" ");
      const ofDevice = /:device|devices\/:id|transaction\/:id/.test(pattern);
      // Whoever is limited to some devices does not administer the site.
      const allowed = needs !== "administer" && may[role].includes(needs);
      for (const device of ["fan-near", "faroff-fan"] as const) {
        const answer = await whole.inject({ ...requestTo(route, device, ids[device]), headers });
        const what = `${route} of ${device} by ${role}: ${answer.statusCode}`;
        if (!allowed) assert.equal(answer.statusCode, 403, what);
        else if (ofDevice && device === "faroff-fan") assert.equal(answer.statusCode, 404, what);
        else if (ofDevice) assert.equal(answer.statusCode, 200, what);
        if (device === "fan-near") {
          assert.ok(!answer.body.includes(hidden), `${what} names the other`);
          assert.ok(!answer.body.includes("faroff"), `${what} names the other`);
        }
      }
    }
  }
  const others = (await audit()).filter(({ who, what }) => who !== "bothy" && what === "write");
  assert.ok(others.length > 0);
  const denied = (await audit()).filter(
    ({ code, route }) => code === "NOT_FOUND" && /faroff-fan/.test(String(route)),
  );
  assert.ok(denied.length > 0, "a write to what is not there is in the audit log");
});

test("numbers of the whole site, and what is wrong with a bus of others, are for those without a scope", async (t) => {
  const { whole, token, site } = await wholeSite(t);
  const [everywhere, here, nowhere] = [
    token("viewer"),
    token("viewer", near),
    token("viewer", ["rack:none"]),
  ];
  const [plugin] = site.synse.plugins.states();
  const ask = async (url: string, who: string): Promise<readonly [number, string]> => {
    const { statusCode, body } = await whole.inject({ url, headers: bearer(who) });
    return [statusCode, body];
  };
  const [, numbers] = await ask("/metrics", everywhere);
  assert.match(numbers, /bothy_bus_devices\{bus="t"\} 2/);
  const [refused, why] = await ask("/metrics", here);
  assert.equal(refused, 403);
  assert.doesNotMatch(why, /bothy_bus/);

  for (const { link } of site.buses.values()) await link.stop();
  const url = `/v3/plugin/${plugin?.id ?? ""}`;
  for (const who of [everywhere, here]) assert.match((await ask(url, who))[1], /"message":"bus t: /);
  const [status, told] = await ask(url, nowhere);
  assert.equal(status, 200);
  assert.match(told, /"FAILING","message":"a bus whose devices you do not see is down"/);
  assert.doesNotMatch(told, /bus t/);
});

test("each role fills its own slots and no others", async (t) => {
  const { whole, token } = await wholeSite(t);
  const slots = {
    viewer: [],
    operator: [8],
    controller: [10, 12, 15],
    admin: [8, 10, 12, 15, 16],
  } as const;
  for (const role of roles) {
    const headers = bearer(token(role));
    for (const slot of [1, 2, 5, 6, 8, 10, 12, 15, 16]) {
      const url = "/api/devices/fan-near/writes/speed";
      const payload = { value: 10, slot, why: "the matrix" };
      const put = await whole.inject({ method: "PUT", url, headers, payload });
      const gone = await whole.inject({ method: "DELETE", url: `${url}?slot=${slot}`, headers });
      const mine: readonly number[] = slots[role];
      const wanted = mine.includes(slot) ? 200 : slot < 8 && role !== "viewer" ? 400 : 403;
      assert.deepEqual([put.statusCode, gone.statusCode], [wanted, wanted], `${role} ${slot}`);
    }
    if (role === "viewer") continue;
    const unasked = await whole.inject({
      ...requestTo("PUT /api/devices/:id/writes/:action", "fan-near", ""),
      headers,
    });
    assert.equal(unasked.json<{ slot: number }>().slot, role === "controller" ? 12 : 8);
  }
});

/** Who may ask for each event, a second time. */
const events: Readonly<Record<string, Permission>> = {
  ...Object.fromEntries(Object.keys(socketEvents).map((name) => [name, "read"] as const)),
  "request/write_async": "write",
  "request/write_sync": "write",
};

test("every event × every role in and out of its scope", async (t) => {
  const { site } = await guardedSite(t);
  const streams = { start: () => undefined, stop: () => undefined };
  const written = await site.synse.write({ name: "x", role: "admin" }, "faroff-fan", {
    action: "speed",
    data: "50",
  });
  const { id: transaction } = written[0] as { id: string };
  const ask = async (name: string, by: Principal, device: string): Promise<unknown> => {
    const event = socketEvents[name];
    assert.ok(event);
    const data = { device, transaction, payload: { action: "speed", data: "50" } };
    try {
      const asked = name === "request/plugin" ? { plugin: "none" } : data;
      const body = await run(event, { synse: site.synse, by, streams }, asked);
      if (typeof body === "object" && "items" in body) return JSON.stringify([...body.items].map(String));
      return String(body);
    } catch (error) {
      return error;
    }
  };
  const codeOf = (answer: unknown): string =>
    answer instanceof Error
      ? ((answer as { code?: string }).code ?? String((answer as { status?: number }).status))
      : "";
  for (const [name, needs] of Object.entries(events)) {
    assert.equal(socketEvents[name]?.needs, needs, name);
    assert.equal(codeOf(await ask(name, { name: "x", role: "nobody" }, "fan-near")), "UNAUTHENTICATED", name);
    for (const role of roles) {
      const by: Principal = { name: "x", role, scope: [["default/rack:r1"]] };
      const own = await ask(name, by, "fan-near");
      assert.equal(codeOf(own) === "FORBIDDEN", !may[role].includes(needs), `${name} by ${role}`);
      assert.ok(!String(own).includes("faroff"), `${name} by ${role} names the other`);
      if (!may[role].includes(needs)) continue;
      const other = await ask(name, by, "faroff-fan");
      if (/info|device|write|transaction$/.test(name) && !/plugin/.test(name)) {
        const wanted = name === "request/transaction" ? /404|NOT_FOUND|^$/ : /404|NOT_FOUND/;
        assert.match(codeOf(other), wanted, `${name} of the other by ${role}`);
      }
    }
  }
});
