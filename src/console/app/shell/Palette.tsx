/** Ctrl+K: every page by its name, and what a pasted id may be. */
import { Spotlight, type SpotlightActionData, spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { pages } from "../pages/registry.ts";
import { useSession } from "../session.tsx";

export const openPalette = (): void => spotlight.open();

export function Palette() {
  const { t } = useTranslation("common");
  const access = useSession();
  const [, navigate] = useLocation();
  const [query, setQuery] = useState("");
  const seen = pages.filter(({ visible }) => visible(access));
  const actions: SpotlightActionData[] = seen.map(({ name, path, icon: Icon, group }) => ({
    id: name,
    label: t(`pages.${name}`),
    description: t(`groups.${group}`),
    keywords: [name, path],
    leftSection: <Icon size={20} stroke={1.6} aria-hidden />,
    onClick: () => navigate(path),
  }));
  const text = query.trim();
  if (text.length >= 3 && seen.some(({ name }) => name === "deliveries")) {
    actions.push({
      id: "log",
      label: t("palette.log", { text }),
      keywords: text,
      leftSection: <IconSearch size={20} stroke={1.6} aria-hidden />,
      onClick: () => navigate(`/deliveries?object_id=${encodeURIComponent(text)}`),
    });
  }
  return (
    <Spotlight
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      shortcut={["mod + K"]}
      nothingFound={t("palette.nothing")}
      highlightQuery
      searchProps={{
        leftSection: <IconSearch size={20} aria-hidden />,
        placeholder: t("palette.placeholder"),
        "aria-label": t("palette.placeholder"),
      }}
    />
  );
}
