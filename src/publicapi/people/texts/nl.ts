import type { PageTexts } from "./texts.ts";

export const nl: PageTexts = {
  password: {
    title: "Kies een wachtwoord",
    lead: (organisation) => `Het is voor uw account bij ${organisation}.`,
    username: "Gebruikersnaam",
    password: "Nieuw wachtwoord",
    hint: "Minstens 12 tekens; meerdere woorden zijn makkelijk te onthouden.",
    repeat: "Nog een keer hetzelfde",
    submit: "Wachtwoord opslaan",
    next: (host) => `Daarna gaat u terug naar ${host}.`,
  },
  done: { title: "Uw wachtwoord is opgeslagen", lead: "U kunt deze pagina sluiten en ermee inloggen." },
  sent: { title: "Een nieuwe link is onderweg", lead: (email) => `Hij is gemaild naar ${email}.` },
  used: {
    title: "Deze link is al gebruikt",
    lead: "Er is al een wachtwoord mee gekozen. Een link werkt één keer.",
  },
  expired: { title: "Deze link is te oud", lead: "Hij werkte gedurende 30 minuten." },
  unknown: {
    title: "Deze link werkt niet",
    lead: "Open hem zoals hij in de e-mail staat, helemaal. Helpt dat niet, vraag dan een nieuwe waar u vandaan kwam.",
  },
  closed: {
    title: "Het wachtwoord kan hier niet worden gewijzigd",
    lead: "Het account staat dat niet toe. Vraag de organisatie om hulp.",
  },
  again: "Mail mij een nieuwe link",
  wrong: {
    title: "Fout",
    short: "Het wachtwoord moet minstens 12 tekens hebben.",
    unfit: "Kies een ander: niet uw naam of adres, niet steeds hetzelfde teken, geen regeleinden.",
    differ: "De twee zijn niet gelijk. Typ ze opnieuw.",
    tooMany: (wait) => `Te veel pogingen. Probeer het opnieuw over ${wait}.`,
  },
};
