import type { Instant } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { RemoteHealth, RemotePlugin } from "../../devices/plugin.ts";
import { isId } from "./device.ts";
import type { HealthStatus, V3Health, V3Metadata, V3Version } from "./messages.ts";
import type { Place } from "./plan.ts";
import { oneLine } from "./text.ts";

const unset = "-";
const mostChecks = 100;

/** @throws BothyError `BAD_FRAME` for a plugin that does not say who it is (Synse v3 §5.2) */
export function checkMetadata({ id, tag }: V3Metadata, source: string): void {
  const missing = [id === "" ? "id" : "", tag === "" ? "tag" : ""].filter((name) => name !== "");
  if (missing.length > 0)
    throw new BothyError("BAD_FRAME", {
      source,
      fault: `the plugin does not say its ${missing.join(" and ")}: configure its metadata`,
    });
  if (!isId(id))
    throw new BothyError("BAD_FRAME", {
      source,
      fault: `the plugin's id ${JSON.stringify(id.slice(0, 80))} cannot stand in a URL`,
    });
}

/** A plugin as it describes itself; what it does not say is `-`. Synse v3 §1.4. */
export function remotePlugin(
  metadata: V3Metadata,
  version: V3Version | undefined,
  place: Place,
  health: RemoteHealth,
): RemotePlugin {
  const said = (text: string | undefined): string => oneLine(text ?? "", 200) || unset;
  return {
    id: metadata.id,
    name: oneLine(metadata.name, 200),
    maintainer: oneLine(metadata.maintainer, 200),
    tag: oneLine(metadata.tag, 200),
    description: oneLine(metadata.description),
    vcs: oneLine(metadata.vcs, 200),
    network: place.network,
    version: {
      plugin_version: said(version?.pluginVersion),
      sdk_version: said(version?.sdkVersion),
      build_date: said(version?.buildDate),
      git_commit: said(version?.gitCommit),
      git_tag: said(version?.gitTag),
      arch: said(version?.arch),
      os: said(version?.os),
    },
    health,
  };
}

const word = (status: HealthStatus): RemoteHealth["status"] =>
  status === "OK" || status === "FAILING" ? status : "UNKNOWN";

export const healthOf = ({ status, checks }: V3Health, at: Instant): RemoteHealth => ({
  status: word(status),
  at,
  checks: checks.slice(0, mostChecks).map((check) => ({
    name: oneLine(check.name, 200),
    status: word(check.status),
    message: oneLine(check.message),
    timestamp: oneLine(check.timestamp, 50),
    type: oneLine(check.type, 50),
  })),
});

/** The health of a plugin that did not say how it is. */
export const healthUnsaid = (error: BothyError, at: Instant): RemoteHealth => ({
  status: error.code === "UNSUPPORTED" ? "UNKNOWN" : "FAILING",
  at,
  checks: [{ name: "answers", status: "FAILING", message: error.message, timestamp: "", type: "periodic" }],
});
