/** Data: the types, their records, one record, files in and out. */
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { Route, Switch, useParams } from "wouter";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Empty } from "../../parts/states.tsx";
import { type RecordType, right, useTypes } from "../../parts/useTypes.ts";
import { Create } from "./Create.tsx";
import { Export } from "./export/Export.tsx";
import { Import } from "./import/Import.tsx";
import { RecordPage } from "./RecordPage.tsx";
import { Records } from "./Records.tsx";
import { Types } from "./Types.tsx";

/** Below the address of a type. */
const views: Readonly<Record<string, ComponentType<{ type: RecordType }>>> = {
  "": Records,
  new: Create,
  record: RecordPage,
  import: Import,
  export: Export,
};

export default function DataPage() {
  return (
    <Switch>
      <Route path="/data" component={Types} />
      <Route path="/data/:type/:view?" component={OfType} />
      <Route>
        <Nothing title="" />
      </Route>
    </Switch>
  );
}

function OfType() {
  const { type: name = "", view = "" } = useParams<{ type: string; view?: string }>();
  const query = useTypes();
  return (
    <Queried query={query}>
      {(types) => {
        const type = types.find((one) => one.name === name);
        const View = views[view];
        return type && right(type, "read") && View ? (
          <View key={name} type={type} />
        ) : (
          <Nothing title={name} />
        );
      }}
    </Queried>
  );
}

function Nothing({ title }: { title: string }) {
  const { t } = useTranslation("data");
  return (
    <PageFrame
      title={title || t("common:pages.data")}
      above={[{ title: t("common:pages.data"), to: "/data" }]}
    >
      <Empty title={t("noType.title")} text={t("noType.text")} />
    </PageFrame>
  );
}
