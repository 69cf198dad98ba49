import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Millis } from "../../devices/clock.ts";

/** A shell that runs command lines and takes their time itself, as somebody at a terminal would. */
export interface Shell {
  /** Runs a command line; what it writes is thrown away. @throws Error when it fails */
  time(line: string): Promise<Millis>;
  close(): Promise<void>;
}

export function openShell(): Shell {
  const child = spawn("bash", [], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const ask = async (line: string): Promise<string> => {
    const answer = once(lines, "line");
    child.stdin.write(`${line}\n`);
    return String((await answer)[0]);
  };
  return {
    async time(line) {
      const timed = `b=$EPOCHREALTIME; ${line} >/dev/null; s=$?; e=$EPOCHREALTIME; echo "$s $b $e"`;
      const [status, begun = NaN, ended = NaN] = (await ask(timed)).split(" ").map(Number);
      if (status !== 0) throw new Error(`${line} ended with ${String(status)}`);
      return (ended - begun) * 1000;
    },
    async close() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
