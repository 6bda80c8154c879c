import type { PageTexts } from "./texts.ts";

export const en: PageTexts = {
  password: {
    title: "Choose a password",
    lead: (organisation) => `It is for your account at ${organisation}.`,
    username: "Username",
    password: "New password",
    hint: "At least 12 characters; several words are easy to remember.",
    repeat: "The same once more",
    submit: "Save the password",
    next: (host) => `Then you are taken back to ${host}.`,
  },
  done: { title: "Your password is saved", lead: "You can close this page and log in with it." },
  sent: { title: "A new link is on its way", lead: (email) => `It was mailed to ${email}.` },
  used: {
    title: "This link has been used",
    lead: "A password was chosen with it already. A link works once.",
  },
  expired: { title: "This link is too old", lead: "It worked for 30 minutes." },
  unknown: {
    title: "This link does not work",
    lead: "Open it as it stands in the mail, all of it. If that does not help, ask for a new one where you came from.",
  },
  closed: {
    title: "The password cannot be set here",
    lead: "The account is not open to it. Ask the organisation for help.",
  },
  again: "Mail me a new link",
  wrong: {
    title: "Error",
    short: "The password must have at least 12 characters.",
    unfit: "Choose another one: not your name or address, not one character many times, no line breaks.",
    differ: "The two are not the same. Type them again.",
    tooMany: (wait) => `There were too many attempts. Try again in ${wait}.`,
  },
};
