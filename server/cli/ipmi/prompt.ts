import { createInterface } from "node:readline/promises";
import { CannotRun } from "../terminal.ts";

/** Who can be asked something. */
export interface Asked {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

const terminal = (): Asked => ({ input: process.stdin, output: process.stderr });

/** Whether somebody is there to answer. */
export const canAsk = ({ input, output }: Asked = terminal()): boolean => input.isTTY && output.isTTY;

const key = {
  interrupt: "\x03",
  end: "\x04",
  backspace: "\b",
  erase: "\x15",
  delete: "\x7f",
  escape: "\x1b",
};

/** What is typed after one more key. */
function after(typed: readonly string[], character: string): readonly string[] {
  if (character === key.backspace || character === key.delete) return typed.slice(0, -1);
  return character === key.erase ? [] : [...typed, character];
}

/**
 * Asks for something nobody else is to see: what is typed is not shown.
 * @throws CannotRun when it is called off
 */
export function askSecretly(question: string, { input, output }: Asked = terminal()): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: readonly string[] = [];
    const finish = (settle: () => void): void => {
      input.off("data", take);
      input.setRawMode(false);
      input.pause();
      output.write("\n");
      settle();
    };
    const take = (text: string): void => {
      // A key with an escape sequence, such as an arrow, is not part of a password.
      if (text.startsWith(key.escape)) return;
      for (const character of text) {
        if (character === "\r" || character === "\n") {
          finish(() => resolve(typed.join("")));
          return;
        }
        if (character === key.interrupt || (character === key.end && typed.length === 0)) {
          finish(() => reject(new CannotRun("nothing was asked of the BMC")));
          return;
        }
        typed = after(typed, character);
      }
    };
    // First, so that nothing is echoed of what somebody types ahead.
    input.setRawMode(true);
    output.write(question);
    input.setEncoding("utf8");
    input.on("data", take);
    input.resume();
  });
}

/**
 * Makes sure that something is meant.
 * @param what e.g. `power hut-17 off`
 * @throws CannotRun when nobody is there to ask, or they say no
 */
export async function mustAgree(what: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  const { input, output } = terminal();
  if (!canAsk()) throw new CannotRun(`this would ${what}; say --yes if that is meant`);
  const lines = createInterface({ input, output });
  const stop = new AbortController();
  lines.once("SIGINT", () => stop.abort());
  lines.once("close", () => stop.abort());
  const answer = await lines
    .question(`${what.charAt(0).toUpperCase()}${what.slice(1)}? [y/N] `, { signal: stop.signal })
    .catch(() => {
      output.write("\n");
      return "";
    });
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CannotRun("nothing was done");
}
