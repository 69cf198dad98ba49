import { Command, Option } from "commander";
import { whole } from "../../server/cli/numbers.ts";

/** What may be given, as in `liveSwaps` for `--live-swaps`: numbers with their defaults, or words to choose one of. */
type Known = Readonly<Record<string, number | readonly string[]>>;
type Given<K extends Known> = {
  readonly [Name in keyof K]: K[Name] extends number ? number : string | undefined;
};

/** What is given on the command line; a word that is not is undefined. Ends the program at anything that is not known. */
export function given<const K extends Known>(known: K): Given<K> {
  const command = new Command("bench").allowExcessArguments(false);
  for (const [name, of] of Object.entries(known)) {
    const flag = `--${name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
    command.addOption(
      typeof of === "number"
        ? new Option(`${flag} <number>`).default(of).argParser(whole(0, 1e9))
        : new Option(`${flag} <name>`, "all, or").choices(of),
    );
  }
  return command.parse().opts<Given<K>>();
}
