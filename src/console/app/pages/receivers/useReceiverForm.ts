import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";

import { fieldErrors } from "../../parts/formErrors.ts";
import { faultsOf, type Form, type ReceiverForm } from "./form.ts";

/** The form, with what is wrong in the words of the page. */
export function useReceiverForm(initialValues: ReceiverForm, editing: boolean): Form {
  const { t } = useTranslation("receivers");
  return useForm<ReceiverForm>({
    mode: "controlled",
    initialValues,
    validate: (values) =>
      Object.fromEntries(
        Object.entries(faultsOf(values, editing)).map(([field, fault]) => [field, t(`invalid.${fault}`)]),
      ),
  });
}

/** Where the fields of the API stand in the form. */
const renamed: Record<string, string> = {
  ...{ "bundle.quiet": "quiet", "bundle.longest": "longest", "bundle.size": "size" },
  ...{ "rate.requests": "rate_requests", "rate.window": "rate_window", "retry.steps": "steps" },
  ...{ "tls.ca": "tls_ca", "tls.cert": "tls_cert", "tls.key": "tls_key", secret: "own_secret" },
};

/** The server's violations as the form's errors; undefined where they are of no field. */
export function serverErrors(error: unknown): Record<string, string> | undefined {
  const auth = ["secret", "token_url", "client_id", "client_secret", "scope", "audience"];
  const more = ["username", "password", "token"].concat(auth).map((field) => `auth.${field}`);
  const plain = ["name", "url", "description", "account_id", "topics", "headers", "quiet", "longest", "size"];
  const rest = ["retry", "steps", "rate_requests", "rate_window", "contact", "metadata", "content_filter"];
  const signing = ["signature", "own_secret", "tls_ca", "tls_cert", "tls_key", "tls"];
  return fieldErrors(error, [...more, ...plain, ...rest, ...signing], renamed);
}
