import { Paper, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../../format.ts";
import { When } from "../../parts/When.tsx";
import type { Overview } from "./live.ts";

/** The server counts no further. */
const COUNTED = 10_000;

/** The numbers that one looks at first. */
export function Totals({ overview: { totals, oldest_due_at, database } }: { overview: Overview }) {
  const { t } = useTranslation("overview");
  const format = useFormats();
  const upTo = (count: number) => (count >= COUNTED ? `≥ ${format.number(COUNTED)}` : format.number(count));
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: database ? 6 : 5 }} spacing="sm">
      <Total
        label={t("totals.delivered")}
        value={format.number(totals.delivered_24h)}
        to="/deliveries?status=delivered"
      />
      <Total
        label={t("totals.failed")}
        value={format.number(totals.failed_24h)}
        to="/deliveries?status=failed"
        bad={totals.failed_24h > 0}
      />
      <Total label={t("totals.pending")} value={upTo(totals.pending)} to="/deliveries?status=pending" />
      <Total label={t("totals.retrying")} value={upTo(totals.retrying)} to="/deliveries?status=retrying" />
      <Total
        label={t("totals.oldest")}
        value={oldest_due_at ? <When at={oldest_due_at} /> : t("totals.nothing")}
      />
      {database && (
        <Total
          label={t("totals.database", { kind: KINDS[database.kind] })}
          value={format.bytes(database.bytes)}
        />
      )}
    </SimpleGrid>
  );
}

const KINDS = { sqlite: "SQLite", postgres: "PostgreSQL" };

function Total({
  label,
  value,
  to,
  bad = false,
}: {
  label: string;
  value: ReactNode;
  /** Where it is told at length. */
  to?: string;
  bad?: boolean;
}) {
  const inner = (
    <>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fz={22} fw={600} {...(bad && { c: "var(--mantine-color-error)" })} component="div">
        {value}
      </Text>
    </>
  );
  if (to === undefined) {
    return (
      <Paper withBorder p="sm">
        {inner}
      </Paper>
    );
  }
  return (
    <Paper withBorder p="sm" component={Link} href={to} td="none" c="inherit" className="hover-card">
      {inner}
    </Paper>
  );
}
