import type { PageTexts } from "./texts.ts";

export const sv: PageTexts = {
  password: {
    title: "Välj ett lösenord",
    lead: (organisation) => `Det är till ditt konto hos ${organisation}.`,
    username: "Användarnamn",
    password: "Nytt lösenord",
    hint: "Minst 12 tecken; flera ord är lätta att minnas.",
    repeat: "Samma en gång till",
    submit: "Spara lösenordet",
    next: (host) => `Därefter kommer du tillbaka till ${host}.`,
  },
  done: { title: "Ditt lösenord är sparat", lead: "Du kan stänga sidan och logga in med det." },
  sent: { title: "En ny länk är på väg", lead: (email) => `Den skickades till ${email}.` },
  used: {
    title: "Länken är redan använd",
    lead: "Ett lösenord har redan valts med den. En länk fungerar en gång.",
  },
  expired: { title: "Länken är för gammal", lead: "Den fungerade i 30 minuter." },
  unknown: {
    title: "Länken fungerar inte",
    lead: "Öppna den som den står i mejlet, hela länken. Om det inte hjälper, be om en ny där du kom ifrån.",
  },
  closed: {
    title: "Lösenordet kan inte ändras här",
    lead: "Kontot är inte öppet för det. Be organisationen om hjälp.",
  },
  again: "Mejla mig en ny länk",
  wrong: {
    title: "Fel",
    short: "Lösenordet måste ha minst 12 tecken.",
    unfit:
      "Välj ett annat: inte ditt namn eller din adress, inte ett enda tecken många gånger, inga radbrytningar.",
    differ: "De två är inte lika. Skriv dem igen.",
    tooMany: (wait) => `För många försök. Försök igen om ${wait}.`,
  },
};
