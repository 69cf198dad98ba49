import { Argument, type Command } from "commander";
import { systemClock } from "../../../devices/clock.ts";
import { plain } from "../show/width.ts";
import { exit, type ExitCode, print } from "../terminal.ts";
import { answersTo } from "./answers.ts";
import { liveAnswers } from "./live.ts";
import { scripts, type Shell, shells } from "./scripts.ts";

/** `bothy completion`, and `bothy complete`, which its scripts call. */
export function addCompletionCommands(program: Command, ended: (code: ExitCode) => void): void {
  program
    .command("completion")
    .description("print what a shell needs to complete commands, devices and actions")
    .addArgument(new Argument("<shell>").choices(shells))
    .addHelpText("after", howTo)
    .action((shell: Shell) => {
      print(scripts[shell].trimEnd());
      ended(exit.good);
    });
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const live = (options: Parameters<typeof liveAnswers>[0]): ReturnType<typeof liveAnswers> =>
        liveAnswers(options, process.env, systemClock);
      // Whatever is wrong, the line somebody is typing is no place for it.
      const answers = await answersTo(program, words.length === 0 ? [""] : words, live).catch(() => []);
      for (const { text, about = "" } of answers) {
        const [line = ""] = about.split("\n");
        print(about === "" ? plain(text) : `${plain(text)}\t${plain(line)}`);
      }
      ended(exit.good);
    });
}

const howTo = `
  bash   add to ~/.bashrc:  source <(bothy completion bash)
  zsh    add to ~/.zshrc:   source <(bothy completion zsh)
  fish   bothy completion fish > ~/.config/fish/completions/bothy.fish`;
