import type english from "../en/actions.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Wat deze server kan uitvoeren. Probeer het eerst uit: dan gebeurt er niets.",
  empty: {
    title: "Geen acties die u mag uitvoeren",
    text: "Een systeembeheerder legt acties vast in koppla.yaml; uw rol bepaalt welke u mag gebruiken.",
  },
  run: {
    http: "HTTP-verzoek",
    command: "Opdracht",
  },
  noDescription: "Geen beschrijving",
  disabled: "Dit is een opdracht, en deze server voert er geen uit (actions_allow_commands).",
  timeout: "Een uitvoering mag {{time}} duren.",
  dry: {
    validate: "Uitproberen controleert de invoer.",
    pass: "Uitproberen vraagt ook het andere systeem om het uit te proberen.",
  },
  noInput: "Er is geen invoer nodig.",
  try: "Uitproberen",
  start: "Uitvoeren",
  tried: "Het zou worden gedaan",
  triedText: "Alles is gecontroleerd en er is niets gedaan. Dit zou de bewerking zijn:",
} satisfies Like<typeof english>;
