import type english from "../en/actions.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Det som servern kan köra. Prova först: då görs ingenting.",
  empty: {
    title: "Inga åtgärder som du får köra",
    text: "En systemadministratör anger åtgärder i koppla.yaml; din roll avgör vilka som är dina.",
  },
  run: {
    http: "HTTP-anrop",
    command: "Kommando",
  },
  noDescription: "Ingen beskrivning",
  disabled: "Det är ett kommando, och servern kör inga (actions_allow_commands).",
  timeout: "En körning får ta {{time}}.",
  dry: {
    validate: "Ett prov kontrollerar indata.",
    pass: "Ett prov ber även det andra systemet att prova.",
  },
  noInput: "Den tar inga indata.",
  try: "Prova",
  start: "Kör",
  tried: "Det skulle göras",
  triedText: "Allt kontrollerades och inget gjordes. Så här skulle operationen se ut:",
} satisfies Like<typeof english>;
