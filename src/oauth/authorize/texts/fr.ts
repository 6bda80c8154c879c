import type { Texts } from "./texts.ts";

export const fr: Texts = {
  login: {
    title: "Connexion",
    lead: ({ client, organisation }) =>
      `Connectez-vous auprès de ${organisation} pour continuer vers ${client}.`,
    username: "Nom d’utilisateur",
    password: "Mot de passe",
    submit: "Se connecter",
  },
  code: {
    title: "Code à usage unique",
    lead: ({ organisation }) =>
      `Saisissez les six chiffres que votre application d’authentification affiche pour ${organisation}.`,
    code: "Code",
    submit: "Continuer",
    startOver: "Recommencer",
  },
  consent: {
    title: ({ client }) => `Donner accès à ${client}\u00a0?`,
    lead: ({ client, organisation }) =>
      `${client} demande à agir en votre nom auprès de ${organisation}. Si vous l’autorisez, ${client} pourra\u00a0:`,
    nothing: "rien\u00a0: aucun droit n’est demandé.",
    limit:
      "Il n’est jamais possible de faire plus que ce que vous pouvez faire vous-même. La personne qui administre le serveur peut mettre fin à cet accès.",
    loggedInAs: (person) => `Vous êtes connecté en tant que ${person}.`,
    somebodyElse: "Se connecter sous un autre nom",
    sentTo: (host) => `Vous serez ensuite dirigé vers ${host}.`,
    allow: "Autoriser",
    deny: "Ne pas autoriser",
  },
  failure: {
    title: "Ce lien ne fonctionne pas",
    lead: "Revenez là d’où vous venez et réessayez. Si le problème persiste, signalez-le aux responsables de ce site\u00a0:",
    detail: "Détails",
  },
  wrong: {
    credentials: "Le nom d’utilisateur ou le mot de passe est incorrect.",
    missing: "Saisissez votre nom d’utilisateur et votre mot de passe.",
    code: "Le code est incorrect.",
    codeUsed: (wait) => `Ce code a déjà été utilisé. Un nouveau sera disponible dans ${wait}.`,
    codeLocked: (wait) => `Trop de codes incorrects. Réessayez dans ${wait}.`,
    tooMany: (wait) => `Trop de tentatives. Réessayez dans ${wait}.`,
    expired: "Cette page est restée ouverte trop longtemps ou a été ouverte ailleurs. Reconnectez-vous.",
    title: "Erreur",
  },
  grants: {
    read: (what) => `Consulter ${what}`,
    write: (what) => `Créer et modifier ${what}`,
    delete: (what) => `Supprimer ${what}`,
    run: (what) => `Lancer ${what}`,
    manage: (what) => `Consulter et gérer ${what}`,
    all: (what) => `Consulter, créer, modifier et supprimer ${what}`,
    type: (name) => `«\u00a0${name}\u00a0»`,
    action: (name) => `l’action «\u00a0${name}\u00a0»`,
    impersonate: "Agir au nom d’autres personnes",
    resources: {
      webmessages: "les messages web",
      receivers: "les destinataires des webhooks",
      deliveries: "le journal des webhooks",
      operations: "les opérations",
      schedules: "les planifications",
      accounts: "les comptes d’API",
      users: "les utilisateurs",
      organisations: "les paramètres de l’organisation",
      audit: "le journal d’audit",
      system: "le serveur lui-même",
      "*": "tout ce à quoi vous avez accès",
    },
  },
};
