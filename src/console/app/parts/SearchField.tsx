/** A list's text search: it counts once one has stopped to type, and stands in the address. */
import { Button, CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Empty } from "./states.tsx";

/** Milliseconds after the last key. */
const TYPED_MS = 300;
/** The server takes no longer ones. */
const MAX_LENGTH = 200;

export function SearchField({
  placeholder,
  value,
  change,
}: {
  /** Where it looks. */
  placeholder: string;
  value: string;
  change: (value: string) => void;
}) {
  const { t } = useTranslation("common");
  const [typed, setTyped] = useState(value);
  // Back in the history, or cleared.
  useEffect(() => setTyped(value), [value]);
  const later = useDebouncedCallback(change, TYPED_MS);
  const take = (text: string) => {
    setTyped(text);
    later(text.trim());
  };
  return (
    <TextInput
      role="searchbox"
      aria-label={t("list.search")}
      placeholder={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        typed === "" ? undefined : (
          <CloseButton size="sm" aria-label={t("list.clear")} onClick={() => take("")} />
        )
      }
      maxLength={MAX_LENGTH}
      w={{ base: "100%", xs: 360 }}
      autoComplete="off"
      spellCheck={false}
      value={typed}
      onChange={(event) => take(event.currentTarget.value)}
    />
  );
}

/** What a list shows that a search has left nothing of. */
export function NothingFound({ clear }: { clear: () => void }) {
  const { t } = useTranslation("common");
  return (
    <Empty
      icon={IconSearch}
      title={t("list.nothing")}
      text={t("list.nothingText")}
      action={
        <Button variant="default" onClick={clear}>
          {t("list.all")}
        </Button>
      }
    />
  );
}
