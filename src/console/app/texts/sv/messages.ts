import type english from "../en/messages.ts";
import type { Like } from "../shape.ts";

export default {
  list: {
    lead: "Det som har skickats till personer om deras ärenden.",
    nothing: "Inget sådant meddelande",
    nothingText:
      "Inget meddelande har den här parten eller referensen. Referenser jämförs med samma versaler och gemener.",
    all: "Visa alla",
    empty: "Inga meddelanden ännu",
    emptyText: "Ett system skickar dem med POST /webmessages.",
  },
  search: {
    label: "Slå upp meddelanden",
    reference: "Referens (nyckel:värde)",
    id: "Ett meddelandes id",
    go: "Slå upp",
    notUuid: "Måste vara ett UUID",
    notReference: "Måste vara nyckel:värde, var och en på 3 till 128 tecken",
    oneOf: "Slå upp på part eller referens, inte båda",
  },
  fields: {
    at: "Tid",
    text: "Text",
    noText: "Ingen text",
    party: "Part",
    references: "Referenser",
    channels: "Kanaler",
    by: "Skickat av",
    attachments_one: "{{count}} bilaga",
    attachments_other: "{{count}} bilagor",
  },
  states: {
    pending: "på väg",
    published: "publicerat",
    failed: "misslyckades",
    unknown: "okänt",
  },
  one: {
    title: "Meddelande",
    remove: "Ta bort",
    removeTitle: "Ta bort meddelandet?",
    removeText_one:
      "Meddelandet till {{party}} från {{at}} försvinner för gott, med {{count}} bilaga. Det som kanaler har publicerat blir kvar där.",
    removeText_other:
      "Meddelandet till {{party}} från {{at}} försvinner för gott, med {{count}} bilagor. Det som kanaler har publicerat blir kvar där.",
    removed: "Meddelandet är borttaget",
  },
  attachments: {
    title: "Bilagor",
    show: "Visa",
    hide: "Dölj",
    save: "Spara",
    showName: "Visa {{name}}",
    hideName: "Dölj {{name}}",
    saveName: "Spara {{name}}",
  },
  publications: {
    title: "Kanaler",
    text: "Var meddelandet har publicerats, och vad varje försök gav.",
    none: "Ingen kanal tar det här meddelandet.",
    externalId: "Kanalen kallar det {{id}}.",
    next: "Nästa försök:",
    attempts: "Försök",
    number: "Försök",
    took: "Tog",
    answer: "Svar",
    resend: "Publicera en gång till",
    resent: "Det publiceras en gång till",
    unknownText: "Kanalen kan redan ha det: titta där först.",
  },
} satisfies Like<typeof english>;
