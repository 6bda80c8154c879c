/**
 * A list of any length: pages are fetched while one scrolls, and only the rows in sight are in the document. A table to
 * screen readers (WAI-ARIA 1.2, table with `aria-rowcount`); arrow keys go from row to row, Enter opens one.
 */
import { Box, Button, Center, Loader, Text } from "@mantine/core";
import type { UseInfiniteQueryResult, InfiniteData } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { Failure, Loading } from "./states.tsx";
import classes from "./DataTable.module.css";

export interface Column<Row> {
  key: string;
  title: string;
  /** As of CSS grid: `minmax(120px, 2fr)`. */
  width: string;
  cell: (row: Row) => ReactNode;
  /** Left out where there is little room. */
  wide?: boolean;
  align?: "right";
}

/** A page of a list of the API. */
export interface ListPage<Row> {
  items: Row[];
  next_cursor: string | null;
}

export type ListQuery<Row> = UseInfiniteQueryResult<InfiniteData<ListPage<Row>>>;

const ROW_HEIGHT = 44;
/** Rows from the end at which the next page is asked for. */
const AHEAD = 20;

export function DataTable<Row>({
  query,
  columns,
  rowKey,
  label,
  onOpen,
  selected,
  empty,
  height = "calc(100dvh - 260px)",
}: {
  query: ListQuery<Row>;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** What the table is of. */
  label: string;
  onOpen?: (row: Row) => void;
  /** The key of the row that is open. */
  selected?: string | undefined;
  empty: ReactNode;
  height?: string;
}) {
  const { t } = useTranslation("common");
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const viewport = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && last >= rows.length - AHEAD) {
      void fetchNextPage();
    }
  }, [last, rows.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  if (query.isPending) return <Loading rows={10} />;
  if (query.isError && rows.length === 0) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (rows.length === 0 && hasNextPage) {
    // What is rare is looked for in parts of a long list, one for each page (`GET /api/v1/deliveries`).
    if (isFetchNextPageError) return <Failure error={query.error} retry={() => void fetchNextPage()} />;
    return <Loading rows={10} />;
  }
  if (rows.length === 0) return empty;

  const template = columns.map(({ width }) => width).join(" ");
  const narrow = columns.filter(({ wide }) => !wide).map(({ width }) => width);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>, index: number, row: Row) => {
    if (event.target !== event.currentTarget) return;
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined && to >= 0 && to < rows.length) {
      event.preventDefault();
      virtual.scrollToIndex(to);
      requestAnimationFrame(() =>
        viewport.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus(),
      );
    }
    if (onOpen && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      onOpen(row);
    }
  };
  return (
    <Box
      ref={viewport}
      className={classes["viewport"]}
      style={{
        maxHeight: height,
        ["--columns" as string]: template,
        ["--narrow-columns" as string]: narrow.join(" "),
      }}
      role="table"
      aria-label={label}
      aria-rowcount={hasNextPage ? -1 : rows.length + 1}
      aria-colcount={columns.length}
      aria-busy={query.isFetching}
    >
      <div role="rowgroup" className={classes["head"]}>
        <div role="row" className={classes["row"]} aria-rowindex={1}>
          {columns.map(({ key, title, wide, align }) => (
            <div
              key={key}
              role="columnheader"
              className={classes["cell"]}
              data-wide={wide}
              data-align={align}
            >
              {title}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {items.map(({ index, start, size }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const key = rowKey(row);
          return (
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={selected === undefined ? undefined : selected === key}
              data-index={index}
              data-open={onOpen !== undefined}
              className={classes["row"]}
              tabIndex={onOpen ? 0 : undefined}
              style={{
                position: "absolute",
                insetInline: 0,
                top: 0,
                height: size,
                transform: `translateY(${start}px)`,
              }}
              onClick={onOpen && (() => onOpen(row))}
              onKeyDown={(event) => onKeyDown(event, index, row)}
            >
              {columns.map(({ key: column, cell, wide, align }) => (
                <div key={column} role="cell" className={classes["cell"]} data-wide={wide} data-align={align}>
                  {cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {isFetchingNextPage && (
        <Center p="xs">
          <Loader size="xs" aria-label={t("states.loading")} />
        </Center>
      )}
      {isFetchNextPageError && (
        <Center p="xs">
          <Text size="sm" mr="sm">
            {t("states.restFailed")}
          </Text>
          <Button size="xs" variant="default" onClick={() => void fetchNextPage()}>
            {t("states.retry")}
          </Button>
        </Center>
      )}
    </Box>
  );
}
