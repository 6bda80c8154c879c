import { Route, Switch } from "wouter";

import { OperationList } from "./List.tsx";
import { OperationPage } from "./OperationPage.tsx";

export default function OperationsPage() {
  return (
    <Switch>
      <Route path="/operations/:id">{({ id }) => <OperationPage id={id} key={id} />}</Route>
      <Route>
        <OperationList />
      </Route>
    </Switch>
  );
}
