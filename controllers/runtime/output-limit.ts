/** What may be said until it begins anew. More would bury the log, and keep the thread busy that writes it. */
const mostTexts = 10;
const mostCharacters = 4096;

export interface Output {
  write: NodeJS.WriteStream["write"];
}

/**
 * Lets only so much through to some streams, all together, and says once that there was more.
 * @returns begins anew
 */
export function limitOutput(streams: readonly Output[]): () => void {
  let texts = 0;
  let characters = 0;
  let full = false;
  for (const stream of streams) {
    const own = stream.write;
    const write = (text: string): boolean => Reflect.apply(own, stream, [text]);
    stream.write = (chunk: string | Uint8Array): boolean => {
      if (full) return true;
      texts++;
      characters += chunk.length;
      full = texts > mostTexts || characters > mostCharacters;
      return write(full ? "… and more\n" : String(chunk));
    };
  }
  return () => {
    texts = 0;
    characters = 0;
    full = false;
  };
}
