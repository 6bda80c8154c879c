/** Deliveries by the minute, and how long their attempts took. What a chart shows stands beside it in words. */
import { AreaChart, BarChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { Paper, SimpleGrid, Text, Title, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import type { Overview } from "./live.ts";

const HEIGHT = 200;

export default function Charts({ minutes }: { minutes: Overview["minutes"] }) {
  const { t } = useTranslation("overview");
  const format = useFormats();
  const time = new Intl.DateTimeFormat(format.locale, { timeStyle: "short" });
  const data = minutes.map(({ at, ...rest }) => ({ ...rest, time: time.format(new Date(at)) }));
  const sum = (name: "delivered" | "failed") => minutes.reduce((total, minute) => total + minute[name], 0);
  const slowest = Math.max(0, ...minutes.map(({ p95_ms }) => p95_ms ?? 0));
  const quiet = minutes.every(({ attempts }) => attempts === 0);
  const xAxisProps = { interval: "equidistantPreserveStart" as const, minTickGap: 40 };
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Figure
        title={t("charts.outcomes")}
        summary={t("charts.outcomesSummary", {
          delivered: format.number(sum("delivered")),
          failed: format.number(sum("failed")),
        })}
        quiet={quiet}
      >
        <BarChart
          h={HEIGHT}
          data={data}
          dataKey="time"
          type="stacked"
          series={[
            { name: "delivered", label: t("charts.delivered"), color: "teal.6" },
            { name: "failed", label: t("charts.failed"), color: "red.6" },
          ]}
          tickLine="none"
          withLegend
          legendProps={{ verticalAlign: "bottom", height: 28 }}
          xAxisProps={xAxisProps}
          yAxisProps={{ width: 44, allowDecimals: false, tickFormatter: format.number }}
          valueFormatter={format.number}
          barProps={{ isAnimationActive: false }}
          barChartProps={{ accessibilityLayer: false }}
        />
      </Figure>
      <Figure
        title={t("charts.latency")}
        summary={t("charts.latencySummary", { slowest: format.duration(slowest) })}
        quiet={quiet}
      >
        <AreaChart
          h={HEIGHT}
          data={data}
          dataKey="time"
          series={[
            { name: "p95_ms", label: t("charts.p95"), color: "koppla.3" },
            { name: "p50_ms", label: t("charts.p50"), color: "koppla.6" },
          ]}
          curveType="linear"
          connectNulls={false}
          dotProps={{ r: 1.5, strokeWidth: 1 }}
          tickLine="none"
          withLegend
          legendProps={{ verticalAlign: "bottom", height: 28 }}
          xAxisProps={xAxisProps}
          yAxisProps={{ width: 64 }}
          valueFormatter={(value) => format.duration(value)}
          areaProps={{ isAnimationActive: false }}
          areaChartProps={{ accessibilityLayer: false }}
        />
      </Figure>
    </SimpleGrid>
  );
}

function Figure({
  title,
  summary,
  quiet,
  children,
}: {
  title: string;
  /** The chart in a sentence, for those who do not see it. */
  summary: string;
  /** There was nothing in all of the hour. */
  quiet: boolean;
  children: ReactNode;
}) {
  const { t } = useTranslation("overview");
  return (
    <Paper withBorder p="md" component="figure" m={0}>
      <Title order={2} size="h4" component="figcaption" mb="sm">
        {title}
      </Title>
      <VisuallyHidden>{summary}</VisuallyHidden>
      {quiet ? (
        <Text c="dimmed" size="sm" h={HEIGHT} ta="center" pt={HEIGHT / 2 - 20}>
          {t("charts.quiet")}
        </Text>
      ) : (
        <div aria-hidden>{children}</div>
      )}
    </Paper>
  );
}
