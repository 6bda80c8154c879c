/** Puts together what the public data API does with people: its two endpoints, the mails, and the pages. */
import { Elysia } from "elysia";

import type { Services } from "../../services.ts";
import { Quota } from "../../throttle/quota.ts";
import type { WaysIn } from "../ways-in.ts";
import { passwordPageRoutes } from "./page-routes.ts";
import { Registrations } from "./registration.ts";
import { peopleRoutes } from "./routes.ts";

/** @param publicUrl  without a trailing slash */
export function publicPeopleRoutes(services: Services, waysIn: WaysIn, publicUrl: string) {
  const { config, clock, loginKeys: keys } = services;
  const registrations = new Registrations({
    ...{ ...services, keys, publicUrl, quota: new Quota({ clock }) },
    limits: config.publicApi.mailsPerHour,
    templates: config.smtp?.templates ?? {},
  });
  const shared = { ...services, keys, registrations, publicUrl, limits: config.server.limits };
  return new Elysia({ name: "public-people-and-pages" })
    .use(peopleRoutes({ ...shared, waysIn }))
    .use(passwordPageRoutes({ ...shared, userRoles: config.publicApi.userRoles }));
}
