import { type Static, Type } from "typebox";

/** Which pages of other origins may use the site. */
export const corsSection = Type.Object(
  {
    origins: Type.Array(Type.String({ pattern: "^(\\*|https?://[^/?#\\s]+)$" }), {
      description:
        "Where pages may come from that read and write here, as browsers name it: `https://dash.example`. `*`: pages from everywhere may read.",
      examples: [["https://dash.example"]],
    }),
  },
  {
    additionalProperties: false,
    description: "Pages of other origins that may use the site. Default: none.",
  },
);

export type CorsSection = Static<typeof corsSection>;
