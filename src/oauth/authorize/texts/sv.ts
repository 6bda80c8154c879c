import type { Texts } from "./texts.ts";

export const sv: Texts = {
  login: {
    title: "Logga in",
    lead: ({ client, organisation }) => `Logga in hos ${organisation} för att gå vidare till ${client}.`,
    username: "Användarnamn",
    password: "Lösenord",
    submit: "Logga in",
  },
  code: {
    title: "Engångskod",
    lead: ({ organisation }) => `Ange de sex siffror som din autentiseringsapp visar för ${organisation}.`,
    code: "Kod",
    submit: "Fortsätt",
    startOver: "Börja om",
  },
  consent: {
    title: ({ client }) => `Ge ${client} åtkomst?`,
    lead: ({ client, organisation }) =>
      `${client} vill agera i ditt namn hos ${organisation}. Om du tillåter det kan ${client}:`,
    nothing: "ingenting: inga rättigheter efterfrågas.",
    limit:
      "Det går aldrig att göra mer än vad du själv kan göra. Den som administrerar servern kan avsluta åtkomsten.",
    loggedInAs: (person) => `Du är inloggad som ${person}.`,
    somebodyElse: "Logga in som någon annan",
    sentTo: (host) => `Därefter skickas du till ${host}.`,
    allow: "Tillåt",
    deny: "Tillåt inte",
  },
  failure: {
    title: "Länken fungerar inte",
    lead: "Gå tillbaka dit du kom ifrån och försök igen. Om det inte hjälper, berätta för dem som driver den webbplatsen:",
    detail: "Detaljer",
  },
  wrong: {
    credentials: "Användarnamnet eller lösenordet stämmer inte.",
    missing: "Ange ditt användarnamn och ditt lösenord.",
    code: "Koden stämmer inte.",
    codeUsed: (wait) => `Den koden är redan använd. Om ${wait} kommer en ny.`,
    codeLocked: (wait) => `För många felaktiga koder. Försök igen om ${wait}.`,
    tooMany: (wait) => `För många försök. Försök igen om ${wait}.`,
    expired: "Sidan var öppen för länge, eller öppnades någon annanstans. Logga in igen.",
    title: "Fel",
  },
  grants: {
    read: (what) => `Se ${what}`,
    write: (what) => `Skapa och ändra ${what}`,
    delete: (what) => `Ta bort ${what}`,
    run: (what) => `Starta ${what}`,
    manage: (what) => `Se och hantera ${what}`,
    all: (what) => `Se, skapa, ändra och ta bort ${what}`,
    type: (name) => `”${name}”`,
    action: (name) => `åtgärden ”${name}”`,
    impersonate: "Agera i andra personers namn",
    resources: {
      webmessages: "webbmeddelanden",
      receivers: "mottagare av webhookar",
      deliveries: "loggen över webhookar",
      operations: "operationer",
      schedules: "scheman",
      accounts: "API-konton",
      users: "användare",
      organisations: "organisationens inställningar",
      audit: "granskningsloggen",
      "*": "allt som du har tillgång till",
    },
  },
};
