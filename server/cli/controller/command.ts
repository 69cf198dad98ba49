import { Argument, type Command, Option } from "commander";
import type { ExitCode } from "../terminal.ts";
import { named, type OutputOptions, withOutput } from "../on-call/output.ts";
import { withTarget } from "../target.ts";
import type { Options, OverrideOptions, TraceOptions } from "./run.ts";
import type { TuneOptions } from "./tune.ts";
import type { ReplayOptions, ShadowOptions } from "./run-versions.ts";

type Ended = (code: ExitCode) => void;

/** `bothy controller`: what controls a site, why, and how one has it do something else. */
export function addControllerCommands(program: Command, ended: Ended): void {
  const all = program
    .command("controller")
    .description("see what controls a site and why; change it; write one of your own");
  addReading(all, ended);
  addChanging(all, ended);
  addTune(all, ended);
  addAlarms(all, ended);
  addVersions(all, ended);
  addOwn(all, ended);
}

/** What only some commands need is loaded when they run. */
const run = async () => ({ ...(await import("./run.ts")), ...(await import("./run-versions.ts")) });

const name = (): Argument => new Argument("<controller>", "its name at the site");

function addReading(all: Command, ended: Ended): void {
  withTarget(
    withOutput(
      all.command("list").description("every controller: its mode, what it wants, its alarms"),
      named("controller,mode,output,leader,alarms,why,version"),
    ),
  ).action(async (options: Options & OutputOptions) => ended(await (await run()).list(options)));
  withTarget(
    all
      .command("why")
      .description("why its outputs are what they are, on one screen")
      .addArgument(name())
      .option("--json", "as JSON"),
  ).action(async (controller: string, options: Options) =>
    ended(await (await run()).why(controller, options)),
  );
  withTarget(
    all
      .command("show")
      .description("its settings with their ranges, bindings, health and versions")
      .addArgument(name())
      .option("--json", "as JSON"),
  ).action(async (controller: string, options: Options) =>
    ended(await (await run()).show(controller, options)),
  );
  withTarget(
    all
      .command("trace")
      .description("its steps: what it saw, what it wanted, and why")
      .addArgument(name())
      .option("-f, --follow", "then every new one")
      .option("-n, --limit <count>", "so many of the newest", "20")
      .option("--from <moment>", "not before, ISO 8601")
      .option("--to <moment>", "not after")
      .option("--json", "a step per line, as JSON"),
  ).action(async (controller: string, options: TraceOptions) =>
    ended(await (await run()).trace(controller, options)),
  );
}

function addChanging(all: Command, ended: Ended): void {
  withTarget(
    all
      .command("mode")
      .description("manual: it follows what others command; off: it commands nothing")
      .addArgument(name())
      .addArgument(new Argument("<mode>").choices(["automatic", "manual", "off"]))
      .option("--for <duration>", "then automatic again, e.g. 30m (default: 1h)")
      .option("--why <text>", "the reason, for whoever asks later"),
  ).action(async (controller: string, mode: string, options: Options) =>
    ended(await (await run()).mode(controller, mode, options)),
  );
  withTarget(
    all
      .command("profile")
      .description("which controllers work: the site's profile in force, or another one put in force")
      .argument("[profile]", "one of those the site has")
      .option("--for <duration>", "then the one before again, e.g. 2h (default: until another is chosen)")
      .option("--why <text>", "the reason, for whoever asks later")
      .option("--json", "as JSON"),
  ).action(async (wanted: string | undefined, options: Options) =>
    ended(await (await import("./profile.ts")).profile(wanted, options)),
  );
  withTarget(
    all
      .command("restart")
      .description("try one again that failed too often, or could not be loaded")
      .addArgument(name())
      .option("--why <text>", "the reason"),
  ).action(async (controller: string, options: Options) =>
    ended(await (await run()).restart(controller, options)),
  );
  withTarget(
    all
      .command("set")
      .description("change settings; what breaks a limit is refused")
      .addArgument(name())
      .argument("<settings...>", "key=value")
      .option("--for <duration>", "then those before again, e.g. 30m, at most 24h (default: until changed)")
      .option("--why <text>", "the reason"),
  ).action(async (controller: string, pairs: string[], options: Options) =>
    ended(await (await run()).set(controller, pairs, options)),
  );
  withTarget(
    all
      .command("override")
      .description("command an output in its place, for a while; without a value: end that")
      .addArgument(name())
      .argument("[value]", "what its devices are told: 60, or fans=60 when it has several outputs")
      .option("--output <output>", "which output, when the value does not say it")
      .option("--only <device>", "only this one of its devices")
      .option("--for <duration>", "then the controller again, e.g. 30m (default)")
      .option("--force", "past a guard of the device (slot 6), at most 1h; admins only, with --why")
      .option("--why <text>", "the reason"),
  ).action(async (controller: string, value: string | undefined, options: OverrideOptions) =>
    ended(await (await run()).override(controller, value, options)),
  );
}

function addTune(all: Command, ended: Ended): void {
  withTarget(
    all
      .command("tune")
      .description("find gains for its loop by moving its output a little; changes nothing without --apply")
      .addArgument(name())
      .addOption(
        new Option("--method <method>", "a small oscillation, or one step (default: relay)").choices([
          "relay",
          "step",
        ]),
      )
      .option("--centre <percent>", "the output around which it is (default: what is in force)")
      .option("--height <percent>", "how far it goes from there (default: 10)")
      .option("--least <percent>", "the output stays above")
      .option("--most <percent>", "the output stays below")
      .option("--furthest <kelvin>", "further from where it began it is called off (default: 4)")
      .option("--hysteresis <kelvin>", "where the relay switches; above the noise (default: 0.2)")
      .option("--longest <duration>", "after this it is called off (default: 2h)")
      .option("--apply", "put in force what it proposes")
      .option("--why <text>", "the reason, for whoever asks later")
      .option("--json", "how it ended, as JSON"),
  ).action(async (controller: string, options: TuneOptions) =>
    ended(await (await import("./tune.ts")).tune(controller, options)),
  );
}

function addAlarms(all: Command, ended: Ended): void {
  const load = () => import("./alarms.ts");
  withTarget(
    withOutput(
      all
        .command("alarms")
        .description("everything that is wrong, of one controller or all")
        .argument("[controller]", "its name at the site"),
      named("controller,severity,alarm,for,what,part of,latched,shelved"),
    ),
  ).action(async (controller: string | undefined, options: Options & OutputOptions) =>
    ended(await (await load()).alarms(controller, options)),
  );
  withTarget(
    all
      .command("shelve")
      .description("an alarm somebody knows of: it is still listed, but not counted, for a while")
      .addArgument(name())
      .argument("<alarm>", "as `bothy controller alarms` names it")
      .option("--for <duration>", "for so long, at most 7d (default: 8h)")
      .option("--why <text>", "the reason, for whoever asks later"),
  ).action(async (controller: string, alarm: string, options: Options) =>
    ended(await (await load()).shelve(controller, alarm, options)),
  );
  withTarget(
    all
      .command("ack")
      .description("an alarm that latches was seen: it ends as soon as its condition is over")
      .addArgument(name())
      .argument("<alarm>", "as `bothy controller alarms` names it")
      .option("--why <text>", "the reason, for whoever asks later"),
  ).action(async (controller: string, alarm: string, options: Options) =>
    ended(await (await load()).acknowledge(controller, alarm, options)),
  );
  withTarget(
    all
      .command("unshelve")
      .description("count it again")
      .addArgument(name())
      .argument("<alarm>", "as `bothy controller alarms` names it"),
  ).action(async (controller: string, alarm: string, options: Options) =>
    ended(await (await load()).unshelve(controller, alarm, options)),
  );
}

function addVersions(all: Command, ended: Ended): void {
  withTarget(
    all
      .command("versions")
      .description("its versions, which is in force, and how that came about")
      .addArgument(name())
      .option("--json", "as JSON"),
  ).action(async (controller: string, options: Options) =>
    ended(await (await run()).versions(controller, options)),
  );
  const what = "a file of yours, or a version the site has";
  withTarget(
    all
      .command("swap")
      .description("put another version in force; it goes back by itself when it fails")
      .addArgument(name())
      .argument("<file>", what)
      .option("--for <duration>", "probation (default: 15m)")
      .option("--why <text>", "the reason"),
  ).action(async (controller: string, file: string, options: Options) =>
    ended(await (await run()).swap(controller, file, options)),
  );
  withTarget(
    all
      .command("shadow")
      .description("have another version compute beside it, and compare; without a file: how it does")
      .addArgument(name())
      .argument("[file]", what)
      .option("--end", "end it")
      .option("--for <duration>", "before it can be promoted (default: 5m)")
      .option("--why <text>", "the reason"),
  ).action(async (controller: string, file: string | undefined, options: ShadowOptions) =>
    ended(await (await run()).shadow(controller, file, options)),
  );
  for (const [verb, about] of [
    ["promote", "put in force what is in shadow, when nothing speaks against it"],
    ["rollback", "go back to the version before"],
  ] as const) {
    const command = all
      .command(verb)
      .description(about)
      .addArgument(name())
      .option("--why <text>", "the reason");
    if (verb === "promote") command.option("--force", "whatever speaks against it");
    withTarget(command).action(async (controller: string, options: Options & { readonly force?: boolean }) =>
      ended(await (await run()).move(verb, controller, options)),
    );
  }
  withTarget(
    all
      .command("replay")
      .description("step a version through recorded history, and compare")
      .addArgument(name())
      .option("--version <version>", "one the site has (default: the one in force)")
      .option("--file <file>", "a file of yours")
      .option("--from <moment>", "not before, ISO 8601")
      .option("--to <moment>", "not after")
      .option("--json", "as JSON"),
  ).action(async (controller: string, options: ReplayOptions) =>
    ended(await (await run()).replay(controller, options)),
  );
}

function addOwn(all: Command, ended: Ended): void {
  all
    .command("new")
    .description("write a working controller with a test, to go on from")
    .argument("<name>", "e.g. my-fan")
    .option("--js", "JavaScript instead of TypeScript")
    .action(async (named: string, options: { js?: boolean }) =>
      ended((await import("./new.ts")).makeNew(named, options.js === true)),
    );
  all
    .command("test")
    .description("run the tests of controllers in this folder, on simulated sites")
    .argument(
      "[file...]",
      "or the name of a controller; default: every *.test.ts and *.test.js below ./controllers and .",
    )
    .action(async (files: string[]) => ended(await (await import("./test.ts")).runTests(files)));
}
