import type english from "../en/login.ts";
import type { Like } from "../shape.ts";

export default {
  title: "Connexion",
  organisation: "Organisation",
  organisationHint: "Son code, par exemple demo.",
  username: "Nom d’utilisateur",
  password: "Mot de passe",
  passwordRule: "Au moins {{length}} caractères. Une phrase convient bien.",
  logIn: "Se connecter",
  missing: "Ce champ est obligatoire.",
  wrong: "La connexion a échoué",
  wrongText: "L’organisation, le nom d’utilisateur ou le mot de passe est incorrect.",
  wrongPassword: "Le mot de passe est incorrect.",
  code: "Code à usage unique",
  codeHint: "Les six chiffres que votre application d’authentification affiche maintenant.",
  wrongCode: "Ce code est incorrect ou a déjà servi. Attendez le suivant.",
  back: "Retour",
  forMachines: "Les programmes se connectent avec un compte d’API :",
  docs: "Documentation de l’API",
  toLogin: "Vers la connexion",
  someoneElse: "Quitter et se connecter sous un autre nom",
  setup: {
    title: "Le premier administrateur",
    lead: "Vous allez gérer ce serveur et tout ce qui s’y trouve. Vous pourrez ensuite ajouter d’autres personnes.",
    needed:
      "Personne ne gère encore ce serveur. La personne qui l’exploite obtient un lien avec la commande « koppla user link ».",
    code: "Code de l’organisation",
    codeHint: "Court, pour les connexions et les adresses. Il est définitif.",
    codeRule: "Lettres a-z, chiffres, - et _, en commençant par une lettre ou un chiffre.",
    organisationName: "Nom de l’organisation",
    organisationHint: "Inutile s’il existe déjà une organisation avec ce code.",
    you: "Vous",
    usernameHint: "Il est définitif ; c’est sous ce nom que le journal d’audit vous désigne.",
    name: "Nom",
    email: "Adresse e-mail",
    emailRule: "Une adresse comme anna@example.org.",
    create: "Créer et se connecter",
    invalid: "Ce lien n’est pas (ou plus) valable",
    invalidText:
      "Il fonctionne une seule fois, pendant 24 heures. La personne qui exploite le serveur en obtient un autre avec la commande « koppla user link ».",
  },
  portal: {
    title: "Portail partenaire",
    invalid: "Ce lien n’est pas (ou plus) valable",
    invalidText:
      "Il a peut-être expiré ou été révoqué. Demandez-en un autre à la personne qui vous l’a donné.",
    instead: "Vous êtes connecté en tant que {{name}}. Ouvrir le portail avec ce lien y met fin.",
    open: "Ouvrir le portail",
    stay: "Rester connecté ainsi",
    ended: "Pour continuer, ouvrez à nouveau le lien que vous avez reçu.",
  },
} satisfies Like<typeof english>;
