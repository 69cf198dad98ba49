import { type Command, InvalidArgumentError, Option } from "commander";
import { parseTag } from "../../devices/tag.ts";
import { parseDuration } from "../../devices/duration.ts";
import { roles } from "../access/principal.ts";
import { tokenName } from "../access/token.ts";
import type { ExitCode } from "./terminal.ts";
import type { CreateOptions } from "./token-run.ts";

const config = ["-c, --config <file>", "the site's configuration"] as const;

/** `bothy token`: who may ask a site. A running one notices by itself. */
export function addTokenCommands(program: Command, ended: (code: ExitCode) => void): void {
  const token = program.command("token").description("who may ask a site: API tokens");
  token
    .command("create")
    .description("make a token and show it, this once")
    .requiredOption(...config)
    .requiredOption("--name <name>", "who or what it is for; appears in the audit log", nameText)
    .addOption(new Option("--role <role>", "what it may do").choices([...roles]).makeOptionMandatory())
    .option(
      "--scope <tags>",
      "only devices with all of these comma-joined tags; again for more groups",
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), scopeText(text)],
    )
    .option("--expires <span>", "after how long it is good no more, e.g. 90d (default: never)", span)
    .option("--json", "as JSON")
    .action(async (options: CreateOptions) => {
      const { createToken } = await import("./token-run.ts");
      ended(createToken(options));
    });
  token
    .command("list")
    .description("the tokens there are")
    .requiredOption(...config)
    .option("--json", "as a JSON list")
    .action(async (options: { config: string; json?: boolean }) => {
      const { listTokens } = await import("./token-run.ts");
      ended(listTokens(options));
    });
  token
    .command("revoke")
    .description("end a token; connections it holds open are closed within seconds")
    .argument("<name>", "its name, or the letters after `bothy_`")
    .requiredOption(...config)
    .action(async (name: string, options: { config: string }) => {
      const { revokeToken } = await import("./token-run.ts");
      ended(revokeToken(name, options));
    });
}

function nameText(text: string): string {
  if (tokenName.test(text)) return text;
  throw new InvalidArgumentError("Letters, digits, spaces and . _ @ + - only, at the most 64.");
}

function scopeText(text: string): string {
  if (text.split(",").every((tag) => parseTag(tag) !== undefined)) return text;
  throw new InvalidArgumentError("It must be tags such as rack:r1,zone:cold.");
}

function span(text: string): number {
  const found = parseDuration(text);
  if (found !== undefined && found > 0 && found < 1e13) return found;
  throw new InvalidArgumentError("It must be a duration such as 90d.");
}
