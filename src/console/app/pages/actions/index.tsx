import { Route, Switch } from "wouter";

import { ActionList } from "./List.tsx";
import { ActionPage } from "./ActionPage.tsx";

export default function ActionsPage() {
  return (
    <Switch>
      <Route path="/actions/:name">
        {({ name }) => <ActionPage name={decodeURIComponent(name)} key={name} />}
      </Route>
      <Route>
        <ActionList />
      </Route>
    </Switch>
  );
}
