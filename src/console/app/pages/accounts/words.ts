/** What a grant lets one do, said in a sentence. */
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import type { Grant } from "./data.ts";

const SERVER = [
  ...["receivers", "deliveries", "operations", "schedules", "accounts", "users", "organisations"],
  ...["audit", "system", "webmessages", "impersonate"],
];
const ACTION = "action:";

export function useGrantWords() {
  const { t } = useTranslation("accounts");
  const { locale } = useFormats();
  const and = new Intl.ListFormat(locale, { type: "conjunction" });
  const or = new Intl.ListFormat(locale, { type: "disjunction" });
  /** @param name  a resource */
  const resource = (name: string): string => {
    if (name === "*") return t("resource.everything");
    if (name.startsWith(ACTION)) return t("resource.action", { name: name.slice(ACTION.length) });
    return SERVER.includes(name) ? t(`server.${name}`) : name;
  };
  const action = (name: string): string => (name === "*" ? t("action.all") : t(`action.${name}`));
  /** @param data  whether it is of data alone: then everything is every type */
  const grant = ({ resource: name, actions, where = {}, fields = "all" }: Grant, data = false): string => {
    const what = data && name === "*" ? t("grants.allTypes") : resource(name);
    const parts = [t("grant.what", { actions: and.format(actions.map(action)), resource: what })];
    const limits = Object.entries(where).map(([field, values]) =>
      t("grant.where", { field, values: or.format(values.map(String)) }),
    );
    if (limits.length > 0) parts.push(t("grant.only", { limits: and.format(limits) }));
    if (fields === "public") parts.push(t("grant.public"));
    if (Array.isArray(fields)) parts.push(t("grant.fields", { fields: and.format(fields) }));
    const sentence = parts.join(" ");
    return sentence.charAt(0).toLocaleUpperCase(locale) + sentence.slice(1);
  };
  return { grant, resource, action };
}
