import { may } from "../access/principal.ts";
import { page } from "../page.ts";
import { type AddRoutes, route } from "./parts.ts";

/** The page for people, and the OpenAPI description. */
export const addPageRoutes: AddRoutes = (app, parts) => {
  const html = Buffer.from(page(parts.config.site.name, parts.version));
  /** Whoever has not said who they are need not know where they are. */
  const anonymous = Buffer.from(page("Log in", ""));
  route(app, "/", {
    GET: {
      needs: undefined,
      schema: { hide: true },
      handler: (request, reply) =>
        reply
          .headers({
            "content-type": "text/html; charset=utf-8",
            "content-security-policy":
              "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
            "cache-control": "no-cache",
          })
          .send(may(request.principal, "read") ? html : anonymous),
    },
  });
  let openapi: Buffer | undefined;
  route(app, "/openapi.json", {
    GET: {
      schema: { hide: true },
      handler: (_request, reply) => {
        openapi ??= Buffer.from(JSON.stringify(app.swagger()));
        return reply.header("content-type", "application/json").send(openapi);
      },
    },
  });
};
