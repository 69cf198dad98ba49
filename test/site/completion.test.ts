// The scripts of `bothy completion`, in the shells they are for, against a served site.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { plugins } from "../../plugins/index.ts";
import { answersTo } from "../../server/cli/completion/answers.ts";
import { type Live, liveAnswers } from "../../server/cli/completion/live.ts";
import { createProgram } from "../../server/cli/program.ts";
import {
  type Ended,
  homeIn,
  onTerminal,
  programFolder,
  runCommand,
  runProgram,
  scratch,
  type Variables,
} from "../support/program.ts";
import { portOf } from "../support/sockets.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const timeout = 400_000;

const devices: readonly TableDevice[] = [
  { alias: "tray.fan-1", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["rack:r1"] },
  { alias: "tray.fan-2", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["rack:r2"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1"] },
];

interface Shelled {
  readonly env: Variables;
  readonly home: string;
  readonly stop: () => Promise<void>;
  readonly complete: (...words: string[]) => Promise<Ended>;
}

/** A served site, and a home with `bothy` on the path and the scripts of the shells beside it. */
async function shelled(t: TestContext): Promise<Shelled> {
  const site = await tableSite(t, devices, { "tray.fan-1/duty": 40 });
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const home = scratch(t);
  const env = {
    ...homeIn(home),
    BOTHY_HOST: `http://127.0.0.1:${portOf(site.http)}`,
    PATH: `${programFolder(home)}:${process.env["PATH"] ?? ""}`,
  };
  return {
    env,
    home,
    stop: async () => {
      await site.http.close();
    },
    complete: (...words) => runProgram(t, ["complete", "--", ...words], env),
  };
}

const words = ({ out }: Ended): readonly string[] =>
  out.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0] ?? ""]));

test(
  "words are completed from the live server, options and commands from the program",
  { timeout },
  async (t) => {
    const { complete, env } = await shelled(t);
    const program = createProgram(() => undefined);
    const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["tr"], ["transactions"]],
      [
        ["read", "t"],
        ["tray.fan-1", "tray.fan-2"],
      ],
      [["read", "tray.fan-1", "tray"], ["tray.fan-2"]],
      [["info", "tray.fan-1", ""], []],
      [["write", "probe", ""], []],
      [["write", "tray.fan-1", ""], ["speed"]],
      [["write", "--no-wait", "tray.fan-1", "s"], ["speed"]],
      [
        ["read", "--tag", "rack"],
        ["rack:r1", "rack:r2"],
      ],
      [["read", "--tag=rack:r2"], ["--tag=rack:r2"]],
      [
        ["read", "--type", ""],
        ["fan", "temperature"],
      ],
      [["plugins", ""], ["bothy/table"]],
      [["bus", "watch", ""], ["t"]],
      [["plugin", "serve", "mod"], ["modbus"]],
      [["plugin", "serve", "--listen", ":1", ""], [...plugins.keys()]],
      [["plugin", "serve", "modbus", ""], []],
      [["read", "--str"], ["--strict"]],
      [["context", "u"], ["use"]],
      [["context", "h"], ["help"]],
      [["he"], ["help"]],
      [
        ["completion", ""],
        ["bash", "zsh", "fish"],
      ],
      [["read", "--ca", ""], [":files"]],
      [["check", "x"], [":files"]],
      [["nonsense", "x"], []],
      [["read", "--host", "127.0.0.1:1", "p"], []],
      [["comp"], ["completion"]],
    ];
    for (const [typed, expected] of cases) {
      const found = await answersTo(program, typed, (options) => liveAnswers(options, env, systemClock));
      assert.deepEqual(
        found.map(({ text }) => text),
        expected,
        typed.join(" "),
      );
    }
    const real = await complete("read", "tray.fan-1", "tray");
    assert.deepEqual([real.code, real.out, real.err], [0, "tray.fan-2\tfan tray.fan-2\n", ""]);
  },
);

test("what controllers have is completed: alarms a command can do something with, outputs, versions, spans", async () => {
  const program = createProgram(() => undefined);
  const latch = (id: string, rest: object = {}) => ({ id, text: id, latch: { over: false, ...rest } });
  const live: Live = {
    ...liveAnswers({ host: "127.0.0.1:1" }, {}, systemClock),
    controllers: () => Promise.resolve([{ text: "zone" }]),
    controller: (name) =>
      Promise.resolve(
        name !== "zone"
          ? undefined
          : {
              outputs: ["fans", "damper"],
              versions: [{ text: "simple@1.0.0" }],
              alarms: [
                { id: "hot", text: "hot" },
                { id: "known", text: "known", shelved: { who: "ann" } },
                latch("taken-back"),
                latch("seen", { acknowledged: { who: "ann" } }),
              ],
            },
      ),
  };
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["controller a", ["alarms", "ack"]],
    ["controller ack ", ["zone"]],
    ["controller ack zone ", ["taken-back"]],
    ["controller shelve zone ", ["hot", "taken-back", "seen"]],
    ["controller unshelve zone ", ["known"]],
    ["controller unshelve other ", []],
    ["controller shelve zone hot --f", ["--for"]],
    ["controller shelve zone hot --for ", ["10m", "30m", "1h", "8h"]],
    ["controller override zone 80 --fo", ["--for", "--force"]],
    ["controller override zone --output ", ["fans", "damper"]],
    ["controller replay zone --version ", ["simple@1.0.0"]],
    ["controller set zone setpoint=21 --for=3", ["--for=30m"]],
  ];
  for (const [typed, expected] of cases) {
    const found = await answersTo(program, typed.split(" "), () => live);
    assert.deepEqual(
      found.map(({ text }) => text),
      expected,
      typed,
    );
  }
});

test("a server that is gone is completed from what is remembered, without a word", { timeout }, async (t) => {
  const { complete, stop, env } = await shelled(t);
  assert.deepEqual(words(await complete("read", "p")), ["probe"]);
  await stop();
  const folder = join(env["XDG_CACHE_HOME"] ?? "", "bothy");
  const [name = ""] = readdirSync(folder);
  assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  // As if it had been remembered long ago.
  const cache = readFileSync(join(folder, name), "utf8").replace(/"at":\d+/g, '"at":1');
  writeFileSync(join(folder, name), cache);
  const gone = await complete("read", "p");
  assert.deepEqual([gone.code, gone.err, words(gone)], [0, "", ["probe"]]);
  writeFileSync(join(folder, name), "{");
  const broken = await complete("read", "p");
  assert.deepEqual([broken.code, broken.out, broken.err], [0, "", ""]);
});

/** Has bash call the function as its own completion does, and prints what is offered. */
const inBash = String.raw`
  source <(bothy completion bash)
  COMP_LINE=$1
  COMP_POINT=${"$"}{#COMP_LINE}
  read -ra COMP_WORDS <<<"$COMP_LINE"
  _bothy bothy "" ""
  printf '%s\n' "${"$"}{COMPREPLY[@]}"
`;

test("bash completes devices, actions and tags, whose colons it splits at", { timeout }, async (t) => {
  const { env } = await shelled(t);
  const offered = async (line: string): Promise<readonly string[]> =>
    words(await runCommand(t, "bash", ["--norc", "-c", inBash, "bash", line], env));
  assert.deepEqual(await offered("bothy read tray."), ["tray.fan-1", "tray.fan-2"]);
  assert.deepEqual(await offered("bothy write tray.fan-1 "), ["speed"]);
  assert.deepEqual(await offered("bothy read --tag rack:"), ["r1", "r2"]);
  assert.deepEqual(await offered("FOO=1 bothy read pr"), ["probe"]);
});

test("bash, interactive: a tab writes the device out", { timeout }, async (t) => {
  const { env } = await shelled(t);
  const terminal = onTerminal(t, "bash --norc --noprofile -i", 100, { ...env, PS1: "ready> " });
  terminal.type("source <(bothy completion bash); echo loa''ded\r");
  await terminal.shows(/loaded/);
  terminal.type("echo : bothy; bothy info prob\t--json | grep alias; exit\r");
  assert.match(await terminal.ended, /"alias":"probe"/);
});

test("zsh completes in its line editor", { timeout }, async (t) => {
  const { env, home } = await shelled(t);
  const script = join(home, "completion.zsh");
  writeFileSync(script, (await runProgram(t, ["completion", "zsh"], env)).out);
  const terminal = onTerminal(t, "zsh -f -i", 100, env);
  terminal.type(`autoload -Uz compinit && compinit -u -D && source ${script}; echo loa''ded\r`);
  await terminal.shows(/loaded/);
  terminal.type('bothy info prob\t--json | grep -o \'"alias":"probe"\'; exit\r');
  assert.match(await terminal.ended, /\n"alias":"probe"/);
});

test("fish completes, with what each is", { timeout }, async (t) => {
  const { env, home } = await shelled(t);
  mkdirSync(join(home, "config", "fish", "completions"), { recursive: true });
  const script = join(home, "config", "fish", "completions", "bothy.fish");
  writeFileSync(script, (await runProgram(t, ["completion", "fish"], env)).out);
  const offered = async (line: string): Promise<string> =>
    (await runCommand(t, "fish", ["-c", `complete -C '${line}'`], env)).out;
  assert.equal(await offered("bothy read tray."), "tray.fan-1\tfan tray.fan-1\ntray.fan-2\tfan tray.fan-2\n");
  assert.equal(await offered("bothy write tray.fan-1 "), "speed\n");
  assert.match(await offered("bothy read --tag rack:"), /^rack:r1\t2 devices\nrack:r2\t1 device\n$/);
  assert.match(await offered("bothy contex"), /^context\t/);
});
