import { ask, type AskOptions, nothing, within } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** Off, on for 0..255 seconds, or on until it is called off. */
export type Identify = { readonly seconds: number } | "on" | "off";

export interface IdentifyOptions extends AskOptions {
  /** The controller takes no second byte: "on" becomes the longest time it takes. Learnt from its answer otherwise. */
  readonly withoutForce?: boolean;
}

/** How long the lamp stays on where "until called off" is not known, in seconds. */
export const longestIdentify = 255;

export const encodeIdentify = (identify: Identify, withoutForce = false): IpmiRequest => ({
  netFn: 0x00,
  command: 0x04,
  data: Uint8Array.from(identifyBytes(identify, withoutForce)),
});

function identifyBytes(identify: Identify, withoutForce: boolean): readonly number[] {
  if (identify === "off") return [0];
  if (identify === "on") return withoutForce ? [longestIdentify] : [0, 1];
  return [within("identify", identify.seconds, 0, longestIdentify, "s")];
}

/**
 * Lets the identify lamp shine, or not. IPMI v2.0 §28.5. Some controllers know no "until called off": then it is on for
 * 255 s, and the result says so.
 * @returns how long it will be on: seconds, or `forever`
 * @throws BothyError
 */
export async function identify(
  requester: Requester,
  wanted: Identify,
  { withoutForce = false, ...options }: IdentifyOptions = {},
): Promise<{ readonly seconds: number | "forever" }> {
  if (wanted === "on" && !withoutForce) {
    try {
      await ask(requester, encodeIdentify(wanted), nothing, options);
      return { seconds: "forever" };
    } catch (thrown) {
      const completion = completionOf(thrown);
      if (completion !== 0xc7 && completion !== 0xcc) throw thrown;
    }
  }
  const request = encodeIdentify(wanted, true);
  await ask(requester, request, nothing, options);
  return { seconds: request.data?.[0] ?? 0 };
}
