/** How everything looks, and what the buttons that close something are called in the chosen language. */
import { MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { styleNonce } from "./base.ts";
import { cssVariables, theme } from "./theme.ts";

const nonce = () => styleNonce;

export function Look({ children }: { children: ReactNode }) {
  const { t } = useTranslation("common");
  const close = t("shell.close");
  const named = useMemo(() => {
    const closing = { defaultProps: { closeButtonProps: { "aria-label": close } } };
    return mergeThemeOverrides(theme, {
      components: { Modal: closing, Drawer: closing, Notification: closing },
    });
  }, [close]);
  return (
    <MantineProvider
      theme={named}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={nonce}
    >
      {children}
    </MantineProvider>
  );
}
