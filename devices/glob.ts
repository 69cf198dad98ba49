export interface GlobOptions {
  /** Whether `?` is any one character. Default: it is only itself. */
  readonly single?: boolean;
  /** Whether upper and lower case are the same. */
  readonly anyCase?: boolean;
}

/**
 * What a pattern stands for: `*` is any text, none included, everything else itself.
 *
 * In a time that grows with the length of the pattern times that of the text, whoever wrote the pattern: of several `*`
 * only the last one passed is ever taken to stand for more.
 * @returns whether the whole of a text fits
 */
export function glob(pattern: string, options: GlobOptions = {}): (text: string) => boolean {
  const { single = false, anyCase = false } = options;
  const wanted = folded(pattern, anyCase);
  if (!wanted.includes("*") && !(single && wanted.includes("?")))
    return (text) => folded(text, anyCase) === wanted;
  return (text) => fits(wanted, folded(text, anyCase), single);
}

const folded = (text: string, anyCase: boolean): string => (anyCase ? text.toLowerCase() : text);

function fits(pattern: string, text: string, single: boolean): boolean {
  let [p, t] = [0, 0];
  /** The last `*` passed, and where what it stands for ends. */
  let [star, end] = [-1, 0];
  while (t < text.length) {
    if (pattern[p] === "*") {
      [star, end] = [p, t];
      p++;
    } else if (single && pattern[p] === "?") {
      p++;
      t += widthAt(text, t);
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else {
      if (star < 0) return false;
      p = star + 1;
      end += widthAt(text, end);
      t = end;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** Of one character: those beyond the first 65,536 are two units. */
const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
