/** The pages: where they are, who sees them, and their code, which is loaded when one is opened. */
import {
  IconActivity,
  IconApi,
  IconArrowsExchange,
  IconBuilding,
  IconCalendarTime,
  IconCode,
  IconDatabase,
  IconHistory,
  IconLayoutDashboard,
  IconMail,
  IconPlayerPlay,
  IconProgress,
  IconSettings,
  IconUserShare,
  IconUsers,
  IconWebhook,
  type TablerIcon,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

import type { Access } from "../session.tsx";
import type { Namespace } from "../texts/index.ts";

export type Group = "watch" | "partners" | "data" | "work" | "server";

export interface Page {
  /** Its name: of its texts, and of its title in `common.pages`. */
  name: Namespace & PageName;
  /** It and everything below. */
  path: string;
  group: Group;
  icon: TablerIcon;
  /** Who may see it. */
  visible(access: Access): boolean;
  /** Other pages whose words it needs, because it shows parts of them. */
  texts?: readonly Namespace[];
  load(): Promise<{ default: ComponentType }>;
}

type PageName =
  | "overview"
  | "deliveries"
  | "audit"
  | "accounts"
  | "receivers"
  | "impersonation"
  | "data"
  | "messages"
  | "integrate"
  | "operations"
  | "actions"
  | "schedules"
  | "users"
  | "organisations"
  | "settings";

const reading =
  (resource: string) =>
  ({ can, kind }: Access): boolean =>
    kind === "user" && can(resource, "read");

export const pages: readonly Page[] = [
  {
    name: "overview",
    path: "/",
    group: "watch",
    icon: IconLayoutDashboard,
    visible: reading("deliveries"),
    load: () => import("./overview/index.tsx"),
  },
  {
    name: "deliveries",
    path: "/deliveries",
    group: "watch",
    icon: IconActivity,
    visible: ({ can }) => can("deliveries", "read"),
    load: () => import("./deliveries/index.tsx"),
  },
  {
    name: "audit",
    path: "/audit",
    group: "watch",
    icon: IconHistory,
    visible: reading("audit"),
    load: () => import("./audit/index.tsx"),
  },
  {
    name: "accounts",
    path: "/accounts",
    group: "partners",
    icon: IconApi,
    visible: reading("accounts"),
    load: () => import("./accounts/index.tsx"),
  },
  {
    name: "receivers",
    path: "/receivers",
    group: "partners",
    icon: IconWebhook,
    visible: ({ can }) => can("receivers", "read"),
    texts: ["deliveries"],
    load: () => import("./receivers/index.tsx"),
  },
  {
    name: "impersonation",
    path: "/impersonation",
    group: "partners",
    icon: IconUserShare,
    visible: reading("accounts"),
    load: () => import("./impersonation/index.tsx"),
  },
  {
    name: "integrate",
    path: "/integrate",
    group: "partners",
    icon: IconCode,
    visible: ({ kind }) => kind === "user",
    load: () => import("./integrate/index.tsx"),
  },
  {
    name: "data",
    path: "/data",
    group: "data",
    icon: IconDatabase,
    visible: ({ kind }) => kind === "user",
    texts: ["deliveries"],
    load: () => import("./data/index.tsx"),
  },
  {
    name: "messages",
    path: "/messages",
    group: "data",
    icon: IconMail,
    visible: reading("webmessages"),
    load: () => import("./messages/index.tsx"),
  },
  {
    name: "operations",
    path: "/operations",
    group: "work",
    icon: IconProgress,
    visible: reading("operations"),
    load: () => import("./operations/index.tsx"),
  },
  {
    name: "actions",
    path: "/actions",
    group: "work",
    icon: IconPlayerPlay,
    visible: ({ kind }) => kind === "user",
    load: () => import("./actions/index.tsx"),
  },
  {
    name: "schedules",
    path: "/schedules",
    group: "work",
    icon: IconCalendarTime,
    visible: reading("schedules"),
    load: () => import("./schedules/index.tsx"),
  },
  {
    name: "users",
    path: "/users",
    group: "server",
    icon: IconUsers,
    visible: reading("users"),
    load: () => import("./users/index.tsx"),
  },
  {
    name: "organisations",
    path: "/organisations",
    group: "server",
    icon: IconBuilding,
    visible: reading("organisations"),
    texts: ["accounts"],
    load: () => import("./organisations/index.tsx"),
  },
  {
    name: "settings",
    path: "/settings",
    group: "server",
    icon: IconSettings,
    visible: reading("system"),
    load: () => import("./settings/index.tsx"),
  },
];

export { IconArrowsExchange as KopplaIcon };
