import { CannotRun } from "./terminal.ts";

export const defaultServer = "http://127.0.0.1:5000";

interface ErrorAnswer {
  readonly context?: string;
}

/**
 * Asks a running site.
 * @throws CannotRun when it does not answer, or answers with an error
 */
export async function ask(server: string, path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(new URL(path, server), init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CannotRun(`no site answers at ${server} (${why}); start one, or name it with --server`);
  }
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => ({}))) as ErrorAnswer;
  throw new CannotRun(body.context ?? `${server} answers ${answer.status}`);
}

/** The objects of an NDJSON answer, one by one as they come. Ends when `signal` aborts. */
export async function* lines<T>(answer: Response, signal: AbortSignal): AsyncGenerator<T> {
  if (answer.body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of answer.body) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) if (part !== "") yield JSON.parse(part) as T;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw new CannotRun(
      `the site ended the connection (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
