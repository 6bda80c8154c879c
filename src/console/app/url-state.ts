/** A page's state in the address bar: it can be sent to somebody, and Back undoes it. */
import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

/**
 * The parameters of the address, those named in `defaults`, each a string.
 * @param defaults  what a parameter is when it is not there; a value that is its default is not written
 * @returns the values, and a function that changes some of them; `replace` keeps the last address out of the history
 */
export function useUrlState<const State extends Record<string, string>>(
  defaults: State,
): [
  { [Key in keyof State]: string },
  (change: Partial<Record<keyof State, string>>, options?: { replace?: boolean }) => void,
] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const shape = JSON.stringify(defaults);
  const state = useMemo(() => {
    const given = new URLSearchParams(search);
    const known = JSON.parse(shape) as Record<string, string>;
    return Object.fromEntries(
      Object.entries(known).map(([name, value]) => [name, given.get(name) ?? value]),
    ) as { [Key in keyof State]: string };
  }, [search, shape]);
  const change = useCallback(
    (changes: Partial<Record<keyof State, string>>, { replace = false } = {}) => {
      const next = new URLSearchParams(search);
      const known = JSON.parse(shape) as Record<string, string>;
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === known[name]) next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      navigate(text === "" ? path : `${path}?${text}`, { replace });
    },
    [search, path, navigate, shape],
  );
  return [state, change];
}
