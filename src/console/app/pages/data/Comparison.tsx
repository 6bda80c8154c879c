import { Badge, Switch, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { inWords } from "./columns.tsx";
import { differences, type FieldDifference, type State } from "./told.ts";

const COLORS = { same: "gray", changed: "orange", onlyBefore: "orange", onlyAfter: "orange" } as const;
/** UTF-16 units of a value. */
const MOST = 400;

/** Two states of a record beside each other, field by field. */
export function Comparison({
  before,
  after,
  titles,
}: {
  before: State;
  after: State;
  /** Of the two columns. */
  titles: readonly [string, string];
}) {
  const { t } = useTranslation("data");
  const format = useFormats();
  const [every, setEvery] = useState(false);
  const all = differences(before, after);
  const different = all.filter(({ how }) => how !== "same");
  const shown = every ? all : different;
  return (
    <>
      <Switch
        label={t("compare.every", { number: format.number(all.length) })}
        checked={every}
        onChange={(event) => setEvery(event.currentTarget.checked)}
      />
      {shown.length === 0 ? (
        <Text size="sm" role="status">
          {t("compare.equal")}
        </Text>
      ) : (
        <Table.ScrollContainer
          minWidth={300}
          scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("compare.title") } }}
        >
          <Table layout="fixed" fz="sm" aria-label={t("compare.title")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w="36%">{t("compare.field")}</Table.Th>
                <Table.Th>{titles[0]}</Table.Th>
                <Table.Th>{titles[1]}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((difference) => (
                <Row key={difference.field} {...difference} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </>
  );
}

function Row({ field, before, after, how }: FieldDifference) {
  const { t } = useTranslation("data");
  const format = useFormats();
  const said = (value: unknown) => (value === undefined ? "–" : inWords(value, "text", t, format, MOST));
  return (
    <Table.Tr>
      <Table.Th scope="row" style={{ overflowWrap: "anywhere", verticalAlign: "top" }}>
        {field}{" "}
        <Badge color={COLORS[how]} size="sm" tt="none">
          {t(`compare.how.${how}`)}
        </Badge>
      </Table.Th>
      <Table.Td style={{ overflowWrap: "anywhere", verticalAlign: "top" }}>{said(before)}</Table.Td>
      <Table.Td style={{ overflowWrap: "anywhere", verticalAlign: "top" }}>{said(after)}</Table.Td>
    </Table.Tr>
  );
}
