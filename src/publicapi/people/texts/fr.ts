import type { PageTexts } from "./texts.ts";

export const fr: PageTexts = {
  password: {
    title: "Choisissez un mot de passe",
    lead: (organisation) => `Il est pour votre compte chez ${organisation}.`,
    username: "Nom d’utilisateur",
    password: "Nouveau mot de passe",
    hint: "Au moins 12 caractères ; plusieurs mots se retiennent facilement.",
    repeat: "Le même encore une fois",
    submit: "Enregistrer le mot de passe",
    next: (host) => `Vous serez ensuite renvoyé vers ${host}.`,
  },
  done: {
    title: "Votre mot de passe est enregistré",
    lead: "Vous pouvez fermer cette page et l’utiliser pour vous connecter.",
  },
  sent: { title: "Un nouveau lien est en route", lead: (email) => `Il a été envoyé à ${email}.` },
  used: {
    title: "Ce lien a déjà servi",
    lead: "Un mot de passe a déjà été choisi avec lui. Un lien fonctionne une seule fois.",
  },
  expired: { title: "Ce lien est trop ancien", lead: "Il fonctionnait pendant 30 minutes." },
  unknown: {
    title: "Ce lien ne fonctionne pas",
    lead: "Ouvrez-le tel qu’il est dans le courriel, en entier. Sinon, demandez-en un nouveau là d’où vous venez.",
  },
  closed: {
    title: "Le mot de passe ne peut pas être changé ici",
    lead: "Le compte ne le permet pas. Demandez de l’aide à l’organisation.",
  },
  again: "M’envoyer un nouveau lien",
  wrong: {
    title: "Erreur",
    short: "Le mot de passe doit avoir au moins 12 caractères.",
    unfit:
      "Choisissez-en un autre : ni votre nom ni votre adresse, ni un seul caractère répété, ni retour à la ligne.",
    differ: "Les deux ne sont pas identiques. Saisissez-les à nouveau.",
    tooMany: (wait) => `Trop de tentatives. Réessayez dans ${wait}.`,
  },
};
