import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import type { Definition } from "../../controllers/contract.ts";
import { seconds, systemClock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { makeToken } from "../../server/access/token.ts";
import { changeTokens } from "../../server/access/token-file.ts";
import { roles, type Role } from "../../server/access/principal.ts";
import { allTrusted } from "../../server/demo.ts";
import { loadConfig, faultText, furtherFaults } from "../../server/config.ts";
import { controllerFileFaults } from "../../server/controllers/file-faults.ts";
import { type Loader, siteLoader } from "../../server/controllers/loader.ts";
import { shipped as comesWithBothy } from "../../controllers/shipped/index.ts";
import { plugins } from "../../plugins/index.ts";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { simple } from "../control/second-version.ts";
import { bearer, patient, temporaryFolder } from "../support/guarded-site.ts";
import { speed } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const shipped: readonly Definition[] = [simple()];
const loader: Loader = {
  bundle: () => Promise.reject(new Error("no files here")),
  bundleText: () => Promise.reject(new Error("no texts here")),
  open: () => Promise.resolve(new InlineHost(simple())),
};

/** A site with a controller for each of its profiles `day` and `quiet`, and one that always works. */
async function profiled(t: TestContext) {
  const folder = temporaryFolder(t);
  const made = await tableSite(
    t,
    [
      { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["rack:r1"] },
      { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1", "point:inlet"] },
    ],
    { "fan-1/duty": 40, "probe/temperature": 25 },
    {
      access: {},
      state: { folder },
      http: { host: "127.0.0.1", port: 0, limits: patient },
      profiles: { names: ["day", "quiet"] },
      controllers: {
        bright: { use: "simple", profiles: ["day"] },
        calm: { use: "simple", profiles: ["quiet"] },
        always: { use: "simple", outputs: { fans: ["rack:none"] } },
      },
    },
    {},
    { controllers: { shipped, loader } },
  );
  await made.site.controllers.started();
  await made.clock.advance(seconds(30));
  const as = async (
    role: Role,
    method: "GET" | "PUT",
    payload?: object,
    scope?: readonly string[],
    url = "/api/profile",
  ) => {
    const given = { name: `${role}-${String(made.clock.now())}`, role };
    const { token, record } = makeToken(
      { ...given, ...(scope === undefined ? {} : { scope }) },
      made.clock.now(),
    );
    changeTokens(join(folder, "tokens.json"), (tokens) => [...tokens, record]);
    await made.clock.advance(seconds(3));
    return made.ask({
      ...{ method, url },
      headers: bearer(token),
      ...(payload === undefined ? {} : { payload }),
    });
  };
  return { ...made, as };
}

test("whoever may read sees the profile; whoever may write chooses another, which is in the audit log", async (t) => {
  const { as, site } = await profiled(t);
  for (const role of roles) {
    const { status, body } = await as(role, "GET");
    assert.equal(status, 200, role);
    assert.deepEqual(body, {
      ...{ profile: "day", profiles: ["day", "quiet"], default: "day" },
      ...{ works: ["bright", "always"], rests: ["calm"] },
    });
  }
  const quiet = { profile: "quiet", for: "2h", why: "a visit" };
  for (const role of roles) {
    const { status, body } = await as(role, "PUT", quiet);
    const may = role === "operator" || role === "admin" || role === "controller";
    assert.equal(status, may ? 200 : 403, role);
    if (may) {
      const { profile, then, rests } = body as { profile: string; then: string; rests: readonly string[] };
      assert.deepEqual([profile, then, rests], ["quiet", "day", ["bright"]]);
    }
  }
  const entries: string[] = [];
  for await (const { route = "", action = "", value = "", why = "", result } of site.audit.query({
    limit: 100,
  }))
    entries.push([route, action, value, why, result].join(" "));
  assert.ok(entries.includes("PUT /api/profile profile quiet for 2h a visit done"), entries.join("\n"));
  assert.ok(
    entries.some((entry) => /^PUT \/api\/profile .*refused$/.test(entry)),
    entries.join("\n"),
  );
});

test("what is refused changes nothing: a name there is not, a time too long, somebody of some devices only", async (t) => {
  const { as } = await profiled(t);
  const unknown = await as("operator", "PUT", { profile: "nights" });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /there are day, quiet/);
  assert.equal((await as("operator", "PUT", { profile: "quiet", for: "90d" })).status, 400);
  assert.equal((await as("operator", "PUT", { profile: "quiet" }, ["rack:r1"])).status, 403);
  const { body } = await as("viewer", "GET");
  assert.equal((body as { profile: string }).profile, "day");
});

test("who rests is listed as that, with the profile", async (t) => {
  const { ask, as, site, clock } = await profiled(t);
  const { runtime } = site.controllers;
  await runtime.setProfile({ profile: "quiet", who: "ann", why: "noise" });
  await clock.advance(seconds(30));
  assert.deepEqual(
    runtime.list().map(({ name, mode, rests }) => [name, mode, rests]),
    [
      ["bright", "resting", "it rests: profile quiet is in force, and it works in day"],
      ["calm", "automatic", undefined],
      ["always", "automatic", undefined],
    ],
  );
  assert.deepEqual(
    site.controllers.told("bright").flatMap((event) => (event.kind === "profile" ? [event.by.why] : [])),
    ["noise"],
  );
  assert.ok(await allTrusted(site, new AbortController().signal), "who rests is not waited for");
  const { text } = await as("viewer", "GET", undefined, undefined, "/metrics");
  const series = [
    'bothy_profile{profile="day"} 0',
    'bothy_profile{profile="quiet"} 1',
    'bothy_controller_mode{controller="bright",mode="resting"} 1',
  ];
  for (const one of series) assert.ok(text.split("\n").includes(one), `${one} of ${text}`);
  assert.equal((await ask({ method: "GET", url: "/api/profile" })).status, 401);
});

const line = `site: { id: hut }
buses:
  line: { plugin: modbus, transport: tcp, host: 127.0.0.1 }
devices:
  - { bus: line, unit: 1, product: generic-fantray-v1, alias: tray-a, tags: ["point:inlet"] }
`;

/** What `bothy check` says of a configuration. */
async function checked(t: TestContext, text: string): Promise<readonly string[]> {
  const file = join(temporaryFolder(t), "hut.yaml");
  writeFileSync(file, line + text);
  const { faults, plans } = loadConfig(file, [...plugins.values()], {}, (named) => readFileSync(named));
  const made = siteLoader({ clock: systemClock, log: silentLog, shipped: comesWithBothy });
  const further = await furtherFaults(file, {}, (value) => {
    const { controllers, profiles } = value as Readonly<Record<string, unknown>>;
    return controllerFileFaults(controllers, { loader: made, folder: ".", plans, profiles });
  });
  return [...faults, ...further].map((fault) => faultText(fault).slice(file.length));
}

test("check says which profiles there are not, with their place and what to do", async (t) => {
  const found = await checked(
    t,
    `profiles: { names: [day, quiet, day], default: night }
controllers:
  a: { use: fan-zone, profiles: [quite] }
`,
  );
  assert.equal(
    found.filter((text) => /there is no profile|is there twice/.test(text)).length,
    3,
    found.join("\n"),
  );
  assert.ok(
    found.some((text) => /profiles\.default.*there is no profile `night`/s.test(text)),
    found.join("\n"),
  );
  assert.ok(
    found.some((text) => /controllers\.a\.profiles.*`quite`.*write `quiet`/s.test(text)),
    found.join("\n"),
  );
  const none = await checked(t, "controllers:\n  a: { use: fan-zone, profiles: [day] }\n");
  assert.ok(
    none.some((text) => text.includes("declare it: `profiles: { names: [day] }`")),
    none.join("\n"),
  );
});

test("check lets two controllers own an output in different profiles, and not in the same one", async (t) => {
  const both = (one: string, two: string, names = "day, quiet") => `profiles: { names: [${names}] }
controllers:
  a: { use: fan-zone${one} }
  b: { use: fan-zone${two} }
`;
  const apart = await checked(t, both(", profiles: [day]", ", profiles: [quiet]"));
  assert.deepEqual(
    apart.filter((text) => text.includes("fail-safe value")),
    [],
  );
  const same = await checked(t, both(", profiles: [day, quiet]", ", profiles: [quiet]"));
  assert.ok(
    same.some((text) => /controllers\.b.*of a already in profile quiet.*different `profiles`/s.test(text)),
    same.join("\n"),
  );
  const always = await checked(t, both(", profiles: [day]", ""));
  assert.ok(
    always.some((text) => text.includes("of a already in profile day")),
    always.join("\n"),
  );
  const away = await checked(t, both(", profiles: [day]", ", profiles: [quiet]", "day, quiet, away"));
  assert.ok(
    away.some((text) => /note.*in profile away no controller has tray-a.*fail-safe value/s.test(text)),
    away.join("\n"),
  );
});

test("check tells which watchdogs nobody feeds in a profile", async (t) => {
  const beat = "heartbeat: [{ tags: ['type:fan-tray'], action: bus-loss-time, value: 60, every: 10m }]";
  const site = (quiet: string) => `profiles: { names: [day, quiet], default: day }
controllers:
  a: { use: fan-zone, profiles: [day], ${beat} }
  b: { use: fan-zone, profiles: [quiet]${quiet} }
`;
  const hungry = (found: readonly string[]) => found.filter((text) => text.includes("nobody feeds"));
  const [only, ...others] = hungry(await checked(t, site("")));
  assert.match(
    only ?? "",
    /controllers\.a\.profiles  note: in profile quiet nobody feeds tray-a\.tray bus-loss-time: /,
  );
  assert.deepEqual(others, []);
  assert.deepEqual(hungry(await checked(t, site(`, ${beat}`))), []);
});
