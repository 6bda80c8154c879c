import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { chooseLanguage, type Language, LANGUAGES } from "../i18n.ts";

const SCHEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;
type Scheme = keyof typeof SCHEMES;

/** Language and light or dark, remembered by the browser. */
export function Preferences() {
  const { t, i18n } = useTranslation("common");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Tooltip label={t("shell.preferences")}>
          <ActionIcon variant="default" size="lg" aria-label={t("shell.preferences")}>
            <IconLanguage size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("shell.language")}</Menu.Label>
        <Menu.RadioGroup
          value={i18n.language}
          onChange={(code) => void chooseLanguage(code as Language)}
          aria-label={t("shell.language")}
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <Menu.RadioItem key={code} value={code} lang={code}>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Label>{t("shell.scheme")}</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(scheme) => setColorScheme(scheme as Scheme)}
          aria-label={t("shell.scheme")}
        >
          {(["light", "dark", "auto"] as const).map((scheme) => {
            const Icon = SCHEMES[scheme];
            return (
              <Menu.RadioItem key={scheme} value={scheme} rightSection={<Icon size={14} aria-hidden />}>
                {t(`shell.schemes.${scheme}`)}
              </Menu.RadioItem>
            );
          })}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
