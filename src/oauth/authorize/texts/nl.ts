import type { Texts } from "./texts.ts";

export const nl: Texts = {
  login: {
    title: "Inloggen",
    lead: ({ client, organisation }) => `Log in bij ${organisation} om verder te gaan naar ${client}.`,
    username: "Gebruikersnaam",
    password: "Wachtwoord",
    submit: "Inloggen",
  },
  code: {
    title: "Eenmalige code",
    lead: ({ organisation }) => `Voer de zes cijfers in die je authenticator-app toont voor ${organisation}.`,
    code: "Code",
    submit: "Verder",
    startOver: "Opnieuw beginnen",
  },
  consent: {
    title: ({ client }) => `${client} toegang geven?`,
    lead: ({ client, organisation }) =>
      `${client} vraagt om namens jou te handelen bij ${organisation}. Als je dat toestaat, kan ${client}:`,
    nothing: "niets: er worden geen rechten gevraagd.",
    limit: "Meer dan je zelf kunt, kan nooit. Wie de server beheert, kan de toegang beëindigen.",
    loggedInAs: (person) => `Je bent ingelogd als ${person}.`,
    somebodyElse: "Als iemand anders inloggen",
    sentTo: (host) => `Daarna ga je naar ${host}.`,
    allow: "Toestaan",
    deny: "Niet toestaan",
  },
  failure: {
    title: "Deze link werkt niet",
    lead: "Ga terug naar waar je vandaan kwam en probeer het opnieuw. Helpt dat niet, meld dit dan bij de beheerders van die site:",
    detail: "Details",
  },
  wrong: {
    credentials: "De gebruikersnaam of het wachtwoord klopt niet.",
    missing: "Voer je gebruikersnaam en je wachtwoord in.",
    code: "De code klopt niet.",
    codeUsed: (wait) => `Die code is al gebruikt. Over ${wait} is er een nieuwe.`,
    codeLocked: (wait) => `Te veel verkeerde codes. Probeer het over ${wait} opnieuw.`,
    tooMany: (wait) => `Te veel pogingen. Probeer het over ${wait} opnieuw.`,
    expired: "Deze pagina stond te lang open of werd ergens anders geopend. Log opnieuw in.",
    title: "Fout",
  },
  grants: {
    read: (what) => `${upper(what)} bekijken`,
    write: (what) => `${upper(what)} maken en wijzigen`,
    delete: (what) => `${upper(what)} verwijderen`,
    run: (what) => `${upper(what)} starten`,
    manage: (what) => `${upper(what)} bekijken en beheren`,
    all: (what) => `${upper(what)} bekijken, maken, wijzigen en verwijderen`,
    type: (name) => `“${name}”`,
    action: (name) => `de actie “${name}”`,
    impersonate: "Namens andere personen handelen",
    resources: {
      webmessages: "webberichten",
      receivers: "de ontvangers van webhooks",
      deliveries: "het logboek van webhooks",
      operations: "operaties",
      schedules: "geplande taken",
      accounts: "API-accounts",
      users: "gebruikers",
      organisations: "de instellingen van de organisatie",
      audit: "het auditlogboek",
      system: "de server zelf",
      "*": "alles waartoe je toegang hebt",
    },
  },
};

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
