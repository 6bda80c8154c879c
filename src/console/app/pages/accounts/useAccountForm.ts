import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";

import { fieldErrors } from "../../parts/formErrors.ts";
import { type AccountForm, faultsOf, type Form, renamed, stepFields } from "./form.ts";

/** The form, with what is wrong in the words of the page. */
export function useAccountForm(initialValues: AccountForm): Form {
  const { t } = useTranslation("accounts");
  return useForm<AccountForm>({
    mode: "controlled",
    initialValues,
    validate: (values) =>
      Object.fromEntries(
        Object.entries(faultsOf(values)).map(([field, fault]) => [field, t(`invalid.${fault}`)]),
      ),
  });
}

/** The server's violations as the form's errors; undefined where they are of no field. */
export const serverErrors = (error: unknown): Record<string, string> | undefined =>
  fieldErrors(error, stepFields.flat(), renamed);

/** The step that has one of the fields; undefined where none has. */
export function stepOf(errors: Readonly<Record<string, unknown>>): number | undefined {
  const names = Object.keys(errors);
  const at = stepFields.findIndex((fields) => fields.some((field) => names.includes(field)));
  return at < 0 ? undefined : at;
}
