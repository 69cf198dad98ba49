// What the guides say is done here as they say it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { systemClock } from "../devices/clock.ts";
import { silentLog } from "../devices/plugin.ts";
import type { Reading } from "../devices/reading.ts";
import { slots } from "../devices/transaction.ts";
import { plugins } from "../plugins/index.ts";
import { faultText, readConfig } from "../server/config.ts";
import { createSite, type Site } from "../server/site.ts";
import { createRegisterUnit, readRegisters } from "../simulators/modbus/register-unit.ts";
import { serveTcp } from "../simulators/modbus/serve.ts";

const root = new URL("../", import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), "utf8");
const all = [...plugins.values()];

interface Block {
  readonly language: string;
  readonly body: string;
}

/** The fenced blocks of a page. */
const blocks = (page: string): readonly Block[] =>
  [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = "", body = ""]) => ({ language, body }));

const device = text("docs/add-a-device.md");

/** The YAML blocks of docs/add-a-device.md whose first line is `# kind`. */
function yaml(kind: string): readonly string[] {
  return blocks(device).flatMap(({ language, body }) =>
    language === "yaml" && body.startsWith(`# ${kind}\n`) ? [body] : [],
  );
}

const only = (found: readonly string[]): string => {
  assert.equal(found.length, 1);
  return found[0] ?? "";
};

interface Config {
  buses: { line: object };
  products: { devices: unknown[] }[];
}

/** site.yaml as it is at the end of the guide. */
function finished(): Config {
  const config = parse(only(yaml("site.yaml"))) as Config;
  const [product] = config.products;
  assert.ok(product !== undefined);
  for (const body of yaml("more of the product's devices"))
    product.devices.push(...(parse(body) as unknown[]));
  Object.assign(product, parse(only(yaml("more of the product"))));
  return config;
}

const faultsOf = (config: string, file = "site.yaml"): readonly string[] =>
  readConfig(config, file, all, {}).faults.map(faultText);

test("add a device: every YAML block is one that is checked here", () => {
  const kinds = blocks(device).flatMap(({ language, body }) =>
    language === "yaml" ? [/^# (.*)$/m.exec(body)?.[1]] : [],
  );
  assert.deepEqual(kinds, [
    "site.yaml",
    "registers.yaml",
    "the bus of site.yaml",
    "more of the product's devices",
    "more of the product's devices",
    "more of the product",
    "expected.yaml",
  ]);
});

test("add a device: the configuration is good at each step, and its faults are told as shown", () => {
  const first = only(yaml("site.yaml"));
  assert.deepEqual(faultsOf(first), []);
  assert.deepEqual(faultsOf(stringify(finished())), []);
  const serial = { ...finished(), buses: parse(only(yaml("the bus of site.yaml"))) as object };
  assert.deepEqual(faultsOf(stringify(serial)), []);
  const told = only(blocks(device).flatMap(({ language, body }) => (language === "text" ? [body] : [])));
  assert.deepEqual(faultsOf(first.replace("address: 1,", "adress: 1,")), told.trimEnd().split("\n"));
});

test(
  "add a device: what the unit holds is read as expected, and writes arrive",
  { timeout: 60_000 },
  async (t) => {
    const written: string[] = [];
    const unit = createRegisterUnit(readRegisters(only(yaml("registers.yaml"))), {
      product: "kestrel-ahx-2",
      written: (...change) => written.push(change.join(" ")),
    });
    const served = await serveTcp({ clock: systemClock, units: new Map([[7, unit]]) });
    t.after(() => served.close());
    const config = finished();
    // Patience for a machine that has more to do: what is told here is not how fast it is.
    Object.assign(config.buses.line, { port: served.port, responseTimeout: "5s" });
    const read = readConfig(stringify(config), "site.yaml", all, {});
    assert.ok(read.config !== undefined);
    const site = createSite(read.config, read.plans, { clock: systemClock, log: silentLog, plugins: all });
    t.after(() => site.stop());
    site.start();
    await everythingRead(site);
    assert.deepEqual(shown(site), parse(only(yaml("expected.yaml"))));
    const write = async (alias: string, action: string, data: string): Promise<string> => {
      const request = { device: alias, action, data, slot: slots.operator, who: "test", why: "guide" };
      return (await site.writer.wait(site.writer.submit(request).id)).message;
    };
    assert.equal(await write("hx.fan-1", "speed", "80"), "read back 80 %");
    await assert.rejects(write("hx.unit", "setpoint", "40"), {
      message: "hx.unit setpoint: 40 is outside 15..35 C",
    });
    assert.deepEqual(written, ["holding 0 800"]);
    assert.equal(await write("hx.unit", "enable", "off"), "read back off");
  },
);

/** Waits until no value of the unit is unread. */
async function everythingRead(site: Site): Promise<void> {
  const unread = (): boolean =>
    readings(site).some(
      ([, { quality, ...rest }]) =>
        quality === "bad" && "reason" in rest && rest.reason.code === "NOT_READ_YET",
    );
  for await (const reading of site.store.stream(() => true, site.signal)) {
    assert.notEqual(reading, undefined);
    if (!unread()) return;
  }
}

const readings = (site: Site): readonly (readonly [name: string, reading: Reading])[] =>
  site.registry
    .all()
    .filter(({ type }) => type !== "bus")
    .flatMap((found) =>
      site.store.latest(found.id).map((reading) => {
        const parts = [found.alias?.replace("hx.", ""), reading.id.output, reading.id.channel];
        return [parts.filter((part) => part !== undefined).join(" "), reading] as const;
      }),
    );

const shown = (site: Site): object =>
  Object.fromEntries(
    readings(site).map(([name, reading]) => [
      name,
      reading.quality === "bad" ? `bad ${reading.reason.code}` : reading.value,
    ]),
  );

const plugin = text("docs/write-a-plugin.md");

test("write a plugin: every piece of code is one of the example's files, to the letter", () => {
  const quoted = [...plugin.matchAll(/^<!-- (examples\/\S+) -->\n```\w+\n([^]*?)^```$/gm)];
  for (const [, path = "", body = ""] of quoted)
    assert.ok(text(path).includes(body.trimEnd()), `${path} no longer says\n${body}`);
  const code = blocks(plugin).filter(({ language }) => language !== "console");
  assert.equal(quoted.length, code.length, "code that is quoted from nowhere");
  const files = new Set(quoted.map(([, path]) => path));
  for (const file of readdirSync(new URL("examples/plugin-thermometer/", root)))
    if (file !== "README.md")
      assert.ok(files.has(`examples/plugin-thermometer/${file}`), `${file} is not shown`);
});

test("write a plugin: the example imports what a plugin may", () => {
  const folder = new URL("examples/plugin-thermometer/", root);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")))
    for (const [, from = ""] of readFileSync(new URL(file, folder), "utf8").matchAll(/ from "([^"]+)"/g)) {
      const may =
        file === "simulator.ts" ? /^node:/ : /^(\.\/|typebox$|\.\.\/\.\.\/(devices|plugins\/transport)\/)/;
      assert.match(from, may, file);
    }
});
