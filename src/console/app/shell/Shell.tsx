/** The frame around every page: where one is, where one can go, and who one is. */
import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  Kbd,
  NavLink,
  ScrollArea,
  Text,
  Tooltip,
  UnstyledButton,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { type Group as PageGroup, KopplaIcon, pages } from "../pages/registry.ts";
import { useSession } from "../session.tsx";
import { Offline } from "./Offline.tsx";
import { OrganisationSwitcher } from "./OrganisationSwitcher.tsx";
import { openPalette, Palette } from "./Palette.tsx";
import { Preferences } from "./Preferences.tsx";
import { UserMenu } from "./UserMenu.tsx";

const GROUPS: readonly PageGroup[] = ["watch", "partners", "data", "work", "server"];

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation("common");
  const [opened, { toggle, close }] = useDisclosure();
  const [path] = useLocation();
  useEffect(close, [path, close]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 236, breakpoint: "md", collapsed: { mobile: !opened } }}
      padding={{ base: "sm", sm: "lg" }}
    >
      <a href="#main" className="skip-link">
        {t("shell.skip")}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group wrap="nowrap" gap="sm" miw={0} style={{ flex: "0 1 auto" }}>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={t("shell.menu")}
              aria-expanded={opened}
            />
            <UnstyledButton component={Link} href="/" aria-label={t("shell.home")}>
              <Group gap={8} wrap="nowrap">
                <KopplaIcon size={24} color="var(--mantine-primary-color-filled)" aria-hidden />
                <Text fw={700} visibleFrom="xs">
                  Koppla
                </Text>
              </Group>
            </UnstyledButton>
            <OrganisationSwitcher />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              size="xs"
              leftSection={<IconSearch size={14} aria-hidden />}
              rightSection={<Kbd size="xs">Ctrl K</Kbd>}
              onClick={openPalette}
              visibleFrom="sm"
            >
              {t("shell.search")}
            </Button>
            <Tooltip label={t("shell.search")}>
              <ActionIcon
                variant="default"
                size="lg"
                onClick={openPalette}
                hiddenFrom="sm"
                aria-label={t("shell.search")}
              >
                <IconSearch size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Preferences />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={t("shell.pages")}>
        <Navigation path={path} />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Offline />
        {children}
      </AppShell.Main>
      <Palette />
    </AppShell>
  );
}

function Navigation({ path }: { path: string }) {
  const { t } = useTranslation("common");
  const access = useSession();
  const seen = pages.filter(({ visible }) => visible(access));
  return (
    <ScrollArea p="xs" type="auto" viewportProps={{ tabIndex: -1 }}>
      {GROUPS.map((group) => {
        const here = seen.filter((page) => page.group === group);
        if (here.length === 0) return null;
        return (
          <section key={group} aria-labelledby={`nav-${group}`}>
            <Text id={`nav-${group}`} size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4}>
              {t(`groups.${group}`)}
            </Text>
            {here.map(({ name, path: to, icon: Icon }) => {
              const current = to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
              return (
                <NavLink
                  key={name}
                  component={Link}
                  href={to}
                  active={current}
                  aria-current={current ? "page" : undefined}
                  label={t(`pages.${name}`)}
                  leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
                  variant="light"
                  py={7}
                />
              );
            })}
          </section>
        );
      })}
    </ScrollArea>
  );
}
