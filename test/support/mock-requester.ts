import { BothyError } from "../../devices/errors.ts";
import { completionError } from "../../plugins/ipmi/completion.ts";
import type { IpmiRequest, Requester } from "../../plugins/ipmi/contract.ts";

/**
 * What a mock answers: hexadecimal data behind completion code 00h, a completion code, or an error that is thrown.
 * Undefined is C1h, as of a controller that does not know the command.
 */
export type MockAnswer = string | Uint8Array | number | BothyError | undefined;

/** A request as the transcripts write it, e.g. `0a/11 00000008`. */
export function requestLine({ netFn, command, data = new Uint8Array() }: IpmiRequest): string {
  const digits = (n: number): string => n.toString(16).padStart(2, "0");
  return `${digits(netFn)}/${digits(command)} ${Buffer.from(data).toString("hex")}`.trim();
}

export interface MockRequester extends Requester {
  /** Everything that was sent, in order. */
  readonly sent: string[];
  readonly requests: IpmiRequest[];
}

/** A BMC that is a function. `answer` gets the request as `requestLine` writes it, and its data. */
export function mockRequester(
  answer: (line: string, data: Buffer, request: IpmiRequest) => MockAnswer | Promise<MockAnswer>,
): MockRequester {
  const sent: string[] = [];
  const requests: IpmiRequest[] = [];
  return {
    name: "bmc",
    sent,
    requests,
    async request(request) {
      const line = requestLine(request);
      sent.push(line);
      requests.push(request);
      const answered = await answer(line, Buffer.from(request.data ?? []), request);
      if (answered instanceof BothyError) throw answered;
      if (typeof answered === "number") throw completionError("bmc", answered);
      if (answered === undefined) throw completionError("bmc", 0xc1);
      return typeof answered === "string" ? Buffer.from(answered, "hex") : Buffer.from(answered);
    },
  };
}

/** What a requester throws when a request that must not be repeated got no answer. */
export const lost = (): BothyError =>
  new BothyError("OUTCOME_UNKNOWN", { source: "bmc", fault: "no answer" });

/** What it throws when one that may be repeated never got an answer. */
export const silent = (): BothyError => new BothyError("NO_ANSWER", { source: "bmc", timeout: 1000 });

/** Whether an error is a `BothyError` of this code. */
export const fails =
  (code: BothyError["code"]) =>
  (thrown: unknown): boolean =>
    thrown instanceof BothyError && thrown.code === code;
