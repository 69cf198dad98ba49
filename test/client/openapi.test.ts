// The client against the description a site gives of itself: no route without a method, no answer that is not read.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Ajv, type AnySchema } from "ajv";
import fc, { type Arbitrary } from "fast-check";
import { type Client, ClientError, type Controllers, type Fetch } from "../../client/index.ts";
import { minutes, seconds } from "../../devices/clock.ts";
import { controlled } from "./controlled.ts";
import { type Served, served } from "./served.ts";

/** Routes without a method of the client, and why. */
const without: Readonly<Record<string, string>> = {
  "GET /v3/device": "the same as GET /v3/scan",
  "GET /v3/device/{device}": "the same as GET /v3/read/{device}",
  "POST /v3/device/{device}": "the same as POST /v3/write/wait/{device}",
  "GET /v3/connect": "a WebSocket: connect()",
  "GET /metrics": "for Prometheus, not JSON",
  "PUT /api/controllers/{name}/settings": "the same as PATCH /api/controllers/{name}/settings",
};
/** Parameters that are described and that the client does not send. */
const unsent: ReadonlySet<string> = new Set([
  // The same entries, a line each.
  "GET /api/audit format",
]);
/** Parameters the client sends that are not described, and why. */
const undescribed: ReadonlySet<string> = new Set<string>([
  // Synse servers have it; a site has nothing to look up anew.
  "GET /v3/plugin refresh",
]);

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: AnySchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: AnySchema }>> }>
  >;
}
type Document = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

interface Route {
  readonly name: string;
  readonly pattern: RegExp;
  readonly operation: Operation;
}

async function routesOf({ ask }: Served): Promise<readonly Route[]> {
  const { paths } = (await ask("/openapi.json")).body as { readonly paths: Document };
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Route => ({
      name: `${method.toUpperCase()} ${path}`,
      pattern: new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "[^/]+")}$`),
      operation,
    })),
  );
  // What is written out goes before what is any part of a path.
  return routes.sort((a, b) => a.name.split("{").length - b.name.split("{").length);
}

interface Exchanged {
  readonly route: Route | undefined;
  readonly name: string;
  readonly query: readonly string[];
  readonly body: string | undefined;
  readonly answer: string;
}

type Asking = (client: Client, site: Served) => Promise<unknown>;

const all = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const item of items) assert.notEqual(item, undefined);
};
const first = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const item of items) {
    assert.notEqual(item, undefined);
    return;
  }
};
const selection = { tags: [["rack:r1"], ["x/a", "rack:r1"]], ns: "default" };
const speedWrite = { action: "speed", data: 55, transaction: "mine" };

/** Every method of the client with everything it can be given: the type makes sure that none is forgotten. */
const ofSite: Readonly<Record<Exclude<keyof Client, "connect" | "controllers">, Asking>> = {
  status: (client) => client.status(),
  version: (client) => client.version(),
  config: (client) => client.config(),
  plugins: (client) => client.plugins({ refresh: true }),
  plugin: async (client) => client.plugin((await client.plugins())[0]?.id ?? ""),
  pluginHealth: (client) => client.pluginHealth(),
  scan: (client) => client.scan({ ...selection, sort: "alias", force: true }),
  tags: (client) => client.tags({ ns: ["default", "system"], ids: true }),
  info: (client) => client.info("fan-1"),
  read: async (client) => client.read({ ...selection, plugin: (await client.plugins())[0]?.id ?? "" }),
  readDevice: (client) => client.readDevice("meter"),
  readCache: (client) =>
    all(client.readCache({ start: "2031-05-06T07:00:00Z", end: "2031-05-06T08:00:00Z" })),
  writeAsync: (client) => client.writeAsync("fan-1", [speedWrite, { action: "speed", data: "60" }]),
  writeSync: (client) => client.writeSync("fan-1", { action: "speed", data: 70 }),
  transaction: (client) => client.transaction("mine"),
  transactions: (client) => client.transactions(),
  site: (client) => client.site(),
  buses: (client) => client.buses(),
  bus: (client) => client.bus("t"),
  frames: (client) => first(client.frames("t")),
  scanBus: (client) => all(client.scanBus("t", { from: 1, to: 3 })),
  errors: (client) => client.errors(),
  fill: (client) =>
    client.fill("fan-1", "speed", { value: 80, slot: 12, why: "a test", holdFor: "5m" }, { wait: true }),
  readings: (client) => client.readings("fan-1"),
  writes: (client) => client.writes("fan-1"),
  whoami: (client) => client.whoami(),
  login: (client) => client.login(),
  logout: (client) => client.logout(),
  audit: (client) =>
    client.audit({
      since: "2031-05-06T07:00:00Z",
      until: "2031-05-06T08:00:00Z",
      who: "127",
      device: "fan-1",
      before: 99,
      limit: 9,
    }),
  relinquish: (client) => client.relinquish("fan-1", "speed", { slot: 12, why: "done" }),
};

const why = "a test";
const [since, until] = ["2031-05-06T07:00:00Z", "2031-05-06T08:00:00Z"];

/** The same of `controllers`, in an order in which each can be asked. */
const ofControllers: Readonly<Record<keyof Controllers, Asking>> = {
  list: ({ controllers }) => controllers.list(),
  settings: ({ controllers }) => controllers.settings("zone"),
  change: ({ controllers }) => controllers.change("zone", { gain: 9 }, { why }),
  setMode: ({ controllers }) => controllers.setMode("zone", { mode: "automatic", holdFor: "30m", why }),
  setProfile: ({ controllers }) => controllers.setProfile({ profile: "quiet", for: "2h", why }),
  profile: ({ controllers }) => controllers.profile(),
  restart: ({ controllers }) => controllers.restart("zone", { why }),
  override: ({ controllers }) =>
    controllers.override("zone", { value: 60, why, output: "fan", device: "fan-1", holdFor: "10m" }),
  endOverride: ({ controllers }) => controllers.endOverride("zone", { output: "fan", device: "fan-1", why }),
  shelve: ({ controllers }) => controllers.shelve("zone", "warm:probe", { for: "2h", why }),
  get: ({ controllers }) => controllers.get("zone"),
  acknowledge: ({ controllers }) => controllers.acknowledge("zone", "warm:probe", { why }),
  unshelve: ({ controllers }) => controllers.unshelve("zone", "warm:probe"),
  tune: async ({ controllers }, { clock }) => {
    // The override has to be over.
    await clock.advance(seconds(10));
    const limits = { least: 10, most: 90, furthest: 3, hysteresis: 0.1, longest: "1h" };
    return controllers.tune("zone", { method: "relay", centre: 50, height: 5, ...limits, why });
  },
  tuning: ({ controllers }) => controllers.tuning("zone"),
  endTuning: ({ controllers }) => controllers.endTuning("zone"),
  trace: ({ controllers }) => controllers.trace("zone", { from: since, to: until, limit: 20 }),
  follow: ({ controllers }) => first(controllers.follow("zone", { limit: 3 })),
  addVersion: ({ controllers }) =>
    controllers.addVersion("zone", { file: "mine.js", text: "export default 1", bundled: true, why }),
  shadow: ({ controllers }) => controllers.shadow("zone", { version: "3.0.0", why, for: "1m" }),
  endShadow: ({ controllers }) => controllers.endShadow("zone"),
  swap: ({ controllers }) =>
    controllers.swap("zone", { version: "3.0.0", why, probation: "1m", handover: "fresh" }),
  rollBack: ({ controllers }) => controllers.rollBack("zone", { why }),
  versions: ({ controllers }) => controllers.versions("zone"),
  promote: async ({ controllers }, { clock }) => {
    await controllers.shadow("zone", { version: "3.0.0" });
    await clock.advance(minutes(1));
    return controllers.promote("zone", { why, force: true });
  },
  replay: ({ controllers }) =>
    controllers.replay("zone", { version: "3.0.0", from: since, to: until, settings: { gain: 3 } }),
};
const methods: Readonly<Record<string, Asking>> = { ...ofSite, ...ofControllers };

async function exchanges(t: TestContext): Promise<readonly [readonly Route[], readonly Exchanged[]]> {
  const site = await controlled(t);
  const routes = await routesOf(site);
  const seen: Exchanged[] = [];
  const fetch: Fetch = async (url, init) => {
    const { pathname, searchParams } = new URL(url);
    const name = `${init.method} ${pathname}`;
    const response = await globalThis.fetch(url, init);
    // A stream without end is not copied.
    const endless = pathname.endsWith("/frames") || searchParams.has("follow");
    const answer = endless ? "" : await response.clone().text();
    const route = routes.find(({ pattern }) => pattern.test(name));
    seen.push({ route, name, query: [...new Set(searchParams.keys())], body: init.body, answer });
    return response;
  };
  const client = site.client({ fetch });
  for (const ask of Object.values(methods)) await ask(client, site);
  return [routes, seen];
}

test("every route has a method, and every method a route", async (t) => {
  const [routes, seen] = await exchanges(t);
  const asked = new Set(seen.map(({ route }) => route?.name));
  for (const { name } of routes)
    assert.equal(
      asked.has(name),
      !(name in without),
      `${name}: ${without[name] ?? "no method of the client asks it"}`,
    );
  assert.deepEqual(
    seen.filter(({ route }) => route === undefined).map(({ name }) => name),
    [],
  );
});

test("what is sent is what is described, parameters and bodies", async (t) => {
  const [routes, seen] = await exchanges(t);
  for (const route of routes) {
    if (route.name in without) continue;
    const described = (route.operation.parameters ?? [])
      .filter((one) => one.in === "query")
      .map(({ name }) => name)
      .filter((name) => !unsent.has(`${route.name} ${name}`));
    const sent = new Set(seen.filter((one) => one.route === route).flatMap(({ query }) => query));
    for (const name of undescribed)
      if (name.startsWith(`${route.name} `)) sent.delete(name.slice(route.name.length + 1));
    assert.deepEqual([...sent].sort(), described.sort(), route.name);
  }
  for (const { route, name, body } of seen) {
    const schema = Object.values(route?.operation.requestBody?.content ?? {})[0]?.schema;
    assert.equal(schema === undefined, body === undefined, name);
    if (schema !== undefined && body !== undefined) valid(schema, JSON.parse(body), name);
  }
});

test("what comes is what is described, and the client reads it", async (t) => {
  const [, seen] = await exchanges(t);
  let checked = 0;
  for (const { route, name, answer } of seen) {
    const schema = answerSchema(route);
    if (schema === undefined || answer === "") continue;
    const lines = name.startsWith("GET /v3/readcache") ? answer.split("\n").slice(0, -1) : [answer];
    for (const line of lines) {
      if (schema.type === "string") continue;
      valid(schema, JSON.parse(line), name);
      checked++;
    }
  }
  assert.ok(checked > 20, String(checked));
});

const ajv = new Ajv({ strict: false, validateFormats: false });

function valid(schema: AnySchema, value: unknown, name: string): void {
  const check = ajv.compile(schema);
  assert.ok(check(value), `${name}: ${ajv.errorsText(check.errors)}`);
}

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

const answerSchema = (route: Route | undefined): Schema | undefined =>
  Object.values(route?.operation.responses["200"]?.content ?? {})[0]?.schema as Schema | undefined;

/** Anything that is what a schema says, and nothing it requires left out. */
function made(schema: Schema): Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(made));
  if (schema.type === "array") return fc.array(made(schema.items ?? {}), { maxLength: 3 });
  if (schema.type === "object") return object(schema);
  return scalars[schema.type ?? ""] ?? fc.jsonValue();
}

const scalars: Readonly<Record<string, Arbitrary<unknown>>> = {
  string: fc.string(),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  integer: fc.maxSafeInteger(),
  boolean: fc.boolean(),
  null: fc.constant(null),
};

function object({
  properties = {},
  required = [],
  additionalProperties,
  patternProperties,
}: Schema): Arbitrary<unknown> {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, made(one)])),
    { requiredKeys: [...required] },
  );
  const other = Object.values(patternProperties ?? {})[0] ?? additionalProperties;
  const more =
    typeof other === "object" ? fc.dictionary(fc.string(), made(other), { maxKeys: 3 }) : fc.constant({});
  return fc.tuple(more, known).map(([others, own]) => ({ ...others, ...own }));
}

/** A client whose every question is answered with this. */
const answering = (site: Served, body: string): Client =>
  site.client({
    fetch: () =>
      Promise.resolve({
        status: 200,
        headers: { get: () => null },
        text: () => Promise.resolve(body),
        body: new Blob([body]).stream(),
      }),
  });

test("whatever the description allows as an answer, the client reads", async (t) => {
  const site = await served(t);
  const [, seen] = await exchanges(t);
  /** Those ask for something else first. */
  const alones: Readonly<Record<string, Asking>> = {
    plugin: (client) => client.plugin("x"),
    read: (client) => client.read(),
    promote: ({ controllers }) => controllers.promote("zone"),
    tune: ({ controllers }) => controllers.tune("zone"),
  };
  // Its lines are told of as a list.
  for (const [name, ask] of Object.entries(methods).filter(([named]) => named !== "follow")) {
    const alone = alones[name] ?? ask;
    const requests: string[] = [];
    const watching = site.client({
      fetch: (url, { method }) => {
        requests.push(`${method} ${new URL(url).pathname}`);
        return Promise.reject(new Error("only looking"));
      },
      retry: false,
    });
    await alone(watching, site).catch((error: unknown) => assert.ok(error instanceof ClientError));
    const asked = seen.find((one) => requests.includes(one.name.replace(/[0-9a-f-]{36}/, "x")));
    const schema = answerSchema(asked?.route);
    if (schema === undefined) {
      assert.ok(asked !== undefined && "204" in (asked.route?.operation.responses ?? {}), name);
      continue;
    }
    if (schema.type === "string") continue;
    await fc.assert(
      fc.asyncProperty(made(schema), async (answer) => {
        await alone(answering(site, JSON.stringify(answer)), site);
      }),
      { numRuns: 50 },
    );
  }
});

test("an answer that is not what its type says is refused, naming the place", async (t) => {
  const site = await served(t);
  const bad = (code: string, context: RegExp) => (error: unknown) => {
    assert.ok(error instanceof ClientError);
    assert.equal(error.code, code);
    assert.match(error.context, context);
    return true;
  };
  await assert.rejects(
    answering(site, "<html>").status(),
    bad("BAD_ANSWER", /GET \/test: the answer is not JSON: <html>$/),
  );
  await assert.rejects(
    answering(site, "{}").status(),
    bad("BAD_ANSWER", /the answer\.status is missing, not text$/),
  );
  const one = { id: "a", alias: "", info: "", type: "", plugin: "", tags: ["x", 5], metadata: {} };
  await assert.rejects(
    answering(site, JSON.stringify([one])).scan(),
    bad("BAD_ANSWER", /answer\[0\]\.tags\[1\] is a number, not text$/),
  );
  await assert.rejects(
    answering(site, "[null]").readDevice("x"),
    bad("BAD_ANSWER", /answer\[0\] is null, not an object$/),
  );
  const status = {
    id: "x",
    device: "d",
    context: { action: "a", data: "" },
    timeout: "",
    created: "",
    updated: "",
    message: "",
    status: "LOST",
  };
  await assert.rejects(
    answering(site, JSON.stringify(status)).transaction("x"),
    bad("BAD_ANSWER", /\.status is a string, not one of PENDING, WRITING, DONE, ERROR$/),
  );
});
