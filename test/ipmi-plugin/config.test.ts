// What is said of a configuration of BMCs.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { faultText, readConfig } from "../../server/config.ts";
import { scratch } from "../support/program.ts";
import { plugins } from "./site.ts";

const env = { PASSWORD: "secret-word" };

function faultsOf(bus: object, ...devices: readonly object[]): string {
  const config = {
    site: { id: "hut" },
    buses: { bmcs: { plugin: "ipmi", user: "u", password: { env: "PASSWORD" }, ...bus } },
    devices: (devices.length === 0 ? [{ address: "10.0.0.11" }] : devices).map((device) => ({
      bus: "bmcs",
      ...device,
    })),
  };
  return readConfig(JSON.stringify(config), "site.yaml", plugins, env).faults.map(faultText).join("\n");
}

test("a good configuration has no fault", () => {
  assert.equal(faultsOf({}, { address: "10.0.0.11", alias: "a" }, { address: "[fe80::1]:6230" }), "");
  assert.equal(faultsOf({ suites: [0], insecure: ["cipher-suite-0"] }), "");
  assert.equal(faultsOf({}, { address: "old", version: "1.5", insecure: ["ipmi-1.5"] }), "");
});

test("a password in the file is refused with a remedy, and not shown", () => {
  for (const said of ["hunter2", { env: "hunter2!" }, 42, { file: "/x", env: "PASSWORD" }]) {
    const text = faultsOf({ password: said });
    assert.match(text, /buses\.bmcs\.password/);
    assert.match(text, /env/);
    assert.doesNotMatch(text.replaceAll(/^site.yaml:\d+:\d+/gm, ""), /hunter2|42/);
    assert.equal(text.split("\n").length, 1, text);
  }
  assert.match(faultsOf({ password: { env: "NOT_SET" } }), /NOT_SET is not set.*use `file`/s);
  assert.match(faultsOf({ password: "hunter2" }), /\{ env: NAME \}/);
});

test("what is weak has to be said, and only that", () => {
  const weak = (bus: object): string => faultsOf(bus);
  assert.match(weak({ suites: [3, 0] }), /anybody gets a session.*`insecure: \[cipher-suite-0\]`/s);
  assert.match(weak({ suites: [16] }), /nothing is encrypted.*no-encryption/s);
  assert.match(weak({ suites: [15] }), /nothing is signed.*no-integrity/s);
  assert.match(weak({ suites: [8] }), /cipher suite 8 is not supported/);
  assert.match(weak({ version: "1.5" }), /IPMI 1.5 encrypts nothing.*`insecure: \[ipmi-1.5\]`/s);
  assert.match(weak({ insecure: ["cipher-suite-0"] }), /nothing asks for it.*suites: \[0\]/s);
});

test("places, durations and names are checked, each with its path", () => {
  const twice = faultsOf({}, { address: "10.0.0.11" }, { address: "10.0.0.11:623" });
  assert.match(twice, /devices\[1\]\.address.*also the address of 10\.0\.0\.11/s);
  assert.match(faultsOf({}, { address: "10.0.0.11:70000" }), /no such port/);
  assert.match(faultsOf({ poll: { fast: "1ms" } }), /poll\.fast.*outside 500ms to 1h/s);
  assert.match(faultsOf({}, { address: "a", softOff: { wait: "2h" } }), /devices\[0\]\.softOff\.wait/);
  assert.match(faultsOf({ quirks: ["nonsense"] }), /quirks/);
  assert.match(faultsOf({ password: undefined }), /no password is given for 10\.0\.0\.11/);
});

test("a secret that cannot be right is told of before anything is opened, and not shown", () => {
  const long = "x".repeat(21);
  const said = (bus: object, value: string): string => {
    const config = {
      site: { id: "hut" },
      buses: { bmcs: { plugin: "ipmi", user: "u", password: { env: "PASSWORD" }, ...bus } },
      devices: [{ bus: "bmcs", address: "10.0.0.11" }],
    };
    const given = { PASSWORD: "secret-word", SECRET: value };
    return readConfig(JSON.stringify(config), "site.yaml", plugins, given).faults.map(faultText).join("\n");
  };
  const secret = { env: "SECRET" };
  assert.match(said({ password: secret }, long), /password.*in SECRET has 21 bytes, but 20 are the most/);
  assert.match(said({ kg: secret }, long), /kg.*in SECRET has 21 bytes, but 20 are the most/);
  assert.match(said({ kg: secret }, `0x${"00".repeat(21)}`), /has 21 bytes/);
  const legacy = { version: "1.5", insecure: ["ipmi-1.5"], password: secret };
  assert.match(said(legacy, long.slice(0, 17)), /has 17 bytes, but 16 are the most/);
  assert.match(said({ password: secret }, ""), /SECRET is empty {2}set it where Bothy is started/);
  for (const bus of [{ password: secret }, { kg: secret }]) assert.doesNotMatch(said(bus, long), /xx/);
  assert.equal(said({ password: secret }, long.slice(0, 20)), "");
  assert.equal(said({ kg: secret }, `0x${"00".repeat(20)}`), "");
});

test("what is easily mistaken has a remedy of its own", () => {
  assert.match(faultsOf({ version: 1.5 }), /`1\.5` is not known here {2}put it in quotes: "1\.5"/);
  assert.match(faultsOf({ version: 2 }), /put it in quotes: "2\.0"/);
  assert.match(
    faultsOf({}, { address: "10.0.0.999" }),
    /devices\[0\]\.address {2}10\.0\.0\.999 is no IPv4 address/,
  );
  assert.match(
    faultsOf({ tags: ["a b"] }),
    /`a b` is not written as expected {2}write `namespace\/annotation:label`/,
  );
  const weak = faultsOf({ suites: [2], insecure: ["no-integrity"] });
  assert.match(weak, /say so: `insecure: \[no-encryption\]`/);
  assert.match(weak, /`no-integrity` is put up with, but nothing asks for it/);
});

test("a secret is not shown wherever it was written", () => {
  const misplaced: readonly (readonly [bus: object, device: object, about: RegExp])[] = [
    [{ password: { hunter2: null } }, {}, /a key is not known here {2}name where it is kept/],
    [
      { password: { env: "hunter2" } },
      {},
      /the environment variable named here is not set {2}`env` takes the name/,
    ],
    [{ password: { env: "HUNTER2" } }, {}, /the environment variable named here is not set/],
    [{}, { address: "admin:hunter2@10.0.0.5" }, /`admin:…@10\.0\.0\.5` is not written as expected/],
    [{ user: "administrator:hunter2@h" }, {}, /`administrator:…@h` is longer than 16/],
  ];
  for (const [bus, device, about] of misplaced) {
    const text = faultsOf(bus, { address: "10.0.0.11", ...device });
    assert.match(text, about);
    assert.doesNotMatch(text, /hunter2/i);
  }
  for (const text of ["*hunter2", "!hunter2", "!!hunter2 x", "&hunter2 x"]) {
    const yaml = `site: { id: hut }\nbuses:\n  b: { plugin: ipmi, password: ${text} }\n`;
    const { faults } = readConfig(yaml, "site.yaml", plugins, {});
    assert.ok(faults.length > 0);
    assert.doesNotMatch(faults.map(faultText).join("\n"), /hunter2/);
  }
});

test("durations out of range are told of with everything else that is wrong", () => {
  const text = faultsOf(
    { timeout: "99s", poll: { fast: "1ms", slow: "soon" }, bogus: 1 },
    { softOff: { wait: "2h" } },
    { address: "a", timeout: "1ms" },
  );
  assert.match(text, /buses\.bmcs\.timeout {2}`99s` is outside 100ms to 30s {2}use 1s/);
  assert.match(text, /buses\.bmcs\.poll\.fast {2}`1ms` is outside 500ms to 1h/);
  assert.match(text, /devices\[0\]\.softOff\.wait {2}`2h` is outside 5s to 30m/);
  assert.match(text, /devices\[1\]\.timeout {2}`1ms` is outside/);
  assert.match(text, /`address` is missing/);
  assert.match(text, /unknown key `bogus`/);
  assert.match(text, /`soon` is not written as expected/);
});

test("files that hold secrets are looked at when asked for, and what is in them is not shown", (t) => {
  const folder = scratch(t);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  mkdirSync(join(folder, "folder"));
  const told = (secret: object, readFile?: (name: string) => Uint8Array): string => {
    const bus = { plugin: "ipmi", user: "u", ...secret };
    const config = { site: { id: "hut" }, buses: { b: bus }, devices: [{ bus: "b", address: "h" }] };
    return readConfig(JSON.stringify(config), "site.yaml", plugins, {}, readFile)
      .faults.map(faultText)
      .join();
  };
  const read = (name: string): Uint8Array => readFileSync(name);
  const checked = (name: string): string => told({ password: { file: name } }, read);
  assert.equal(checked(file("good", "hunter2\r\n")), "");
  assert.match(
    checked(join(folder, "none")),
    /buses\.b\.password .*\/none is not there {2}write the secret into it/,
  );
  assert.match(checked(join(folder, "folder")), /\/folder is a directory {2}name the file in it/);
  assert.match(checked(file("empty", "\n")), /\/empty is empty {2}put the secret into it/);
  assert.match(checked(file("several", "hunter2\nhunter3\n")), /\/several has several lines/);
  assert.match(
    checked(file("long", "hunter2hunter2hunter2")),
    /in .*\/long has 21 bytes, but 20 are the most/,
  );
  assert.match(checked("hunter2"), /the file named here is not there/);
  assert.match(
    told({ kg: { file: join(folder, "none") }, password: { env: "A_B" } }, read),
    /buses\.b\.kg .*not there/,
  );
  for (const name of ["several", "long", "hunter2"])
    assert.doesNotMatch(checked(name === "hunter2" ? name : join(folder, name)), /hunter[23]/);
  assert.equal(told({ password: { file: join(folder, "none") } }), "", "a site that starts does not look");
});
