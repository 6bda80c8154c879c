import type english from "../en/messages.ts";
import type { Like } from "../shape.ts";

export default {
  list: {
    lead: "Wat aan mensen over hun zaken is gestuurd.",
    nothing: "Geen dergelijk bericht",
    nothingText:
      "Geen bericht heeft deze partij of deze referentie. Bij referenties tellen hoofdletters mee.",
    all: "Alles tonen",
    empty: "Nog geen berichten",
    emptyText: "Een systeem stuurt ze met POST /webmessages.",
  },
  search: {
    label: "Berichten opzoeken",
    reference: "Referentie (sleutel:waarde)",
    id: "Id van een bericht",
    go: "Opzoeken",
    notUuid: "Moet een UUID zijn",
    notReference: "Moet sleutel:waarde zijn, elk van 3 tot 128 tekens",
    oneOf: "Zoek op partij of op referentie, niet op beide",
  },
  fields: {
    at: "Tijd",
    text: "Tekst",
    noText: "Geen tekst",
    party: "Partij",
    references: "Referenties",
    channels: "Kanalen",
    by: "Verzonden door",
    attachments_one: "{{count}} bijlage",
    attachments_other: "{{count}} bijlagen",
  },
  states: {
    pending: "onderweg",
    published: "gepubliceerd",
    failed: "mislukt",
    unknown: "onbekend",
  },
  one: {
    title: "Bericht",
    remove: "Verwijderen",
    removeTitle: "Dit bericht verwijderen?",
    removeText_one:
      "Het bericht aan {{party}} van {{at}} verdwijnt voorgoed, met {{count}} bijlage. Wat kanalen hebben gepubliceerd, blijft daar.",
    removeText_other:
      "Het bericht aan {{party}} van {{at}} verdwijnt voorgoed, met {{count}} bijlagen. Wat kanalen hebben gepubliceerd, blijft daar.",
    removed: "Het bericht is verwijderd",
  },
  attachments: {
    title: "Bijlagen",
    show: "Tonen",
    hide: "Verbergen",
    save: "Opslaan",
    showName: "{{name}} tonen",
    hideName: "{{name}} verbergen",
    saveName: "{{name}} opslaan",
  },
  publications: {
    title: "Kanalen",
    text: "Waar dit bericht is gepubliceerd, en wat elke poging opleverde.",
    none: "Geen kanaal neemt dit bericht.",
    externalId: "Het kanaal noemt het {{id}}.",
    next: "Volgende poging:",
    attempts: "Pogingen",
    number: "Poging",
    took: "Duurde",
    answer: "Antwoord",
    resend: "Nogmaals publiceren",
    resent: "Het wordt nogmaals gepubliceerd",
    unknownText: "Het kanaal heeft het misschien al: kijk daar eerst.",
  },
} satisfies Like<typeof english>;
