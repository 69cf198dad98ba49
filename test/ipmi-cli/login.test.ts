// How `bothy ipmi` gets in, and what it says when it does not.
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { sleep, systemClock } from "../../devices/clock.ts";
import { freeUdpPort } from "../support/ipmi-sim.ts";
import { onTerminal, programFolder, scratch, startProgram } from "../support/program.ts";
import { servedBmc, type ServedBmc } from "../support/served-bmc.ts";
import { operator } from "./bothy-ipmi.ts";

const timeout = 400_000;

/** A file only its owner can read. */
function secretFile(t: TestContext, text: string): string {
  const file = join(scratch(t), "secret");
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const sessions = ({ bmc }: ServedBmc): number => bmc.parts.sessions.active().length;

test(
  "a password from a file or the environment lets in, one on the command line is refused",
  { timeout },
  async (t) => {
    const served = await servedBmc(t);
    const { run, told } = operator(t, served, { BOTHY_IPMI_PASSWORD: "" });
    const file = secretFile(t, "admin-pass\n");
    assert.match(await told("power", "-f", file), /^power +on$/m);
    chmodSync(file, 0o644);
    const open = await run("power", "-f", file);
    assert.equal(open.code, 0);
    assert.match(open.err, /can be read by others on this machine: chmod 600/);
    for (const given of [
      ["-P", "admin-pass"],
      ["--password", "admin-pass"],
      ["-Padmin-pass"],
      ["--password=admin-pass"],
    ]) {
      const { code, out, err } = await run("power", ...given);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /^bothy: a password on the command line is seen by everybody .*--password-file/);
      assert.doesNotMatch(err, /admin-pass/);
    }
    const none = await run("power");
    assert.equal(none.code, 2);
    assert.match(none.err, /^bothy: no password for admin at .*--password-file.*\$BOTHY_IPMI_PASSWORD/);
    const missing = await run("power", "-f", `${file}.not`);
    assert.match(missing.err, /^bothy: .*\.not is not there/);
    assert.equal(sessions(served), 0, "every session was closed");
  },
);

test("what keeps it out is said in one line, with a remedy", { timeout }, async (t) => {
  const served = await servedBmc(t, { kg: "a-key-of-the-bmc" });
  const kg = secretFile(t, "a-key-of-the-bmc");
  const wrongKg = secretFile(t, "0x0102030405");
  const { run, told } = operator(t, served);
  assert.match(await told("power", "--kg-file", kg), /^power +on$/m);
  const nobody = { BOTHY_IPMI_HOST: `127.0.0.1:${await freeUdpPort()}` };
  const cases: readonly (readonly [Promise<{ code: number | null; out: string; err: string }>, RegExp])[] = [
    [
      operator(t, served, { BOTHY_IPMI_PASSWORD: "wrong" }).run("power", "--kg-file", kg),
      /the password of "admin" is wrong/,
    ],
    [run("power", "--kg-file", kg, "-U", "nobody"), /it knows no user "nobody"/],
    [run("power", "--kg-file", wrongKg), /K_G/],
    [
      operator(t, served, { BOTHY_IPMI_PASSWORD: "moni-pass" }).run(
        ...["power", "--kg-file", kg, "--privilege", "administrator", "-U", "monitor"],
      ),
      /the account may not be administrator here/,
    ],
    [
      operator(t, served, { BOTHY_IPMI_PASSWORD: "a-password-of-more-than-20" }).run("power"),
      /has 26 bytes, IPMI takes 20 at most/,
    ],
    [operator(t, served, nobody).run("power", "--timeout", "100ms"), /does not answer: check the address/],
    [operator(t, served, { BOTHY_IPMI_HOST: "" }).run("power"), /say which BMC: -H ADDRESS/],
    [operator(t, served, { BOTHY_IPMI_HOST: "[::1" }).run("power"), /"\[::1" is no address of a BMC/],
  ];
  for (const [running, reason] of cases) {
    const { code, out, err } = await running;
    assert.deepEqual([code, out], [2, ""], err);
    assert.match(err, /^bothy: [^\n]+\n$/);
    assert.match(err, reason);
    assert.doesNotMatch(err, /admin-pass|a-key-of|a-password|0102/);
  }
});

test("what protects little takes two words", { timeout }, async (t) => {
  const served = await servedBmc(t, { legacy: true, suites: [0, 1, 2, 3, 17] });
  const { run } = operator(t, served);
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--suite", "0"], "cipher-suite-0"],
    [["--suite", "1"], "no-integrity"],
    [["--suite", "2"], "no-encryption"],
    [["--ipmi-version", "1.5"], "ipmi-1.5"],
  ];
  for (const [asked, weakness] of cases) {
    const refused = await run("power", ...asked);
    assert.equal(refused.code, 2, weakness);
    assert.match(refused.err, new RegExp(`^bothy: .*say --insecure ${weakness.replace(".", "\\.")}\n$`));
    const taken = await run("power", ...asked, "--insecure", weakness);
    assert.equal(taken.code, 0, taken.err);
    assert.match(taken.err, /^insecure: [^\n]+\n$/);
    assert.match(taken.out, /^power +on$/m);
  }
  assert.match((await run("power", "--insecure", "ipmi-1.5")).err, /nothing asks for that/);
  assert.match((await run("power", "--suite", "8")).err, /cipher suite 8 is not supported/);
});

test("on a terminal it asks for the password, and shows nothing of it", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { env } = operator(t, served, { BOTHY_IPMI_PASSWORD: "" });
  const path = { ...env, PATH: `${programFolder(scratch(t))}:${process.env["PATH"] ?? ""}` };
  const terminal = onTerminal(t, "bothy ipmi power", 80, path);
  await terminal.shows(/Password of admin at 127\.0\.0\.1:\d+: $/);
  // Mistyped, rubbed out, typed again.
  terminal.type("xyz\x7f\x7f\x7fwrong\x15admin-pass\r");
  const shown = await terminal.ended;
  assert.match(shown, /power {2,}.*on/);
  assert.doesNotMatch(shown, /admin-pass|xyz|wrong/);
  const stopped = onTerminal(t, "bothy ipmi power; echo code $?; stty -a", 80, path);
  await stopped.shows(/Password of .*: $/);
  stopped.type("\x03");
  const end = await stopped.ended;
  assert.match(end, /nothing was asked of the BMC\r\ncode 2/);
  assert.match(end, /[^-]echo /, "the terminal is as it was");
});

test("on a terminal it asks whether it is meant", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { env } = operator(t, served);
  const path = { ...env, PATH: `${programFolder(scratch(t))}:${process.env["PATH"] ?? ""}` };
  const no = onTerminal(t, "bothy ipmi power off; echo code $?", 80, path);
  await no.shows(/Cut the power of 127\.0\.0\.1:\d+\? \[y\/N\] /);
  no.type("\r");
  assert.match(await no.ended, /nothing was done\r\ncode 2/);
  assert.equal(served.bmc.executed(0x00, 0x02), 0);
  const yes = onTerminal(t, "bothy ipmi power off; echo code $?", 80, path);
  await yes.shows(/\[y\/N\] /);
  yes.type("y\r");
  assert.match(await yes.ended, /off after [\d.]+ s, as the chassis status shows\r\ncode 0/);
  assert.equal(served.bmc.executed(0x00, 0x02), 1);
});

test("Ctrl-C closes the session", { timeout }, async (t) => {
  const never = [600_000, 600_000] as const;
  const instant = [0, 0] as const;
  const timing = { relay: instant, boot: instant, shutdown: never, pause: instant, dump: instant };
  const served = await servedBmc(t, { timing });
  const { env } = operator(t, served);
  const child = startProgram(t, ["ipmi", "power", "soft", "--yes"], env);
  let err = "";
  child.stderr?.on("data", (text: Buffer) => (err += text.toString()));
  await until(() => served.bmc.executed(0x00, 0x02) === 1);
  assert.equal(sessions(served), 1);
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.deepEqual([code, err], [2, "bothy: interrupted\n"]);
  assert.equal(sessions(served), 0);
});

/** Waits until it is so. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await sleep(systemClock, 10);
}

test("a password in an address is not read again in what is complained of", { timeout }, async (t) => {
  const { run } = operator(t, { host: "127.0.0.1", port: 623 });
  const wrong = "admin:hunter2@10.0.0.5";
  const said = await Promise.all([
    run("power", "-H", wrong),
    run("ping", wrong),
    run("scan", wrong),
    run("sensors", "--timeout", wrong),
  ]);
  for (const { code, err, out } of said) {
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /admin:…@/);
    assert.doesNotMatch(err, /hunter2/);
  }
  assert.match(said[0].err, /who logs in is said with -U, and the password by --password-file/);
});
