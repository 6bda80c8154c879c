/** Where the words are: for each page, a file in each language. `en` says which there are; the types hold the others to it. */
type Texts = { default: Record<string, unknown> };
type Languages = Record<"en" | "sv" | "nl" | "fr", () => Promise<Texts>>;

export const texts = {
  common: {
    en: () => import("./en/common.ts"),
    sv: () => import("./sv/common.ts"),
    nl: () => import("./nl/common.ts"),
    fr: () => import("./fr/common.ts"),
  },
  login: {
    en: () => import("./en/login.ts"),
    sv: () => import("./sv/login.ts"),
    nl: () => import("./nl/login.ts"),
    fr: () => import("./fr/login.ts"),
  },
  profile: {
    en: () => import("./en/profile.ts"),
    sv: () => import("./sv/profile.ts"),
    nl: () => import("./nl/profile.ts"),
    fr: () => import("./fr/profile.ts"),
  },
  overview: {
    en: () => import("./en/overview.ts"),
    sv: () => import("./sv/overview.ts"),
    nl: () => import("./nl/overview.ts"),
    fr: () => import("./fr/overview.ts"),
  },
  deliveries: {
    en: () => import("./en/deliveries.ts"),
    sv: () => import("./sv/deliveries.ts"),
    nl: () => import("./nl/deliveries.ts"),
    fr: () => import("./fr/deliveries.ts"),
  },
  audit: {
    en: () => import("./en/audit.ts"),
    sv: () => import("./sv/audit.ts"),
    nl: () => import("./nl/audit.ts"),
    fr: () => import("./fr/audit.ts"),
  },
  accounts: {
    en: () => import("./en/accounts.ts"),
    sv: () => import("./sv/accounts.ts"),
    nl: () => import("./nl/accounts.ts"),
    fr: () => import("./fr/accounts.ts"),
  },
  receivers: {
    en: () => import("./en/receivers.ts"),
    sv: () => import("./sv/receivers.ts"),
    nl: () => import("./nl/receivers.ts"),
    fr: () => import("./fr/receivers.ts"),
  },
  impersonation: {
    en: () => import("./en/impersonation.ts"),
    sv: () => import("./sv/impersonation.ts"),
    nl: () => import("./nl/impersonation.ts"),
    fr: () => import("./fr/impersonation.ts"),
  },
  integrate: {
    en: () => import("./en/integrate.ts"),
    sv: () => import("./sv/integrate.ts"),
    nl: () => import("./nl/integrate.ts"),
    fr: () => import("./fr/integrate.ts"),
  },
  data: {
    en: () => import("./en/data.ts"),
    sv: () => import("./sv/data.ts"),
    nl: () => import("./nl/data.ts"),
    fr: () => import("./fr/data.ts"),
  },
  messages: {
    en: () => import("./en/messages.ts"),
    sv: () => import("./sv/messages.ts"),
    nl: () => import("./nl/messages.ts"),
    fr: () => import("./fr/messages.ts"),
  },
  operations: {
    en: () => import("./en/operations.ts"),
    sv: () => import("./sv/operations.ts"),
    nl: () => import("./nl/operations.ts"),
    fr: () => import("./fr/operations.ts"),
  },
  actions: {
    en: () => import("./en/actions.ts"),
    sv: () => import("./sv/actions.ts"),
    nl: () => import("./nl/actions.ts"),
    fr: () => import("./fr/actions.ts"),
  },
  schedules: {
    en: () => import("./en/schedules.ts"),
    sv: () => import("./sv/schedules.ts"),
    nl: () => import("./nl/schedules.ts"),
    fr: () => import("./fr/schedules.ts"),
  },
  users: {
    en: () => import("./en/users.ts"),
    sv: () => import("./sv/users.ts"),
    nl: () => import("./nl/users.ts"),
    fr: () => import("./fr/users.ts"),
  },
  organisations: {
    en: () => import("./en/organisations.ts"),
    sv: () => import("./sv/organisations.ts"),
    nl: () => import("./nl/organisations.ts"),
    fr: () => import("./fr/organisations.ts"),
  },
  settings: {
    en: () => import("./en/settings.ts"),
    sv: () => import("./sv/settings.ts"),
    nl: () => import("./nl/settings.ts"),
    fr: () => import("./fr/settings.ts"),
  },
} satisfies Record<string, Languages>;

export type Namespace = keyof typeof texts;
