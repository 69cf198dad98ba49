// What `bothy ipmi` does to the simulated BMC, and what ipmitool says of it afterwards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { startSha256Bmc } from "../support/foreign-bmc.ts";
import { servedBmc } from "../support/served-bmc.ts";
import { operator } from "./bothy-ipmi.ts";

const timeout = 400_000;
const control = [0x00, 0x02] as const;

test("power: nothing without a yes; then what the chassis status shows", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { run, told, json } = operator(t, served);
  const theirs = async (): Promise<string> => (await served.ipmitool(["power", "status"])).out.trim();
  const unasked = await run("power", "off");
  assert.deepEqual([unasked.code, unasked.out, served.bmc.executed(...control)], [2, "", 0]);
  assert.match(
    unasked.err,
    /^bothy: this would cut the power of 127\.0\.0\.1:\d+; say --yes if that is meant\n$/,
  );
  assert.match(await told("power", "off", "--yes"), /: off after [\d.]+ s, as the chassis status shows\n$/);
  assert.equal(await theirs(), "Chassis Power is off");
  assert.match(await told("power"), /^power +off$/m);
  const on = await json<{ result: string; status: { on: boolean } }>("power", "on", "--yes");
  assert.deepEqual([on.result, on.status.on], ["confirmed", true]);
  assert.equal(await theirs(), "Chassis Power is on");
  assert.match(
    await told("power", "reset", "--yes"),
    /: reset accepted; the power is on, and no status can show more\n$/,
  );
  assert.equal(served.bmc.executed(...control), 3, "every command was sent once");
});

test(
  "power soft --then-off cuts the power when the operating system does not end",
  { timeout },
  async (t) => {
    const never = [600_000, 600_000] as const;
    const instant = [0, 0] as const;
    const timing = { relay: instant, boot: instant, shutdown: never, pause: instant, dump: instant };
    const served = await servedBmc(t, { timing });
    const { run, told } = operator(t, served);
    const misplaced = await run("power", "off", "--then-off", "--yes");
    assert.match(misplaced.err, /--then-off goes with `soft`/);
    const alone = await run("power", "soft", "--wait", "1s", "--yes");
    assert.equal(alone.code, 1);
    assert.match(alone.err, /it was told to, but is still on/);
    const ladder = await told("power", "soft", "--then-off", "--wait", "1s", "--yes");
    assert.match(ladder, /: off after .*, cut as the operating system did not end\n$/);
    assert.equal(served.bmc.host.powered, false);
  },
);

test("a monitor may look, but not switch", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { run, told } = operator(t, served, { BOTHY_IPMI_USER: "monitor", BOTHY_IPMI_PASSWORD: "moni-pass" });
  assert.match(await told("power"), /^power +on$/m);
  const refused = await run("power", "off", "--yes");
  assert.equal(refused.code, 2);
  assert.match(refused.err, /^bothy: .*may not be operator here.*\n$/);
  assert.equal(served.bmc.executed(...control), 0);
});

test("boot, identify and the power limit are set, shown, and what ipmitool shows", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { json, told, run } = operator(t, served);
  const theirs = async (...args: string[]): Promise<string> => (await served.ipmitool(args)).out;
  assert.match(
    await told("boot", "pxe", "--efi", "--persistent", "--yes"),
    /^next boot +pxe\nlasts +for every boot\nby EFI +yes\n$/,
  );
  const flags = await theirs("chassis", "bootparam", "get", "5");
  for (const said of [/Force PXE/, /persistent|future boots/i, /EFI/]) assert.match(flags, said);
  assert.match(await told("boot", "none", "--yes"), /as its firmware is set/);
  const { valid } = await json<{ valid: boolean }>("boot");
  assert.equal(valid, false);
  assert.match((await run("boot", "--efi")).err, /go with a device to boot from/);
  assert.match(await told("identify", "20"), /on for 20 s/);
  assert.match(await told("identify", "off"), /lamp is off/);
  assert.match(await told("dcmi", "limit"), /no power limit is in force/);
  assert.match(
    await told("dcmi", "limit", "180", "--within", "2s", "--yes"),
    /^limit +180 W\nwithin +2000 ms$/m,
  );
  assert.match(await theirs("dcmi", "power", "get_limit"), /Power Limit:\s+180/);
  assert.match(await told("dcmi", "limit", "off", "--yes"), /no power limit is in force/);
});

test("raw prints bytes, and ends with 1 for a completion code", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { run, told, json } = operator(t, served);
  const theirs = (await served.ipmitool(["raw", "0x06", "0x01"])).out.trim();
  assert.equal((await told("raw", "0x06", "1")).trim(), theirs);
  const { data } = await json<{ data: string }>("raw", "6", "1");
  assert.equal(data, theirs.replaceAll(" ", ""));
  const unknown = await run("raw", "0x06", "0x7f");
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /completion code C1h/);
  const wrong = await run("raw", "0x06", "0x1ff");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /0x1ff is no byte/);
  const beyond = await run("raw", "64", "1");
  assert.deepEqual(
    [beyond.code, beyond.err],
    [2, "bothy: raw command: network function: 64 is outside 0..62\n"],
    "before anybody is asked",
  );
});

test(
  "raw --target asks a controller behind the BMC, and says when it is not there",
  { timeout },
  async (t) => {
    const behind = await startSha256Bmc(t);
    const { json, run, told } = operator(t, behind);
    const own = await json<{ data: string }>("raw", "6", "1");
    const { data } = await json<{ data: string }>("raw", "6", "1", "--target", "0x72");
    assert.notEqual(data, own.data);
    const there = await told("raw", "6", "1", "--target", "0x72");
    assert.equal(there.trim().replaceAll(/\s/g, ""), data);
    const none = await run("raw", "6", "1", "--target", "0x7a");
    assert.equal(none.code, 1);
    assert.match(none.err, /completion code/);
  },
);

test("mc reset restarts the BMC once, asked for in so many words", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { run, told } = operator(t, served);
  const unasked = await run("mc", "reset");
  assert.deepEqual([unasked.code, served.bmc.executed(0x06, 0x02)], [2, 0]);
  assert.match(unasked.err, /restart the BMC 127\.0\.0\.1:\d+ \(cold\).*say --yes if that is meant/);
  assert.match(await told("mc", "reset", "--yes"), /^127\.0\.0\.1:\d+: it (restarts|said nothing any more)/);
  assert.deepEqual([served.bmc.executed(0x06, 0x02), served.bmc.executed(0x06, 0x03)], [1, 0]);
  assert.match(await told("mc"), /^state +ready$/m);
  assert.match(await told("mc", "reset", "--warm", "--yes"), /^127\.0\.0\.1:\d+: it /);
  assert.deepEqual([served.bmc.executed(0x06, 0x02), served.bmc.executed(0x06, 0x03)], [1, 1]);
});

test("sel time --set sets the log's clock by this machine's, as ipmitool sees it", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { run, told } = operator(t, served);
  const theirs = async (): Promise<number> =>
    Date.parse(`${(await served.ipmitool(["sel", "time", "get"])).out.trim()} UTC`);
  const past = ["0xa5", "0xe2", "0xef", "0x5f"]; // 2021-01-02 03:04:05
  assert.equal((await served.ipmitool(["raw", "0x0a", "0x49", ...past])).code, 0);
  assert.match(
    await told("sel", "time"),
    /^its clock +2021-01-02 03:04:\d\d[^]*^which is +\S+ .*behind this machine's$/m,
  );
  assert.match(await told("sel", "time", "--set"), /^its clock was set to \d{4}-\d\d-\d\d .* UTC\n$/);
  assert.ok(Math.abs((await theirs()) - systemClock.now()) < 120_000);
  assert.match(await told("sel", "time"), /^which is +as this machine's$/m);
  // A BMC that knows no offset says so; one that says nothing is not taken for it.
  assert.match(await told("sel", "time"), /^offset from UTC +\S/m);
  served.bmc.faults.hang.add(0x0a5c);
  const silent = await run("sel", "time", "--timeout", "100ms");
  assert.deepEqual([silent.code, silent.out], [2, ""]);
  assert.match(silent.err, /does not answer/);
});

test("ping and scan find BMCs without logging in", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { run, told, json } = operator(t, served, { BOTHY_IPMI_PASSWORD: "" });
  assert.match(await told("ping"), /: a BMC, after [\d.]+ ms\n$/);
  const scan = ["scan", "127.0.0.1-3", "--port", String(served.port), "--timeout", "2s"];
  const found = await json<{ address: string; supportsIpmi: boolean }[]>(...scan);
  assert.deepEqual(
    found.map(({ address, supportsIpmi }) => [address, supportsIpmi]),
    [["127.0.0.1", true]],
  );
  served.bmc.faults.silent = true;
  const silent = await run("ping", "--timeout", "100ms");
  assert.equal(silent.code, 1);
  assert.match(silent.err, /nothing answered, which says little/);
  assert.equal((await run(...scan)).code, 1);
  assert.match((await run("scan", "10.0.0.0/99")).err, /It must be 10\.0\.0\.0\/24/);
});
