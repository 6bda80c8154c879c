/** Something that a person does: it says that it is done, or what went wrong, and what was read before is read anew. */
import { notifications } from "@mantine/notifications";
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";

import { useErrorText } from "./states.tsx";

/**
 * @param options.done  what is said when it is done; nothing without it
 * @param options.changes  keys of queries that are no longer true
 * @param options.quiet  whoever calls shows the error himself
 */
export function useDo<Input, Result>(
  work: (input: Input) => Promise<Result>,
  options: { done?: (result: Result) => string; changes?: readonly QueryKey[]; quiet?: boolean } = {},
) {
  const queries = useQueryClient();
  const told = useErrorText();
  return useMutation({
    mutationFn: work,
    onSuccess: async (result) => {
      if (options.done) notifications.show({ message: options.done(result), color: "teal" });
      await Promise.all((options.changes ?? []).map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
    onError: (error) => {
      if (options.quiet) return;
      const { title, detail, violations } = told(error);
      const message = [detail, ...violations.map(({ field, message }) => `${field}: ${message}`)].join(" ");
      notifications.show({ title, message, color: "red", autoClose: 10_000 });
    },
  });
}
