import type english from "../en/profile.ts";
import type { Like } from "../shape.ts";

export default {
  saved: "Enregistré",
  identity: {
    title: "Vous",
    username: "Nom d’utilisateur",
    organisation: "Organisation",
    email: "Adresse e-mail",
    roles: "Rôles",
    name: "Nom",
    save: "Enregistrer",
  },
  password: {
    title: "Mot de passe",
    text: "Changer de mot de passe met fin à vos sessions dans les autres navigateurs.",
    current: "Mot de passe actuel",
    new: "Nouveau mot de passe",
    again: "Nouveau mot de passe, encore une fois",
    rule: "Au moins {{length}} caractères. Une phrase convient bien.",
    differs: "Les deux ne sont pas identiques.",
    missing: "Ce champ est obligatoire.",
    wrong: "Le mot de passe est incorrect.",
    change: "Changer le mot de passe",
    changed: "Le mot de passe est changé",
  },
  totp: {
    title: "Codes à usage unique",
    text: "La connexion demande alors aussi un code d’une application d’authentification : votre mot de passe seul n’ouvre rien.",
    on: "Activés",
    off: "Désactivés",
    enrol: "Activer les codes à usage unique",
    remove: "Désactiver les codes à usage unique",
    first: "D’abord votre mot de passe, pour être sûr qu’il s’agit bien de vous.",
    next: "Suivant",
    scan: "Scannez ceci avec votre application d’authentification, ou saisissez-y le secret. Entrez ensuite le code qu’elle affiche.",
    qr: "Code QR contenant le secret",
    secret: "Secret",
    code: "Code à usage unique",
    codeHint: "Les six chiffres que l’application affiche maintenant.",
    wrong:
      "Ce code est incorrect. Attendez le suivant, et vérifiez que l’horloge de votre appareil est à l’heure.",
    confirm: "Confirmer",
    last: "Votre mot de passe suffira ensuite pour vous connecter.",
    isOn: "Les codes à usage unique sont activés",
    isOff: "Les codes à usage unique sont désactivés",
  },
  session: {
    title: "Cette session",
    text: "Elle se termine le {{end}}, ou avant si elle reste inutilisée pendant {{idle}}.",
  },
} satisfies Like<typeof english>;
