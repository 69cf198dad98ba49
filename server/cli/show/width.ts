/**
 * How many columns of a terminal a text takes, and how to make it take fewer. Combining marks take none, East Asian
 * wide characters and emoji two (Unicode Standard Annex 11). Texts hold no control characters: see `plain`.
 */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const ascii = /^[\x20-\x7e]*$/;
const invisible = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\p{Zl}\p{Zp}]/u;
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\u{fe0f}|[0-9#*]\u{fe0f}\u{20e3}/u;

/** First and last code points that are two columns wide. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

function graphemeWidth(grapheme: string): 0 | 1 | 2 {
  const code = grapheme.codePointAt(0) ?? 0;
  if (emoji.test(grapheme)) return 2;
  if (invisible.test(grapheme)) return 0;
  return wideRanges.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Columns a text takes. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** Control characters and what turns the direction of writing become `·`: what a device says moves no cursor. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "·");

/** As much of the beginning of a text as fits `width` columns. */
function head(text: string, width: number): string {
  if (ascii.test(text)) return text.slice(0, width);
  let taken = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width) break;
    taken += segment;
  }
  return taken;
}

/** A text of at most `width` columns, with `…` in place of what was cut. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return width < 1 ? "" : `${head(text, width - 1)}…`;
}

/** Filled with spaces up to `width` columns. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + spaces : spaces + text;
}

/**
 * Lines of at most `width` columns, broken at spaces where that is possible.
 * @param width 1 or more; a character of two columns is `…` where only one is left for it
 * @returns at least one line
 */
export function wrap(text: string, width: number): readonly string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (displayWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    const pieces = broken(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? "";
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}

/** A word in pieces; after `.`, `-`, `/`, `:` and `,` it breaks with less harm, if that wastes less than half a line. */
function broken(word: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let rest = word;
  while (displayWidth(rest) > width) {
    const piece = head(rest, width);
    if (piece === "") return [...pieces, cut(rest, width)];
    const gentle = /^.*[-./:,]/u.exec(piece)?.[0] ?? "";
    const taken = displayWidth(gentle) * 2 >= width ? gentle : piece;
    pieces.push(taken);
    rest = rest.slice(taken.length);
  }
  return [...pieces, rest];
}
