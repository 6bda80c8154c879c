import type { Texts } from "./texts.ts";

export const en: Texts = {
  login: {
    title: "Log in",
    lead: ({ client, organisation }) => `Log in at ${organisation} to go on to ${client}.`,
    username: "Username",
    password: "Password",
    submit: "Log in",
  },
  code: {
    title: "One-time code",
    lead: ({ organisation }) => `Enter the six digits that your authenticator app shows for ${organisation}.`,
    code: "Code",
    submit: "Go on",
    startOver: "Start again",
  },
  consent: {
    title: ({ client }) => `Give ${client} access?`,
    lead: ({ client, organisation }) =>
      `${client} asks to act in your name at ${organisation}. If you allow it, it can:`,
    nothing: "nothing: it asks for no rights.",
    limit:
      "It can never do more than you can do yourself. Whoever administers the server can end its access.",
    loggedInAs: (person) => `You are logged in as ${person}.`,
    somebodyElse: "Log in as somebody else",
    sentTo: (host) => `You will then be sent to ${host}.`,
    allow: "Allow",
    deny: "Do not allow",
  },
  failure: {
    title: "This link does not work",
    lead: "Go back to where you came from and try again. If that does not help, tell those who run that site:",
    detail: "Details",
  },
  wrong: {
    credentials: "The username or the password is not right.",
    missing: "Enter your username and your password.",
    code: "The code is not right.",
    codeUsed: (wait) => `That code has been used already. There is a new one in ${wait}.`,
    codeLocked: (wait) => `There were too many wrong codes. Try again in ${wait}.`,
    tooMany: (wait) => `There were too many attempts. Try again in ${wait}.`,
    expired: "This page was open for too long, or it was opened elsewhere. Please log in again.",
    title: "Error",
  },
  grants: {
    read: (what) => `See ${what}`,
    write: (what) => `Create and change ${what}`,
    delete: (what) => `Remove ${what}`,
    run: (what) => `Start ${what}`,
    manage: (what) => `See and manage ${what}`,
    all: (what) => `See, create, change and remove ${what}`,
    type: (name) => `“${name}”`,
    action: (name) => `the action “${name}”`,
    impersonate: "Act in the name of other people",
    resources: {
      webmessages: "web messages",
      receivers: "the receivers of webhooks",
      deliveries: "the log of webhooks",
      operations: "operations",
      schedules: "schedules",
      accounts: "API accounts",
      users: "users",
      organisations: "the settings of the organisation",
      audit: "the audit log",
      "*": "everything that you have access to",
    },
  },
};
