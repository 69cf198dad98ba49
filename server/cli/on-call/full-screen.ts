/** What a screen shows: `head` stays, `body` can be scrolled. */
export interface Frame {
  readonly head: readonly string[];
  readonly body: readonly string[];
}

/** A terminal taken over and given back as it was. */
export interface FullScreen {
  /** Shows what fits of a frame. */
  draw(frame: (width: number) => Frame): void;
  /** Whether somebody pressed a key or changed the size since the last time. */
  touched(): boolean;
  /** Gives the terminal back. Any number of times. */
  close(): void;
}

const enter = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
const leave = "\x1b[?25h\x1b[?1049l";
/** Terminals that know it show a frame at once, the others ignore it. */
const begin = "\x1b[?2026h\x1b[H";
const end = "\x1b[J\x1b[?2026l";

/** Keys and how far they scroll, in lines; a page is what fits. */
const steps: Readonly<Record<string, number | "page" | "-page" | "top" | "bottom">> = {
  "\x1b[A": -1,
  "\x1b[B": 1,
  k: -1,
  j: 1,
  "\x1b[5~": "-page",
  "\x1b[6~": "page",
  b: "-page",
  " ": "page",
  g: "top",
  G: "bottom",
};

/** Takes the terminal over. @param quit called at `q`, Escape, Ctrl-C and Ctrl-D */
export function openScreen(quit: () => void): FullScreen {
  const { stdin, stdout } = process;
  const raw = stdin.isTTY;
  let offset = 0;
  let page = 1;
  let touched = false;
  let open = true;
  const take = (): void => {
    stdout.write(enter);
    if (raw) stdin.setRawMode(true);
  };
  const give = (): void => {
    if (raw) stdin.setRawMode(false);
    stdout.write(leave);
  };
  const keys = (chunk: Buffer): void => {
    // Several may come at once, from a paste or a slow line.
    for (const [key] of chunk.toString().matchAll(/\x1b\[[\d;]*[A-Za-z~]|[^]/g)) press(key);
  };
  const press = (key: string): void => {
    touched = true;
    if (["q", "\x1b", "\x03", "\x04"].includes(key)) quit();
    else if (key === "\x1a") {
      give();
      process.kill(process.pid, "SIGTSTP");
    } else {
      const step = Object.hasOwn(steps, key) ? steps[key] : 0;
      if (step === "top") offset = 0;
      else if (step === "bottom") offset = Infinity;
      else offset += step === "page" ? page : step === "-page" ? -page : (step ?? 0);
    }
  };
  const changed = (): void => {
    touched = true;
  };
  const again = (): void => {
    if (!open) return;
    take();
    touched = true;
  };
  const close = (): void => {
    if (!open) return;
    open = false;
    stdin.off("data", keys);
    stdin.pause();
    stdout.off("resize", changed);
    process.off("SIGCONT", again);
    process.off("exit", close);
    give();
  };
  take();
  if (raw) stdin.on("data", keys);
  stdout.on("resize", changed);
  process.on("SIGCONT", again);
  // Whatever ends the program, a terminal without echo and cursor is left to nobody.
  process.on("exit", close);
  return {
    draw: (frame) => {
      const { columns: width, rows: height } = stdout;
      const { head, body } = frame(width);
      page = Math.max(1, height - head.length - (body.length + head.length > height ? 1 : 0));
      offset = Math.max(0, Math.min(offset, body.length - page));
      const shown = body.slice(offset, offset + page);
      const below = body.length - offset - shown.length;
      const foot = body.length > page ? [`↑↓ ${offset} above, ${below} below`.slice(0, width)] : [];
      const lines = [...head, ...shown, ...foot].slice(0, height);
      stdout.write(begin + lines.map((line) => `${line}\x1b[K`).join("\r\n") + end);
    },
    touched: () => {
      const was = touched;
      touched = false;
      return was;
    },
    close,
  };
}
