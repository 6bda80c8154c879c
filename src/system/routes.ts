/** `/api/v1/system`: the server itself, for those who look after all organisations. */
import { Elysia } from "elysia";

import { demand } from "../accounts/principal.ts";
import type { Config } from "../config/types.ts";
import type { Doctor } from "../doctor/doctor.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { parseQuery } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { SystemService } from "./service.ts";
import { settingsOf } from "./settings.ts";

export interface SystemRouteDependencies {
  system: SystemService;
  doctor: Doctor;
  config: Config;
  authenticate: Authenticate;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["System"];

/** Seconds for which a connection may be silent while the checks run. */
const LONGEST_CHECKS = 60;

export function systemRoutes(deps: SystemRouteDependencies) {
  const { system, doctor, config, authenticate, publicUrl } = deps;

  const admit = async (request: Request): Promise<void> => {
    demand(await authenticate(request), "system", "read");
    parseQuery(request, {});
  };

  return new Elysia({ name: "system" })
    .get(
      "/api/v1/system",
      async ({ request }) => {
        await admit(request);
        return json(request, JSON.stringify(await system.show(publicUrl)));
      },
      {
        detail: {
          tags,
          operationId: "getSystem",
          summary: "The server: version, database, keys, backups",
          description: "Needs the grant `system:read`, which `*` does not cover.",
        },
      },
    )
    .get(
      "/api/v1/system/settings",
      async ({ request }) => {
        await admit(request);
        return json(request, JSON.stringify({ items: settingsOf(config) }));
      },
      {
        detail: {
          tags,
          operationId: "getSystemSettings",
          summary: "The settings in effect, and where each comes from",
          description:
            "Secrets are masked. There are none for a server that was started without a file. Needs `system:read`.",
        },
      },
    )
    .get(
      "/api/v1/system/checks",
      async ({ request, server }) => {
        await admit(request);
        server?.timeout(request, LONGEST_CHECKS);
        return json(request, JSON.stringify({ items: await doctor.run() }));
      },
      {
        detail: {
          tags,
          operationId: "getSystemChecks",
          summary: "What is or will be wrong, and how to mend it",
          description:
            "Looks at disk, clock, database, certificate, mail server, receivers and more, which may take 20 seconds. " +
            "Receivers are connected to, and nothing is sent. `koppla doctor` tells the same. Needs `system:read`.",
        },
      },
    );
}
